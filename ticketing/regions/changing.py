"""Compute the least time of a change from one stop to another: leaving the terminal, the way on foot, checking in. Pure."""

import math

from operators.region import RegionData
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
