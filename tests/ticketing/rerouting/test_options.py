"""The ways on for a leg that does not go as sold: which, in which order, and never an earlier one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tariffs.money import Money
from tests.ticketing.rerouting.ships import at, coming, ship
from ticketing.regions.not_carried import Failure
from ticketing.rerouting.options import (
    Around,
    DisruptedLeg,
    LegFacts,
    disrupted_legs,
    options_of,
)

CANCELLED = Failure("cancelled", ends_journey=True, is_cancelled=True)
LATE = Failure("over 95 min late at departure, more than 90", ends_journey=True)
TRAM_CANCELLED = Failure("cancelled", ends_journey=False, is_cancelled=True)
MONEY = Money(2900, "EUR")


def leg(place: int, leaves: str, reaches: str, **more: Any) -> LegFacts:
    """A leg as it was sold, if nothing more is said."""
    times = at(leaves), at(reaches)
    facts = LegFacts(
        at=place,
        takes_over=False,
        departs_at=times[0],
        arrives_at=times[1],
        sold_departs_at=times[0],
        sold_arrives_at=times[1],
        expected_departs_at=times[0],
        expected_arrives_at=times[1],
        change_seconds=1800 if place else None,
    )
    return replace(facts, **more)


SAME = tuple(coming(leaves) for leaves in ("08:00", "13:00", "16:00", "19:00", "22:00"))
OTHERS = tuple(
    coming(leaves, operator, until=at("21:00"))
    for operator, leaves in (
        ("viking", "09:00"),
        ("viking", "11:00"),
        ("viking", "17:00"),
        ("eckero", "12:00"),
    )
)


def ways(disrupted: DisruptedLeg, around: Around, now: str = "09:30") -> list[tuple[str, str]]:
    """The kinds of the options, each with its operator and time."""
    return [
        (one.kind, f"{one.coming.operator} {one.departs_at:%H:%M}" if one.coming and one.departs_at else "")
        for one in options_of(disrupted, around, at(now))
    ]


def test_a_cancelled_ship_brings_three_later_ones_then_other_lines_then_the_money() -> None:
    assert ways(ship(), Around(SAME, OTHERS, MONEY)) == [
        ("later_departure", "tallink 13:00"),
        ("later_departure", "tallink 16:00"),
        ("later_departure", "tallink 19:00"),
        ("other_operator", "viking 11:00"),
        ("other_operator", "eckero 12:00"),
        ("refund", ""),
    ]


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({"places": 0}, False),
        ({"places": 1}, True),
        ({"places": None}, True),
        ({"is_on_sale": False}, False),
        ({"departs_at": at("09:59")}, False),
        ({"departs_at": at("10:00")}, True),
    ],
)
def test_a_departure_is_offered_with_places_on_sale_and_never_earlier(
    changed: dict[str, Any], kept: bool
) -> None:
    around = Around((replace(coming("13:00"), **changed),))

    assert bool(ways(ship(), around)) is kept


def test_a_departure_that_has_left_is_not_offered() -> None:
    assert ways(ship(), Around(SAME), now="16:01")[0] == ("later_departure", "tallink 19:00")


def test_another_line_takes_those_of_a_ship_that_is_cancelled_or_missed_and_as_long_as_its_agreement_says() -> (
    None
):
    late = [coming("21:01", "viking", until=at("21:00")), coming("15:00", "viking")]

    assert ways(ship(), Around((), late)) == []
    assert ways(ship("too_late"), Around((), OTHERS)) == [("wait", "")]
    assert ways(ship("connection"), Around((), OTHERS)) == ways(ship(), Around((), OTHERS))


def test_a_late_ship_can_be_waited_for_last_of_all() -> None:
    assert [kind for kind, _ in ways(ship("too_late"), Around(SAME[:2], OTHERS, MONEY))] == [
        "later_departure",
        "refund",
        "wait",
    ]
    (wait,) = options_of(ship("too_late"), Around(), at("09:30"))
    assert (wait.departs_at, wait.arrives_at) == (at("12:00"), at("14:00"))


def test_a_late_ship_that_has_arrived_is_not_waited_for() -> None:
    assert ways(ship("too_late"), Around(), now="14:00") == []


def test_who_has_missed_a_connection_is_offered_what_they_can_reach() -> None:
    missed = ship("connection", ready_at=at("13:01"))

    assert ways(missed, Around(SAME))[0] == ("later_departure", "tallink 16:00")


def test_who_was_let_in_for_a_ship_that_is_cancelled_gets_the_money_only() -> None:
    assert ways(ship(used=True), Around(SAME, OTHERS, MONEY)) == [("refund", "")]


def test_two_days_later_only_the_money_is_left() -> None:
    now = at("10:00") + timedelta(hours=48)
    around = Around((replace(coming("13:00"), departs_at=now + timedelta(hours=1)),), (), MONEY)

    assert [one.kind for one in options_of(ship(), around, now)] == ["refund"]


def test_an_option_keeps_its_name_and_differs_from_every_other() -> None:
    around = Around(SAME, OTHERS, MONEY)
    names = [one.id for one in options_of(ship(), around, at("09:30"))]

    assert names == [one.id for one in options_of(ship(), around, at("09:40"))]
    assert len(set(names)) == len(names)
    assert {one.id for one in options_of(ship(at=0), around, at("09:30"))}.isdisjoint(names)


TRAM = leg(0, "08:00", "08:40", takes_over=True, change_seconds=None)
FERRY = leg(1, "10:00", "12:00")
TRAIN = leg(2, "13:00", "15:00")


def late(facts: LegFacts, minutes: int, **more: Any) -> LegFacts:
    """A leg that is expected so many minutes later at both ends."""
    by = timedelta(minutes=minutes)
    expected = {
        "expected_departs_at": facts.expected_departs_at + by,
        "expected_arrives_at": facts.expected_arrives_at + by,
    }
    return replace(facts, **expected, **more)


def moved(facts: LegFacts, minutes: int) -> LegFacts:
    """A leg whose holder has taken a departure so many minutes later."""
    by = timedelta(minutes=minutes)
    return late(replace(facts, departs_at=facts.departs_at + by, arrives_at=facts.arrives_at + by), minutes)


@pytest.mark.parametrize(
    ("legs", "now", "disrupted"),
    [
        ((TRAM, FERRY, TRAIN), "09:00", []),
        ((TRAM, replace(FERRY, failure=CANCELLED), TRAIN), "09:00", [(1, "cancelled")]),
        ((TRAM, replace(FERRY, failure=CANCELLED), TRAIN), "20:00", [(1, "cancelled")]),
        ((TRAM, replace(FERRY, failure=CANCELLED, used=True)), "09:00", [(1, "cancelled")]),
        ((replace(TRAM, failure=TRAM_CANCELLED), FERRY), "07:00", []),
        ((TRAM, late(FERRY, 95, failure=LATE)), "09:00", [(1, "too_late")]),
        ((TRAM, late(FERRY, 95, failure=LATE), TRAIN), "09:00", [(1, "too_late"), (2, "connection")]),
        ((TRAM, late(FERRY, 95, failure=LATE, used=True)), "10:00", []),
        ((TRAM, late(FERRY, 95, failure=LATE)), "13:35", []),
        # Half an hour is needed of the hour that was sold.
        ((FERRY, late(TRAIN, 0)), "09:00", []),
        ((late(FERRY, 30), TRAIN), "09:00", []),
        ((late(FERRY, 31), TRAIN), "09:00", [(2, "connection")]),
        ((late(FERRY, 31), late(TRAIN, 1)), "09:00", []),
        ((late(FERRY, 31), replace(TRAIN, takes_over=True)), "09:00", []),
        ((late(FERRY, 31), replace(TRAIN, used=True)), "09:00", []),
        ((late(FERRY, 31), replace(TRAIN, change_seconds=None)), "09:00", []),
        # A later ship that was chosen breaks the connection as a late one does.
        ((moved(FERRY, 180), TRAIN), "09:00", [(2, "connection")]),
        ((moved(FERRY, 180), moved(TRAIN, 240)), "09:00", []),
        # A tram in between runs on, later; the train behind it is missed all the same.
        ((late(TRAM, 100), FERRY), "09:00", [(1, "connection")]),
    ],
)
def test_the_legs_of_which_holders_are_asked(
    legs: tuple[LegFacts, ...], now: str, disrupted: list[tuple[int, str]]
) -> None:
    assert [(one.at, one.why) for one in disrupted_legs(legs, at(now))] == disrupted


def test_a_tram_that_is_missed_passes_the_delay_on_to_the_train_behind_it() -> None:
    tram = leg(1, "12:20", "12:40", takes_over=True, change_seconds=600)
    ferry = replace(FERRY, at=0)
    train = leg(2, "13:00", "15:00", change_seconds=600)

    assert disrupted_legs((ferry, tram, train), at("09:00")) == []
    (missed,) = disrupted_legs((late(ferry, 60), tram, train), at("09:00"))
    assert (missed.at, missed.why, missed.ready_at) == (2, "connection", at("13:40"))
