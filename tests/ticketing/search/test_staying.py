"""Staying seated: a vehicle that goes on as another trip is no change, by block and by rule, late or not, whichever way time runs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from operators.port import Disruption, Disruptions
from operators.region import RegionData
from tests.ticketing.search.small_region import SmallTrip, small_region
from ticketing.search import fast
from ticketing.search.live import overlay
from ticketing.search.network import Network, build, day_origin
from ticketing.search.planner import (
    Access,
    Plan,
    PlannedRide,
    Question,
    Timeline,
    plan_arriving,
    plan_departing,
)

DAY = date(2026, 10, 13)
MIDNIGHT = day_origin(DAY, "Europe/Tallinn")
# Stops so far apart that nobody walks.
PLACES = (0.0, 0.1, 0.2, 0.3)
QUESTION = Question({"bus:s0": Access(0, 0)}, {"bus:s3": Access(0, 0)})
# A change takes a minute: without staying seated nobody catches the second trip.
FIRST, THEN = SmallTrip((0, 1), (350, 360)), SmallTrip((1, 3), (360, 380))


def region(*trips: SmallTrip, staying: dict[tuple[str, str], bool] | None = None) -> RegionData:
    made = small_region(PLACES, {"bus": trips})
    timetable = replace(made.timetables["bus"], staying=staying or {})
    return replace(made, timetables={"bus": timetable})


def in_block(*trips: SmallTrip) -> list[SmallTrip]:
    return [replace(trip, block="B") for trip in trips]


def network(made: RegionData, told: Sequence[Disruption] = ()) -> Network:
    news = Disruptions(as_of=datetime(2026, 10, 13, 3, tzinfo=UTC), items=tuple(told))
    return overlay(made, build(made, (DAY,)), {"bus": news})


def first_way(made: RegionData, told: Sequence[Disruption] = ()) -> Plan | None:
    now = network(made, told)
    plans = plan_departing(made, [Timeline(now, now.reversed())], QUESTION, MIDNIGHT, 0)
    return plans[0] if plans else None


def told_of(plan: Plan | None) -> list[tuple[str, bool]]:
    assert plan is not None
    return [(part.ride.trip_id, part.in_seat) for part in plan.parts if isinstance(part, PlannedRide)]


def test_the_trips_of_a_block_are_one_vehicle() -> None:
    plan = first_way(region(*in_block(FIRST, THEN)))

    assert told_of(plan) == [("t0", False), ("t1", True)]
    assert plan is not None
    assert (plan.changes, plan.arrival - MIDNIGHT) == (0, 380 * 60)
    assert [ride.calls for ride in plan.rides] == [("s0", "s1"), ("s1", "s3")]


def test_without_a_block_or_a_rule_nobody_catches_it() -> None:
    assert first_way(region(FIRST, THEN)) is None


@pytest.mark.parametrize(("rule", "stays"), [(True, True), (False, False)])
def test_a_rule_of_transfers_stands_before_the_block(rule: bool, stays: bool) -> None:
    plan = first_way(region(*in_block(FIRST, THEN), staying={("t0", "t1"): rule}))

    assert (plan is not None) == stays


def test_a_rule_needs_no_block() -> None:
    assert told_of(first_way(region(FIRST, THEN, staying={("t0", "t1"): True}))) == [
        ("t0", False),
        ("t1", True),
    ]


def test_who_must_be_there_by_a_time_stays_seated_too() -> None:
    made = region(*in_block(FIRST, THEN))
    now = network(made)

    plans = plan_arriving(made, [Timeline(now, now.reversed())], QUESTION, MIDNIGHT + 381 * 60, 0)

    assert told_of(plans[0]) == [("t0", False), ("t1", True)]


def test_over_three_trips_a_passenger_stays_seated_twice() -> None:
    trips = in_block(FIRST, SmallTrip((1, 2), (360, 370)), SmallTrip((2, 3), (370, 380)))

    plan = first_way(region(*trips))

    assert told_of(plan) == [("t0", False), ("t1", True), ("t2", True)]


def test_who_boards_or_alights_at_the_end_of_a_trip_has_one_ride() -> None:
    made = region(*in_block(FIRST, THEN))
    now = network(made)
    timeline = [Timeline(now, now.reversed())]

    inward = plan_departing(
        made, timeline, replace(QUESTION, destinations={"bus:s1": Access(0, 0)}), MIDNIGHT, 0
    )
    onward = plan_departing(made, timeline, replace(QUESTION, origins={"bus:s1": Access(0, 0)}), MIDNIGHT, 0)

    assert [told_of(plan) for plan in inward] == [[("t0", False)]]
    assert [told_of(plan) for plan in onward] == [[("t1", False)]]


def test_a_vehicle_that_waits_for_long_is_boarded_anew() -> None:
    plan = first_way(region(*in_block(FIRST, SmallTrip((1, 3), (391, 400)))))

    assert told_of(plan) == [("t0", False), ("t1", False)]


def test_a_vehicle_that_turns_back_is_no_way_on() -> None:
    made = region(*in_block(FIRST, SmallTrip((1, 0, 3), (360, 370, 390))))

    assert not [line for line in network(made).lines if line.parts]


def test_a_late_vehicle_is_late_on_its_next_trip() -> None:
    late = Disruption(trip_id="t0", service_date=DAY, cancelled=False, delay_seconds=600)

    plan = first_way(region(*in_block(FIRST, THEN)), [late])

    assert told_of(plan) == [("t0", False), ("t1", True)]
    assert plan is not None
    assert plan.arrival - MIDNIGHT == 390 * 60
    last = plan.parts[-1]
    assert isinstance(last, PlannedRide)
    assert last.live is not None
    assert int(last.live[0].timestamp()) - MIDNIGHT == 370 * 60
    assert int(last.ride.departure.timestamp()) - MIDNIGHT == 360 * 60


def test_a_trip_that_does_not_run_ends_the_way() -> None:
    gone = Disruption(trip_id="t1", service_date=DAY, cancelled=True, delay_seconds=0)

    assert first_way(region(*in_block(FIRST, THEN)), [gone]) is None


def test_the_compiled_scan_stays_seated_too() -> None:
    made = region(*in_block(FIRST, THEN))
    assert fast.prepare()
    try:
        plan = first_way(made)
    finally:
        fast._compiled.clear()

    assert told_of(plan) == [("t0", False), ("t1", True)]
