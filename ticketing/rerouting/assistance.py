"""Note that a passenger of an order needs assistance: they come first where places are held after a disruption."""

from datetime import timedelta

from ticketing.db.disruption import assistance
from ticketing.db.sale import offers, orders
from ticketing.errors import Conflict
from ticketing.rerouting.scene import ReroutingDesk

# So long after the journey somebody may still be on the way.
_KEPT = timedelta(days=3)


def say_assistance(desk: ReroutingDesk, order_id: str, *, needed: bool) -> bool:
    """Note or forget that somebody of an order needs assistance; answers what is noted. Raises NotFound, Conflict for a pass."""
    with desk.database.write() as tx:
        order = orders.get_order(tx, order_id)
        legs = offers.get_quote(tx, order.quote_id).document.legs
        if not legs:
            raise Conflict("a pass has no departure; say it with the order of a journey")
        if needed:
            assistance.set_needed(tx, order_id, max(leg.arrival for leg in legs) + _KEPT)
        else:
            assistance.forget_needed(tx, order_id)
    return needed


def is_assistance_needed(desk: ReroutingDesk, order_id: str) -> bool:
    """Tell whether somebody of an order has said that they need assistance; raises NotFound."""
    with desk.database.read() as tx:
        return orders.get_order(tx, order_id).id in assistance.list_needed(tx, [order_id])
