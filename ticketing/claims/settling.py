"""Settle a claim that is being paid: its account is asked for, its money is on its way, has arrived, or has come back.

The refunds of a claim are owed while they have failed. A transfer confirms them when it is released, and lets them fail again
where the bank sends it back.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ticketing.books import payouts as postings
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.rights import claims, payouts
from ticketing.db.rights.claims import Claim, ClaimStep, State
from ticketing.db.rights.payouts import ClaimAccount, Payout
from ticketing.db.sale import gateway_events, orders
from ticketing.db.sale.orders import Refund
from ticketing.purchase.refund import elsewhere

# A credit transfer of SEPA is in euro; any other currency is paid another way by a person.
CURRENCY = "EUR"
ASK, CAME_BACK = "the payment cannot give it back", "the bank has sent it back"


def refunds_of(tx: Transaction, claim: Claim) -> list[Refund]:
    """List the refunds that pay a claim."""
    return [one for one in orders.list_refunds(tx, claim.order_id) if one.document.claim == claim.id]


def failed_of(tx: Transaction, claim: Claim) -> list[Refund]:
    """List the refunds of a claim that no payment gives back: they are owed."""
    return [one for one in refunds_of(tx, claim) if one.state == "failed"]


def account_of(tx: Transaction, claim_id: str) -> ClaimAccount | None:
    """Find the account that a claim is paid to: the newest one that is not erased."""
    given = [one for one in payouts.list_accounts(tx, claim_id) if one.iban]
    return given[-1] if given else None


def settle(tx: Transaction, claim: Claim, now: datetime, *, refused: Payout | None = None) -> None:
    """Bring a claim to where its money is; safe to repeat, the caller holds its order.

    `refused` is a transfer that the bank has not carried out, by a person's word.
    """
    if refused is not None:
        _take_back(tx, claim, refused, now)
    came_back = _follow_bank(tx, claim, now) or refused is not None
    refunds = refunds_of(tx, claim)
    state = _state(tx, claim, refunds)
    if state is None or (state == claim.state and not came_back):
        return
    if state == "needs_account":
        for refund in refunds:
            gateway_events.resolve_alert_of(tx, elsewhere.FAILED, refund.id, "worker", now)
    reason = _reason(state, came_back=came_back)
    step = ClaimStep(state=state, at=now, actor="worker", reason=reason)
    claims.change_claim(tx, replace(claim, state=state), step)


def _state(tx: Transaction, claim: Claim, refunds: Sequence[Refund]) -> State | None:
    """Find the state of a claim by its refunds, its account and its transfers; None where it stays."""
    is_open = any(one.state in payouts.OPEN for one in payouts.list_of_claim(tx, claim.id))
    if is_open:
        return "paying"
    if any(one.state == "failed" for one in refunds):
        if claim.currency != CURRENCY:
            return None
        return "paying" if account_of(tx, claim.id) else "needs_account"
    if refunds and all(one.state == "confirmed" for one in refunds):
        return "paid"
    return None


def _reason(state: State, *, came_back: bool) -> str:
    if state == "needs_account":
        return CAME_BACK if came_back else ASK
    return "the money has been paid back" if state == "paid" else "it is paid to the holder's account"


def _follow_bank(tx: Transaction, claim: Claim, now: datetime) -> bool:
    """Take in what the bank's lines say of the transfers of a claim; True where one has come back."""
    parts = payouts.list_of_claim(tx, claim.id)
    seen = payouts.list_seen(tx, [one.id for one in parts])
    came_back = False
    for part in parts:
        if part.state in {"released", "paid"} and ("receipt", part.id) in seen:
            _take_back(tx, claim, part, now)
            came_back = True
        elif part.state == "released" and ("payment", part.id) in seen:
            payouts.set_payout(tx, part.id, "paid", now)
    return came_back


def _take_back(tx: Transaction, claim: Claim, part: Payout, now: datetime) -> None:
    """A transfer has come back: its refunds are owed again, and the account is forgotten."""
    payouts.set_payout(tx, part.id, "returned", now)
    payouts.erase_accounts(tx, claim.id, now)
    for refund in refunds_of(tx, claim):
        if refund.external_id == mark_of(part.id, refund):
            orders.update_refund(tx, refund.id, "failed", str(refund.external_id), now)
    entry = postings.compensation_returned(
        part.id,
        region=claim.region,
        amount=part.amount_minor,
        currency=part.currency,
        at=now,
        claim=claim.id,
    )
    if entry is not None:
        books.book(tx, entry, now)


def mark_of(payout_id: str, refund: Refund) -> str:
    """Name the transfer that pays a refund, as the refund's id with its payer."""
    return f"payout:{payout_id}/{refund.seq}"
