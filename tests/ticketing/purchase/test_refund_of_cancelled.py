"""A passenger whose ship is cancelled or late gets back what was not carried, in full, also after it should have left; books agree."""

from datetime import datetime, timedelta

import pytest

from operators.fake import FakeOperator
from tests.api import Api, Bought
from tests.ticketing.purchase.refunding import faults, ferry_leg, minor, offer, refund, rooms, ticket
from tests.ticketing.purchase.sea import Sea
from ticketing.cli.worker import run_round

ONE = {"passengers": [{"ref": "anna", "rider_category": "adult"}]}
# These tests do not depend on the database: one kind is enough.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def sea(api: Api) -> Sea:
    return Sea(api)


def late_in_the_day(api: Api, bought: Bought) -> None:
    """Hours after the last planned arrival."""
    api.clock.set(datetime.fromisoformat(bought.tickets[0]["legs"][-1]["arrival"]) + timedelta(hours=30))


def test_a_cancelled_ship_brings_the_whole_ticket_back_a_day_later(
    sea: Sea, ferries: dict[str, FakeOperator]
) -> None:
    bought = sea.api.buy(**ONE)
    crossing, _ = ferry_leg(bought, ferries)
    sea.tell(bought.tickets[0]["legs"][crossing])
    late_in_the_day(sea.api, bought)

    (news,) = sea.api.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json["news"]
    offered = offer(sea.api, bought)
    made = refund(sea.api, bought, expected=offered["amount"])
    run_round(sea.till)

    (line,) = offered["lines"]
    assert (news["leg"], news["cancelled"], news["not_carried"]) == (crossing, True, "cancelled")
    assert offered["amount"] == bought.order["total"]
    assert (line["percent"], line["fees"]) == (100, [])
    assert f"ride {crossing + 1} (" in line["because"]
    assert line["because"].endswith("): cancelled")
    assert made.status_code == 201, made.json
    assert sea.api.get(f"/v1/orders/{bought.order['id']}", bought.token).json["state"] == "refunded"
    assert faults(sea.api) == []


@ON_SQLITE
def test_a_leg_alone_comes_back_and_the_rest_stays(sea: Sea, ferries: dict[str, FakeOperator]) -> None:
    bought = sea.api.buy(**ONE)
    crossing, _ = ferry_leg(bought, ferries)
    ordinary = offer(sea.api, bought, legs=[crossing])
    sea.tell(bought.tickets[0]["legs"][crossing])

    offered = offer(sea.api, bought, legs=[crossing])
    made = refund(sea.api, bought, legs=[crossing], expected=offered["amount"])

    assert minor(offered["amount"]) > minor(ordinary["amount"])
    assert offered["lines"][0]["percent"] == 100
    assert made.status_code == 201, made.json
    gone = ["given_back_at" in leg for leg in ticket(sea.api, bought)["legs"]]
    assert gone == [at == crossing for at in range(len(gone))]
    assert faults(sea.api) == []


def test_who_took_the_tram_to_the_harbour_gets_back_the_rest(
    sea: Sea, ferries: dict[str, FakeOperator]
) -> None:
    bought = sea.api.buy(**ONE)
    crossing, _ = ferry_leg(bought, ferries)
    tram = bought.tickets[0]["legs"][0]
    gate = sea.api.key("gate", tram["operator"])
    assert sea.api.scan(bought.tickets[0]["token"], gate).json["decision"] == "accept"
    sea.tell(bought.tickets[0]["legs"][crossing])
    sea.api.clock.advance(timedelta(hours=20))

    offered = offer(sea.api, bought)
    made = refund(sea.api, bought, expected=offered["amount"])

    legs = len(bought.tickets[0]["legs"])
    assert offered["lines"][0]["legs"] == list(range(1, legs))
    assert made.status_code == 201, made.json
    assert faults(sea.api) == []
    # Nothing of the used tram can be exchanged.
    quote = sea.api.quote(depart_at="2026-10-16T06:10:00+03:00", **ONE)
    exchanged = sea.api.post(
        f"/v1/orders/{bought.order['id']}/exchanges", {"quote_id": quote["id"]}, bought.token
    )
    assert exchanged.status_code == 409


@pytest.mark.parametrize("when", ["before", "after"])
def test_who_was_checked_in_for_a_ship_that_does_not_sail_gets_its_price_back(
    sea: Sea, ferries: dict[str, FakeOperator], when: str
) -> None:
    bought = sea.api.buy(**ONE)
    crossing, _ = ferry_leg(bought, ferries)
    ship = bought.tickets[0]["legs"][crossing]
    sea.api.clock.set(datetime.fromisoformat(ship["departure"]) - timedelta(minutes=30))
    if when == "after":
        sea.tell(ship)
    gate = sea.api.key("gate", ship["operator"])
    assert sea.api.scan(bought.tickets[0]["token"], gate, leg=crossing).json["decision"] == "accept"
    if when == "before":
        sea.tell(ship)

    offered = offer(sea.api, bought)
    made = refund(sea.api, bought, expected=offered["amount"])

    assert f"ride {crossing + 1} (" in offered["lines"][0]["because"]
    assert offered["amount"] == bought.order["total"]
    assert made.status_code == 201, made.json
    assert faults(sea.api) == []


@ON_SQLITE
@pytest.mark.parametrize(("minutes", "full"), [(90, False), (91, True)])
def test_a_ship_is_late_from_the_ninety_first_minute_on(
    sea: Sea,
    ferries: dict[str, FakeOperator],
    minutes: int,
    full: bool,
) -> None:
    bought = sea.api.buy(**ONE)
    crossing, _ = ferry_leg(bought, ferries)
    sea.tell(bought.tickets[0]["legs"][crossing], delay_seconds=60 * minutes)

    offered = offer(sea.api, bought)
    (news,) = sea.api.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json["news"]

    assert (news["leg"], news["cancelled"], news["departure_delay_seconds"]) == (
        crossing,
        False,
        60 * minutes,
    )
    assert (news["not_carried"] is not None) == full
    assert (offered["amount"] == bought.order["total"]) == full
    assert not full or "91 min late at departure, more than 90" in offered["lines"][0]["because"]


@ON_SQLITE
def test_a_cancelled_ship_pays_in_full_for_the_next_one(sea: Sea, ferries: dict[str, FakeOperator]) -> None:
    bought = sea.api.buy(**ONE)
    crossing, _ = ferry_leg(bought, ferries)
    sea.tell(bought.tickets[0]["legs"][crossing])
    quote = sea.api.quote(depart_at="2026-10-14T06:10:00+03:00", **ONE)

    made = sea.api.post(f"/v1/orders/{bought.order['id']}/exchanges", {"quote_id": quote["id"]}, bought.token)

    assert made.status_code == 201, made.json
    assert (made.json["state"], made.json["credit"]) == ("ticketed", bought.order["total"])
    assert faults(sea.api) == []
    assert rooms(sea.api).till is sea.till
