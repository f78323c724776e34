"""Read GTFS-Realtime: trip updates and alerts become disruptions of a timetable. Pure.

GTFS Realtime Reference, version 2.0: an update holds for the calls after it until the next one, `time` beats
`delay`, NO_DATA ends what was known, nothing is said of calls before the first update. A trip that is not
named is not known to be on time. Trips that are added are read in `added.py`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2 as gtfs
from google.transit.gtfs_realtime_pb2 import FeedMessage

from operators.errors import BadReply
from operators.gtfs.added import REPLACEMENT, day_of, origin_of, read_added, seconds_of
from operators.gtfs.timetable import Departure, Pattern, Timetable
from operators.port import AddedTrip, Alert, CallChange, Disruption, Disruptions

# How old a message may be before it tells nothing any more.
FRESH_SECONDS = {"trip_updates": 90, "alerts": 600}
_CANCELED = {gtfs.TripDescriptor.CANCELED, gtfs.TripDescriptor.DELETED}
_PLANNED = {gtfs.TripDescriptor.SCHEDULED, gtfs.TripDescriptor.UNSCHEDULED}
_MAX_DELAY_SECONDS = 86_400
_MAX_TEXT = 2_000


def parse(content: bytes) -> FeedMessage:
    """Decode a message; raises BadReply."""
    message = gtfs.FeedMessage()
    try:
        message.ParseFromString(content)
    except (DecodeError, RuntimeError) as error:
        raise BadReply(f"the real-time message cannot be read: {error}") from error
    if not message.header.gtfs_realtime_version.startswith(("1", "2")):
        raise BadReply(f"version {message.header.gtfs_realtime_version!r} of GTFS-Realtime is not known")
    if message.header.incrementality != gtfs.FeedHeader.FULL_DATASET:
        raise BadReply("only whole data sets are read")
    return message


def told_at(message: FeedMessage) -> datetime:
    """When the producer made the message."""
    return datetime.fromtimestamp(message.header.timestamp, UTC)


def is_fresh(message: FeedMessage, kind: str, now: datetime) -> bool:
    """Whether the message is young enough; one from the future is as wrong as an old one."""
    age = (now - told_at(message)).total_seconds()
    return -FRESH_SECONDS[kind] <= age <= FRESH_SECONDS[kind]


def read(message: FeedMessage, timetable: Timetable) -> Disruptions:
    """The disruptions and alerts of a message; what does not fit the timetable is left out."""
    trips = {trip.trip_id.split("@")[0]: None for pattern in timetable.patterns for trip in pattern.trips}
    known = {trip.trip_id: (pattern, trip) for pattern in timetable.patterns for trip in pattern.trips}
    items: list[Disruption] = []
    added: list[AddedTrip] = []
    alerts: list[Alert] = []
    for entity in message.entity:
        if entity.is_deleted:
            continue
        if entity.HasField("trip_update"):
            update = entity.trip_update
            made = read_added(update, timetable, known, told_at(message))
            if made:
                added.append(made)
            if update.trip.schedule_relationship == REPLACEMENT:
                items += _replaced(update.trip, known)
            elif update.trip.trip_id in trips:
                items += _trip(update, timetable, known)
        if entity.HasField("alert") and (alert := _alert(entity.alert, told_at(message))):
            alerts.append(alert)
    return Disruptions(told_at(message), tuple(items), tuple(alerts), tuple(added))


def _trip(
    update: Any, timetable: Timetable, known: Mapping[str, tuple[Pattern, Departure]]
) -> Iterable[Disruption]:
    descriptor = update.trip
    trip_id = descriptor.trip_id
    if descriptor.start_time and trip_id not in known:
        # One run of a trip that repeats is named by its start (frequencies.txt).
        trip_id = f"{trip_id}@{seconds_of(descriptor.start_time)}"
    day = day_of(descriptor.start_date)
    if trip_id not in known or day is None:
        return
    pattern, departure = known[trip_id]
    if descriptor.schedule_relationship in _CANCELED:
        yield Disruption(trip_id, day, cancelled=True)
    elif descriptor.schedule_relationship in _PLANNED:
        origin = origin_of(day, timetable.timezone) + timedelta(seconds=departure.start)
        calls = tuple(_calls(update, pattern, int(origin.timestamp())))
        if calls:
            yield Disruption(trip_id, day, calls=calls)
        elif update.HasField("delay") and abs(update.delay) <= _MAX_DELAY_SECONDS:
            yield Disruption(trip_id, day, delay_seconds=update.delay)


def _replaced(trip: Any, known: Mapping[str, tuple[Pattern, Departure]]) -> Iterable[Disruption]:
    """The planned trip does not run, whether or not what replaces it could be understood."""
    day = day_of(trip.start_date)
    if trip.trip_id in known and day is not None:
        yield Disruption(trip.trip_id, day, cancelled=True)


def _calls(update: Any, pattern: Pattern, origin: int) -> Iterable[CallChange]:
    """Each call from the first update on, what was known last carried forward."""
    told: dict[int, Any] = {}
    for one in update.stop_time_update:
        place = _place(one, pattern, after=max(told, default=-1))
        if place is not None:
            told[place] = one
    delay: int | None = None
    for place in range(min(told, default=len(pattern.stops)), len(pattern.stops)):
        one = told.get(place)
        if one is None:
            yield CallChange(place, delay, delay)
            continue
        relation = one.schedule_relationship
        if relation == gtfs.TripUpdate.StopTimeUpdate.NO_DATA:
            delay = None
            yield CallChange(place)
        elif relation == gtfs.TripUpdate.StopTimeUpdate.SKIPPED:
            yield CallChange(place, delay, delay, skipped=True)
        else:
            arrival = _delay(one, "arrival", origin + pattern.arrivals[place])
            departure = _delay(one, "departure", origin + pattern.departures[place])
            at_arrival = arrival if arrival is not None else delay
            at_departure = departure if departure is not None else at_arrival
            if at_arrival is None:
                at_arrival = at_departure
            delay = at_departure
            yield CallChange(place, at_arrival, at_departure)


def _place(one: Any, pattern: Pattern, after: int) -> int | None:
    """The call that an update names: by its number, else by its stop, the first one not yet told."""
    if one.HasField("stop_sequence"):
        return next((at for at, number in enumerate(pattern.sequences) if number == one.stop_sequence), None)
    later = range(after + 1, len(pattern.stops))
    return next((at for at in later if pattern.stops[at] == one.stop_id), None)


def _delay(one: Any, name: str, planned: int) -> int | None:
    if not one.HasField(name):
        return None
    event = getattr(one, name)
    found = event.time - planned if event.time else event.delay if event.HasField("delay") else None
    return int(found) if found is not None and abs(found) <= _MAX_DELAY_SECONDS else None


def _alert(alert: Any, now: datetime) -> Alert | None:
    moment = int(now.timestamp())
    active = not alert.active_period or any(
        (not period.start or period.start <= moment) and (not period.end or moment < period.end)
        for period in alert.active_period
    )
    texts = [one.text for one in alert.header_text.translation] or [
        one.text for one in alert.description_text.translation
    ]
    if not active or not texts:
        return None
    about = alert.informed_entity
    return Alert(
        texts[0][:_MAX_TEXT],
        tuple(one.route_id for one in about if one.route_id),
        tuple(one.stop_id for one in about if one.stop_id),
        tuple(one.trip.trip_id for one in about if one.HasField("trip")),
    )
