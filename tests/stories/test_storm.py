"""A storm: two ferries do not sail. Some passengers go by another line with their old tickets, some take the money, and every cent is accounted for."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from tests.stories.storm import (
    CLOSING,
    IN_AN_ORDER,
    LET_IN,
    LINES,
    NEXT_BOAT,
    REGION,
    Storm,
    place_of_ship,
    telling,
    timed,
)
from tests.ticketing.purchase.refunding import faults
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.guarantees import verify_guarantees
from ticketing.identity import create_key
from ticketing.identity.principal import Role
from ticketing.regions import Region

# Tickets for each of the two ferries.
TICKETS, FEW = (520, 500) if os.environ.get("SOAK") else (40, 20)
STORMY = ("viking", "tallink")


@pytest.fixture
def way(request: pytest.FixtureRequest) -> str:
    return str(getattr(request, "param", "gtfs_rt"))


@pytest.fixture
def storm(
    way: str, settings: Settings, clock: FixedClock, regions: dict[str, Region], tmp_path: Path
) -> Iterator[Storm]:
    lines = {name: FakeOperator(name, clock.now, {"foot": 2000}) for name in LINES}
    with telling(way, clock, regions, tmp_path / "exchange") as told:
        settings = replace(settings, live_seconds=30)
        app = create_app(settings, clock=clock, regions=told.regions, connectors={REGION: lines})
        database = app.extensions["throughfare"].till.database

        def key(role: Role, operator: str | None = None) -> str:
            return create_key(database, clock, role=role, operator=operator, label="test")[1]

        with lent(app):
            yield Storm(Api(app.test_client(), clock, key), told)
        database.close()


def sold(storm: Storm, tickets: int) -> list[tuple[str, int, str, int, str]]:
    """The cases that a storm has to make of the tickets that were sold: one for each passenger and ferry."""
    return sorted(
        (operator, at, f"p{passenger}", place_of_ship(storm.orders[operator][at]), "found")
        for operator in STORMY
        for at in range(tickets // IN_AN_ORDER)
        for passenger in range(IN_AN_ORDER)
    )


@pytest.mark.parametrize("way", ["gtfs_rt", "events", "staff"], indirect=True)
def test_the_same_cases_come_of_a_storm_however_it_is_told(storm: Storm) -> None:
    for operator in STORMY:
        storm.sells(operator, FEW)
    for operator in STORMY:
        storm.cancels(operator)
    storm.hears()

    assert storm.named_cases() == sold(storm, FEW)


def test_old_tickets_open_another_line_the_others_get_their_money_and_the_month_closes(
    storm: Storm, tmp_path: Path
) -> None:
    with timed("selling"):
        for operator in STORMY:
            storm.sells(operator, TICKETS)
        storm.sells("early", IN_AN_ORDER, guarantee=True)
    with timed("the storm"):
        for operator in STORMY:
            storm.cancels(operator)
        # The tram to the ferry that does sail is an hour late: its passengers miss it.
        tram = storm.orders["early"][0].tickets[0]["legs"][0]
        storm.say("tlt", tram["trip_id"], {"state": "late", "minutes": 60})
        storm.hears()
        bundle = storm.bundle("eckero")
    # Every fourth order does nothing.
    sailing, paid_back, moved = (storm.every_fourth(at, STORMY) for at in range(3))

    with timed("choices"):
        for bought in paid_back:
            storm.takes(bought, "refund")
        later = [storm.takes(bought, "later_departure") for bought in moved]
        missed = storm.takes(storm.orders["early"][0], "later_departure")
        storm.work(2)
    with timed("gates"):
        storm.api.clock.set(LET_IN)
        shown = storm.offline("eckero", bundle, sailing)
        storm.rides(storm.orders["early"][0], missed)
        for bought, option in zip(moved, later, strict=True):
            storm.rides(bought, option)
    with timed("the worker"):
        storm.arrive([*later, missed, NEXT_BOAT])
        storm.work(4)
    with timed("the month"):
        storm.api.clock.set(CLOSING)
        storm.work(2)
        run = storm.close()
        accepted = [storm.accepts(form, tmp_path) for form in ("hledger", "beancount")]

    travellers = TICKETS // 4
    assert Counter(shown) == {"ok_attention": len(sailing) * IN_AN_ORDER}
    for operator in STORMY:
        assert storm.cases(operator) == {
            ("travelled", "None"): travellers,
            ("refunded", "None"): travellers,
            ("chosen", "holder"): travellers,
            ("lapsed", "machine"): travellers,
        }
    assert storm.cases("early") == {("chosen", "holder"): IN_AN_ORDER}
    # Passengers who were moved arrive hours later than they had bought: the law's half, decided and paid or proposed.
    # Those who were carried on by another line arrive late too; the silent ones may still choose the money.
    claims = storm.claims()
    for operator in STORMY:
        assert claims[operator, "paid"] == 2 * travellers
        assert claims[operator, "not_decided"] == travellers
    # Those who have missed the early ship by the tram are owed nothing by its line: the pool of their guarantee pays.
    assert storm.paid_by_guarantee("early") == ["10.00"] * IN_AN_ORDER
    assert verify_guarantees(storm.rooms.till.database, REGION) == (IN_AN_ORDER, [])
    carried = [line["Net"] for line in storm.lines("eckero", run) if line["Kind"] == "continuation"]
    assert carried == ["12.00"] * len(shown)
    assert accepted == ["", ""]
    assert faults(storm.api) == []
