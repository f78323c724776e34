"""Open transport over real HTTP: refreshed feeds, a last good version that stays, live delays with their rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from google.transit import gtfs_realtime_pb2 as gtfs
from hypothesis import given
from hypothesis import strategies as st

from operators.connectors.gtfs import GtfsSettings, OpenTransport
from operators.errors import BadReply, NotSupported, Unavailable
from operators.fault_plan import Fault, plan
from operators.gtfs import realtime, wire_limits
from operators.gtfs.reader import load_timetable
from operators.port import CallChange, Disruption
from operators.simulators.gtfs import GtfsSimulator, Trouble
from operators.transport import Limits
from tests.operators.sample import clock, request
from tests.operators.written_feed import DAY, feed
from ticketing.clock import FixedClock


@dataclass
class Line:
    """A published feed and its connector."""

    simulator: GtfsSimulator
    clock: FixedClock
    url: str
    cache: Path

    def connector(self, **changes: object) -> OpenTransport:
        values = {
            "url": f"{self.url}/feed.zip",
            "trip_updates_url": f"{self.url}/trip_updates.pb",
            "alerts_url": f"{self.url}/alerts.pb",
            "cache": self.cache,
            "allow_private": True,
            "limits": Limits(call_seconds=0.5),
            **changes,
        }
        timetable, _ = load_timetable("a", feed())
        return OpenTransport("a", timetable, self.clock.now, GtfsSettings(**values))


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    time = clock()
    with GtfsSimulator(time.now, feed()) as simulator:
        yield Line(simulator, time, simulator.start(), tmp_path / "cache")


def test_nothing_is_held_and_it_says_so(line: Line) -> None:
    tram = line.connector()

    assert not tram.capabilities.needs_hold
    for call in (lambda: tram.hold(request()), lambda: tram.confirm("k"), lambda: tram.cancel("k")):
        with pytest.raises(NotSupported):
            call()
    assert tram.find("k") is None


def test_a_feed_is_fetched_once_and_again_when_it_has_changed(line: Line) -> None:
    tram = line.connector()
    first = tram.timetable()

    assert tram.timetable(first.version) is None
    line.simulator.files = feed(5)
    second = tram.timetable(first.version)

    assert len(second.timetable.patterns[0].trips) == 5
    assert second.files["agency.txt"]
    assert tram.kept_timetable() == second


def test_the_etag_saves_the_download(line: Line) -> None:
    tram = line.connector()
    version = tram.timetable().version
    line.simulator.plan = plan(
        [Fault("feed", "malformed", 1)]
    )  # a body would be found broken, a 304 has none

    with pytest.raises(BadReply):
        line.connector(cache=None).timetable()
    assert tram.timetable(version) is None


@pytest.mark.parametrize(
    "kind", ["error_before", "malformed", "truncated", "reset_before", "hang_before", "redirect"]
)
def test_a_bad_answer_leaves_the_last_good_feed(line: Line, kind: str) -> None:
    tram = line.connector()
    good = tram.timetable()
    line.simulator.files = feed(6)
    line.simulator.plan = plan([Fault("feed", kind, 1)])

    with pytest.raises((BadReply, Unavailable)):
        tram.timetable(good.version)

    assert tram.kept_timetable() == good
    assert line.connector().kept_timetable().version == good.version
    assert len(tram.timetable(good.version).timetable.patterns[0].trips) == 6


@pytest.mark.parametrize(
    "files",
    [
        feed(2),
        feed(**{"stops.txt": "stop_id\n"}),
        feed(**{"trips.txt": "trip_id,route_id,service_id\nt0,R,W\n"}),
        {"agency.txt": ""},
    ],
)
def test_a_feed_with_faults_or_with_half_its_trips_gone_is_not_used(
    line: Line, files: dict[str, str]
) -> None:
    tram = line.connector()
    good = tram.timetable()
    line.simulator.files = files

    with pytest.raises(BadReply):
        tram.timetable(good.version)

    assert tram.kept_timetable() == good


def test_a_restart_goes_on_with_what_was_good(line: Line) -> None:
    line.simulator.files = feed(5)
    version = line.connector().timetable().version

    again = line.connector()

    assert again.kept_timetable().version == version
    assert again.timetable(version) is None


def test_delays_and_cancellations_are_told(line: Line) -> None:
    line.simulator.troubles = [
        Trouble("t0", DAY, calls=((20, 120), (30, None))),
        Trouble("t1", DAY, cancelled=True),
        Trouble("stranger", DAY, cancelled=True),
    ]
    line.simulator.alerts = ["Lifts are out of order"]

    told = line.connector().disruptions()

    assert told.items == (
        Disruption(
            "t0",
            DAY,
            calls=(CallChange(1, 120, 120), CallChange(2, 120, 120, skipped=True), CallChange(3, 120, 120)),
        ),
        Disruption("t1", DAY, cancelled=True),
    )
    assert [alert.text for alert in told.alerts] == ["Lifts are out of order"]


@pytest.mark.parametrize(
    ("age", "trips", "alerts"), [(0, 1, 1), (90, 1, 1), (91, 0, 1), (601, 0, 0), (-91, 0, 1)]
)
def test_what_is_too_old_tells_nothing(line: Line, age: int, trips: int, alerts: int) -> None:
    line.simulator.troubles, line.simulator.alerts = [Trouble("t1", DAY, cancelled=True)], ["x"]
    line.simulator.age = timedelta(seconds=age)

    told = line.connector().disruptions()

    assert (len(told.items), len(told.alerts)) == (trips, alerts)


def test_a_message_from_before_the_last_one_is_not_used(line: Line) -> None:
    tram = line.connector(alerts_url=None)
    line.simulator.troubles = [Trouble("t1", DAY, cancelled=True)]
    tram.disruptions()
    line.simulator.troubles, line.simulator.age = [], timedelta(seconds=30)

    assert len(tram.disruptions().items) == 1


def test_a_message_from_the_future_makes_no_later_one_look_old(line: Line) -> None:
    """Its producer wrote milliseconds, or has a clock that is off: the next message counts again."""
    tram = line.connector(alerts_url=None)
    for ahead in (timedelta(days=40_000), timedelta(seconds=60)):
        line.simulator.troubles, line.simulator.age = [], -ahead
        assert tram.disruptions().as_of <= line.clock.now()
        line.simulator.troubles, line.simulator.age = [Trouble("t1", DAY, cancelled=True)], timedelta(0)

        assert tram.disruptions().items == (Disruption("t1", DAY, cancelled=True),)


@pytest.mark.parametrize("broken", ["alerts", "vehicles"])
def test_a_source_that_fails_keeps_no_cancellation_back(line: Line, broken: str) -> None:
    tram = line.connector(vehicles_url=f"{line.url}/vehicles.pb")
    line.simulator.troubles, line.simulator.alerts = [Trouble("t1", DAY, cancelled=True)], ["x"]
    line.simulator.plan = plan([Fault(broken, "malformed")])

    told = tram.disruptions()

    assert told.items == (Disruption("t1", DAY, cancelled=True),)
    assert told.tells_trips
    assert told.trouble


def test_a_source_of_trips_that_fails_is_no_word_that_all_is_well(line: Line) -> None:
    line.simulator.alerts = ["x"]
    line.simulator.plan = plan([Fault("trip_updates", "malformed")])

    with pytest.raises(BadReply):
        line.connector().disruptions()


def test_alerts_of_an_hour_ago_make_no_cancellation_old(line: Line) -> None:
    """Their time is that of alerts; a search believes a delay by the time of the trips."""
    tram = line.connector()
    line.simulator.age = timedelta(hours=1)
    tram.disruptions()
    line.simulator.age = timedelta(0)
    line.simulator.plan = plan([Fault("alerts", "malformed")])

    assert tram.disruptions().as_of == line.clock.now()


def message(**trip: object) -> gtfs.FeedMessage:
    made = gtfs.FeedMessage()
    made.header.gtfs_realtime_version = "2.0"
    made.header.timestamp = 1
    entity = made.entity.add(id="1")
    entity.trip_update.trip.trip_id = "t0"
    entity.trip_update.trip.start_date = "20261013"
    for name, value in trip.items():
        setattr(entity.trip_update.trip, name, value)
    return made


def test_time_beats_delay_and_no_data_ends_what_was_known() -> None:
    timetable, _ = load_timetable("a", feed())
    made = message()
    updates = made.entity[0].trip_update.stop_time_update
    leaves = clock().now().replace(hour=2, minute=10)  # 05:10 in Tallinn, planned at the second call
    one = updates.add(stop_id="s2")
    one.arrival.time, one.arrival.delay = int(leaves.timestamp()) + 60, 999
    updates.add(stop_id="s4").schedule_relationship = gtfs.TripUpdate.StopTimeUpdate.NO_DATA

    told = realtime.read(made, timetable).items[0].calls

    assert told == (CallChange(1, 60, 60), CallChange(2, 60, 60), CallChange(3))


@pytest.mark.parametrize("first", ["cancelled", "late"])
def test_of_two_updates_about_one_run_the_one_measured_last_counts(first: str) -> None:
    """Whatever their order in the message: a producer that shuffles them would cancel and restore a trip by turns."""
    timetable, _ = load_timetable("a", feed())
    cancelled = message(schedule_relationship=gtfs.TripDescriptor.CANCELED).entity[0]
    late = message().entity[0]
    cancelled.trip_update.timestamp, late.trip_update.timestamp = 200, 100
    late.trip_update.delay = 600
    made = message()
    del made.entity[:]
    made.entity.extend([cancelled, late] if first == "cancelled" else [late, cancelled])

    assert realtime.read(made, timetable).items == (Disruption("t0", DAY, cancelled=True),)


def test_only_whole_data_sets_of_a_known_version_are_read() -> None:
    for name, value in (("gtfs_realtime_version", "3.0"), ("incrementality", gtfs.FeedHeader.DIFFERENTIAL)):
        made = message()
        setattr(made.header, name, value)
        with pytest.raises(BadReply):
            realtime.parse(made.SerializeToString())


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_in_another_way(content: bytes) -> None:
    timetable, _ = load_timetable("a", feed())
    try:
        realtime.read(realtime.parse(content), timetable)
    except BadReply:
        return


def wire(field: int, inside: bytes) -> bytes:
    """A field of a message as protocol buffers write it."""
    length, size = bytearray(), len(inside)
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return bytes([field << 3 | 2, *length, size]) + inside


_HEAD = wire(1, wire(1, b"2.0") + b"\x18\x01")
_TRIP = wire(1, wire(1, b"t0"))
_HUGE = {
    "calls": _HEAD + wire(2, wire(1, b"e") + wire(3, _TRIP + wire(2, b"") * 600_000)),
    "calls of many trips": _HEAD + wire(2, wire(3, _TRIP + wire(2, b"") * 400)) * 1_500,
    "entities": _HEAD + wire(2, b"") * 600_000,
    "a few too many entities": _HEAD + wire(2, b"") * (realtime.MAX_ENTITIES + 1),
    "alerts": _HEAD + wire(2, wire(5, b"")) * (realtime.MAX_ALERTS + 1),
    "bytes of alerts": _HEAD + wire(2, wire(5, wire(5, b"") * 500_000)) * 10,
    "strange fields": _HEAD + b"\x98\x06\x01" * 400_000,
    "groups": _HEAD + b"\x9b\x06\x9c\x06" * 300_000,
    "lengths beyond the end": _HEAD + b"\x12\xff\xff\xff\xff\x07" + bytes(1_100_000),
}


@pytest.mark.parametrize("huge", _HUGE)
def test_more_than_any_network_tells_is_refused_before_it_takes_memory(
    huge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_limits, "MAX_PARTS", 300_000)
    with pytest.raises(BadReply):
        realtime.parse(_HUGE[huge])


def test_what_a_large_city_tells_is_read() -> None:
    calls = b"".join(wire(2, wire(4, f"stop {at}".encode())) for at in range(40))
    city = _HEAD + b"".join(
        wire(2, wire(1, str(at).encode()) + wire(3, wire(1, wire(1, f"trip {at}".encode())) + calls))
        for at in range(10_000)
    )

    assert len(realtime.parse(city).entity) == 10_000


def test_wheelchairs_are_read_where_the_feed_says_so() -> None:
    timetable, _ = load_timetable("a", feed())

    assert [timetable.stops[f"s{at}"].wheelchair for at in range(1, 5)] == [True, None, False, None]
    assert [trip.wheelchair for trip in timetable.patterns[0].trips] == [True, None, None, None]


@pytest.mark.parametrize("relation", ["CANCELED", "DELETED"])
def test_a_trip_is_cancelled_by_either_word(relation: str) -> None:
    timetable, _ = load_timetable("a", feed())
    made = message(schedule_relationship=getattr(gtfs.TripDescriptor, relation))

    assert realtime.read(made, timetable).items == (Disruption("t0", DAY, cancelled=True),)


def test_another_platform_is_told_without_a_time_and_one_that_is_not_known_is_not() -> None:
    timetable, _ = load_timetable("a", feed())
    made = message()
    for stop_id, platform in (("s2", "s4"), ("s3", "nowhere")):
        call = made.entity[0].trip_update.stop_time_update.add(stop_id=stop_id)
        call.stop_time_properties.assigned_stop_id = platform

    calls = realtime.read(made, timetable).items[0].calls

    assert [(call.place, call.assigned_stop_id, call.arrival_delay) for call in calls] == [
        (1, "s4", None),
        (2, None, None),
        (3, None, None),
    ]
