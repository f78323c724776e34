"""The way on foot from end to end, and the rides that it makes pointless. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from operators.region import RegionData
from ticketing.search.network import Needs, Network, walking_metres, walking_seconds
from ticketing.search.places import is_same_place
from ticketing.search.planner import Plan, Question, Walk
from ticketing.search.water import water_of

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ends:
    """The coordinates of the start and the destination, where they were asked for by coordinates."""

    start: Point | None
    end: Point | None


def walk_alone(
    region: RegionData, network: Network, question: Question, ends: Ends, needs: Needs
) -> Walk | None:
    """The shortest walk from the start to the destination within the limit; None where it is too far."""
    longest = region.walking.max_m if needs.max_walk_m is None else needs.max_walk_m
    walks = [walk for walk in _walks(region, network, question, ends) if walk.metres <= longest]
    return min(walks, key=lambda walk: (walk.seconds, walk.from_stop or "", walk.to_stop or ""), default=None)


def plan_of(walk: Walk, at: int, *, arrive: bool) -> Plan:
    """The walk as a way that leaves at an instant, or arrives at it."""
    departure = at - walk.seconds if arrive else at
    return Plan((walk,), departure, departure + walk.seconds)


def worth_riding(
    region: RegionData, plans: Sequence[Plan], question: Question, walk: Walk | None
) -> list[Plan]:
    """The ways with a point: none as long as the walk alone, and none that comes back to where it began."""
    begins = [stop for stop, access in question.origins.items() if not access.seconds]
    ends = {stop for plan in plans for stop in _alighted(plan)}
    back = {end for end in ends if _is_at_any(region, end, begins)}
    faster = [plan for plan in plans if walk is None or plan.arrival - plan.departure < walk.seconds]
    return [plan for plan in faster if back.isdisjoint(_alighted(plan))]


def _is_at_any(region: RegionData, stop: str, others: Iterable[str]) -> bool:
    return any(is_same_place(region, stop, other) for other in others)


def _alighted(plan: Plan) -> Iterator[str]:
    """Yield the stops at which the rides of a way end."""
    return (f"{ride.operator}:{ride.to_stop_id}" for ride in plan.rides)


def _walks(region: RegionData, network: Network, question: Question, ends: Ends) -> Iterator[Walk]:
    if ends.start is not None and ends.end is not None:
        if not water_of(region).is_between(ends.start, ends.end):
            metres = walking_metres(region, ends.start, ends.end)
            yield Walk(None, None, walking_seconds(region, metres), metres)
    elif ends.start is not None:
        for stop in question.origins.keys() & question.destinations.keys():
            access = question.origins[stop]
            yield Walk(None, stop, access.seconds, access.metres)
    elif ends.end is not None:
        for stop in question.origins.keys() & question.destinations.keys():
            access = question.destinations[stop]
            yield Walk(stop, None, access.seconds, access.metres)
    else:
        for start in question.origins:
            for number, seconds, metres in network.walks[network.numbers[start]]:
                end = network.stops[number]
                if end in question.destinations:
                    yield Walk(start, end, max(0, seconds - region.interchange_seconds), metres)
