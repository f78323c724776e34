"""The money of one leg is given once, in every order of asking for it: by a claim, the price back, another line's boat, a guarantee."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from operators.fake import FakeOperator
from tests.api import Api, Bought
from tests.ticketing.claims.coast import REGION, Coast, ask
from tests.ticketing.guarantees.late_tram import arrives, buys, late_tram
from tests.ticketing.purchase.refunding import faults, refund
from tests.ticketing.rerouting.harbour import ONE, TWO, Harbour, take
from ticketing.claims import verify_claims
from ticketing.guarantees import verify_guarantees

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
A_WEEK = timedelta(days=9)


@pytest.fixture
def coast(api: Api) -> Coast:
    return Coast(api)


@pytest.fixture
def harbour(api: Api, ferries: dict[str, FakeOperator]) -> Harbour:
    return Harbour(api, ferries)


def returned(api: Api, bought: Bought) -> int:
    """All that has come back to the buyer of an order, in minor units."""
    order = api.get(f"/v1/orders/{bought.order['id']}", bought.token).json or {}
    back = [float(one["amount"]["amount"]) for one in order["refunds"] if one["state"] != "failed"]
    return round(sum(back) * 100)


def paid(bought: Bought) -> int:
    """The price of an order, in minor units."""
    return round(float(bought.order["total"]["amount"]) * 100)


def late_and_unseen(coast: Coast, riders: dict[str, Any] = ONE) -> tuple[Bought, int]:
    """A ferry that left so late that its price may be had back, of holders whom no gate has seen; with its leg."""
    bought = coast.api.buy(**riders)
    coast.delay(bought, 100)
    coast.wait(bought, timedelta(hours=4))
    return bought, coast.ship(bought)[0]


def proven(coast: Coast) -> None:
    assert verify_claims(coast.rooms.till.database, REGION)[1] == []
    assert verify_guarantees(coast.rooms.till.database, REGION)[1] == []
    assert faults(coast.api) == []


def test_who_was_compensated_as_a_traveller_does_not_have_the_price_back(coast: Coast) -> None:
    # Of two passengers, so that the payment could give back both.
    bought, at = late_and_unseen(coast, TWO)
    asked = ask(coast.api, bought, "anna", at)
    coast.api.clock.advance(A_WEEK)
    coast.work()
    compensated = returned(coast.api, bought)

    alone = coast.api.post(
        f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"], "legs": [at]}, bought.token
    )
    rest = refund(coast.api, bought)

    assert (asked.status_code, compensated > 0) == (201, True)
    assert alone.status_code == 409, alone.json
    # The trams around the crossing may come back, the crossing itself does not.
    assert rest.status_code in {201, 409}
    assert all(at not in line["legs"] for line in rest.json.get("lines", []))
    proven(coast)


def test_who_takes_the_price_back_while_the_claim_waits_is_not_compensated(coast: Coast) -> None:
    bought, at = late_and_unseen(coast)
    asked = ask(coast.api, bought, "anna", at)
    back = refund(coast.api, bought)
    coast.api.clock.advance(A_WEEK)
    coast.work()

    (claim,) = coast.claims()

    assert (asked.status_code, back.status_code) == (201, 201)
    assert claim["state"] == "refused"
    assert returned(coast.api, bought) <= paid(bought)
    proven(coast)


def test_who_has_the_price_back_has_no_claim(coast: Coast) -> None:
    bought, at = late_and_unseen(coast)
    back = refund(coast.api, bought)
    asked = ask(coast.api, bought, "anna", at)
    coast.api.clock.advance(A_WEEK)
    coast.work()

    assert (back.status_code, asked.status_code in {201, 409}) == (201, True)
    assert [one["state"] for one in coast.claims()] in ([], ["refused"])
    assert returned(coast.api, bought) <= paid(bought)
    proven(coast)


def test_who_asks_twice_has_one_claim_and_the_money_once(coast: Coast) -> None:
    bought = coast.api.buy(**ONE)
    coast.board(bought)
    coast.delay(bought, 75)
    coast.wait(bought)
    at = coast.ship(bought)[0]
    first = ask(coast.api, bought, "anna", at)
    coast.work()
    again = ask(coast.api, bought, "anna", at)
    coast.work()

    assert (first.status_code, again.status_code) == (201, 200)
    assert len(coast.claims()) == coast.compensations() == 1
    assert returned(coast.api, bought) == coast.claims()[0]["amount_minor"]
    proven(coast)


def test_who_is_moved_by_choice_opens_no_other_line_with_the_new_ticket(harbour: Harbour) -> None:
    bought = buys(harbour.api)
    late_tram(harbour, bought)
    _, ship = harbour.ship(bought)
    later = next(one for one in harbour.options(bought)[0]["options"] if one["kind"] == "later_departure")
    gate = harbour.api.key("gate", "eckero")
    take(harbour.api, bought, later)
    harbour.api.clock.set(datetime.fromisoformat(ship["departure"]) + timedelta(minutes=20))

    shown = [
        harbour.api.scan(token, gate).json["reason"]
        for token in (bought.tickets[0]["token"], harbour.ticket(bought)["token"])
    ]

    assert "ok_attention" not in shown


def test_a_guaranteed_connection_that_was_given_back_pays_nothing(harbour: Harbour) -> None:
    bought = buys(harbour.api)
    late_tram(harbour, bought)
    back = refund(harbour.api, bought)
    harbour.api.clock.advance(A_WEEK)
    harbour.work()
    harbour.work()

    assert back.status_code == 201
    assert returned(harbour.api, bought) <= paid(bought) - 50
    assert verify_guarantees(harbour.rooms.till.database, REGION)[1] == []


def test_a_guarantee_that_was_paid_leaves_nothing_of_its_legs_to_give_back(harbour: Harbour) -> None:
    bought = buys(harbour.api)
    late_tram(harbour, bought)
    arrives(harbour, bought)
    for _ in range(4):
        harbour.work()
    guaranteed = returned(harbour.api, bought)
    crossing, _ = harbour.ship(bought)

    alone = harbour.api.post(
        f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"], "legs": [crossing]}, bought.token
    )
    asked = ask(harbour.api, bought, "anna", crossing)

    assert guaranteed == 1000
    assert (alone.status_code, asked.json["state"]) == (409, "refused")
    assert returned(harbour.api, bought) == guaranteed
