"""Block a ticket whose phone is lost, and let it go again: it opens no gate in between, and nothing is paid back."""

from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import Conflict, NotFound
from ticketing.gate import late
from ticketing.gate.house import Gatehouse


def suspend(house: Gatehouse, order_id: str, jti: str) -> Ticket:
    """Block a ticket of an order: online at once, offline with the next bundle. Again changes nothing.

    Raises NotFound for a ticket of another order, Conflict for one that is revoked or has expired.
    """
    return _set(house, order_id, jti, "suspended")


def resume(house: Gatehouse, order_id: str, jti: str) -> Ticket:
    """Let a blocked ticket open gates again; raises as `suspend` does."""
    return _set(house, order_id, jti, "valid")


def _set(house: Gatehouse, order_id: str, jti: str, status: str) -> Ticket:
    now = house.clock.now()
    with house.database.write() as tx:
        held = tickets.find_ticket(tx, jti, lock=True)
        if held is None or held.order_id != order_id:
            raise NotFound("there is no such ticket")
        if held.status == "revoked" or late.has_ended(tx, held, now):
            raise Conflict("the ticket is no longer valid and stays as it is")
        if "suspended_by" in held.document:
            raise Conflict("the payment of this ticket is disputed; it stays blocked until that is decided")
        if held.status != status:
            tickets.set_status(tx, jti, status, now)
        return tickets.find_ticket(tx, jti) or held
