"""Apportion a million fares between their operators: largest remainders in whole numbers, against `decimal` and a plain loop."""

import hashlib
import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

from benchmarks.harness import Result, race
from tariffs.apportion import by_weights

FARES, ROUNDS = 1_000_000, 5
_DIFFERENT = 50_000
_OPERATORS = ("eckero", "hsl", "tallink", "tlt", "viking")
_GOAL = "≤ 2.5 µs a fare"

Fare = tuple[int, Mapping[str, Fraction]]


def run() -> list[Result]:
    """Apportion a million fares by the metres of two to four operators, each cent placed and every share the same."""
    fares = random_fares(_DIFFERENT)
    for fare in fares:
        ours = by_weights(*fare)
        if not ours == with_decimals(*fare) == plainly(*fare) or sum(ours.values()) != fare[0]:
            raise AssertionError(f"{fare}: {ours}")
    fingerprint = hashlib.sha256(repr(fares).encode()).hexdigest()[:12]
    contenders: dict[str, Callable[[], object]] = {
        "a plain loop over whole numbers": _each(fares, plainly),
        "decimal": _each(fares, with_decimals),
        "by_weights": _each(fares, by_weights),
    }
    title = f"apportion {FARES:,} fares, µs a fare ({fingerprint})"
    return race(title, contenders, calls=FARES // ROUNDS, rounds=ROUNDS, goals={"by_weights": _GOAL})


def random_fares(count: int) -> list[Fare]:
    """Fares in cents with the metres of each operator; seeded."""
    chance = random.Random(2026)
    return [
        (
            chance.randrange(50, 9_000),
            {name: Fraction(chance.randrange(100, 90_000)) for name in chance.sample(_OPERATORS, many)},
        )
        for many in chance.choices((2, 2, 3, 4), k=count)
    ]


def plainly(total: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Split by whole weights as one would write it down: no fractions, no negative amounts, no weights of nothing."""
    metres = {name: weight.numerator for name, weight in weights.items()}
    whole = sum(metres.values())
    shares = {name: total * part // whole for name, part in metres.items()}
    order = sorted(metres, key=lambda name: (-(total * metres[name] % whole), name))
    for name in order[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


def with_decimals(total: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Split with `decimal`, as a shop would: exact enough for whole metres, as every remainder is far above its last digit."""
    whole = Decimal(int(sum(weights.values())))
    exact = {name: total * Decimal(int(weight)) / whole for name, weight in weights.items()}
    shares = {name: int(part.to_integral_value(ROUND_FLOOR)) for name, part in exact.items()}
    order = sorted(exact, key=lambda name: (shares[name] - exact[name], name))
    for name in order[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


def _each(
    fares: Sequence[Fare], split: Callable[[int, Mapping[str, Fraction]], object]
) -> Callable[[], object]:
    """Split one fare after the other, round and round."""
    turn = itertools.cycle(fares)
    return lambda: split(*next(turn))
