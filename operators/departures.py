"""From a ride of an itinerary to what an operator is asked about: the departure, and who travels on it. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from operators.gtfs.timetable import Pattern, Timetable
from operators.port import Departure, HoldRequest, Traveller
from operators.region import RegionData
from tariffs.journey import Ride
from tariffs.money import Money


def departure_of(ride: Ride, timetable: Timetable) -> Departure:
    """The departure of a ride, with its service day: the day whose noon less 12 hours the trip counts from.

    Raises LookupError for a ride that the timetable does not have, so that nothing is ever held on a guess.
    """
    moment = ride.departure.astimezone(UTC)
    local = ride.departure.astimezone(ZoneInfo(timetable.timezone)).date()
    for offset in _offsets(ride, timetable):
        # A trip may leave a day or more after its service day began (25:10:00).
        for back in range(offset // 86_400 + 2):
            day = local - timedelta(days=back)
            if _origin(day, timetable.timezone) + timedelta(seconds=offset) == moment:
                return Departure(
                    trip_id=ride.trip_id,
                    route_id=ride.route_id,
                    service_date=day,
                    from_stop_id=ride.from_stop_id,
                    to_stop_id=ride.to_stop_id,
                    departs_at=ride.departure,
                    arrives_at=ride.arrival,
                )
    raise LookupError(
        f"{ride.operator} has no trip {ride.trip_id} from {ride.from_stop_id} at {ride.departure}"
    )


def hold_request(
    region: RegionData,
    ride: Ride,
    passengers: Sequence[tuple[str, str]],
    key: str,
    price: Money | None = None,
) -> HoldRequest:
    """Ask a ride's operator to hold it for passengers, each a reference of ours and a rider category of the region.

    Raises LookupError for a ride or a rider category that the operator does not have.
    """
    travellers = tuple(
        Traveller(ref, region.categories[category][ride.operator]) for ref, category in passengers
    )
    return HoldRequest(key, departure_of(ride, region.timetables[ride.operator]), travellers, price)


def upcoming(timetable: Timetable, after: datetime, count: int) -> list[Departure]:
    """The next departures from first to last stop of their trips, soonest first."""
    departures = []
    first = after.astimezone(ZoneInfo(timetable.timezone)).date()
    for day in (first + timedelta(days=offset) for offset in range(-1, 8)):
        origin = _origin(day, timetable.timezone)
        for pattern in timetable.patterns:
            for trip in pattern.trips:
                leaves = origin + timedelta(seconds=trip.start + pattern.departures[0])
                if leaves >= after and timetable.services[trip.service].runs_on(day):
                    arrives = origin + timedelta(seconds=trip.start + pattern.arrivals[-1])
                    ends = pattern.stops[0], pattern.stops[-1]
                    departures.append(
                        Departure(
                            trip_id=trip.trip_id,
                            route_id=pattern.route,
                            service_date=day,
                            from_stop_id=ends[0],
                            to_stop_id=ends[1],
                            departs_at=leaves,
                            arrives_at=arrives,
                        )
                    )
    return sorted(departures, key=lambda one: (one.departs_at, one.trip_id))[:count]


def boarding_ends(timetable: Timetable, trip_id: str, day: date) -> datetime | None:
    """Return the time when a trip of a service day leaves the last stop where one can board; None where there is no such trip."""
    leaves = [start + at for pattern, start in _starts(timetable, trip_id) for at in _boarded_at(pattern)]
    return _origin(day, timetable.timezone) + timedelta(seconds=max(leaves)) if leaves else None


def _starts(timetable: Timetable, trip_id: str) -> Iterator[tuple[Pattern, int]]:
    """Yield the start of a trip in each pattern that it follows, in seconds of the service day."""
    for pattern in timetable.patterns:
        for trip in pattern.trips:
            if trip.trip_id == trip_id:
                yield pattern, trip.start


def _boarded_at(pattern: Pattern) -> list[int]:
    """The departures at which one can board, in seconds after the trip's start; nobody boards at its last stop."""
    calls = zip(pattern.departures[:-1], pattern.boards[:-1], strict=True)
    return [at for at, boards in calls if boards]


def _offsets(ride: Ride, timetable: Timetable) -> Iterable[int]:
    """The seconds after the origin of its service day at which the trip leaves the ride's first stop."""
    for pattern in timetable.patterns:
        if pattern.route != ride.route_id or ride.from_stop_id not in pattern.stops:
            continue
        for trip in pattern.trips:
            if trip.trip_id == ride.trip_id:
                yield from (trip.start + seconds for seconds in _leaving(pattern, ride.from_stop_id))


def _leaving(pattern: Pattern, stop: str) -> Iterable[int]:
    return (at for called, at in zip(pattern.stops, pattern.departures, strict=True) if called == stop)


def _origin(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC) - timedelta(hours=12)
