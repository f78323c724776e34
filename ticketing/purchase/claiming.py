"""Take an order that was bought without an account into one."""

from ticketing.db.people import audit_trail
from ticketing.db.sale import orders
from ticketing.errors import Conflict
from ticketing.purchase.till import Till, locked


def claim_order(till: Till, order_id: str, person_id: str) -> None:
    """Give a guest's order to an account; raises NotFound, and Conflict for one that another account has."""
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, order_id)
        if order.person_id == person_id:
            return
        if order.person_id is not None:
            raise Conflict("this order belongs to an account already")
        orders.set_owner(tx, order_id, person_id)
        audit_trail.note(tx, person_id, "order_claimed", order_id, at=now)
