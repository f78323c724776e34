"""A sale reads once and writes once: so many statements and commits on either database, and no more for what is added."""

from typing import Any

from tests.api import Api
from tests.ticketing.purchase.watching import watched

_TRAM = {"to": {"place": "Balti jaam"}, "passengers": [{"ref": "anna", "rider_category": "adult"}]}


def pay(api: Api, quote: dict[str, Any]) -> Any:
    placed = api.post("/v1/orders", {"quote_id": quote["id"]}).json or {}
    return api.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"}, placed["access_token"])


def test_a_sale_of_one_leg_is_46_statements_and_6_commits(api: Api) -> None:
    pay(api, api.quote(**_TRAM))  # the first one opens the month and its accounts
    quote = api.quote(**_TRAM)
    told = watched(api)

    paid = pay(api, quote)

    assert paid.json["state"] == "ticketed"
    assert told["statements"] <= 46
    assert told["commits"] <= 6


def test_a_sale_to_three_people_asks_no_more_than_one_to_one_but_for_a_place_of_each_ticket(api: Api) -> None:
    three = [{"ref": ref, "rider_category": "adult"} for ref in ("anna", "bo", "cleo")]
    pay(api, api.quote(**_TRAM))
    quote = api.quote(**{**_TRAM, "passengers": three})
    told = watched(api)

    paid = pay(api, quote)

    assert paid.json["state"] == "ticketed"
    assert told["statements"] <= 46 + 2
    assert told["commits"] <= 6
