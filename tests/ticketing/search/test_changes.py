"""Changes: the time they take by the region's rule, by the operator's own, at the quay, and after midnight."""

from dataclasses import replace
from datetime import date

import pytest

from operators.region import RegionData, Terminal
from tests.ticketing.search.small_region import SmallTrip, small_region
from ticketing.search.network import build, day_origin
from ticketing.search.planner import (
    Access,
    Plan,
    Question,
    Timeline,
    Walk,
    plan_arriving,
    plan_departing,
)

DAY = date(2026, 10, 13)
DAYS = (date(2026, 10, 12), DAY, date(2026, 10, 14))
MIDNIGHT = day_origin(DAY, "Europe/Tallinn")
# Two stops 200 m apart in the middle, so a walk of 200 s and a change of 60 s; the ends are far away.
PLACES = (0.0, 0.1, 0.1018, 0.3)
NEXT = tuple(SmallTrip((2, 3), (at, at + 10)) for at in (364, 365, 380))


def region(**changes: object) -> RegionData:
    made = small_region(PLACES, {"bus": (SmallTrip((0, 1), (350, 360)), *NEXT)})
    timetable = replace(made.timetables["bus"], **changes)
    return replace(made, timetables={"bus": timetable})


def earliest(made: RegionData, start: str = "bus:s0", end: str = "bus:s3", at: int = MIDNIGHT) -> Plan | None:
    network = build(made, DAYS)
    question = Question({start: Access(0, 0)}, {end: Access(0, 0)})
    plans = plan_departing(made, [Timeline(network, network.reversed())], question, at, 0)
    return plans[0] if plans else None


def boarded_at(plan: Plan | None) -> int:
    assert plan is not None
    return (int(plan.rides[-1].departure.timestamp()) - MIDNIGHT) // 60


def test_a_change_takes_the_walk_and_the_time_kept_free() -> None:
    assert boarded_at(earliest(region())) == 365


@pytest.mark.parametrize(("needed", "minute"), [(240, 364), (300, 365), (301, 380)])
def test_the_operators_own_time_for_a_change_stands_before_the_walk(needed: int, minute: int) -> None:
    plan = earliest(region(transfers={("s1", "s2"): needed}))

    assert boarded_at(plan) == minute


def test_a_change_that_the_operator_calls_impossible_is_not_made() -> None:
    assert earliest(region(transfers={("s1", "s2"): None})) is None


def test_a_walk_between_two_rides_is_shown_with_its_way() -> None:
    plan = earliest(region())

    assert plan is not None
    assert [part for part in plan.parts if isinstance(part, Walk)] == [Walk("bus:s1", "bus:s2", 200, 200)]


@pytest.mark.parametrize(("check_in_minutes", "minute"), [(0, 361), (1, 420), (59, 420), (60, None)])
def test_a_ship_is_not_boarded_once_its_check_in_has_closed(
    check_in_minutes: int, minute: int | None
) -> None:
    sailings = (SmallTrip((1, 3), (361, 380)), SmallTrip((1, 3), (420, 440)))
    made = small_region(
        PLACES,
        {"bus": [SmallTrip((0, 1), (350, 360))], "boat": sailings},
        {"boat:s1": Terminal("EE", 60 * check_in_minutes, 0)},
    )

    plan = earliest(made, end="boat:s3")

    if minute is None:
        assert plan is None or boarded_at(plan) > 24 * 60
    else:
        assert boarded_at(plan) == minute


def test_leaving_a_ship_takes_its_time() -> None:
    made = small_region(
        PLACES,
        {
            "boat": [SmallTrip((0, 1), (300, 350))],
            "bus": [SmallTrip((1, 3), (at, at + 9)) for at in (370, 371)],
        },
        {"boat:s1": Terminal("FI", 0, 20 * 60)},
    )

    assert boarded_at(earliest(made, start="boat:s0")) == 371


def test_a_departure_after_midnight_belongs_to_the_service_day_before() -> None:
    made = small_region(PLACES, {"bus": [SmallTrip((0, 1), (24 * 60 + 30, 24 * 60 + 40))]})

    assert boarded_at(earliest(made, end="bus:s1", at=MIDNIGHT + 60 * 20)) == 30


def test_an_earlier_way_to_arrive_in_time_is_never_a_later_one() -> None:
    """A walk at the end was counted twice when looking for the way before: it could arrive after the wanted time."""
    trips = [SmallTrip((0, 4), (9 * 60 + minute, 10 * 60 + minute)) for minute in (0, 1)]
    region = small_region((0.0, 0.0018, 0.0054, 0.0072, 0.0150), {"bus": trips})
    network = build(region, (DAY,))
    question = Question({"bus:s0": Access(0, 0)}, {"bus:s4": Access(61, 61)})
    by = day_origin(DAY, "Europe/Tallinn") + 10 * 3600 + 91

    plans = plan_arriving(region, [Timeline(network, network.reversed())], question, by, 1)

    assert [plan.arrival - by for plan in plans] == [-30]
