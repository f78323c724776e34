"""A ticket whose ferry is late does not end before its passenger has come ashore: online, by hand, and when inspected."""

from datetime import datetime, timedelta

import pytest

from tests.api import Api, Bought
from tests.ticketing.gate.test_staff import by_hand
from tests.ticketing.purchase.test_cancelled_sailings import Sea
from ticketing.db.tickets import control_code_of

ONE = {"passengers": [{"ref": "anna", "rider_category": "adult"}]}
FIVE_HOURS = 5 * 3600
# What does not depend on the database is tried on one.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def sea(api: Api) -> Sea:
    return Sea(api)


def late_ferry(sea: Sea, seconds: int = FIVE_HOURS) -> tuple[Bought, str, datetime]:
    """A ticket whose ferry is late, the operator behind it, and when the ticket ends."""
    bought = sea.api.buy(**ONE)
    legs = bought.tickets[0]["legs"]
    ferry = sea.ferry(legs)
    sea.tell(ferry, delay_seconds=seconds)
    behind = legs[legs.index(ferry) + 1]["operator"]
    return bought, behind, datetime.fromisoformat(bought.tickets[0]["expires_at"])


def test_the_tram_behind_a_late_ferry_takes_the_ticket_until_the_delay_has_passed(sea: Sea) -> None:
    bought, behind, ends = late_ferry(sea)
    gate, token = sea.api.key("gate", behind), bought.tickets[0]["token"]
    answers = []
    for after in (timedelta(hours=5), timedelta(hours=1, minutes=42)):
        sea.api.clock.set(ends + after + timedelta(minutes=1))
        answers.append(sea.api.scan(token, gate).json)

    over, kept = answers
    assert (over["decision"], over["reason"]) == ("refuse", "expired")
    assert (kept["decision"], kept["reason"]) == ("accept", "ok_attention")
    assert "ended 1 h 43 min ago, its vehicle is late" in kept["staff_sees"]


@ON_SQLITE
def test_staff_find_it_and_let_it_in_by_hand(sea: Sea) -> None:
    bought, behind, ends = late_ferry(sea)
    sea.api.clock.set(ends + timedelta(hours=1))
    staff, code = sea.api.key("gate", behind), control_code_of(bought.tickets[0]["jti"])

    assert by_hand(sea.api, staff, code).json["decision"] == "accept"
    sea.api.clock.set(ends + timedelta(hours=6))
    assert by_hand(sea.api, staff, code).status_code == 404


@ON_SQLITE
def test_a_ticket_whose_ferry_is_in_time_or_cancelled_ends_as_it_says(sea: Sea) -> None:
    bought, behind, ends = late_ferry(sea, 0)
    gate, token = sea.api.key("gate", behind), bought.tickets[0]["token"]
    sea.api.clock.set(ends + timedelta(hours=1))
    assert sea.api.scan(token, gate).json["reason"] == "expired"

    sea.tell(sea.ferry(bought.tickets[0]["legs"]))
    sea.api.clock.advance(timedelta(minutes=1))
    assert sea.api.scan(token, gate).json["reason"] == "expired"


@ON_SQLITE
def test_a_delay_of_days_keeps_a_ticket_for_one(sea: Sea) -> None:
    bought, behind, ends = late_ferry(sea, 3 * 86_400)
    gate, token = sea.api.key("gate", behind), bought.tickets[0]["token"]
    sea.api.clock.set(ends + timedelta(hours=24, minutes=1))

    assert sea.api.scan(token, gate).json["reason"] == "expired"
