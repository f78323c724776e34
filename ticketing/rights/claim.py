"""A claim while it is decided: the facts beside the rules, which rights are open, and an outcome for the compensation. Pure."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from ticketing.rights.facts import Facts
from ticketing.rights.rules import Payer, Rules, Source, Threshold, Trigger

Reason = Literal[
    "delayed", "missed_connection", "choice_not_offered", "lost_rides", "carrier_arrangement", "not_decided",
    "below_threshold", "under_min_payout", "out_of_scope", "exempt", "informed_before_purchase", "reimbursed",
    "open_ticket", "separate_contracts", "choice_offered", "not_from_terminal", "expenses_paid", "no_rule",
]  # fmt: skip
REASONS_THAT_PAY: frozenset[Reason] = frozenset(
    {"delayed", "missed_connection", "choice_not_offered", "lost_rides"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The compensation alone: exact minor units before rounding, or None."""

    exact: Fraction | None
    reason: Reason
    source: Source
    others: tuple[tuple[Fraction, str], ...] = ()
    notes: tuple[str, ...] = ()
    payer: Payer = "carrier"
    days: int | None = None


@dataclass(slots=True)
class Claim:
    """The facts beside the rules, and what was worked out of both."""

    facts: Facts
    rules: Rules
    base: Fraction
    is_open: bool = False
    notes: list[str] = field(default_factory=list)


def nothing(reason: Reason, source: Source, *notes: str) -> Outcome:
    """Answer that no compensation is due."""
    return Outcome(exact=Fraction(0), reason=reason, source=source, notes=notes)


def unknown(source: Source, note: str) -> Outcome:
    """Answer that a fact is missing."""
    return Outcome(exact=None, reason="not_decided", source=source, notes=(note,))


def opens(claim: Claim, trigger: Trigger | None, *, as_others_read: bool = False) -> bool:
    """Tell whether one of the trigger's events has happened."""
    facts = claim.facts
    if trigger is None or _is_elsewhere(facts, trigger):
        return False
    if facts.missed_connection and trigger.missed_connection and facts.contract in ("through", "single"):
        return True
    if (facts.cancelled and trigger.cancelled) or (facts.overbooked and trigger.overbooked):
        return True
    return is_late(trigger.arrival, arrival(facts), flip=as_others_read) or is_late(
        trigger.departure, facts.departure_delay_minutes, flip=as_others_read
    )


def _is_elsewhere(facts: Facts, trigger: Trigger) -> bool:
    """Tell whether the right belongs to longer services, or to departures from elsewhere."""
    if trigger.only_from is not None and facts.departs_from != trigger.only_from:
        return True
    return trigger.scheduled_over > 0 and (facts.scheduled_minutes or 0) <= trigger.scheduled_over


def is_late(threshold: Threshold | None, minutes: int | None, *, flip: bool = False) -> bool:
    """Tell whether a delay reaches a threshold; with `flip` the minute of the threshold itself counts the other way."""
    if threshold is None or minutes is None:
        return False
    if flip:
        return Threshold(threshold.minutes, not threshold.inclusive).is_reached(minutes)
    return threshold.is_reached(minutes)


def arrival(facts: Facts) -> int | None:
    """Count the delay at the destination that counts: less what arose outside the Union (2021/782, 19(4))."""
    if facts.arrival_delay_minutes is None:
        return None
    return facts.arrival_delay_minutes - facts.delay_outside_union_minutes
