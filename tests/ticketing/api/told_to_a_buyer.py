"""Collect every text that one buyer is told."""

from typing import Any

from tests.api import Api


def everything(api: Api) -> list[Any]:
    """Collect the texts from search to receipt of one buyer."""
    bought = api.buy()
    address = f"/v1/orders/{bought.order['id']}"
    refund = api.post(f"{address}/refunds", {"passengers": ["mari"]}, bought.token).json
    reads = [api.get(f"{address}{more}", bought.token).json for more in ("", "/tickets")]
    return [bought.order, bought.tickets, bought.itinerary, refund, *reads]
