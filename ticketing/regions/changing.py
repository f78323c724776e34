"""Compute the least time of a change from one stop to another: leaving the terminal, the way on foot, checking in. Pure."""

import math
from datetime import date

from operators.departures import departure_of
from operators.gtfs.staying import next_trips
from operators.region import RegionData
from tariffs.journey import Ride
from ticketing.regions.load import Region
from ticketing.regions.meetings import metres_between

Place = tuple[str, str]


def change_seconds(data: RegionData, start: Place, other: Place) -> int | None:
    """The seconds from the arrival at a stop to the departure from another, each an operator and its stop id.

    The region's word on the walk, then an operator's own rule on the change, stand before the straight line; None where it says that there is none, or where a
    stop is not known any more.
    """
    terminals = data.terminals.get(f"{start[0]}:{start[1]}"), data.terminals.get(f"{other[0]}:{other[1]}")
    kept = (terminals[0].exit_seconds if terminals[0] else 0) + (
        terminals[1].check_in_seconds if terminals[1] else 0
    )
    first, second = data.timetables.get(start[0]), data.timetables.get(other[0])
    if first is None or second is None or start[1] not in first.stops or other[1] not in second.stops:
        return None
    walk = (f"{start[0]}:{start[1]}", f"{other[0]}:{other[1]}")
    if walk in data.walks:
        seconds = data.walks[walk]
        return None if seconds is None else seconds + data.interchange_seconds + kept
    if start[0] == other[0] and (start[1], other[1]) in first.transfers:
        ruled = first.transfers[start[1], other[1]]
        return None if ruled is None else ruled + kept
    walking = data.walking
    metres = metres_between(first.stops[start[1]], second.stops[other[1]])
    walked = metres * walking.detour_percent / 100 / walking.speed_m_per_s
    return math.ceil(walked) + data.interchange_seconds + kept


def stays_seated(region: Region, operator: str, day: date, first: Place, then: Place) -> bool:
    """Tell whether whoever leaves a trip at a stop and boards another at one does so in its vehicle; each is a trip and its stop."""
    timetable, trips = region.data.timetables.get(operator), region.trips(operator)
    if timetable is None or not timetable.can_stay or first[0] not in trips or then[0] not in trips:
        return False
    ends = trips[first[0]][0].stops[-1], trips[then[0]][0].stops[0]
    return ends == (first[1], then[1]) and then[0] in next_trips(timetable, day).get(first[0], ())


def is_in_seat(region: Region, first: Ride, then: Ride) -> bool:
    """Tell whether a passenger goes from one ride to the next one in the same vehicle."""
    timetable = region.data.timetables.get(first.operator)
    if timetable is None or first.operator != then.operator or not timetable.can_stay:
        return False
    try:
        days = {departure_of(ride, timetable).service_date for ride in (first, then)}
    except LookupError:
        return False
    ends = (first.trip_id, first.to_stop_id), (then.trip_id, then.from_stop_id)
    return len(days) == 1 and stays_seated(region, first.operator, days.pop(), *ends)
