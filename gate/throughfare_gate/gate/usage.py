"""Decide the kind of one more use of a ticket: a ride, a transfer, a check-in or a check-out, or one too many. Pure.

The same function decides at a gate and, when everything is known, judges the whole set of uses.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from throughfare_gate.tickets.products import ProductRule

Kind = Literal["ride", "transfer", "in", "out"]
Direction = Literal["in", "out"]
Refusal = Literal["expired", "already_used", "passback", "uses_exhausted"]

# The note that tells what is left of a carnet: nothing that anybody must look at.
USES_LEFT = "uses_left"

_COUNTED = ("ride", "in")
_PLAIN = ProductRule()
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Use:
    """One accepted use of one leg, at which gate (None where it is not known), and what it was."""

    jti: str
    leg: int
    at: int
    gate: str | None = None
    kind: Kind = "ride"


def told_together(*sources: Iterable[Use]) -> list[Use]:
    """Join the uses that several sources tell: what two of them know is one, what one tells twice was twice.

    A party that rides on one carnet passes a door several times in a second.
    """
    kept: dict[tuple[str, int, int, str | None], list[Use]] = {}
    for source in sources:
        mine: dict[tuple[str, int, int, str | None], list[Use]] = {}
        for use in source:
            mine.setdefault((use.jti, use.leg, use.at, use.gate), []).append(use)
        for key, uses in mine.items():
            if len(uses) >= len(kept.get(key, ())):
                kept[key] = uses
    return [use for uses in kept.values() for use in uses]


@dataclass(frozen=True, slots=True)
class Step:
    """The next use: its kind, or the refusal with the use that it collides with.

    `note` is the code of something that staff should see although the ticket is good.
    """

    kind: Kind = "ride"
    refusal: Refusal | None = None
    collides: Use | None = None
    note: str | None = None

    def values(self, now: int, uses: int | None) -> Mapping[str, Any]:
        """Tell staff of the use that stands in the way of a ticket for so many uses in all."""
        if self.collides is None:
            return {}
        if self.refusal == "uses_exhausted":
            return {"count": uses}
        values = use_values(self.collides, now)
        return {name: value for name, value in values.items() if self.refusal != "passback" or name == "gate"}


def use_values(use: Use, now: int) -> Mapping[str, Any]:
    """Say how long ago a use was, and at which gate where people know it by its name."""
    # A key that calls without a stop is known by an id, which says nothing to people.
    gate = {"gate": use.gate} if use.gate and not _ID.fullmatch(use.gate) else {}
    return {"seconds": now - use.at, **gate}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A use that somebody wants to make: of which leg, at which second, through which gate.

    `here` are the names of this gate, at which pass-back does not apply.
    """

    leg: int
    at: int
    here: Collection[str | None] = ()
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """The uses that a ticket allows: for each leg (0 is unlimited), in all, by its product's rule, less those that orders took."""

    uses_per_leg: int = 1
    uses: int | None = None
    rule: ProductRule = _PLAIN
    ordered: int = 0


def uses_left(used: Iterable[Use], kind: Kind, allowance: Allowance) -> Mapping[str, Any]:
    """Say how many uses of how many are left of a ticket after one more of a kind, as far as its uses are known."""
    most = allowance.uses or 0
    counted = sum(use.kind in _COUNTED for use in used) + (kind in _COUNTED) + allowance.ordered
    return {"left": max(0, most - counted), "count": most}


@dataclass(frozen=True, slots=True)
class _Tally:
    earlier: Sequence[Use]
    counted: Sequence[Use]
    wanted: Wanted
    allowance: Allowance

    @property
    def is_inside(self) -> bool:
        return bool(self.earlier) and self.earlier[-1].kind == "in"

    def is_passed_back(self, last: Use) -> bool:
        """Tell whether this comes too soon after a use at another gate."""
        same_gate = last.gate is not None and last.gate in self.wanted.here
        return self.wanted.at - last.at < self.allowance.rule.passback_seconds and not same_gate


def goes_out(earlier: Sequence[Use], direction: Direction | None, rule: ProductRule) -> bool:
    """Say whether somebody who was checked in wants to leave; `earlier` uses are in order of time."""
    return rule.check == "in_out" and direction != "in" and bool(earlier) and earlier[-1].kind == "in"


def is_way_out(earlier: Sequence[Use], direction: Direction | None, rule: ProductRule) -> bool:
    """Say whether a use would be a check-out: where the door leads out, or without a direction of somebody who is inside."""
    return goes_out(earlier, direction, rule) or (rule.check == "in_out" and direction == "out")


def is_spent(used: Sequence[Use], leg: int, uses_per_leg: int) -> bool:
    """Tell whether all uses of a leg are taken; 0 means that they are never."""
    if not used or uses_per_leg == 0:
        return False
    return sum(use.leg == leg and use.kind in _COUNTED for use in used) >= uses_per_leg


def next_use(earlier: Sequence[Use], wanted: Wanted, allowance: Allowance) -> Step:
    """Say what a use would be after the `earlier` ones, which are in order of time.

    An exit never holds anybody: a check-out without a known check-in is let through with a note.
    """
    tally = _Tally(earlier, [use for use in earlier if use.kind in _COUNTED], wanted, allowance)
    for rule in (_way_out, _window, _transfer, _leg_uses, _all_uses):
        step = rule(tally)
        if step is not None:
            return step
    if allowance.rule.check == "in_out":
        return Step("in", note="no_check_out" if tally.is_inside else None)
    return Step()


def _way_out(tally: _Tally) -> Step | None:
    direction = tally.wanted.direction
    if not is_way_out(tally.earlier, direction, tally.allowance.rule):
        return None
    if direction is None and tally.is_passed_back(tally.earlier[-1]):
        return Step(refusal="passback", collides=tally.earlier[-1])
    return Step("out", note=None if tally.is_inside else "no_check_in")


def _window(tally: _Tally) -> Step | None:
    window = tally.allowance.rule.window_seconds
    if window is None or not tally.counted or tally.wanted.at < tally.counted[0].at + window:
        return None
    return Step(refusal="expired", collides=tally.counted[0])


def _transfer(tally: _Tally) -> Step | None:
    rule = tally.allowance.rule
    if (
        not rule.transfer_seconds or not tally.counted
    ):  # without it, also where the clock of the first gate goes ahead
        return None
    if tally.wanted.at >= tally.counted[-1].at + rule.transfer_seconds:
        return None
    since = tally.earlier[tally.earlier.index(tally.counted[-1]) :]
    if rule.transfers is not None and sum(use.kind == "transfer" for use in since) >= rule.transfers:
        return None
    if tally.is_passed_back(tally.earlier[-1]):
        return Step(refusal="passback", collides=tally.earlier[-1])
    return Step("transfer")


def _leg_uses(tally: _Tally) -> Step | None:
    most = tally.allowance.uses_per_leg
    same_leg = [use for use in tally.counted if use.leg == tally.wanted.leg]
    if most and len(same_leg) >= most:
        return Step(refusal="already_used", collides=same_leg[-1])
    if same_leg and tally.is_passed_back(same_leg[-1]):
        return Step(refusal="passback", collides=same_leg[-1])
    return None


def _all_uses(tally: _Tally) -> Step | None:
    most = tally.allowance.uses
    if most is None or len(tally.counted) + tally.allowance.ordered < most:
        return None
    return Step(refusal="uses_exhausted", collides=tally.counted[-1] if tally.counted else None)
