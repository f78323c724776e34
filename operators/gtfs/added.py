"""Trips that a GTFS-Realtime message adds: new ones, replacements with other calls, second runs of a planned trip. Pure.

GTFS Realtime Reference, `TripDescriptor.schedule_relationship`: NEW (and ADDED, its older name) and REPLACEMENT tell
every call with its time; DUPLICATED runs as a planned trip does, from another start and under another id. A trip
of which not every call can be placed is left out whole: half a trip would strand its passengers.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from google.transit import gtfs_realtime_pb2 as gtfs

from operators.gtfs.timetable import Departure, Pattern, Timetable
from operators.plain_text import plain
from operators.port import AddedCall, AddedTrip

_TRIP, _UPDATE = gtfs.TripDescriptor, gtfs.TripUpdate.StopTimeUpdate
WHOLE = {_TRIP.ADDED, _TRIP.NEW, _TRIP.REPLACEMENT}
DUPLICATED, REPLACEMENT = _TRIP.DUPLICATED, _TRIP.REPLACEMENT
ADDING = {*WHOLE, DUPLICATED}
_MAX_CALLS, _MAX_ID = 200, 255
_FARTHEST = timedelta(days=2)


def read_added(
    update: Any, timetable: Timetable, known: Mapping[str, tuple[Pattern, Departure]], now: datetime
) -> AddedTrip | None:
    """The trip that an update adds; None where it adds none, or one that cannot be understood to its last call."""
    relation = update.trip.schedule_relationship
    if relation in WHOLE:
        return _whole(update, timetable, known, now)
    return _duplicate(update, timetable, known) if relation == DUPLICATED else None


def _follow_each_other(calls: Sequence[AddedCall], now: datetime) -> bool:
    """Tell whether calls come one after the other, and none so far off that its time must be wrong."""
    moments = [moment for call in calls for moment in (call.arrives_at, call.leaves_at)]
    near = all(abs(moment - now.timestamp()) <= _FARTHEST.total_seconds() for moment in moments)
    return near and moments == sorted(moments)


def _whole(
    update: Any, timetable: Timetable, known: Mapping[str, tuple[Pattern, Departure]], now: datetime
) -> AddedTrip | None:
    trip = update.trip
    planned = known.get(trip.trip_id)
    route = trip.route_id or (planned[0].route if planned else "")
    served = [one for one in update.stop_time_update if one.schedule_relationship != _UPDATE.SKIPPED]
    if route not in timetable.routes or not 2 <= len(served) <= _MAX_CALLS:  # noqa: PLR2004  from one stop to another
        return None
    calls = tuple(call for one in served if (call := _call(one, timetable)))
    if len(calls) < len(served) or not _follow_each_other(calls, now):
        return None
    first = datetime.fromtimestamp(calls[0].leaves_at, ZoneInfo(timetable.timezone)).date()
    day = day_of(trip.start_date) if trip.start_date else first
    if day is None or not 0 < len(trip.trip_id) <= _MAX_ID:
        return None
    return AddedTrip(trip.trip_id, day, route, _headsign(update, timetable, calls), calls)


def _call(one: Any, timetable: Timetable) -> AddedCall | None:
    """A call with its stop and at least one of its times."""
    arrives, leaves = (one.arrival.time or one.departure.time), (one.departure.time or one.arrival.time)
    stop = timetable.stops.get(one.stop_id)
    return AddedCall(one.stop_id, arrives, leaves) if stop and not stop.is_station and arrives else None


def _duplicate(
    update: Any, timetable: Timetable, known: Mapping[str, tuple[Pattern, Departure]]
) -> AddedTrip | None:
    copy, planned = update.trip_properties, known.get(update.trip.trip_id)
    day, start = day_of(copy.start_date), seconds_of(copy.start_time)
    if planned is None or day is None or start < 0 or not 0 < len(copy.trip_id) <= _MAX_ID:
        return None
    pattern, departure = planned
    # The start is that of the first call; the pattern counts from it as well.
    begins = int(origin_of(day, timetable.timezone).timestamp()) + start - pattern.departures[0]
    times = zip(
        pattern.stops, pattern.arrivals, pattern.departures, pattern.boards, pattern.alights, strict=True
    )
    calls = tuple(
        AddedCall(stop, begins + arrives, begins + leaves, boards, alights)
        for stop, arrives, leaves, boards, alights in times
    )
    return AddedTrip(copy.trip_id, day, pattern.route, departure.headsign, calls)


def _headsign(update: Any, timetable: Timetable, calls: tuple[AddedCall, ...]) -> str:
    told = plain(update.trip_properties.trip_headsign[:_MAX_ID])
    return told or timetable.stops[calls[-1].stop_id].name


def day_of(text: str) -> date | None:
    """A date as GTFS writes it."""
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def seconds_of(text: str) -> int:
    """A time of a service day in seconds; -1 for what is none."""
    parts = text.split(":")
    numbers = [int(part) for part in parts if part.isascii() and part.isdigit()]
    return numbers[0] * 3600 + numbers[1] * 60 + numbers[2] if len(parts) == len(numbers) == 3 else -1  # noqa: PLR2004


def origin_of(day: date, zone: str) -> datetime:
    """Noon of a service day less 12 hours."""
    return datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC) - timedelta(hours=12)
