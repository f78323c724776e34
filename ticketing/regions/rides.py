"""Find rides in a region's timetables."""

from datetime import datetime
from zoneinfo import ZoneInfo

from operators.region import RegionData
from operators.territory import metres_by_state
from tariffs.journey import Ride


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
