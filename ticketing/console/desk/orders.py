"""An order's facts for the scheme's staff: where it stands, its money, places and tickets, and each step. No names."""

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import page
from ticketing.purchase import service as purchase
from ticketing.purchase import show


@blueprint.get("/orders/<order_id>")
@needs("finance", "admin")
def order(order_id: str) -> str:
    """Show an order."""
    state = purchase.get_order(console().till, order_id)
    return page("order", here="find", order=show.order(state, ()), tickets=state.tickets)
