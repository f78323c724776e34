"""Ways that were planned and do not run: they are shown as cancelled in their place, so that nobody looks for them. Pure."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from operators.region import RegionData
from ticketing.regions import Told
from ticketing.regions.run_news import key_of
from ticketing.search.planner import Plan

# The plan of a day when nothing sails is told by a few ways.
_AT_MOST = 5
# Which of some ways a search would have shown, by their place.
Chosen = Callable[[Sequence[Plan]], Sequence[int]]


def cancelled_ways(
    region: RegionData, planned: Sequence[Plan], told: Told, chosen: Chosen
) -> list[tuple[Plan, frozenset[int]]]:
    """The planned ways that would have been shown and of which some ride is cancelled, with the places of these rides.

    Of several ways over the same cancelled runs the best one is told.
    """
    gone = told.cancelled
    found: dict[frozenset[Any], tuple[Plan, frozenset[int]]] = {}
    for at in chosen(planned):
        plan = planned[at]
        places = _cancelled_rides(region, plan, gone)
        if places:
            found.setdefault(frozenset(places.values()), (plan, frozenset(places)))
    return list(found.values())[:_AT_MOST]


def in_their_place(
    shown: Sequence[tuple[int, dict[str, Any]]], cancelled: Sequence[tuple[int, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Put each cancelled way before the first one that leaves later; the others keep their order.

    Ways come with their departure, in POSIX seconds.
    """
    ways = list(shown)
    for departure, view in sorted(cancelled, key=lambda one: one[0]):
        place = next((at for at, (leaves, _) in enumerate(ways) if leaves > departure), len(ways))
        ways.insert(place, (departure, view))
    return [view for _, view in ways]


def _cancelled_rides(region: RegionData, plan: Plan, gone: Collection[Any]) -> dict[int, Any]:
    trips = {(operator, trip) for operator, trip, _ in gone}
    keys = {
        at: key_of(ride, region.timetables.get(ride.operator))
        for at, ride in enumerate(plan.rides)
        if (ride.operator, ride.trip_id) in trips
    }
    return {at: key for at, key in keys.items() if key in gone}
