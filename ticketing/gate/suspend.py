"""Block a ticket whose phone is lost, and let it go again: it opens no gate in between, and nothing is paid back.

The code of a group is blocked with all its tickets. One ticket of a group alone leaves it, and the others get a new code.
"""

from collections.abc import Sequence

from ticketing.db import Transaction
from ticketing.db.sale import held_passes
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import Conflict, NotFound
from ticketing.gate import late
from ticketing.gate.house import Gatehouse
from ticketing.tickets.regroup import find_group, regroup


def suspend(house: Gatehouse, order_id: str, jti: str) -> str:
    """Block a ticket or the code of a group: online at once, offline with the next bundle. Again changes nothing.

    Answers its status. Raises NotFound for one of another order, Conflict for one that is revoked or has expired.
    """
    return _set(house, order_id, jti, "suspended")


def resume(house: Gatehouse, order_id: str, jti: str) -> str:
    """Let what is blocked open gates again; answers and raises as `suspend` does."""
    return _set(house, order_id, jti, "valid")


def _set(house: Gatehouse, order_id: str, jti: str, status: str) -> str:
    now = house.clock.now()
    with house.database.write() as tx:
        held = _held(tx, order_id, jti)
        if any(
            changed_jti.status == "revoked" or late.has_ended(tx, changed_jti, now) for changed_jti in held
        ):
            raise Conflict("the ticket is no longer valid and stays as it is")
        if any(changed_jti.document.suspended_by is not None for changed_jti in held):
            raise Conflict("the payment of this ticket is disputed; it stays blocked until that is decided")
        changed = [changed_jti for changed_jti in held if changed_jti.status != status]
        for changed_jti in changed:
            tickets.set_status(tx, changed_jti.jti, status, now)
        if changed:
            held_passes.tell_gates(tx, order_id, now)
            regroup(tx, house.press, order_id, now)
    return status


def _held(tx: Transaction, order_id: str, jti: str) -> Sequence[Ticket]:
    """The ticket with this number, or those that the living code of a group stands for; their rows are held."""
    mine = tickets.list_tickets(tx, order_id, lock=True)
    held = [one for one in mine if one.jti == jti]
    if held:
        return held
    group = find_group(tx, jti)
    if group is None or group.code.order_id != order_id:
        raise NotFound("there is no such ticket")
    if group.code.status == "revoked":
        raise Conflict("this group code has been replaced; see the tickets of the order for the newest")
    return group.members
