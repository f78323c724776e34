"""From outside: a ferry arrives late, and whoever was on board is paid without asking, once."""

from datetime import timedelta

from tests.api import Api
from tests.ticketing.claims.coast import REGION, Coast
from tests.ticketing.purchase.refunding import faults
from ticketing.claims import verify_claims

FAMILY = [
    {"ref": "anna", "rider_category": "adult"},
    {"ref": "bo", "rider_category": "adult"},
    {"ref": "cai", "rider_category": "adult"},
    {"ref": "dora", "rider_category": "adult"},
]


def test_whoever_was_on_board_of_a_late_ferry_is_paid_once_and_the_books_say_so(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy(passengers=FAMILY)
    coast.board(bought, ("anna", "bo", "cai"))
    coast.delay(bought, 75)
    coast.wait(bought)

    coast.work()

    claims = coast.claims()
    assert [(one["state"], one["regime"]) for one in claims] == [("paid", "sea")] * 3
    assert all(one["amount_minor"] * 4 in range(one["price_minor"], one["price_minor"] + 4) for one in claims)
    assert coast.compensations() == 3
    assert verify_claims(coast.rooms.till.database, REGION) == (3, [])
    assert faults(api) == []
    coast.work()
    api.clock.advance(timedelta(days=1))
    coast.work()
    assert len(coast.claims()) == coast.compensations() == 3


def test_nothing_is_opened_before_the_evidence_is_in(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy()
    coast.board(bought)
    coast.delay(bought, 75)
    coast.wait(bought, timedelta(hours=1, minutes=59))

    coast.work()

    assert coast.claims() == []


def test_a_delay_below_the_lowest_band_leaves_no_claim(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy()
    coast.board(bought)
    coast.delay(bought, 59)
    coast.wait(bought)

    coast.work()

    assert coast.claims() == []
