"""Judge what gates have uploaded: scans are facts, and rides, double uses and revoked uses follow from the set of them.

Nothing here depends on the order, the batches or the repetition in which facts arrive: the judgment is a
function of the set. A late fact may turn an earlier ride into the double use.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from throughfare_gate.gate.usage import Allowance, Direction, Kind, Step, Use, Wanted, next_use
from throughfare_gate.tickets.products import ProductRule

Verdict = Literal[
    "ride",
    "transfer",
    "check_out",
    "double_use",
    "revoked_known",
    "revoked_unknown",
    "refused",
    "inspection",
    "flagged",
    "conflicting_body",
    "unknown_ticket",
]
Answer = Literal[
    "recorded",
    "duplicate",
    "conflicting_body",
    "recorded_double_use",
    "recorded_revoked",
    "unknown_ticket",
    "future_ts",
]

FUTURE_SECONDS = 300
_PLAIN = ProductRule()
_VERDICTS: dict[Kind, Verdict] = {"ride": "ride", "in": "ride", "transfer": "transfer", "out": "check_out"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One scan as its device tells it. Times in POSIX seconds of the device, `clock_offset` to be added to them.

    `admitted` is what happened at the flap; a fact that was `uploaded` knows it, an online answer only offered
    it. `list_issued_at` is the time of the newest status list that the device held, None where it is not known.
    What a revoked device tells is `is_flagged`: it is kept, and a person must say whether it is true. `shown` is the code
    of a group where that was shown: then this is what the scan says of one of its tickets.
    """

    scan_id: str
    device: str
    jti: str
    leg: int
    device_ts: int
    clock_offset: int
    admitted: bool
    uploaded: bool
    list_issued_at: int | None = None
    direction: Direction | Literal["inspect"] | None = None
    is_flagged: bool = False
    shown: str | None = None

    @property
    def at(self) -> int:
        """The corrected time."""
        return self.device_ts + self.clock_offset

    @property
    def body(self) -> str:
        """SHA-256 over what makes the scan; the decision is not part of it."""
        content = json.dumps(
            [self.shown or self.jti, self.leg, self.device, self.device_ts], separators=(",", ":")
        )
        return hashlib.sha256(content.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The allowance of a ticket: uses per leg (0 is unlimited) and in all, by which rule, and since when it is revoked.

    `operators` are those of its legs, in their order. A gate on board cannot tell two legs of one operator apart
    and takes the first that it does not know to be used; so a use too many of one leg is a use of another leg of
    the same operator that is still free. `given_back` says since when single legs are no longer part of it, `ordered`
    how many uses of a carnet orders took.
    """

    uses_per_leg: int = 1
    uses: int | None = None
    revoked_at: int | None = None
    rule: ProductRule = _PLAIN
    operators: tuple[str, ...] = ()
    given_back: Mapping[int, int] = field(default_factory=dict)
    ordered: int = 0

    def revoked_for(self, leg: int) -> int | None:
        """Since when a leg is no longer good; None for one that is."""
        moments = [at for at in (self.revoked_at, self.given_back.get(leg)) if at is not None]
        return min(moments, default=None)

    def legs_like(self, leg: int) -> tuple[int, ...]:
        """A leg, and the others that its scan may stand for."""
        if self.rule.stops == "board" or leg >= len(self.operators):
            return (leg,)
        own = self.operators[leg]
        others = (at for at, operator in enumerate(self.operators) if operator == own and at != leg)
        return (leg, *(at for at in others if at not in self.given_back))


@dataclass(frozen=True, slots=True)
class Judged:
    """A fact with its verdict, what kind of use it was and of which leg; a double use names the one it repeats."""

    fact: Fact
    verdict: Verdict
    repeats: Fact | None = None
    kind: Kind = "ride"
    used_leg: int | None = None

    @property
    def leg(self) -> int:
        """The leg that was used, which need not be the one that the gate took it for."""
        return self.fact.leg if self.used_leg is None else self.used_leg

    @property
    def gap_seconds(self) -> int | None:
        """The seconds between the ride and the double use."""
        return None if self.repeats is None else self.fact.at - self.repeats.at


def judge(facts: Iterable[Fact], terms: Mapping[str, Terms]) -> tuple[Judged, ...]:
    """Judge all facts at once, in the order of scan id, body and ticket.

    Of one scan with two bodies the smallest hash counts, the others are conflicting. Accepted scans are ranked
    by corrected time and scan id; as many as the ticket allows are rides (or transfers, or check-outs), the rest
    double uses. An accepted scan of a ticket that was revoked by then is neither: the device knew, or could not
    know yet.
    """
    judged: list[Judged] = []
    accepted: dict[str, list[Fact]] = {}
    for fact, counts in _distinct(facts):
        verdict = "conflicting_body" if not counts else _alone(fact, terms.get(fact.jti))
        if verdict is None:
            accepted.setdefault(fact.jti, []).append(fact)
        else:
            judged.append(Judged(fact, verdict))
    for jti, uses in accepted.items():
        judged.extend(_ranked(uses, terms[jti]))
    return tuple(sorted(judged, key=lambda entry: (entry.fact.scan_id, entry.fact.body, entry.fact.jti)))


def answer(fact: Fact, known: Collection[Fact], verdict: Verdict, received_at: int) -> Answer:
    """Answer the device about one item of its upload, given the facts that were known before it."""
    bodies = {other.body for other in known if other.scan_id == fact.scan_id}
    if fact.body in bodies:
        return "duplicate"
    if bodies:
        return "conflicting_body"
    if verdict == "unknown_ticket":
        return "unknown_ticket"
    if fact.at > received_at + FUTURE_SECONDS:
        return "future_ts"
    if verdict == "double_use":
        return "recorded_double_use"
    return "recorded_revoked" if verdict in {"revoked_known", "revoked_unknown"} else "recorded"


def _distinct(facts: Iterable[Fact]) -> list[tuple[Fact, bool]]:
    """One fact a scan, body and ticket, and whether it is the body that counts."""
    told: dict[str, dict[tuple[str, str], list[Fact]]] = {}
    for fact in _without_offers(list(facts)):
        told.setdefault(fact.scan_id, {}).setdefault((fact.body, fact.jti), []).append(fact)
    return [
        (min(versions, key=_precedence), body == min(bodies)[0])
        for bodies in told.values()
        for (body, _), versions in bodies.items()
    ]


def _without_offers(facts: list[Fact]) -> list[Fact]:
    """Leave out online answers whose gate has told what it did instead, perhaps with another leg of the ticket."""
    told = {(fact.scan_id, fact.jti, fact.device_ts) for fact in facts if fact.uploaded}
    return [fact for fact in facts if fact.uploaded or (fact.scan_id, fact.jti, fact.device_ts) not in told]


def _precedence(fact: Fact) -> tuple[bool, bool, bool, str, int, int]:
    """Order facts about one scan told twice: the upload holds, as it was at the flap; then the refusal, then the smaller numbers."""
    listed = -1 if fact.list_issued_at is None else fact.list_issued_at
    told = (not fact.uploaded, fact.is_flagged, fact.admitted, fact.direction or "")
    return (*told, fact.clock_offset, listed)


def _alone(fact: Fact, terms: Terms | None) -> Verdict | None:
    """The verdict that needs no other scan; None for an accepted one that is to be ranked."""
    if terms is None:
        return "unknown_ticket"
    if fact.is_flagged or fact.direction == "inspect":
        return "flagged" if fact.is_flagged else "inspection"
    if not fact.admitted:
        return "refused"
    revoked = terms.revoked_for(fact.leg)
    if revoked is None or fact.at < revoked:
        return None
    knew = fact.list_issued_at is not None and fact.list_issued_at >= revoked
    return "revoked_known" if knew else "revoked_unknown"


def _ranked(accepted: list[Fact], terms: Terms) -> list[Judged]:
    """Let each accepted scan take its use in the order of time, by the function that gates decide with."""
    # Pass-back is a gate's precaution where uses are counted, and the only control where they are not.
    rule = terms.rule if terms.uses_per_leg == 0 else replace(terms.rule, passback_seconds=0)
    allowance = Allowance(terms.uses_per_leg, terms.uses, rule, terms.ordered)
    taken: list[Use] = []
    behind: list[Fact] = []
    judged = []
    for fact in sorted(accepted, key=lambda use: (use.at, use.scan_id)):
        way = None if fact.direction == "inspect" else fact.direction
        leg, step = _best(taken, fact, way, terms.legs_like(fact.leg), allowance)
        if step.refusal:
            repeats = next(
                (earlier for use, earlier in zip(taken, behind, strict=True) if use is step.collides), None
            )
            judged.append(Judged(fact, "double_use", repeats))
            continue
        taken.append(Use(fact.jti, leg, fact.at, fact.device, step.kind))
        behind.append(fact)
        judged.append(
            Judged(fact, _VERDICTS[step.kind], kind=step.kind, used_leg=None if leg == fact.leg else leg)
        )
    return judged


def _best(
    taken: list[Use], fact: Fact, way: Direction | None, legs: tuple[int, ...], allowance: Allowance
) -> tuple[int, Step]:
    """The first of the legs that has a use left, or the refusal of the leg that the gate named."""
    first: Step | None = None
    for leg in legs:
        step = next_use(taken, Wanted(leg, fact.at, (fact.device,), way), allowance)
        if step.refusal != "already_used":
            return leg, step
        first = first or step
    return legs[0], first or Step()
