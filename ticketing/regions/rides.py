"""Rides: found in a region's timetables, or as JSON, so that an offer keeps them and a quote prices them again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from operators.region import RegionData
from operators.territory import metres_by_state
from tariffs.journey import Ride


def to_json(ride: Ride) -> dict[str, Any]:
    """Write a ride; times keep the name of their zone beside the offset."""
    return {
        "operator": ride.operator,
        "trip_id": ride.trip_id,
        "route_id": ride.route_id,
        "from_stop_id": ride.from_stop_id,
        "to_stop_id": ride.to_stop_id,
        "departure": ride.departure.isoformat(),
        "departure_zone": str(ride.departure.tzinfo),
        "arrival": ride.arrival.isoformat(),
        "arrival_zone": str(ride.arrival.tzinfo),
        "calls": list(ride.calls),
        "mode": ride.mode,
        "distance_m": [list(part) for part in ride.distance_m],
    }


def from_json(document: Mapping[str, Any]) -> Ride:
    """Read a ride that `to_json` wrote."""
    return Ride(
        operator=document["operator"],
        trip_id=document["trip_id"],
        route_id=document["route_id"],
        from_stop_id=document["from_stop_id"],
        to_stop_id=document["to_stop_id"],
        departure=datetime.fromisoformat(document["departure"]).astimezone(
            ZoneInfo(document["departure_zone"])
        ),
        arrival=datetime.fromisoformat(document["arrival"]).astimezone(ZoneInfo(document["arrival_zone"])),
        calls=tuple(document["calls"]),
        mode=document["mode"],
        distance_m=tuple((state, metres) for state, metres in document["distance_m"]),
    )


def find_ride(
    region: RegionData, operator: str, route_id: str, ends: tuple[str, str], times: tuple[datetime, datetime]
) -> Ride | None:
    """A ride between two stops of a route, whatever its trip: its calls and metres are those of the timetable.

    Naive `times` are local to their stop. None where the route does not run that way.
    """
    timetable = region.timetables[operator]
    calls = next(
        (
            pattern.stops[pattern.stops.index(ends[0]) : pattern.stops.index(ends[1]) + 1]
            for pattern in timetable.patterns
            if pattern.route == route_id
            and set(ends) <= set(pattern.stops)
            and pattern.stops.index(ends[0]) < pattern.stops.index(ends[1])
        ),
        None,
    )
    if calls is None:
        return None
    departure, arrival = (
        time.replace(tzinfo=ZoneInfo(timetable.timezone_of(stop))) if time.tzinfo is None else time
        for stop, time in zip(ends, times, strict=True)
    )
    return Ride(
        operator=operator,
        trip_id="",
        route_id=route_id,
        from_stop_id=ends[0],
        to_stop_id=ends[1],
        departure=departure,
        arrival=arrival,
        calls=calls,
        mode=timetable.routes[route_id].mode,
        distance_m=metres_by_state(region, operator, calls),
    )
