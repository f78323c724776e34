"""The state of a case follows from what has happened to the ticket, and by whom."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.ticketing.rerouting.harbour import TWO, Harbour, take
from tests.ticketing.rerouting.ships import at
from ticketing.clock import FixedClock
from ticketing.rerouting.cases import CaseFacts, state_of

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FOUND = CaseFacts(
    was_told=False, is_given_back=False, was_let_in=False, chosen_by=None, departs_at=at("10:00")
)


@pytest.fixture
def ferries(clock: FixedClock) -> dict[str, FakeOperator]:
    """Small ferries, which are soon full."""
    lasts = timedelta(days=3)
    return {
        name: FakeOperator(name, clock.now, {"foot": 20}, hold_life=lasts)
        for name in ("tallink", "viking", "eckero")
    }


@pytest.fixture
def harbour(api: Api, ferries: dict[str, FakeOperator]) -> Harbour:
    return Harbour(api, ferries)


@pytest.mark.parametrize(
    ("changed", "hours", "state"),
    [
        ({}, 0, ("found", None)),
        ({"was_told": True}, 0, ("told", None)),
        ({"was_told": True}, 47, ("told", None)),
        ({"was_told": True}, 48, ("lapsed", "machine")),
        ({"was_let_in": True}, 48, ("travelled", None)),
        ({"chosen_by": "holder"}, 48, ("chosen", "holder")),
        ({"chosen_by": "machine", "was_let_in": True}, 0, ("auto_rebooked", "machine")),
        ({"chosen_by": "machine", "is_given_back": True}, 0, ("refunded", None)),
    ],
)
def test_a_case_has_the_state_of_the_last_thing_that_ends_it(
    changed: dict[str, Any], hours: int, state: tuple[str, str | None]
) -> None:
    facts = replace(FOUND, **changed)

    assert state_of(facts, facts.departs_at + timedelta(hours=hours)) == state


def test_each_of_two_passengers_has_a_case_that_ends_in_their_own_way(harbour: Harbour) -> None:
    bought = harbour.buys(TWO)
    assert harbour.cases(bought) == []
    harbour.cancels(bought)
    before = harbour.cases(bought)
    options = harbour.options(bought)[0]["options"]
    take(harbour.api, bought, options[0], ["bo"])
    money = next(one for one in options if one["kind"] == "refund")
    call = take(harbour.api, bought, money, ["anna"]).json["refund"]
    harbour.api.post(call["path"], call["body"], bought.token)

    assert sorted(before) == [("anna", "found", None), ("bo", "found", None)]
    assert sorted(harbour.cases(bought)) == [("anna", "refunded", None), ("bo", "chosen", "holder")]


def test_a_silent_holder_is_rebooked_by_the_machine(harbour: Harbour) -> None:
    bought = harbour.buys()
    harbour.cancels(bought)
    first, *others = [
        one for one in harbour.options(bought)[0]["options"] if one["kind"] == "later_departure"
    ]
    harbour.leaves_places("tallink", first, 3)
    for other in others:
        harbour.leaves_places("tallink", other, 0)
    harbour.work()
    harbour.api.clock.advance(timedelta(minutes=60))
    harbour.work()

    assert harbour.cases(bought) == [("anna", "auto_rebooked", "machine")]


@ON_SQLITE
def test_a_case_lapses_where_nobody_chooses(harbour: Harbour) -> None:
    bought = harbour.buys()
    _, ship = harbour.ship(bought)
    harbour.cancels(bought)
    harbour.api.clock.set(datetime.fromisoformat(ship["departure"]) + timedelta(hours=48))

    assert harbour.cases(bought) == [("anna", "lapsed", "machine")]


@ON_SQLITE
def test_a_holder_whom_a_gate_has_let_in_before_the_cancellation_has_travelled(harbour: Harbour) -> None:
    bought = harbour.buys()
    harbour.lets_in(bought)
    harbour.cancels(bought)

    assert harbour.cases(bought) == [("anna", "travelled", None)]
