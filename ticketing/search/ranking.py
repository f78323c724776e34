"""Choose the priced ways to show: those that nothing beats by arrival, changes and price. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Merit:
    """The merits of one way: times in POSIX seconds, price in minor units (None where it is not sold)."""

    departure: int
    arrival: int
    changes: int
    price: int | None


def pareto(merits: Sequence[Merit]) -> list[int]:
    """Indices of the ways that no other beats in arrival, changes and price, earliest arrival first."""
    kept = [
        at
        for at, merit in enumerate(merits)
        if not any(_beats(other, merit) for other in merits if other is not merit)
    ]
    return sorted(kept, key=lambda at: (merits[at].arrival, merits[at].changes, -merits[at].departure))


def choose(merits: Sequence[Merit], at_least: int, at_most: int) -> list[tuple[int, list[str]]]:
    """The ways to show with what each is best at: the Pareto set, filled up with later departures.

    A later departure is only shown when nothing that leaves as late or later beats it.
    """
    best = pareto(merits)[:at_most]
    chosen = [(at, _best_for(merits, best, at)) for at in best]
    later = [
        at
        for at in sorted(range(len(merits)), key=lambda at: (merits[at].arrival, merits[at].changes))
        if at not in best
        and not any(
            _beats(other, merits[at]) and other.departure >= merits[at].departure
            for other in merits
            if other is not merits[at]
        )
    ]
    missing = max(0, at_least - len(chosen))
    return chosen + [(at, ["later_departure"]) for at in later[:missing]]


def choose_arriving(merits: Sequence[Merit], at_least: int, at_most: int) -> list[tuple[int, list[str]]]:
    """The ways to show to somebody who must be there by a time, the latest departure first.

    It is `choose` with time running backwards: who may not be late leaves as late as they can.
    """
    mirrored = [Merit(-one.arrival, -one.departure, one.changes, one.price) for one in merits]
    words = {"earliest_arrival": "latest_departure", "later_departure": "earlier_departure"}
    return [
        (at, [words.get(praise, praise) for praise in best])
        for at, best in choose(mirrored, at_least, at_most)
    ]


def spread(merits: Sequence[Merit], at_most: int) -> list[tuple[int, list[str]]]:
    """The ways of a range in order of departure: those that nothing which leaves as late or later beats."""
    kept = [
        at
        for at, merit in enumerate(merits)
        if not any(
            other is not merit and other.departure >= merit.departure and _beats(other, merit)
            for other in merits
        )
    ]
    shown = sorted(kept, key=lambda at: (merits[at].departure, merits[at].arrival))[:at_most]
    return [(at, _best_for(merits, shown, at)) for at in shown]


def _beats(one: Merit, other: Merit) -> bool:
    """Tell whether one is as good in everything and better in something; an unknown price is the worst.

    Of ways equal in all three the later departure wins: it wastes less of the passenger's morning.
    """
    mine = (one.arrival, one.changes, _price(one))
    theirs = (other.arrival, other.changes, _price(other))
    if mine == theirs:
        return one.departure > other.departure
    return all(left <= right for left, right in zip(mine, theirs, strict=True))


def _price(merit: Merit) -> float:
    return float("inf") if merit.price is None else merit.price


def _best_for(merits: Sequence[Merit], shown: Sequence[int], at: int) -> list[str]:
    merit, others = merits[at], [merits[other] for other in shown]
    praise = {
        "earliest_arrival": merit.arrival == min(other.arrival for other in others),
        "fewest_changes": merit.changes == min(other.changes for other in others),
        "cheapest": merit.price is not None and merit.price == min(map(_price, others)),
    }
    return [name for name, deserved in praise.items() if deserved] or ["compromise"]
