"""Split an amount exactly: largest remainder on rationals, so that the parts are the whole to the cent."""

from collections.abc import Mapping
from fractions import Fraction
from math import isqrt, lcm
from typing import TypeVar

K = TypeVar("K", bound=str | tuple[str, ...])

# The square root of a weight as an exact integer: isqrt(weight * 10^8) (docs/settlement.md).
_ROOT_SCALE = 10**8


def by_weights(total: int, weights: Mapping[K, Fraction] | Mapping[K, int]) -> dict[K, int]:
    """Split `total` minor units in proportion to weights >= 0.

    Each part is floored, the missing units go one each to the largest remainders, ties to the lower key.
    A negative total is the mirror of the positive one. Raises ValueError when the weights are all 0, unless
    there is nothing to split.
    """
    # Over one denominator the weights are whole numbers, and so is all that follows.
    common = lcm(*[weight.denominator for weight in weights.values()])
    parts = {key: weight.numerator * (common // weight.denominator) for key, weight in weights.items()}
    whole, amount = sum(parts.values()), abs(total)
    if whole == 0:
        if total == 0:
            return dict.fromkeys(weights, 0)
        raise ValueError("the weights are all 0")
    shares: dict[K, int] = {}
    by_remainder = []
    missing = amount
    for key, part in parts.items():
        shares[key], remainder = divmod(amount * part, whole)
        missing -= shares[key]
        by_remainder.append((-remainder, key))
    if missing:
        by_remainder.sort()
        for _, key in by_remainder[:missing]:
            shares[key] += 1
    return {key: -part for key, part in shares.items()} if total < 0 else shares


def by_square_roots(total: int, weights: Mapping[K, Fraction]) -> dict[K, int]:
    """Split in proportion to the square roots of weights.

    Weights so small that a root would vanish are all taken a hundredfold until none does.
    """
    scale = _ROOT_SCALE
    while any(0 < weight * scale < 1 for weight in weights.values()):
        scale *= 100
    return by_weights(total, {key: Fraction(isqrt(int(weight * scale))) for key, weight in weights.items()})


def fixed_then_weights(total: int, fixed: Mapping[K, int], weights: Mapping[K, Fraction]) -> dict[K, int]:
    """Give each its fixed amount first, split the rest by weights; too large fixed amounts are scaled down.

    `fixed` are minor units >= 0 by key, absent for none. Raises ValueError when there is a rest and the
    weights are all 0.
    """
    promised = sum(fixed.values())
    rest = abs(total) - promised
    if rest < 0:
        return by_weights(total, {key: Fraction(fixed.get(key, 0)) for key in weights})
    shares = by_weights(rest, weights)
    sign = -1 if total < 0 else 1
    return {key: sign * (fixed.get(key, 0) + share) for key, share in shares.items()}


def reverse(booked: Mapping[K, int], weights: Mapping[K, Fraction], amount: int) -> dict[K, int]:
    """Compute the part of each booked amount that goes back when `amount` in all goes back (cumulative targets, capped).

    The wanted state is the split of what stays; no part may rise and none falls below 0, so a part never
    goes back further than it was booked and a full refund ends at exactly 0. `booked` >= 0 sums to the
    whole, `weights` are those of the original split. Answers the parts that go back, >= 0.
    Raises ValueError for an amount beyond what is booked.
    """
    whole = sum(booked.values())
    if not 0 <= amount <= whole:
        raise ValueError(f"{amount} of {whole} cannot go back")
    stays = whole - amount
    scale = sum(weights.values(), Fraction(0))
    exact = {key: Fraction(stays) * weights[key] / scale if scale else Fraction(0) for key in booked}
    kept = {key: min(part, int(exact[key])) for key, part in booked.items()}
    for _ in range(stays - sum(kept.values())):
        below = [key for key, part in booked.items() if kept[key] < part]
        neediest = min(below, key=lambda key: (kept[key] - exact[key], key))
        kept[neediest] += 1
    return {key: part - kept[key] for key, part in booked.items()}
