"""Choose the priced ways to show: those that nothing beats by arrival, changes and price. Pure."""

from collections.abc import Iterable, Sequence
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
    kept = [at for at, merit in enumerate(merits) if not _is_beaten(merit, merits)]
    return sorted(kept, key=lambda at: (merits[at].arrival, merits[at].changes, -merits[at].departure))


def choose(merits: Sequence[Merit], at_least: int, at_most: int) -> list[tuple[int, list[str]]]:
    """The ways to show with what each is best at: the Pareto set, filled up with later departures.

    A later departure is only shown when nothing that leaves as late or later beats it.
    """
    best = pareto(merits)[:at_most]
    chosen = [(at, _best_for(merits, best, at)) for at in best]
    others = [at for at in range(len(merits)) if at not in best]
    others.sort(key=lambda at: (merits[at].arrival, merits[at].changes))
    later = [at for at in others if not _is_beaten_later(merits[at], merits)]
    missing = max(0, at_least - len(chosen))
    return chosen + [(at, ["later_departure"]) for at in later[:missing]]


def choose_arriving(merits: Sequence[Merit], at_least: int, at_most: int) -> list[tuple[int, list[str]]]:
    """The ways to show to somebody who must be there by a time, the latest departure first.

    It is `choose` with time running backwards: who may not be late leaves as late as they can.
    """
    mirrored = [Merit(-one.arrival, -one.departure, one.changes, one.price) for one in merits]
    return [(at, _mirrored(praise)) for at, praise in choose(mirrored, at_least, at_most)]


def _mirrored(praise: Iterable[str]) -> list[str]:
    """The praise of a way, where time ran backwards."""
    words = {"earliest_arrival": "latest_departure", "later_departure": "earlier_departure"}
    return [words.get(word, word) for word in praise]


def spread(merits: Sequence[Merit], at_most: int) -> list[tuple[int, list[str]]]:
    """The ways of a range in order of departure: those that nothing which leaves as late or later beats."""
    kept = [at for at, merit in enumerate(merits) if not _is_beaten_later(merit, merits)]
    shown = sorted(kept, key=lambda at: (merits[at].departure, merits[at].arrival))[:at_most]
    return [(at, _best_for(merits, shown, at)) for at in shown]


def cleanest(
    merits: Sequence[Merit], emissions: Sequence[tuple[bool, int]], at_most: int
) -> list[tuple[int, list[str]]]:
    """The ways with the least emissions first, by their order; of those that are equal in it only what no equal one beats.

    No advantage is said of a way that the usual choice would not show for it.
    """
    kept = [at for at in range(len(merits)) if not _is_beaten(merits[at], _alike(merits, emissions, at))]
    shown = sorted(kept, key=lambda at: (emissions[at], merits[at].arrival, merits[at].changes))[:at_most]
    return [(at, _best_for(merits, shown, at)) for at in shown]


def _alike(merits: Sequence[Merit], emissions: Sequence[tuple[bool, int]], at: int) -> list[Merit]:
    return [merit for merit, grams in zip(merits, emissions, strict=True) if grams == emissions[at]]


def _is_beaten(merit: Merit, merits: Iterable[Merit]) -> bool:
    return any(_beats(other, merit) for other in merits if other is not merit)


def _is_beaten_later(merit: Merit, merits: Sequence[Merit]) -> bool:
    """Tell whether another way that leaves as late or later beats this one."""
    return _is_beaten(merit, (other for other in merits if other.departure >= merit.departure))


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
