"""A ticket tells its bearer the reason of a revocation instead of a code, its control code, and the rest of a carnet."""

from typing import Any

import pytest

from tests.api import Api, Bought
from tests.ticketing.identity.riders import Rider
from tests.ticketing.purchase.group_buyers import buy as buy_group
from tests.ticketing.purchase.group_buyers import code_of

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def tickets_of(api: Api, order: str, token: str) -> list[dict[str, Any]]:
    return list((api.get(f"/v1/orders/{order}/tickets", token).json or {})["tickets"])


def ticket_of(api: Api, bought: Bought, ref: str) -> dict[str, Any]:
    found = tickets_of(api, bought.order["id"], bought.token)
    return next(one for one in found if one["passenger"] == ref)


@ONE
def test_a_refunded_ticket_shows_no_code_but_why(api: Api) -> None:
    bought = api.buy()
    address, jti = f"/v1/orders/{bought.order['id']}", bought.ticket_of("mari")["jti"]
    api.post(f"{address}/refunds", {"passengers": ["mari"]}, bought.token)

    gone, kept = ticket_of(api, bought, "mari"), ticket_of(api, bought, "anna")

    assert (gone["status"], gone["revoked_because"]) == ("revoked", "refunded")
    assert (gone["token"], gone["qr_png"], gone["qr_svg"]) == (None, None, None)
    assert (kept["status"], kept["revoked_because"], bool(kept["token"])) == ("valid", None, True)
    for drawn in ("qr.png", "qr.svg", "aztec.png", "aztec.svg", "print.pdf"):
        assert api.get(f"{address}/tickets/{jti}/{drawn}", bought.token).status_code == 409, drawn


@ONE
def test_an_exchanged_ticket_says_that_it_was_exchanged(api: Api) -> None:
    bought = api.buy()
    later = api.quote(depart_at="2026-10-14T06:10:00+03:00")
    path = f"/v1/orders/{bought.order['id']}/exchanges"
    placed = api.post(path, {"quote_id": later["id"], "passengers": ["anna", "mari"]}, bought.token).json
    paid = api.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"}, placed["access_token"])
    assert paid.status_code in {201, 409}, paid.json

    gone = ticket_of(api, bought, "anna")

    assert (gone["revoked_because"], gone["token"]) == ("exchanged", None)


@ONE
def test_every_ticket_tells_the_code_that_staff_may_type_also_in_a_group(api: Api) -> None:
    bought = buy_group(api)
    gate = api.key("gate", "tlt")
    codes = [one["control_code"] for one in bought.tickets]

    found = [
        api.post("/v1/control-codes", {"code": code, "reason": "dead phone"}, gate).json["tickets"][0]["jti"]
        for code in codes
    ]

    assert found == [one["jti"] for one in bought.tickets]
    assert code_of(api, bought)["control_code"] not in codes


@ONE
def test_the_bearer_of_a_carnet_is_told_how_many_uses_are_left(city: Api) -> None:
    guest = Rider(city)
    opens, season = guest.season("tll-3"), guest.season("tll-30d")

    def left(order: dict[str, str]) -> int | None:
        (held,) = tickets_of(city, order["order_id"], order["access_token"])
        found: int | None = held["uses_left"]
        return found

    before = left(opens)
    ride = guest.buy(guest.quote({"ref": "me", "passes": [opens]}, {"ref": "bo"}))
    after = left(opens)

    journey = tickets_of(city, ride["id"], ride["access_token"])
    assert (before, after, left(season)) == (3, 1, None)
    assert [one["uses_left"] for one in journey] == [None, None]
