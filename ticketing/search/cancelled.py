"""Ways that were planned and do not run: they are shown as cancelled in their place, so that nobody looks for them. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from operators.region import RegionData
from ticketing.db.operators.run_states import RunKey
from ticketing.regions import Told
from ticketing.regions.run_news import key_of
from ticketing.search.planner import Plan

# The plan of a day when nothing sails is told by a few ways.
_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A way that was planned, the places of its rides that are cancelled, and their runs."""

    plan: Plan
    places: frozenset[int]
    runs: frozenset[RunKey]


def cancelled_ways(region: RegionData, planned: Iterable[Plan], told: Told) -> list[Cancelled]:
    """The planned ways of which some ride is cancelled."""
    gone = told.cancelled
    found = [(plan, _cancelled_rides(region, plan, gone)) for plan in planned]
    return [Cancelled(plan, frozenset(runs), frozenset(runs.values())) for plan, runs in found if runs]


def worth_showing(ways: Iterable[Cancelled]) -> list[Cancelled]:
    """A few of the ways, best first: of several over the same cancelled runs the best one is told."""
    found: dict[frozenset[RunKey], Cancelled] = {}
    for one in ways:
        found.setdefault(one.runs, one)
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


def _cancelled_rides(region: RegionData, plan: Plan, gone: Collection[RunKey]) -> dict[int, RunKey]:
    trips = {(operator, trip) for operator, trip, _ in gone}
    keys = {
        at: key_of(ride, region.timetables.get(ride.operator))
        for at, ride in enumerate(plan.rides)
        if (ride.operator, ride.trip_id) in trips
    }
    return {at: key for at, key in keys.items() if key in gone}
