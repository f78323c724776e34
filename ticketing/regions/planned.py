"""Rides as a timetable plans them: made from a trip, found again by their names, and written as a leg that people read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from operators.departures import departure_of
from operators.gtfs.added import origin_of
from operators.gtfs.timetable import Departure, Pattern, Timetable
from operators.region import RegionData
from operators.territory import metres_by_state, state_of
from tariffs.excluded import Excluded
from tariffs.journey import Ride
from ticketing.regions.load import NamedTrip, Region

_WHEELCHAIR = {True: "yes", False: "no", None: "unknown"}
_NOON_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class KnownRide:
    """A ride with what a passenger reads: line, headsign, and until when to be on board.

    The ride has the planned times, by which it is booked. `wheelchair` is what the feed says of its trip and both stops,
    `direction` (0 or 1) what it says of its trip.
    """

    ride: Ride
    line: str
    headsign: str
    check_in_until: datetime | None
    wheelchair: bool | None = None
    direction: int | None = None


def ride_on(
    data: RegionData, operator: str, named: NamedTrip, ends: tuple[int, int], begins: int
) -> KnownRide:
    """The ride between two places of a trip's pattern on the run that begins at this instant (POSIX seconds)."""
    timetable, (pattern, trip) = data.timetables[operator], named
    calls = pattern.stops[ends[0] : ends[1] + 1]
    route, stops = timetable.routes[pattern.route], (timetable.stops[calls[0]], timetable.stops[calls[-1]])
    leaves, arrives = begins + pattern.departures[ends[0]], begins + pattern.arrivals[ends[1]]
    terminal = data.terminals.get(f"{operator}:{calls[0]}")
    check_in = terminal.check_in_seconds if terminal else 0
    return KnownRide(
        ride=Ride(
            operator=operator,
            trip_id=trip.trip_id,
            route_id=pattern.route,
            from_stop_id=calls[0],
            to_stop_id=calls[-1],
            departure=_local(timetable, calls[0], leaves),
            arrival=_local(timetable, calls[-1], arrives),
            calls=calls,
            mode=route.mode,
            distance_m=metres_by_state(data, operator, calls),
        ),
        line=route.line,
        headsign=trip.headsign,
        check_in_until=_local(timetable, calls[0], leaves - check_in) if check_in else None,
        wheelchair=_accessible(trip.wheelchair, *(stop.wheelchair for stop in stops)),
        direction=trip.direction,
    )


def find_ride_on(
    region: Region, operator: str, trip_id: str, ends: tuple[str, str], times: tuple[int, int]
) -> KnownRide | None:
    """Find a planned ride by its trip, its stops and its instants of departure and arrival; None where it does not run so."""
    found = _place_of(region, operator, trip_id, ends, times)
    if found is None:
        return None
    named, places = found
    return ride_on(region.data, operator, named, places, times[0] - named[0].departures[places[0]])


def is_planned(region: Region, ride: Ride) -> bool:
    """Tell whether a ride can be found again by its names: a trip that was added on the day cannot."""
    ends = ride.from_stop_id, ride.to_stop_id
    times = int(ride.departure.timestamp()), int(ride.arrival.timestamp())
    found = _place_of(region, ride.operator, ride.trip_id, ends, times)
    if found is None:
        return False
    (pattern, _), (at, to) = found
    return pattern.route == ride.route_id and pattern.stops[at : to + 1] == tuple(ride.calls)


def added_ride(
    data: RegionData,
    operator: str,
    route_id: str,
    trip: Departure,
    *,
    calls: Sequence[str],
    times: tuple[int, int],
) -> KnownRide | None:
    """A ride on a trip that was added on the day; None where the region no longer knows its route or a stop of it."""
    timetable = data.timetables.get(operator)
    if timetable is None or route_id not in timetable.routes or not set(calls) <= timetable.stops.keys():
        return None
    last = len(calls) - 1
    # Between its ends nobody knows when it calls, and no price asks.
    offsets = (*[0] * last, times[1] - times[0])
    anywhere = (True,) * len(calls)
    pattern = Pattern(
        route=route_id,
        stops=tuple(calls),
        arrivals=offsets,
        departures=offsets,
        boards=anywhere,
        alights=anywhere,
        trips=(trip,),
    )
    return ride_on(data, operator, (pattern, trip), (0, last), times[0])


