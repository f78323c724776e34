"""Share an agreed price by steps in order: each may take an amount and hands the rest to the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import isqrt
from typing import Literal

from tariffs.apportion import by_weights, fixed_then_weights

Method = Literal[
    "standalone_fare",
    "distance",
    "sqrt_distance",
    "agreed_factor",
    "percent",
    "fixed_first",
    "min_guarantee",
    "residual",
]

# Steps that may be the last: they can take everything that is left.
FINAL: tuple[Method, ...] = (
    "standalone_fare",
    "distance",
    "sqrt_distance",
    "agreed_factor",
    "percent",
    "residual",
)
_ROOT_SCALE = 10**8
# Bearers of a discount; besides them `operator:<id>` and `funder:<authority>`.
PRO_RATA, SELLER, FUNDER = "pro_rata", "seller", "funder:"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `factors` by operator are weights, percentages, or minor units (fixed_first, min_guarantee)."""

    method: Method
    factors: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """The claim of one operator in the split: its fare alone in minor units, and its metres."""

    operator: str
    standalone: int
    metres: int


def share(amount: int, claims: Sequence[Claim], steps: Sequence[Step]) -> dict[str, int]:
    """Split `amount` over the operators of the claims by the steps; the parts are the whole to the cent.

    Rides of one operator count together, except by square roots, where two rides weigh more than one.
    """
    floors: dict[str, int] = {}
    fixed: dict[str, int] = {}
    for step in steps:
        if step.method in FINAL:
            weights = _weights(step, claims)
            shares = fixed_then_weights(amount, fixed, weights)
            return _lifted(amount, shares, floors, fixed, weights)
        target = fixed if step.method == "fixed_first" else floors
        present = {claim.operator for claim in claims}
        target.update({operator: int(part) for operator, part in step.factors.items() if operator in present})
    raise ValueError("the last step must be able to take everything")


def bear(shares: Mapping[str, int], discount: int, bearers: Sequence[str]) -> dict[str, int]:
    """Take a discount off undiscounted shares, bearer by bearer; the result sums to the paid price.

    A seller or a funder becomes a party of its own with a negative part; an operator's part shrinks, never
    below 0; what nobody bears is taken off every share pro rata (settlement model, section 5).
    """
    borne, left = dict(shares), discount
    for bearer in bearers:
        kind, _, operator = bearer.partition(":")
        if bearer == PRO_RATA or not left:
            break
        if kind == "operator":
            part = min(left, max(0, borne.get(operator, 0)))
            borne[operator] = borne.get(operator, 0) - part
        else:
            part = left
            borne[bearer] = borne.get(bearer, 0) - part
        left -= part
    if left:
        weights = {name: Fraction(part) for name, part in borne.items() if part > 0}
        for name, part in by_weights(left, weights).items():
            borne[name] -= part
    return borne


def _weights(step: Step, claims: Sequence[Claim]) -> dict[str, Fraction]:
    weights: dict[str, Fraction] = {}
    for claim in claims:
        weights[claim.operator] = weights.get(claim.operator, Fraction(0)) + _weight(step, claim)
    if step.method in {"agreed_factor", "percent", "residual"}:
        weights = {operator: step.factors.get(operator, Fraction(0)) for operator in weights}
    # Nothing to go by, as for a free ride: then equal parts of what is there.
    return weights if any(weights.values()) else dict.fromkeys(weights, Fraction(1))


def _weight(step: Step, claim: Claim) -> Fraction:
    if step.method == "distance":
        return Fraction(claim.metres)
    if step.method == "sqrt_distance":
        return Fraction(isqrt(claim.metres * _ROOT_SCALE))
    return Fraction(claim.standalone)


def _lifted(
    amount: int,
    shares: dict[str, int],
    floors: Mapping[str, int],
    fixed: Mapping[str, int],
    weights: Mapping[str, Fraction],
) -> dict[str, int]:
    """Lift everyone below their guarantee to it; the others share what is left: fixed amounts first, then weights."""
    held: dict[str, int] = {}
    while True:
        below = {
            name: floors[name] for name, part in shares.items() if name in floors and part < floors[name]
        }
        if not below.keys() - held.keys():
            return shares
        held.update(below)
        rest = amount - sum(held.values())
        others = {name: weight for name, weight in weights.items() if name not in held}
        if rest < 0 or not any(others.values()):
            return by_weights(amount, {name: Fraction(held.get(name, 0)) for name in shares})
        promised = {name: part for name, part in fixed.items() if name in others}
        shares = {**held, **fixed_then_weights(rest, promised, others)}
