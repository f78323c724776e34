"""A party that buys one code for all of it."""

import json
from datetime import timedelta
from typing import Any

from click.testing import CliRunner

from tests.api import Api, Bought
from ticketing.cli.gate import command

Answer = dict[str, Any]
PARTY = [
    {"ref": "anna", "rider_category": "adult"},
    {"ref": "bo", "rider_category": "adult"},
    {"ref": "mari", "rider_category": "child"},
]
TO_THE_TRAM = timedelta(hours=1, minutes=10)


def buy(
    api: Api,
    passengers: list[Answer] = PARTY,
    *,
    method: str = "demo_ok",
    wish: Answer | None = None,
    **more: Any,
) -> Bought:
    """Search, order with one code for the group, pay."""
    itinerary = api.search(**{"passengers": passengers, **(wish or {})})["itineraries"][0]
    quote = api.post("/v1/quotes", {"offer_id": itinerary["offer_id"]}).json or {}
    placed = api.post("/v1/orders", {"quote_id": quote["id"], "code": "group", **more})
    assert placed.status_code == 201, placed.json
    order = placed.json or {}
    token = order["access_token"]
    paid = api.post(f"/v1/orders/{order['id']}/payments", {"method": method}, token)
    assert paid.status_code == 201, paid.json
    tickets = (api.get(f"/v1/orders/{order['id']}/tickets", token).json or {})["tickets"]
    return Bought(paid.json or {}, token, tickets, itinerary)


def shown(api: Api, bought: Bought) -> Answer:
    """The tickets of an order with its group code."""
    return api.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json or {}


def code_of(api: Api, bought: Bought) -> Answer:
    """The group code of an order."""
    code: Answer = shown(api, bought)["group_code"]
    return code


def refund(api: Api, bought: Bought, *who: str) -> Any:
    return api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": list(who)}, bought.token)


def offline(api: Api, token: str, operator: str, stop_id: str) -> Answer:
    """Decide as a gate without a network does, by the bundle of this moment."""
    gate = api.key("gate", operator)
    bundle = api.get(f"/v1/operators/{operator}/gate-bundle?format=2", gate)
    trust = api.get("/.well-known/gate-bundle-jwks.json").json
    asked = {
        "bundle": bundle.text,
        "trust": trust,
        "token": token,
        "proof": None,
        "seen": [],
        "gate": {"operator": operator, "stop_id": stop_id},
        "at": api.clock.now().isoformat(),
    }
    result = CliRunner().invoke(command, ["decide", "-"], input=json.dumps(asked))
    answer: Answer = json.loads(result.stdout)
    return answer