def leg_of(
    data: RegionData,
    known: KnownRide,
    *,
    live: tuple[datetime, datetime] | None = None,
    alerts: Sequence[str] = (),
) -> dict[str, Any]:
    """Write a ride as a leg; `live` are the times that it is expected to keep."""
    ride = known.ride
    times = [moment.isoformat() for moment in live] if live else [None, None]
    return {
        "kind": "ride",
        "mode": ride.mode,
        "operator": ride.operator,
        "operator_name": data.operators[ride.operator].name,
        "line": known.line,
        "headsign": known.headsign,
        "trip_id": ride.trip_id,
        "service_date": _service_date(data, ride),
        "from": stop_of(data, f"{ride.operator}:{ride.from_stop_id}"),
        "to": stop_of(data, f"{ride.operator}:{ride.to_stop_id}"),
        "departure": ride.departure.isoformat(),
        "arrival": ride.arrival.isoformat(),
        "time_zone": str(ride.departure.tzinfo),
        "arrival_time_zone": str(ride.arrival.tzinfo),
        "distance_m": sum(metres for _, metres in ride.distance_m),
        "check_in_until": known.check_in_until.isoformat() if known.check_in_until else None,
        "live_departure": times[0],
        "live_arrival": times[1],
        "alerts": list(alerts),
        "wheelchair": _WHEELCHAIR[known.wheelchair],
    }


def _service_date(data: RegionData, ride: Ride) -> str | None:
    """The day of the timetable that a ride's trip counts from; None for a trip that no timetable has."""
    try:
        return departure_of(ride, data.timetables[ride.operator]).service_date.isoformat()
    except LookupError:
        return None


def stop_of(data: RegionData, name: str) -> dict[str, Any]:
    """Write a stop by its name `<operator>:<stop_id>`."""
    operator, stop_id = name.split(":", 1)
    stop = data.timetables[operator].stops[stop_id]
    state = state_of(data, operator, stop_id)
    return {"stop_id": stop_id, "name": stop.name, "lat": stop.lat, "lon": stop.lon, "member_state": state}


def excluded_ride(data: RegionData, leg: int, ride: Ride, without: Collection[int]) -> Excluded:
    """A ride that a price leaves out, as people read it: `leg` is its place, `without` the places of all that it leaves out."""
    stops = data.timetables[ride.operator].stops
    return Excluded(
        leg=leg,
        before=sum(kept not in without for kept in range(leg)),
        operator=ride.operator,
        operator_name=data.operators[ride.operator].name,
        from_name=stops[ride.from_stop_id].name,
        to_name=stops[ride.to_stop_id].name,
        departure=ride.departure.isoformat(),
        on_board=data.operators[ride.operator].feed.on_board,
    )


def _place_of(
    region: Region, operator: str, trip_id: str, ends: tuple[str, str], times: tuple[int, int]
) -> tuple[NamedTrip, tuple[int, int]] | None:
    """The trip of a ride with the places of its ends in the pattern; a stop that is called at twice is told by the times."""
    timetable = region.data.timetables.get(operator)
    named = region.trips(operator).get(trip_id) if timetable else None
    if timetable is None or named is None:
        return None
    pattern, trip = named
    for at, start in enumerate(pattern.stops):
        begins = times[0] - pattern.departures[at]
        if start != ends[0] or not _runs(timetable, trip, begins):
            continue
        for to in range(at + 1, len(pattern.stops)):
            if pattern.stops[to] == ends[1] and begins + pattern.arrivals[to] == times[1]:
                return named, (at, to)
    return None


def _runs(timetable: Timetable, trip: Departure, begins: int) -> bool:
    """Tell whether a trip has a run that begins at this instant: on the service day that its start counts from."""
    origin = begins - trip.start
    day = datetime.fromtimestamp(origin + _NOON_SECONDS, ZoneInfo(timetable.timezone)).date()
    is_origin = int(origin_of(day, timetable.timezone).timestamp()) == origin
    return is_origin and timetable.services[trip.service].runs_on(day)


def _local(timetable: Timetable, stop_id: str, instant: int) -> datetime:
    return datetime.fromtimestamp(instant, ZoneInfo(timetable.timezone_of(stop_id)))


def _accessible(*told: bool | None) -> bool | None:
    """No where anything says no, yes where everything says yes."""
    if False in told:
        return False
    return True if all(told) else None
