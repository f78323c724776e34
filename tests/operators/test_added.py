"""Trips that a GTFS-Realtime message adds: understood to the last call, or not at all."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.transit import gtfs_realtime_pb2 as gtfs
from hypothesis import given
from hypothesis import strategies as st

from operators.errors import BadReply
from operators.gtfs import realtime
from operators.gtfs.reader import load_timetable
from operators.port import AddedCall, AddedTrip, Disruption
from tests.operators.written_feed import DAY, feed

NOON = datetime(2026, 10, 13, 12, tzinfo=ZoneInfo("Europe/Tallinn"))
TIMETABLE, _ = load_timetable("a", feed())
assert TIMETABLE is not None
TRIP, UPDATE = gtfs.TripDescriptor, gtfs.TripUpdate.StopTimeUpdate


def instant(minute: int) -> int:
    return int((NOON + timedelta(minutes=minute)).timestamp())


def message(relation: int, *calls: tuple[str, int], **trip: str) -> gtfs.FeedMessage:
    """A message of noon about one trip that calls at stops at minutes after noon."""
    made = gtfs.FeedMessage()
    made.header.gtfs_realtime_version, made.header.timestamp = "2.0", instant(0)
    update = made.entity.add(id="1").trip_update
    update.trip.schedule_relationship = relation
    for name, value in {"trip_id": "extra", "route_id": "R", "start_date": "20261013", **trip}.items():
        setattr(update.trip, name, value)
    for stop, minute in calls:
        update.stop_time_update.add(stop_id=stop).departure.time = instant(minute)
    return made


def read(made: gtfs.FeedMessage) -> Any:
    assert TIMETABLE is not None
    return realtime.read(realtime.parse(made.SerializeToString()), TIMETABLE)


@pytest.mark.parametrize("relation", [TRIP.ADDED, TRIP.NEW])
def test_a_new_trip_is_read_with_every_call(relation: int) -> None:
    told = read(message(relation, ("s1", 5), ("s3", 9)))

    calls = (AddedCall("s1", instant(5), instant(5)), AddedCall("s3", instant(9), instant(9)))
    assert told.added == (AddedTrip("extra", DAY, "R", TIMETABLE.stops["s3"].name, calls),)
    assert told.items == ()


def test_a_call_that_is_skipped_is_not_made() -> None:
    made = message(TRIP.NEW, ("s1", 5), ("s2", 7), ("s3", 9))
    made.entity[0].trip_update.stop_time_update[1].schedule_relationship = UPDATE.SKIPPED

    assert [call.stop_id for call in read(made).added[0].calls] == ["s1", "s3"]


def test_a_new_trip_without_a_date_runs_on_the_day_it_leaves() -> None:
    assert read(message(TRIP.NEW, ("s1", 5), ("s3", 9), start_date="")).added[0].service_date == DAY


@pytest.mark.parametrize(
    "made",
    [
        message(TRIP.NEW, ("s1", 5)),
        message(TRIP.NEW, ("s1", 5), ("nowhere", 9)),
        message(TRIP.NEW, ("s1", 9), ("s3", 5)),
        message(TRIP.NEW, ("s1", 5), ("s3", 5 * 24 * 60)),
        message(TRIP.NEW, ("s1", 5), ("s3", 9), route_id="nobody's"),
        message(TRIP.NEW, ("s1", 5), ("s3", 9), trip_id="x" * 300),
        message(TRIP.NEW, ("s1", 5), ("s3", 9), start_date="yesterday"),
    ],
)
def test_a_trip_that_is_not_understood_to_its_last_call_is_left_out(made: gtfs.FeedMessage) -> None:
    assert read(made).added == ()


def test_a_replacement_takes_the_place_of_the_planned_trip() -> None:
    told = read(message(TRIP.REPLACEMENT, ("s1", 5), ("s4", 20), trip_id="t0", route_id=""))

    assert told.items == (Disruption("t0", DAY, cancelled=True),)
    assert [(one.trip_id, one.route_id, len(one.calls)) for one in told.added] == [("t0", "R", 2)]


def test_what_replaces_a_trip_may_be_unreadable_the_trip_is_gone_all_the_same() -> None:
    told = read(message(TRIP.REPLACEMENT, ("s1", 5), ("nowhere", 20), trip_id="t0"))

    assert told.items == (Disruption("t0", DAY, cancelled=True),)
    assert told.added == ()


def test_a_duplicate_runs_as_the_planned_trip_does_from_another_start() -> None:
    made = message(TRIP.DUPLICATED, trip_id="t0")
    again = made.entity[0].trip_update.trip_properties
    again.trip_id, again.start_date, again.start_time = "t0-again", "20261013", "25:10:00"

    (told,) = read(made).added

    pattern = TIMETABLE.patterns[0]
    begins = int(
        (
            datetime(2026, 10, 13, tzinfo=ZoneInfo("Europe/Tallinn")) + timedelta(hours=25, minutes=10)
        ).timestamp()
    )
    assert (told.trip_id, told.service_date, told.route_id) == ("t0-again", date(2026, 10, 13), pattern.route)
    assert [call.leaves_at - begins for call in told.calls] == [
        at - pattern.departures[0] for at in pattern.departures
    ]


@pytest.mark.parametrize(("start", "day"), [("later", "20261013"), ("25:10:00", ""), ("", "20261013")])
def test_a_duplicate_without_a_start_is_left_out(start: str, day: str) -> None:
    made = message(TRIP.DUPLICATED, trip_id="t0")
    again = made.entity[0].trip_update.trip_properties
    again.trip_id, again.start_date, again.start_time = "t0-again", day, start

    assert read(made).added == ()


@given(
    st.sampled_from([TRIP.ADDED, TRIP.NEW, TRIP.REPLACEMENT, TRIP.DUPLICATED]),
    st.lists(
        st.tuples(st.sampled_from(["s1", "s2", "s3", "s4", "?", ""]), st.integers(-3000, 3000)), max_size=6
    ),
)
def test_whatever_is_added_never_runs_back_in_time(relation: int, calls: list[tuple[str, int]]) -> None:
    for told in read(message(relation, *calls, trip_id="t0")).added:
        moments = [moment for call in told.calls for moment in (call.arrives_at, call.leaves_at)]
        assert moments == sorted(moments)
        assert len(told.calls) == len(calls)


def test_a_message_whose_texts_are_not_utf_8_is_refused() -> None:
    content = message(TRIP.ADDED, ("s1", 5), start_date="20261013").SerializeToString()

    with pytest.raises(BadReply, match="not UTF-8"):
        realtime.parse(content.replace(b"20261013", b"20\xce\xc9\xce\xc913"))
