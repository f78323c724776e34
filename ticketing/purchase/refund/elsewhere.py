"""End a refund that the gateway does not pay: with one that somebody made on its own pages, or by another way.

What was paid back on the gateway's pages waits on suspense. Where it is the refund that the gateway refuses, the two
settle each other; what was paid by another way waits for the bank's line of its transfer.
"""

from datetime import datetime

from ticketing.books import gateway_postings
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.books.books import Entry
from ticketing.db.sale import gateway_events, orders, outside_refunds
from ticketing.db.sale.orders import Order, Refund
from ticketing.db.sale.outside_refunds import OutsideRefund

FAILED, REFUSED, EXTERNAL = "refund_failed", "refund_refused", "external_refund"
OWED = ("decided", "failed")


def find_outside(tx: Transaction, made: Refund, *, exactly: bool = False) -> OutsideRefund | None:
    """Find a refund that was made elsewhere, over the same payment, and covers this one; `exactly`: an amount that is the same."""
    if made.payment_id is None or made.state not in OWED:
        return None
    for found in outside_refunds.list_outside_refunds(tx, made.payment_id):
        rest = _rest_of(tx, found)
        if rest == made.amount_minor == found.amount_minor or (not exactly and rest >= made.amount_minor):
            return found
    return None


def settle_with(
    tx: Transaction, order: Order, refund: Refund, outside: OutsideRefund, *, by: str, now: datetime
) -> None:
    """Settle a refund with one that was made elsewhere: booked once, and what waited for a person is put away."""
    orders.update_refund(tx, refund.id, "confirmed", outside.external_id, now)
    _book(
        tx,
        gateway_postings.refund_by_outside(
            refund.id,
            outside.external_id,
            region=order.region,
            amount=refund.amount_minor,
            currency=refund.currency,
            at=now,
            by=by,
        ),
        now,
    )
    _put_away(tx, refund, by, now)
    if _rest_of(tx, outside) == 0:
        gateway_events.resolve_alert_of(tx, EXTERNAL, outside.external_id, by, now)


def paid_otherwise(tx: Transaction, order: Order, refund: Refund, by: str, now: datetime) -> None:
    """A person says that a refund was paid by another way, as a transfer: it is owed no more."""
    orders.update_refund(tx, refund.id, "confirmed", f"otherwise:{refund.id}", now)
    _book(
        tx,
        gateway_postings.refund_paid_otherwise(
            refund.id,
            region=order.region,
            amount=refund.amount_minor,
            currency=refund.currency,
            at=now,
            by=by,
        ),
        now,
    )
    _put_away(tx, refund, by, now)


def owe_again(tx: Transaction, order: Order, outside: OutsideRefund, now: datetime) -> None:
    """An outside refund has come back from the bank: what was settled with it is owed again, and a person is told."""
    for refund in orders.list_refunds_of_payment(tx, outside.payment_id):
        if refund.state == "confirmed" and refund.external_id == outside.external_id:
            orders.update_refund(tx, refund.id, "failed", outside.external_id, now)
            _book(
                tx,
                gateway_postings.refund_by_outside_failed(
                    refund.id,
                    outside.external_id,
                    region=order.region,
                    amount=refund.amount_minor,
                    currency=refund.currency,
                    at=now,
                ),
                now,
            )
            detail = f"refund {refund.id} was settled with {outside.external_id}, which came back; find another way"
            gateway_events.raise_alert(tx, FAILED, refund.id, detail, now, again=True)


def _rest_of(tx: Transaction, found: OutsideRefund) -> int:
    """Compute the part of an outside refund that no refund of ours is settled with, in minor units."""
    mine = orders.list_refunds_of_payment(tx, found.payment_id)
    return found.amount_minor - sum(
        one.amount_minor for one in mine if one.state == "confirmed" and one.external_id == found.external_id
    )


def _put_away(tx: Transaction, made: Refund, by: str, now: datetime) -> None:
    for kind in (FAILED, REFUSED):
        gateway_events.resolve_alert_of(tx, kind, made.id, by, now)


def _book(tx: Transaction, entry: Entry | None, now: datetime) -> None:
    if entry:
        books.book(tx, entry, now)
