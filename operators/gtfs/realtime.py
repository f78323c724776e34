"""Read GTFS-Realtime: trip updates and alerts become disruptions of a timetable. Pure.

GTFS Realtime Reference, version 2.0: an update holds for the calls after it until the next one, `time` beats
`delay`, NO_DATA ends what was known, nothing is said of calls before the first update. A trip that is not
named is not known to be on time. `runs.py` says to which run a message belongs, `added.py` reads trips that are added.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2 as gtfs
from google.transit.gtfs_realtime_pb2 import FeedMessage

from operators.errors import BadReply
from operators.gtfs import wire_limits
from operators.gtfs.added import ADDING, REPLACEMENT, read_added
from operators.gtfs.alerts import read_alert
from operators.gtfs.runs import Run, Runs, moment_of, place_of
from operators.gtfs.timetable import Pattern, Timetable
from operators.gtfs.vehicles import read_vehicle
from operators.port import AddedTrip, Alert, CallChange, Disruption, Disruptions, Matching, Vehicle

SOURCE = "gtfs_rt"

# How old a message may be before it tells nothing any more.
FRESH_SECONDS = {"trip_updates": 90, "alerts": 600, "vehicles": 90}
_CANCELED = {gtfs.TripDescriptor.CANCELED, gtfs.TripDescriptor.DELETED}
_PLANNED = {gtfs.TripDescriptor.SCHEDULED, gtfs.TripDescriptor.UNSCHEDULED}
_MAX_DELAY_SECONDS = 86_400
MAX_ENTITIES, MAX_ALERTS = 100_000, 5_000


def parse(content: bytes) -> FeedMessage:
    """Decode a message within the limits; raises BadReply."""
    wire_limits.check(content)
    message = gtfs.FeedMessage()
    try:
        message.ParseFromString(content)
    except (DecodeError, RuntimeError) as error:
        raise BadReply(f"the real-time message cannot be read: {error}") from error
    if not _is_text(message):
        raise BadReply("the real-time message has texts that are not UTF-8")
    if not message.header.gtfs_realtime_version.startswith(("1", "2")):
        raise BadReply(f"version {message.header.gtfs_realtime_version!r} of GTFS-Realtime is not known")
    if message.header.incrementality != gtfs.FeedHeader.FULL_DATASET:
        raise BadReply("only whole data sets are read")
    if len(message.entity) > MAX_ENTITIES:
        raise BadReply(f"the real-time message has more than {MAX_ENTITIES} entities")
    if sum(1 for entity in message.entity if entity.HasField("alert")) > MAX_ALERTS:
        raise BadReply(f"the real-time message has more than {MAX_ALERTS} alerts")
    return message


def _is_text(message: Any) -> bool:
    """Tell whether every text of a message is one; the library gives bytes for those that are not UTF-8."""
    for field, value in message.ListFields():
        if field.type == field.TYPE_STRING and not isinstance(value, str):
            return False
        if field.type == field.TYPE_MESSAGE:
            parts = value if field.is_repeated else (value,)
            if not all(map(_is_text, parts)):
                return False
    return True


def told_at(message: FeedMessage) -> datetime:
    """Read the time when the producer made the message; raises BadReply for one that is no time."""
    try:
        return datetime.fromtimestamp(message.header.timestamp, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise BadReply(f"the message's timestamp {message.header.timestamp} is no time") from error


def is_fresh(told: datetime, kind: str, now: datetime) -> bool:
    """Tell whether a message of that time is young enough; one from the future is as wrong as an old one."""
    age = (now - told).total_seconds()
    return -FRESH_SECONDS[kind] <= age <= FRESH_SECONDS[kind]


def read(message: FeedMessage, timetable: Timetable, runs: Runs | None = None) -> Disruptions:
    """The disruptions and alerts of a message; what does not fit the timetable is left out and counted by its reason.

    `runs` are those of the timetable, where somebody has them already.
    """
    runs = runs or Runs(timetable)
    moment = told_at(message)
    read = _Read(runs, moment)
    alerts: list[Alert] = []
    vehicles: list[Vehicle] = []
    for entity in message.entity:
        if entity.is_deleted:
            continue
        if entity.HasField("trip_update"):
            read.take(entity.trip_update)
        if entity.HasField("alert") and (alert := read_alert(entity.alert, moment)):
            alerts.append(alert)
        if entity.HasField("vehicle") and (vehicle := read_vehicle(entity.vehicle, runs, moment)):
            vehicles.append(vehicle)
    return Disruptions(
        as_of=moment,
        items=tuple(item for _, item in read.items.values()),
        alerts=tuple(alerts),
        added=tuple(read.added),
        source=SOURCE,
        matching=Matching(read.messages, dict(read.unmatched)),
        vehicles=tuple(vehicles),
    )


class _Read:
    """Read the trip updates of a message, one after another."""

    def __init__(self, runs: Runs, told: datetime) -> None:
        self._runs, self._told = runs, told
        self.items: dict[tuple[str, object], tuple[int, Disruption]] = {}
        self.added: list[AddedTrip] = []
        self.unmatched: Counter[str] = Counter()
        self.messages = 0

    def take(self, update: Any) -> None:
        """Read one update; what cannot be placed is counted, never guessed."""
        self.messages += 1
        relation = update.trip.schedule_relationship
        added = read_added(update, self._runs.timetable, self._runs.known, self._told)
        if added:
            self.added.append(added)
        if relation in ADDING:
            if not added:
                self.unmatched["not_understood"] += 1
            if relation == REPLACEMENT:
                # The planned trip does not run, whether or not what replaces it could be understood.
                replaced = self._runs.find(update.trip, moment_of(update, int(self._told.timestamp())))
                if not isinstance(replaced, str):
                    gone = Disruption(
                        replaced.trip_id, replaced.service_date, cancelled=True, replaced=bool(added)
                    )
                    self._put(update, gone)
            return
        run = self._runs.find(update.trip, moment_of(update, int(self._told.timestamp())))
        if isinstance(run, str):
            self.unmatched[run] += 1
        elif relation in _CANCELED:
            self._put(update, Disruption(run.trip_id, run.service_date, cancelled=True))
        elif relation in _PLANNED:
            self._late(update, run)
        else:
            self.unmatched["not_understood"] += 1

    def _put(self, update: Any, item: Disruption) -> None:
        """Keep what an update says of a run; of two updates about one run the one that was measured last counts."""
        at, key = update.timestamp or int(self._told.timestamp()), (item.trip_id, item.service_date)
        if key not in self.items or self.items[key][0] <= at:
            self.items[key] = at, item

    def _late(self, update: Any, run: Run) -> None:
        timetable = self._runs.timetable
        calls = tuple(_calls(update, run.pattern, run.begins(timetable.timezone), timetable))
        if calls:
            self._put(update, Disruption(run.trip_id, run.service_date, calls=calls))
        elif update.HasField("delay") and abs(update.delay) <= _MAX_DELAY_SECONDS:
            self._put(update, Disruption(run.trip_id, run.service_date, delay_seconds=update.delay))
        elif update.stop_time_update:
            self.unmatched["unknown_stops"] += 1


def _calls(update: Any, pattern: Pattern, origin: int, timetable: Timetable) -> Iterable[CallChange]:
    """Each call from the first update on, what was known last carried forward."""
    by_place = _by_place(update, pattern, origin)
    delay: int | None = None
    for place in range(min(by_place, default=len(pattern.stops)), len(pattern.stops)):
        update_of_call = by_place.get(place)
        if update_of_call is None:
            yield CallChange(place, delay, delay)
            continue
        relation = update_of_call.schedule_relationship
        if relation == gtfs.TripUpdate.StopTimeUpdate.NO_DATA:
            delay = None
            yield CallChange(
                place, assigned_stop_id=_platform(update_of_call, pattern.stops[place], timetable)
            )
        elif relation == gtfs.TripUpdate.StopTimeUpdate.SKIPPED:
            yield CallChange(place, delay, delay, skipped=True)
        else:
            arrival = _delay(update_of_call, "arrival", origin + pattern.arrivals[place])
            departure = _delay(update_of_call, "departure", origin + pattern.departures[place])
            at_arrival = arrival if arrival is not None else delay
            at_departure = departure if departure is not None else at_arrival
            if at_arrival is None:
                at_arrival = at_departure
            delay = at_departure
            platform = _platform(update_of_call, pattern.stops[place], timetable)
            yield CallChange(place, at_arrival, at_departure, assigned_stop_id=platform)


def _platform(one: Any, planned: str, timetable: Timetable) -> str | None:
    """The stop that a call is moved to: another platform of the timetable, where it is told."""
    told = str(one.stop_time_properties.assigned_stop_id)
    return told if told != planned and told in timetable.stops else None


def _by_place(update: Any, pattern: Pattern, origin: int) -> dict[int, Any]:
    """The updates of calls by the place of the call in the pattern; one that names none of its calls is left out."""
    by_place: dict[int, Any] = {}
    for update_of_call in update.stop_time_update:
        place = place_of(update_of_call, pattern, max(by_place, default=-1), origin)
        if place is not None:
            by_place[place] = update_of_call
    return by_place


def _delay(one: Any, name: str, planned: int) -> int | None:
    if not one.HasField(name):
        return None
    event = getattr(one, name)
    if not event.time and not event.HasField("delay"):
        return None
    seconds = event.time - planned if event.time else event.delay
    return int(seconds) if abs(seconds) <= _MAX_DELAY_SECONDS else None
