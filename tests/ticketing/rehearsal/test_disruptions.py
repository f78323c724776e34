"""The invariants of a disruption: what holders hear, what is sold, what comes back, what is proven."""

from typing import Any

import pytest

from ticketing.rehearsal import invariants

RUN = ("sea", "sea-0@25200", "2026-10-13")
CANCELLED, RESTORED = "journey.cancelled", "journey.service_restored"


def test_an_event_is_about_the_run_that_it_names() -> None:
    about: Any = {"data": dict(zip(("operator", "trip_id", "service_date"), RUN, strict=True))}

    assert invariants.is_about(about, RUN)
    assert not invariants.is_about({"data": {"order_id": "1"}}, RUN)
    assert not invariants.is_about(about, ("sea", "sea-0@25200", "2026-10-14"))


@pytest.mark.parametrize(
    ("told", "faults"),
    [
        ([CANCELLED, RESTORED], 0),
        ([RESTORED, CANCELLED], 0),
        ([], 1),
        ([CANCELLED], 1),
        ([CANCELLED, CANCELLED, RESTORED], 1),
    ],
)
def test_a_holder_hears_what_has_happened_and_nothing_else(told: list[str], faults: int) -> None:
    assert len(invariants.heard([CANCELLED, RESTORED], told)) == faults


def test_a_word_is_told_again_only_where_it_was_taken_back() -> None:
    assert invariants.nothing_twice([CANCELLED, RESTORED, CANCELLED]) == []
    assert invariants.nothing_twice([CANCELLED, CANCELLED]) == [
        "journey.cancelled is told 2 times and taken back 0 times"
    ]


def line(**changed: Any) -> Any:
    return {"passenger": "p1", "percent": 100, "fees": [], "because": "50 %", **changed}


def no(code: str) -> Any:
    return {"passenger": "p2", "because": "", "reasons": [{"code": code, "values": {}}]}


@pytest.mark.parametrize(
    ("offer", "whole"),
    [
        ({"lines": [line()], "refused": []}, True),
        ({"lines": [line(percent=50)], "refused": []}, False),
        ({"lines": [line(fees=[{"operator": "sea"}])], "refused": []}, False),
        ({"lines": [], "refused": [no("not_fresh")]}, False),
        ({"lines": [line()], "refused": [no("rest_dearer")]}, True),
        ({"lines": [line(percent=50)], "refused": [no("rest_dearer")]}, False),
    ],
)
def test_a_leg_that_does_not_run_comes_back_whole(offer: Any, whole: bool) -> None:
    assert (invariants.is_whole(offer) == []) is whole


def test_what_does_not_run_may_be_shown_and_not_sold() -> None:
    leg: Any = {"kind": "ride", "operator": RUN[0], "trip_id": RUN[1], "service_date": RUN[2]}
    walk: Any = {"kind": "walk"}

    assert invariants.is_not_sold([{"offer_id": None, "legs": [walk, leg]}], RUN) == []
    assert len(invariants.is_not_sold([{"offer_id": "o", "legs": [walk, leg]}], RUN)) == 1
    assert invariants.is_not_sold([{"offer_id": "o", "legs": [leg | {"trip_id": "other"}]}], RUN) == []


def test_evidence_says_what_was_said_at_every_call() -> None:
    call: Any = {"call": 0, "event": "departure", "outcome": "at", "delay_seconds": 5700}

    assert invariants.proves({"calls": [call]}, "at", 5700) == []
    assert len(invariants.proves({"calls": [call, call | {"delay_seconds": 0}]}, "at", 5700)) == 1
    assert len(invariants.proves({"calls": [call]}, "cancelled", None)) == 1
