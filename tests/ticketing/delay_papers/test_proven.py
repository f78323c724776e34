"""The pure decision about what is proven of a ride: forecasts, wavering feeds and contradictions confirm nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing.claims import Proof
from ticketing.delay_papers.proven import proven_of
from ticketing.disruption import Evidence

LEAVES = datetime(2026, 10, 13, 4, 30, tzinfo=UTC)
ARRIVES = LEAVES + timedelta(hours=2)
AFTER = ARRIVES + timedelta(days=1)


def evidence(event: Any, minutes: float | None = None, outcome: Any = "at", **more: Any) -> Evidence:
    """The evidence of an end: so many minutes late, or not served."""
    planned = LEAVES if event == "departure" else ARRIVES
    at = None if minutes is None or outcome != "at" else planned + timedelta(minutes=minutes)
    known = {"rank": 2, "ids": (f"{event}-{minutes}",), "planned_at": planned, "at": at, **more}
    return Evidence(call=0 if event == "departure" else 1, event=event, outcome=outcome, **known)


def proof(departure: Evidence, arrival: Evidence, **more: Any) -> Proof:
    return Proof(arrival=arrival, departure=departure, **{"is_chosen": False, "cause": None, **more})


UNKNOWN = {"outcome": "unknown", "rank": 5, "ids": ()}


@pytest.mark.parametrize(
    ("minutes", "state"), [(0, "nothing"), (0.99, "nothing"), (1, "confirmed"), (-5, "nothing")]
)
def test_a_run_is_late_from_its_first_whole_minute_on(minutes: float, state: str) -> None:
    known = proof(evidence("departure", minutes), evidence("arrival", minutes))

    assert proven_of(LEAVES, known, AFTER).state == state


def test_a_run_that_left_late_and_made_up_for_it_was_late_where_it_left() -> None:
    proven = proven_of(LEAVES, proof(evidence("departure", 12), evidence("arrival", -1.5)), AFTER)

    assert (proven.state, proven.departure and proven.departure.minutes) == ("confirmed", 12)
    assert proven.arrival is not None
    assert proven.arrival.minutes == -2
    assert proven.evidence == ("arrival--1.5", "departure-12")


@given(st.integers(-30, 300), st.integers(-30, 300), st.integers(0, 600))
def test_no_time_that_has_not_come_is_ever_confirmed(leaves: int, arrives: int, passed: int) -> None:
    now = LEAVES + timedelta(minutes=passed)

    proven = proven_of(LEAVES, proof(evidence("departure", leaves), evidence("arrival", arrives)), now)

    assert all(one.at <= now for one in (proven.departure, proven.arrival) if one is not None)
    if proven.state == "confirmed":
        assert max(one.minutes for one in (proven.departure, proven.arrival) if one is not None) >= 1


@pytest.mark.parametrize(
    ("more", "now", "state"),
    [
        ({}, LEAVES - timedelta(hours=1), "nothing"),
        ({}, LEAVES, "confirmed"),
        ({"is_confirmed": True}, LEAVES - timedelta(hours=1), "confirmed"),
    ],
)
@pytest.mark.parametrize(("outcome", "flags"), [("cancelled", (True, False)), ("skipped", (False, True))])
def test_the_first_word_of_a_feed_that_a_run_does_not_go_waits_until_it_is_sure(
    more: dict[str, Any], now: datetime, state: str, outcome: str, flags: tuple[bool, bool]
) -> None:
    known = proof(evidence("departure", outcome=outcome), evidence("arrival", outcome=outcome), **more)

    proven = proven_of(LEAVES, known, now)

    assert (proven.state, proven.cancelled, proven.skipped) == (
        state,
        *(flags if state == "confirmed" else (False, False)),
    )


def test_the_operators_own_word_that_a_run_does_not_go_counts_at_once() -> None:
    known = proof(*(evidence(one, outcome="cancelled", rank=1) for one in ("departure", "arrival")))

    assert proven_of(LEAVES, known, LEAVES - timedelta(days=2)).cancelled


@pytest.mark.parametrize("end", ["departure", "arrival"])
def test_a_contradiction_at_either_end_confirms_nothing_until_somebody_has_chosen(end: str) -> None:
    ends = {
        one: evidence(one, 90, **({"against": ("x",)} if one == end else {}))
        for one in ("departure", "arrival")
    }
    chosen = {"is_chosen" if end == "arrival" else "is_departure_chosen": True}

    open_one = proven_of(LEAVES, proof(**ends), AFTER)
    decided = proven_of(LEAVES, proof(**ends, **chosen), AFTER)

    assert (open_one.state, open_one.evidence) == ("contradiction", ())
    assert decided.state == "confirmed"


def test_of_an_end_about_which_nothing_is_known_nothing_is_said() -> None:
    proven = proven_of(LEAVES, proof(evidence("departure", 80), evidence("arrival", **UNKNOWN)), AFTER)

    assert (proven.state, proven.arrival, proven.cause) == ("confirmed", None, "unknown")
