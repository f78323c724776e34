"""Judge one leg of one ticket: the facts of its claim by the evidence, the decision by the rules, and whether a person is needed. Pure.

Nothing is guessed. Where nothing proves when a run arrived, or where its operator's own word and what was seen contradict
each other, the claim waits for a person. A cause counts only where it excuses nobody: who wants to be excused contests, and
proves it (burden of proof: 2021/782, Article 19(10); 1177/2010, Article 20).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from operators.causes import CauseClass, class_of
from operators.rights_terms import RightsTerms
from tariffs.money import Money
from ticketing.claims.missed import Missed
from ticketing.disruption import Evidence
from ticketing.rights import Cause, Decision, Facts, Rules, Trip, decide

WaitsFor = Literal["no_evidence", "contradiction", "choice", "fact_missing"]
_CAUSES: Mapping[CauseClass, Cause] = {
    "own_staff": "own_staff_strike",
    "operator": "technical_fault",
    "infrastructure": "infrastructure_manager",
}
_NOT_SERVED = frozenset({"cancelled", "skipped"})
_NO_EVIDENCE = 5
_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Ridden:
    """A leg of a ticket as it is judged.

    `on` is its service day, `price` what was paid for it, `told_arrival` what its buyer was told of its arrival. `arrival` and
    `departure` are the evidence where its holder alights and boards; `is_chosen` says that a person has chosen between
    words that contradict each other. `cause` is its source's own word, `missed` the ride before it by which it was missed. Of a
    `trip` on a pass the price is that of the pass.
    """

    on: date
    price: Money
    scheduled_minutes: int
    planned_arrival: datetime
    told_arrival: datetime | None
    used: bool
    refunded: bool
    arrival: Evidence
    departure: Evidence
    is_chosen: bool = False
    cause: str | None = None
    missed: Missed | None = None
    trip: Trip = "one_way"

    @property
    def is_anothers_fault(self) -> bool:
        """True where the leg was missed by the ride of another operator."""
        return self.missed is not None and not self.missed.is_through


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgment:
    """A judged leg: the facts, the decision, the proof, and why it waits for a person (None: it does not).

    `is_unseen`: the run went, and no gate has seen its holder.
    """

    facts: Facts
    decision: Decision
    evidence: tuple[str, ...]
    waits_for: WaitsFor | None
    refunded: bool = False
    is_unseen: bool = False

    @property
    def amount_minor(self) -> int:
        """The compensation that is due, in minor units; 0 where it waits, and for a leg that was given back."""
        due = self.decision.compensation
        return 0 if due is None or self.waits_for is not None or self.refunded else due.minor

    @property
    def is_below(self) -> bool:
        """True where the delay is too short for any band, and nothing is stored."""
        return self.waits_for is None and self.decision.reason == "below_threshold"


def was_cancelled(ridden: Ridden) -> bool:
    """Tell whether the run did not carry the holder of the leg: cancelled, or not calling where they board or alight."""
    return is_not_served(ridden.arrival, ridden.departure)


def is_not_served(arrival: Evidence, departure: Evidence) -> bool:
    """Tell whether a run did not call at both ends of a ride."""
    return arrival.outcome in _NOT_SERVED or departure.outcome in _NOT_SERVED


def judge(ridden: Ridden, terms: RightsTerms, rules: Rules) -> Judgment:
    """Judge a leg; the answer is the same in whatever order the facts of its run have come."""
    facts = facts_of(ridden, terms)
    decision = decide(facts, rules)
    if (
        decision.reason == "below_threshold"
        and ridden.is_anothers_fault
        and _minutes(ridden.arrival) is not None
    ):
        # The run that was ridden was in time: what is left is the missed connection between two contracts.
        facts = replace(facts, contract="separate_disclosed", missed_connection=True)
        decision = decide(facts, rules)
    proof = sorted({*ridden.arrival.ids, *ridden.departure.ids, *ridden.arrival.against})
    return Judgment(
        facts=facts,
        decision=decision,
        evidence=tuple(proof),
        waits_for=_waits_for(ridden, decision),
        refunded=ridden.refunded,
        is_unseen=not (ridden.used or was_cancelled(ridden)),
    )


def facts_of(ridden: Ridden, terms: RightsTerms) -> Facts:
    """Write down the facts of a claim."""
    late = _minutes(ridden.arrival)
    minimum = Money(terms.minimum_minor, ridden.price.currency) if terms.minimum_minor else None
    return Facts(
        regime=terms.regime,
        on=ridden.on,
        price=ridden.price,
        trip=ridden.trip,
        scheduled_minutes=ridden.scheduled_minutes,
        distance_km=terms.line_km,
        arrival_delay_minutes=late,
        departure_delay_minutes=_minutes(ridden.departure),
        cancelled=was_cancelled(ridden),
        choice="reimbursement" if ridden.refunded else None,
        cause=_CAUSES.get(class_of(ridden.cause)) if ridden.cause else None,
        informed_before_purchase=_was_informed(ridden, late),
        minimum_payout=minimum,
        missed_connection=ridden.missed is not None and ridden.missed.is_through,
    )


def with_minutes(facts: Facts, minutes: int) -> Facts:
    """Put in how late a person has found that it arrived."""
    return replace(facts, arrival_delay_minutes=minutes)


def _waits_for(ridden: Ridden, decision: Decision) -> WaitsFor | None:
    if ridden.refunded:
        return None
    if ridden.arrival.against and not ridden.is_chosen:
        return "contradiction"
    if ridden.arrival.rank == _NO_EVIDENCE and not was_cancelled(ridden):
        return "no_evidence"
    if decision.compensation is not None:
        return None
    # Whoever was not carried takes the price back or another way: their choice, and no work for a person here.
    return "choice" if was_cancelled(ridden) else "fact_missing"


def _minutes(evidence: Evidence) -> int | None:
    """Count whole minutes, floored: 59 min 59 s are 59."""
    late = evidence.delay_seconds
    return None if late is None else late // _SECONDS


def _was_informed(ridden: Ridden, late: int | None) -> bool:
    """Tell whether the buyer was told, with the offer, of a delay as long as it came to be."""
    if ridden.told_arrival is None or late is None or late <= 0:
        return False
    return int((ridden.told_arrival - ridden.planned_arrival).total_seconds()) // _SECONDS >= late
