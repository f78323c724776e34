"""Buyers of passes and carnets for themselves and for their party."""

from dataclasses import replace
from typing import Any

from flask import Flask

from operators.fake import FakeOperator
from tests.api import Api
from tests.ticketing.identity.people_of import Account
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.regions import Region

TRAM = {"from": {"place": "Kopli"}, "to": {"place": "Hobujaama"}, "depart_at": "2026-10-13T06:10:00+03:00"}
ME = {"ref": "me", "account_holder": True}


class Rider:
    """A buyer at the service: with an account, or a guest."""

    def __init__(self, api: Api, account: Account | None = None) -> None:
        self.api, self.token = api, account.access if account else None

    def buy(self, quote: dict[str, Any]) -> dict[str, Any]:
        """Order and pay a quote; the order with the token that opens it."""
        placed = self.api.post("/v1/orders", {"quote_id": quote["id"]}, self.token)
        assert placed.status_code == 201, placed.json
        order: dict[str, Any] = placed.json or {}
        if order["state"] != "ticketed":
            key, path = order["access_token"], f"/v1/orders/{order['id']}/payments"
            assert self.api.post(path, {"method": "demo_ok"}, key).status_code == 201
        return order

    def season(self, product: str, **more: Any) -> dict[str, str]:
        """Buy a pass; what opens it."""
        quote = self.api.post("/v1/passes/quotes", {"product": product, **more}, self.token, once=None)
        assert quote.status_code == 201, quote.json
        order = self.buy(quote.json or {})
        return {"order_id": order["id"], "access_token": order["access_token"]}

    def search(self, *party: dict[str, Any], **changes: Any) -> Any:
        """Search the tram for a party."""
        return self.api.post(
            "/v1/journeys", {**TRAM, "passengers": list(party), **changes}, self.token, once=None
        )

    def offer(self, *party: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """The first way of a search."""
        found = self.search(*party, **changes)
        assert found.status_code == 200, found.json
        way: dict[str, Any] = found.json["itineraries"][0]
        return way

    def quote(self, *party: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Freeze the first way of a search."""
        offer = self.offer(*party, **changes)["offer_id"]
        return self.api.post("/v1/quotes", {"offer_id": offer}, self.token, once=None).json or {}

    def prices(self, *party: dict[str, Any]) -> list[str]:
        """List the price of each of a party."""
        return [one["total"]["amount"] for one in self.offer(*party)["price"]["passengers"]]


def app_with_carnet(
    settings: Settings,
    clock: FixedClock,
    regions: dict[str, Region],
    ferries: dict[str, FakeOperator],
    uses: int,
) -> Flask:
    """Build the service with a carnet of so many rides, `tll-<uses>`, on sale beside the pass of thirty days."""
    region = regions["helsinki-tallinn"]
    carnet = replace(region.book.passes[0], id=f"tll-{uses}", kind="carnet", uses=uses)
    book = replace(region.book, passes=(*region.book.passes, carnet))
    sold = {"helsinki-tallinn": replace(region, book=book)}
    return create_app(settings, clock=clock, regions=sold, connectors={"helsinki-tallinn": ferries})
