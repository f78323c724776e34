"""The documents of a guarantee that was sold with an order: its terms and connections, and the facts and decisions of its cases."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from tariffs.money import Money
from ticketing.frozen.fields import Document, document, rows, text, truth, whole, whole_or_none

_NAMES = frozenset(
    {
        "guarantor",
        "fee_minor",
        "each_minor",
        "currency",
        "wait_minutes",
        "pays_minor",
        "connections",
        "recourse",
    }
)
_CONNECTION = frozenset({"after_leg", "planned_seconds", "needed_seconds"})
_RECOURSE = frozenset({"operator", "percent", "cap_minor"})
_MISSED = frozenset(
    {"operator", "cause", "late_minutes", "was_given_back", "by_law_minor", "recovered_minor"}
)
_DECISION = frozenset({"reason", "amount_minor", "deducted_minor", "recourse_minor"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredConnection:
    """A connection that is guaranteed: the leg before it, the time that was planned for it, and the least that it needed."""

    after_leg: int
    planned_seconds: int
    needed_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldRecourse:
    """The part of a payout that an operator had agreed to bear, and how much in a month at most."""

    operator: str
    percent: int
    cap_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldGuarantee:
    """A guarantee as it was sold: `fee_minor` in all, `each_minor` for one connection of one passenger."""

    guarantor: str
    fee_minor: int
    each_minor: int
    currency: str
    wait_minutes: int
    pays_minor: int
    connections: tuple[CoveredConnection, ...]
    recourse: tuple[SoldRecourse, ...] = ()

    def covers(self, after_leg: int) -> bool:
        """Tell whether the connection behind a leg is guaranteed."""
        return any(one.after_leg == after_leg for one in self.connections)

    @property
    def guarantors(self) -> Mapping[int, str]:
        """The guarantor of each connection, by the leg before it."""
        return {one.after_leg: self.guarantor for one in self.connections}

    def as_dict(self) -> dict[str, object]:
        """The terms as a quote and the order that has bought it show them."""
        return {
            "guarantor": self.guarantor,
            "fee": Money(self.fee_minor, self.currency).as_dict(),
            "after_legs": [one.after_leg for one in self.connections],
            "wait_minutes": self.wait_minutes,
            "pays": Money(self.pays_minor, self.currency).as_dict(),
        }

    def recourse_of(self, operator: str) -> SoldRecourse | None:
        """Find what an operator had agreed to bear."""
        return next((one for one in self.recourse if one.operator == operator), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedConnection:
    """The facts of a case: the operator whose ride was late and why, how late the passenger arrived, and what was paid already.

    `cause` is a class of `operators.causes`. `late_minutes` is None where the passenger has not travelled on. `by_law_minor` is what a
    law pays for the same delay, `recovered_minor` what the operator has given the pool in this month already.
    """

    operator: str
    cause: str
    late_minutes: int | None
    was_given_back: bool
    by_law_minor: int
    recovered_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeDecision:
    """The decision: what the passenger gets, what was deducted from it, what the operator bears, and why. Amounts in minor units."""

    reason: str
    amount_minor: int
    deducted_minor: int
    recourse_minor: int


def read_missed(kept: object) -> MissedConnection:
    """Read the facts of a case; raises Unreadable."""
    facts = document(kept, _MISSED)
    return MissedConnection(
        operator=text(facts, "operator"),
        cause=text(facts, "cause"),
        late_minutes=whole_or_none(facts, "late_minutes"),
        was_given_back=truth(facts, "was_given_back"),
        by_law_minor=whole(facts, "by_law_minor"),
        recovered_minor=whole(facts, "recovered_minor"),
    )


def write_missed(missed: MissedConnection) -> Mapping[str, object]:
    """Write the facts of a case as they are read; the terms are kept with the order."""
    return asdict(missed)


def read_guarantee_decision(kept: object) -> GuaranteeDecision:
    """Read a decision; raises Unreadable."""
    decided = document(kept, _DECISION)
    return GuaranteeDecision(
        reason=text(decided, "reason"),
        amount_minor=whole(decided, "amount_minor"),
        deducted_minor=whole(decided, "deducted_minor"),
        recourse_minor=whole(decided, "recourse_minor"),
    )


def write_guarantee_decision(decision: GuaranteeDecision) -> Mapping[str, object]:
    """Write a decision as it is read."""
    return asdict(decision)


def read_guarantee(kept: object) -> SoldGuarantee:
    """Read the document; raises Unreadable."""
    sold = document(kept, _NAMES)
    return SoldGuarantee(
        guarantor=text(sold, "guarantor"),
        fee_minor=whole(sold, "fee_minor"),
        each_minor=whole(sold, "each_minor"),
        currency=text(sold, "currency"),
        wait_minutes=whole(sold, "wait_minutes"),
        pays_minor=whole(sold, "pays_minor"),
        connections=rows(sold, "connections", _read_connection),
        recourse=rows(sold, "recourse", _read_recourse),
    )


def write_guarantee(sold: SoldGuarantee) -> Mapping[str, object]:
    """Write the document as it is read."""
    return {
        "guarantor": sold.guarantor,
        "fee_minor": sold.fee_minor,
        "each_minor": sold.each_minor,
        "currency": sold.currency,
        "wait_minutes": sold.wait_minutes,
        "pays_minor": sold.pays_minor,
        "connections": [
            {
                "after_leg": one.after_leg,
                "planned_seconds": one.planned_seconds,
                "needed_seconds": one.needed_seconds,
            }
            for one in sold.connections
        ],
        "recourse": [
            {"operator": one.operator, "percent": one.percent, "cap_minor": one.cap_minor}
            for one in sold.recourse
        ],
    }


def _read_connection(kept: object) -> CoveredConnection:
    row: Document = document(kept, _CONNECTION)
    return CoveredConnection(
        after_leg=whole(row, "after_leg"),
        planned_seconds=whole(row, "planned_seconds"),
        needed_seconds=whole(row, "needed_seconds"),
    )


def _read_recourse(kept: object) -> SoldRecourse:
    row: Document = document(kept, _RECOURSE)
    return SoldRecourse(
        operator=text(row, "operator"), percent=whole(row, "percent"), cap_minor=whole(row, "cap_minor")
    )
