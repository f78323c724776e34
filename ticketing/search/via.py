"""A way by way of a third place: through it on board, or from it again after a stay. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from operators.region import RegionData
from ticketing.search.planner import (
    MAX_RIDES,
    Access,
    Plan,
    Question,
    Timeline,
    Walk,
    plan_arriving,
    plan_departing,
)

# How many ways to the place are followed on; each is searched from there again.
_FOLLOWED = 4


@dataclass(frozen=True, slots=True)
class Stay:
    """The place on the way, by stop name, and how long to stay there at least."""

    stops: Mapping[str, Access]
    seconds: int


def plan_via(
    region: RegionData,
    timelines: Sequence[Timeline],
    question: Question,
    stay: Stay,
    at: int,
    *,
    arrive: bool,
) -> list[Plan]:
    """The ways that call at the place: those that pass it on board where no stay is asked for, and those that change there."""
    ways = _arriving if arrive else _departing
    plans = ways(region, timelines, question, stay, at)
    if not stay.seconds:
        search = plan_arriving if arrive else plan_departing
        plans += [plan for plan in search(region, timelines, question, at, _FOLLOWED) if _passes(plan, stay)]
    unique = {_rides(plan): plan for plan in reversed(plans) if len(plan.rides) <= MAX_RIDES}
    return sorted(unique.values(), key=lambda plan: (plan.arrival, plan.changes, -plan.departure))


def _departing(
    region: RegionData, timelines: Sequence[Timeline], question: Question, stay: Stay, at: int
) -> list[Plan]:
    found = []
    first = plan_departing(region, timelines, Question(question.origins, stay.stops), at, _FOLLOWED)
    for before in first[:_FOLLOWED]:
        onward = Question(_standing(before, stay, last=True), question.destinations)
        ready = before.arrival + _leaving(region, before) + stay.seconds
        found += [_joined(before, after) for after in plan_departing(region, timelines, onward, ready, 0)]
    return found


def _arriving(
    region: RegionData, timelines: Sequence[Timeline], question: Question, stay: Stay, by: int
) -> list[Plan]:
    ways = []
    last = plan_arriving(region, timelines, Question(stay.stops, question.destinations), by, _FOLLOWED)
    for after in last[:_FOLLOWED]:
        inward = Question(question.origins, _standing(after, stay, last=False))
        ready = after.departure - stay.seconds - region.interchange_seconds
        ways += [
            _joined(before, after)
            for before in plan_arriving(region, timelines, inward, ready, 0)
            if before.arrival + _leaving(region, before) + stay.seconds <= after.departure
        ]
    return ways


def _standing(plan: Plan, stay: Stay, *, last: bool) -> Mapping[str, Access]:
    """Return the place of a passenger on the way: the stop where the way ends, or the coordinate that was named."""
    part = plan.parts[-1 if last else 0]
    if isinstance(part, Walk):
        stop = part.to_stop if last else part.from_stop
        return stay.stops if stop is None else {stop: Access(0, 0)}
    ride = part.ride
    return {f"{ride.operator}:{ride.to_stop_id if last else ride.from_stop_id}": Access(0, 0)}


def _leaving(region: RegionData, plan: Plan) -> int:
    """The time for a change after a ride: the change itself and the way out of a terminal."""
    part = plan.parts[-1]
    if isinstance(part, Walk):
        return region.interchange_seconds
    terminal = region.terminals.get(f"{part.ride.operator}:{part.ride.to_stop_id}")
    return region.interchange_seconds + (terminal.exit_seconds if terminal else 0)


def _passes(plan: Plan, stay: Stay) -> bool:
    return any(f"{ride.operator}:{call}" in stay.stops for ride in plan.rides for call in ride.calls)


def _joined(before: Plan, after: Plan) -> Plan:
    return Plan((*before.parts, *after.parts), before.departure, after.arrival)


def _rides(plan: Plan) -> tuple[object, ...]:
    return tuple(
        (ride.operator, ride.trip_id, ride.from_stop_id, ride.to_stop_id, ride.departure)
        for ride in plan.rides
    )
