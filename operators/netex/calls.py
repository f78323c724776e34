"""Put together the calls of a NeTEx journey: its times, and the stops of its pattern. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from operators.netex.parts import Demand, Halt, Journey, Parts, Passing, Pattern


class Call(NamedTuple):
    """A call at a stop point: seconds after midnight of the operating day."""

    point: str
    arrival: int
    departure: int
    boards: bool
    alights: bool


class Unusable(Exception):
    """A journey has no calls that can be sold; the message says why."""


def calls_of(journey: Journey, parts: Parts) -> list[Call]:
    """The calls of a journey: its own ones, those of its pattern with its passing times, or with the times of its demand type.

    Raises Unusable.
    """
    if journey.unread:
        raise Unusable(journey.unread)
    pattern = parts.patterns.get(journey.pattern)
    if journey.passings and all(passing.point for passing in journey.passings):
        return [
            _call(passing.point, passing, passing.boards, passing.alights) for passing in journey.passings
        ]
    if pattern is None:
        raise Unusable(f"its journey pattern {journey.pattern!r} is not in the delivery")
    if journey.passings:
        return list(_at_halts(journey.passings, pattern))
    if journey.demand:
        if journey.demand not in parts.demands or journey.start is None:
            raise Unusable(
                f"its TimeDemandType {journey.demand!r} or its DepartureTime is not in the delivery"
            )
        return list(_by_demand(journey.start, pattern.halts, parts.demands[journey.demand], parts))
    raise Unusable("it has no passing times")


def _at_halts(passings: Sequence[Passing], pattern: Pattern) -> Iterator[Call]:
    """The passing times at the halts that they name, or one after the other where they name none."""
    halts = {halt.id: halt for halt in pattern.halts}
    if not any(passing.halt for passing in passings):
        if len(passings) != len(pattern.halts):
            raise Unusable(
                f"it has {len(passings)} passing times for the {len(pattern.halts)} stops of {pattern.id}"
            )
        halts_in_order: Sequence[Halt] = pattern.halts
    else:
        missing = next((passing.halt for passing in passings if passing.halt not in halts), None)
        if missing is not None:
            raise Unusable(f"its passing time names {missing!r}, which is no stop of {pattern.id}")
        halts_in_order = [halts[passing.halt] for passing in passings]
    for passing, halt in zip(passings, halts_in_order, strict=True):
        yield _call(halt.point, passing, halt.boards, halt.alights)


def _call(point: str, passing: Passing, boards: bool, alights: bool) -> Call:
    """A call; one that tells only one of its two times stops for no time."""
    arrival = passing.arrival if passing.arrival is not None else passing.departure
    departure = passing.departure if passing.departure is not None else passing.arrival
    if arrival is None or departure is None:
        raise Unusable(f"it has no time at {point}")
    return Call(point, arrival, departure, boards, alights)


def _by_demand(start: int, halts: Sequence[Halt], demand: Demand, parts: Parts) -> Iterator[Call]:
    """Add up run and wait times from the departure at the first stop."""
    runs = {parts.links[link]: seconds for link, seconds in demand.runs.items() if link in parts.links}
    now = start
    for number, halt in enumerate(halts):
        if number:
            between = (halts[number - 1].point, halt.point)
            if between not in runs:
                raise Unusable(f"its TimeDemandType has no run time from {between[0]} to {between[1]}")
            now += runs[between]
        arrival = now
        now += demand.waits.get(halt.point, 0) if number else 0
        yield Call(halt.point, arrival, now, halt.boards, halt.alights)
