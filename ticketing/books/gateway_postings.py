"""Post movements at a payment gateway without a sale: money that goes back at once, refunds that others have made."""

from datetime import datetime

from ticketing.books.accounts import (
    clearing,
    dispute_loss,
    refund_payable,
    refund_transfer,
    suspense,
    unearned,
)
from ticketing.books.balanced import balanced
from ticketing.db.books.books import Entry


def lost_unearned(payment_id: str, *, region: str, amount: int, currency: str, at: datetime) -> Entry | None:
    """A dispute is lost of money that was taken for an order which came to nothing: nobody is owed it any more."""
    lines = [(unearned(currency), amount), (dispute_loss(currency), -amount)]
    return balanced(("lost_unearned", "payment", payment_id, region, at), lines)


def external_refund(
    external_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """Somebody has paid back on the gateway's own pages: in suspense until a person says what it was for."""
    lines = [(suspense(currency), amount), (clearing(gateway, currency), -amount)]
    return balanced(("external_refund", "gateway_refund", external_id, region, at), lines)


def external_refund_failed(
    external_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """Reverse a refund made on the gateway's own pages that the bank has sent back."""
    lines = [(clearing(gateway, currency), amount), (suspense(currency), -amount)]
    return balanced(("external_refund_failed", "gateway_refund", external_id, region, at), lines)


def refund_by_dispute(
    refund_id: str, *, region: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """The cardholder has by a lost dispute what was still owed as a refund: what was owed covers the loss."""
    lines = [(refund_payable(currency), amount), (dispute_loss(currency), -amount)]
    return balanced(("refund_by_dispute", "refund", refund_id, region, at), lines)


def refund_by_outside(
    refund_id: str, external_id: str, *, region: str, amount: int, currency: str, at: datetime, by: str
) -> Entry | None:
    """A refund that was owed is the one that somebody made on the gateway's own pages: it was waiting on suspense."""
    lines = [(refund_payable(currency), amount), (suspense(currency), -amount)]
    source = ("refund_by_outside", "refund", f"{refund_id}/{external_id}", region, at)
    return balanced(source, lines, note={"outside": external_id, "by": by})


def refund_by_outside_failed(
    refund_id: str, external_id: str, *, region: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """The outside refund that a refund was settled with has come back from the bank: it is owed again."""
    lines = [(suspense(currency), amount), (refund_payable(currency), -amount)]
    source = ("refund_by_outside_failed", "refund", f"{refund_id}/{external_id}", region, at)
    return balanced(source, lines, note={"outside": external_id})


def refund_paid_otherwise(
    refund_id: str, *, region: str, amount: int, currency: str, at: datetime, by: str
) -> Entry | None:
    """A refund was paid by another way: a transfer is to come, until the bank's line of it is there."""
    lines = [(refund_payable(currency), amount), (refund_transfer(currency), -amount)]
    return balanced(("refund_paid_otherwise", "refund", refund_id, region, at), lines, note={"by": by})
