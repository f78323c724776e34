"""To which run a real-time message belongs: by trip, by route and start, by the nearest day; else it is counted, by its reason."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from google.transit import gtfs_realtime_pb2 as gtfs

from operators.gtfs import realtime
from operators.gtfs.reader import load_timetable
from operators.gtfs.runs import Runs
from operators.gtfs.timetable import Timetable
from operators.port import CallChange, Disruption, Disruptions
from tests.operators.written_feed import feed

DAY = date(2026, 10, 13)
# Trips t0 to t3 of route R leave s1 at 05:05, 06:05, 07:05, 08:05 in Tallinn (UTC+3).
MORNING = datetime(2026, 10, 13, 2, 6, tzinfo=UTC)
DIRECTIONS = "trip_id,route_id,service_id,direction_id\n" + "".join(
    f"t{at},R,W,{at % 2}\n" for at in range(4)
)


def told(timetable: Timetable, *trips: dict[str, Any], at: datetime = MORNING) -> Disruptions:
    """Read a message with one update for each trip descriptor; `stops` are its calls."""
    message = gtfs.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = int(at.timestamp())
    for number, trip in enumerate(trips):
        update = message.entity.add(id=str(number)).trip_update
        for name, value in trip.items():
            if name == "stops":
                for stop in value:
                    update.stop_time_update.add(**stop)
            elif name == "made_at":
                update.timestamp = int(value.timestamp())
            else:
                setattr(update.trip, name, value)
    return realtime.read(message, timetable)


def timetable_of(**changes: str) -> Timetable:
    timetable, findings = load_timetable("a", feed(**{"trips.txt": DIRECTIONS, **changes}))
    assert timetable is not None, findings
    return timetable


def late(seconds: int, **where: Any) -> dict[str, Any]:
    event = gtfs.TripUpdate.StopTimeEvent(delay=seconds)
    return {"arrival": event, "departure": event, **where}


CANCELED = gtfs.TripDescriptor.CANCELED


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 10, 13, 2, 6, tzinfo=UTC), date(2026, 10, 13)),  # under way
        (
            datetime(2026, 10, 12, 22, 0, tzinfo=UTC),
            date(2026, 10, 13),
        ),  # 01:00 in Tallinn, four hours before
        (datetime(2026, 10, 13, 13, 0, tzinfo=UTC), date(2026, 10, 13)),  # 16:00, eleven hours after
        (
            datetime(2026, 10, 13, 15, 0, tzinfo=UTC),
            date(2026, 10, 14),
        ),  # 18:00, eleven hours before the next
    ],
)
def test_without_a_start_date_it_is_the_run_nearest_to_the_message(at: datetime, day: date) -> None:
    found = told(timetable_of(), {"trip_id": "t0", "schedule_relationship": CANCELED}, at=at)

    assert found.items == (Disruption("t0", day, cancelled=True),)
    assert (found.matching.messages, found.matching.matched, found.matching.unmatched) == (1, 1, {})


def test_a_trip_update_has_a_time_of_its_own_and_its_calls_have_a_better_one() -> None:
    yesterday = datetime(2026, 10, 12, 2, 6, tzinfo=UTC)
    call = gtfs.TripUpdate.StopTimeEvent(time=int(datetime(2026, 10, 14, 2, 11, tzinfo=UTC).timestamp()))

    found = told(
        timetable_of(),
        {"trip_id": "t0", "made_at": yesterday, "schedule_relationship": CANCELED},
        {"trip_id": "t1", "stops": [{"stop_id": "s2", "arrival": call}]},
    )

    assert [(one.trip_id, one.service_date) for one in found.items] == [
        ("t0", date(2026, 10, 12)),
        ("t1", date(2026, 10, 14)),
    ]


def test_a_trip_after_midnight_belongs_to_the_service_day_before() -> None:
    night = timetable_of(
        **{
            "stop_times.txt": "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n"
            "t0,s1,10,25:10:00,25:10:00\nt0,s2,20,25:20:00,25:20:00\n",
        }
    )

    found = told(
        night,
        {"trip_id": "t0", "schedule_relationship": CANCELED},
        at=datetime(2026, 10, 12, 22, 15, tzinfo=UTC),
    )

    assert found.items == (Disruption("t0", date(2026, 10, 12), cancelled=True),)


def test_only_days_on_which_the_trip_runs_are_looked_at() -> None:
    weekdays = feed()["calendar.txt"].replace("W,1,1,1,1,1,1,1", "W,1,1,1,1,1,0,0")
    saturday = datetime(2026, 10, 17, 3, 0, tzinfo=UTC)
    timetable = timetable_of(**{"calendar.txt": weekdays})

    found = told(timetable, {"trip_id": "t3", "schedule_relationship": CANCELED}, at=saturday)
    named = told(timetable, {"trip_id": "t3", "start_date": "20261017", "schedule_relationship": CANCELED})

    assert [one.service_date for one in found.items] == [date(2026, 10, 16)]
    assert (named.items, named.matching.unmatched) == ((), {"not_that_day": 1})


def test_route_direction_and_start_name_a_trip() -> None:
    found = told(
        timetable_of(),
        {
            "route_id": "R",
            "direction_id": 1,
            "start_time": "06:05:30",
            "start_date": "20261013",
            "schedule_relationship": gtfs.TripDescriptor.DELETED,
        },
        {
            "route_id": "R",
            "direction_id": 0,
            "start_time": "05:05:30",
            "start_date": "20261013",
            "stops": [late(60, stop_sequence=10)],
        },
    )

    assert [(one.trip_id, one.service_date, one.cancelled) for one in found.items] == [
        ("t1", DAY, True),
        ("t0", DAY, False),
    ]


def test_two_candidates_are_neither() -> None:
    rows = feed()["stop_times.txt"] + "".join(
        f"t9,s{at},{at},06:{5 * at:02}:00,06:{5 * at:02}:30\n" for at in range(1, 5)
    )
    timetable = timetable_of(**{"trips.txt": DIRECTIONS + "t9,R,W,1\n", "stop_times.txt": rows})
    wanted = {"route_id": "R", "direction_id": 1, "start_time": "06:05:30", "schedule_relationship": CANCELED}

    with_day, without = (told(timetable, {**wanted, **more}) for more in ({"start_date": "20261013"}, {}))

    for found in (with_day, without):
        assert (found.items, found.matching.unmatched) == ((), {"several_runs": 1})


def test_what_cannot_be_placed_is_counted_by_its_reason() -> None:
    found = told(
        timetable_of(),
        {"trip_id": "stranger"},
        {"route_id": "R", "start_time": "06:05:30", "start_date": "20261013"},
        {"route_id": "R", "direction_id": 0, "start_time": "06:05:30", "start_date": "20261013"},
        {"trip_id": "t0", "start_date": "tomorrow"},
        {"trip_id": "t1", "start_date": "20261013", "stops": [late(60, stop_id="elsewhere")]},
        {"trip_id": "x", "start_date": "20261013", "schedule_relationship": gtfs.TripDescriptor.NEW},
        {"trip_id": "t2", "start_date": "20261013", "stops": [late(60, stop_id="s1")]},
    )

    assert found.matching.unmatched == {
        "unknown_trip": 2,
        "no_trip_named": 1,
        "unreadable_day": 1,
        "unknown_stops": 1,
        "not_understood": 1,
    }
    assert (found.matching.messages, found.matching.matched, len(found.items)) == (7, 1, 1)


def test_a_run_of_a_trip_that_repeats_needs_its_start() -> None:
    timetable = timetable_of(
        **{
            "frequencies.txt": "trip_id,start_time,end_time,headway_secs\nt0,05:05:30,07:05:30,3600\n",
        }
    )

    found = told(
        timetable,
        {"trip_id": "t0", "start_time": "06:05:30", "schedule_relationship": CANCELED},
        {"trip_id": "t0", "start_date": "20261013", "schedule_relationship": CANCELED},
        {"trip_id": "t0", "start_time": "06:00:00", "schedule_relationship": CANCELED},
    )

    assert found.items == (Disruption("t0@21930", DAY, cancelled=True),)
    assert found.matching.unmatched == {"several_runs": 1, "unknown_trip": 1}


def test_an_unknown_stop_sequence_with_the_right_stop_is_that_stop() -> None:
    found = told(timetable_of(), {"trip_id": "t0", "stops": [late(120, stop_sequence=999, stop_id="s3")]})

    assert found.items[0].calls == (CallChange(2, 120, 120), CallChange(3, 120, 120))


def test_a_stop_that_is_called_at_twice_is_the_nearest_call() -> None:
    loop = "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n" + "".join(
        f"t0,{stop},{10 * at},05:{5 * at:02}:00,05:{5 * at:02}:00\n"
        for at, stop in enumerate(("s1", "s2", "s3", "s1"), 1)
    )
    timetable = timetable_of(**{"stop_times.txt": loop})
    leaves = gtfs.TripUpdate.StopTimeEvent(time=int(datetime(2026, 10, 13, 2, 21, tzinfo=UTC).timestamp()))

    by_time = told(timetable, {"trip_id": "t0", "stops": [{"stop_id": "s1", "arrival": leaves}]})
    by_number = told(timetable, {"trip_id": "t0", "stops": [late(60, stop_sequence=39, stop_id="s1")]})
    by_order = told(timetable, {"trip_id": "t0", "stops": [late(60, stop_id="s1")]})

    assert by_time.items[0].calls == (CallChange(3, 60, 60),)
    assert by_number.items[0].calls == (CallChange(3, 60, 60),)
    assert [one.place for one in by_order.items[0].calls] == [0, 1, 2, 3]


def test_the_runs_that_are_under_way_are_known_by_the_timetable() -> None:
    timetable, _ = load_timetable("a", feed())
    runs = Runs(timetable)
    # t1 leaves at 06:05 local time and arrives at 06:20.
    begins = datetime(2026, 10, 13, 3, 5, 30, tzinfo=UTC)

    found = [runs.under_way(begins + timedelta(seconds=seconds)) for seconds in (-1, 0, 869, 870)]

    assert [("t1", DAY) in one for one in found] == [False, True, True, False]
    assert runs.under_way(begins.replace(hour=12)) == set()
