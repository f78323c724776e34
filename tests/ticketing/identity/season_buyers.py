"""Owners of accounts who buy passes and travel on them."""

from typing import Any

from tests.ticketing.identity.people_of import Account

TRAM = {"from": {"place": "Kopli"}, "to": {"place": "Hobujaama"}, "depart_at": "2026-10-13T06:10:00+03:00"}


def offer(account: Account, **changes: Any) -> dict[str, Any]:
    """The first offer for the owner of an account, over a tram in Tallinn unless changed."""
    wish = {
        **TRAM,
        "passengers": [{"ref": "me", "rider_category": "adult", "account_holder": True}],
        **changes,
    }
    found = account.post("/v1/journeys", wish, once=None)
    assert found.status_code == 200, found.json
    return found.json["itineraries"][0]


def buy(account: Account, quote: dict[str, Any]) -> dict[str, Any]:
    """Order and pay a quote."""
    placed = account.post("/v1/orders", {"quote_id": quote["id"]}).json
    if placed["state"] == "ticketed":
        return placed
    paid = account.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"})
    assert paid.status_code == 201, paid.json
    return paid.json
