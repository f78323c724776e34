"""Everything that one buyer is told."""

from typing import Any

from tests.api import Api


def everything(api: Api) -> list[Any]:
    """What one buyer is told from search to receipt."""
    bought = api.buy()
    address = f"/v1/orders/{bought.order['id']}"
    refund = api.post(f"{address}/refunds", {"passengers": ["mari"]}, bought.token).json
    reads = [api.get(f"{address}{more}", bought.token).json for more in ("", "/tickets")]
    return [bought.order, bought.tickets, bought.itinerary, refund, *reads]
