"""Owe a passenger compensation and pay it by the path of refunds: over the payments of the order, as far as they can give it back."""

from dataclasses import replace
from datetime import datetime

from tariffs.money import Money
from throughfare_gate.ids import new_id
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.books.books import Entry
from ticketing.db.sale import gateway_events, orders
from ticketing.db.sale.orders import Order, Refund
from ticketing.frozen import RefundDocument
from ticketing.purchase.refund import elsewhere
from ticketing.purchase.refund.paying_back import most_back, refunds_for


def owe_compensation(
    tx: Transaction,
    order: Order,
    claim_id: str,
    amount: Money,
    *,
    entry: Entry | None,
    now: datetime,
) -> Refund:
    """Owe the compensation of a claim, or of a guarantee, and book its entry, once; the caller holds the order's row.

    It is paid back like every refund. What the payments cannot give back any more stays owed, as a refund over no payment that a
    person pays another way. Answers the first refund; all name the claim.
    """
    request_key = f"claim:{claim_id}"
    known = next((one for one in orders.list_refunds(tx, order.id) if one.request_key == request_key), None)
    if known is not None:
        return known
    over_payments = min(amount.minor, most_back(tx, order))
    document = RefundDocument(claim=claim_id)
    parts = refunds_for(tx, order, document, amount=over_payments, request_key=request_key, now=now)
    owed = [replace(one, document=replace(one.document, claim=claim_id)) for one in parts if one.amount_minor]
    if over_payments < amount.minor:
        rest = amount.minor - over_payments
        owed.append(_unpayable(order, parts[0], before=len(owed), minor=rest, claim_id=claim_id, now=now))
    for refund in owed:
        orders.insert_refund(tx, refund)
    if owed[-1].payment_id is None:
        _tell(tx, order, owed[-1], claim_id, now)
    if entry is not None:
        books.book(tx, entry, now)
    return owed[0]


def _unpayable(
    order: Order, first: Refund, *, before: int, minor: int, claim_id: str, now: datetime
) -> Refund:
    """The part that no payment can give back: owed, and in the state of a refund that the gateway could not pay."""
    return Refund(
        id=new_id(),
        order_id=order.id,
        payment_id=None,
        seq=first.seq + before,
        request_key=f"{first.id}/rest" if before else first.request_key,
        state="failed",
        amount_minor=minor,
        currency=order.currency,
        document=RefundDocument(claim=claim_id, continues=first.id if before else None),
        external_id=None,
        created_at=now,
    )


def _tell(tx: Transaction, order: Order, rest: Refund, claim_id: str, now: datetime) -> None:
    amount = Money(rest.amount_minor, rest.currency)
    detail = f"{amount} of claim {claim_id} are more than the payments of order {order.id} can still give back; pay another way"
    gateway_events.raise_alert(tx, elsewhere.FAILED, rest.id, detail, now)
