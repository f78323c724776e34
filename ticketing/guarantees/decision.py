"""Decide what a guarantee pays for a connection that was missed, and what the operator that broke it bears. Pure, and replayed by `books verify`."""

from dataclasses import replace
from typing import Literal, get_args

from operators.causes import CauseClass
from ticketing.frozen import GuaranteeDecision, MissedConnection, SoldGuarantee

Reason = Literal["late", "in_time", "paid_by_law", "not_travelled", "given_back"]
REASONS: tuple[Reason, ...] = get_args(Reason)
# The causes for which an operator gives the pool a part: of weather, tracks, strangers and what nobody knows it gives none.
_OWN_CAUSES: frozenset[CauseClass] = frozenset({"operator", "own_staff"})
_WHOLE = 100


def decide(sold: SoldGuarantee, missed: MissedConnection) -> GuaranteeDecision:
    """Decide a case; payout and statutory payment together are never above what the guarantee promises."""
    nothing = GuaranteeDecision(reason="in_time", amount_minor=0, deducted_minor=0, recourse_minor=0)
    if missed.was_given_back:
        return replace(nothing, reason="given_back")
    if missed.late_minutes is None:
        return replace(nothing, reason="not_travelled")
    if missed.late_minutes < sold.wait_minutes:
        return nothing
    deducted = min(sold.pays_minor, missed.by_law_minor)
    amount = sold.pays_minor - deducted
    return GuaranteeDecision(
        reason="late" if amount else "paid_by_law",
        amount_minor=amount,
        deducted_minor=deducted,
        recourse_minor=_recourse(sold, missed, amount),
    )


def _recourse(sold: SoldGuarantee, missed: MissedConnection, amount: int) -> int:
    """Compute what the operator bears: its part, rounded down, within what is left of its month."""
    agreed = sold.recourse_of(missed.operator)
    if agreed is None or missed.cause not in _OWN_CAUSES:
        return 0
    left = max(0, agreed.cap_minor - missed.recovered_minor)
    return min(amount * agreed.percent // _WHOLE, left)
