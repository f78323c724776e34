"""Share out the uses of a carnet among a party: no more than are left, and there where the party pays least.

Everybody of a party may bring the same carnet (`HeldPass.shared`). Each passenger tells what they would pay for every
number of uses; of all ways to give them out the cheapest holds, and of equal ones that with the fewest uses.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tariffs.parts import Part
from tariffs.party import Passenger
from tariffs.passes import HeldPass

# How many uses of each shared carnet, in the order of the carnets.
Strokes = tuple[int, ...]
_Way = tuple[int, tuple[Strokes, ...]]


def shared_carnets(party: Sequence[Passenger]) -> tuple[HeldPass, ...]:
    """The carnets that serve a whole party, each once."""
    passes = (held for person in party for held in person.passes)
    carnets = {held.ticket: held for held in passes if held.shared}
    return tuple(carnets[ticket] for ticket in sorted(carnets))


def strokes_of(parts: Sequence[Part], carnets: Sequence[HeldPass]) -> Strokes:
    """Count the uses of each carnet that a way of paying takes."""
    taken = Counter(use.ticket for part in parts for use in part.uses)
    return tuple(taken[carnet.ticket] for carnet in carnets)


def give_out(
    party: Sequence[Passenger],
    carnets: Sequence[HeldPass],
    costs_of: Callable[[Passenger], Mapping[Strokes, int]],
) -> tuple[Passenger, ...]:
    """The party with each shared carnet replaced by the uses that a passenger gets of it, one's own from then on.

    `costs_of` tells what a passenger pays for each number of uses; whoever has no price takes none.
    """
    left = tuple(carnet.uses_left or 0 for carnet in carnets)
    ways: dict[Strokes, _Way] = {tuple(0 for _ in carnets): (0, ())}
    for person in party:
        ways = _one_more(ways, costs_of(person) or {tuple(0 for _ in carnets): 0}, left)
    chosen = min(ways.items(), key=lambda way: (way[1][0], sum(way[0]), way[0]))[1][1]
    return tuple(_with(person, carnets, strokes) for person, strokes in zip(party, chosen, strict=True))


def _one_more(
    ways: Mapping[Strokes, _Way], costs: Mapping[Strokes, int], left: Strokes
) -> dict[Strokes, _Way]:
    """The cheapest way to each number of uses once one more passenger has chosen; of equal ones the first of the party rides."""
    next_ways: dict[Strokes, _Way] = {}
    for taken, (cost, chosen) in ways.items():
        for strokes, price in costs.items():
            after = tuple(map(sum, zip(taken, strokes, strict=True)))
            if any(map(int.__gt__, after, left)):
                continue
            known, new = next_ways.get(after), (cost + price, (*chosen, strokes))
            if known is None or new[0] < known[0] or (new[0] == known[0] and new[1] > known[1]):
                next_ways[after] = new
    return next_ways


def _with(person: Passenger, carnets: Sequence[HeldPass], strokes: Strokes) -> Passenger:
    own = tuple(held for held in person.passes if not held.shared)
    mine = (
        replace(carnet, uses_left=count, shared=False)
        for carnet, count in zip(carnets, strokes, strict=True)
        if count
    )
    return replace(person, passes=(*own, *mine))
