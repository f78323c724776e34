"""Compare a payment with the gateway's side of it, and book once the money that was taken and the fee that is kept."""

from datetime import datetime

from tariffs.money import Money
from ticketing.books import gateway_postings, postings
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.books.books import Entry
from ticketing.db.sale import gateway_events, orders
from ticketing.db.sale.orders import Order, Payment
from ticketing.payments import Attempt, Charge, PaymentGateway


def asked_for(payment: Payment) -> Money:
    """The amount that a payment is for."""
    return Money(payment.amount_minor, payment.currency)


def attempt(payment: Payment) -> Attempt:
    """A payment as its gateway is asked for it."""
    return Attempt(payment.order_id, payment.id, payment.method, asked_for(payment))


def found_at(gateway: PaymentGateway, payment: Payment) -> Charge | None:
    """Ask a gateway for its side of a payment: by its own id, or by ours where its answer was lost."""
    if payment.external_id:
        return gateway.fetch(payment.external_id)
    return gateway.find(attempt(payment))


def mismatch(payment: Payment, found: Charge) -> str | None:
    """Why what the gateway has is not this payment; None where it is. Pure."""
    ours = asked_for(payment)
    if found.amount != ours:
        return f"the gateway has {found.amount}, the order says {ours}"
    if found.state == "captured" and found.captured_minor != payment.amount_minor:
        return f"the gateway took {Money(found.captured_minor, payment.currency)}, the order says {ours}"
    if found.order_id not in {None, payment.order_id} or found.payment_id not in {None, payment.id}:
        return f"the gateway has this money for another order ({found.order_id})"
    return None


def hold_for_a_person(tx: Transaction, payment: Payment, detail: str, now: datetime) -> None:
    """Stop a payment whose gateway says something else than we do: no ticket before somebody has looked."""
    if payment.state in {"pending", "action_required", "authorised"}:
        orders.update_payment(tx, payment.id, state="held", external_id=payment.external_id)
    gateway_events.raise_alert(tx, "payment_mismatch", payment.id, detail, now)


def is_booked(tx: Transaction, payment: Payment) -> bool:
    """Tell whether the books say that the money of a payment was taken."""
    return books.find_entry_id(tx, "payment", payment.id, "capture") is not None


def capture_entries(order: Order, payment: Payment, fee_minor: int | None, now: datetime) -> list[Entry]:
    """Make the entries of a payment that the gateway has taken, and of its fee where that is known. Pure."""
    fee = _fee(order, payment, fee_minor, now) if fee_minor is not None else None
    return [entry for entry in (_capture(order, payment, now), fee) if entry]


def book_capture(tx: Transaction, order: Order, payment: Payment, now: datetime) -> None:
    """Book that the gateway has taken the money of a payment."""
    entry = _capture(order, payment, now)
    if entry:
        books.book(tx, entry, now)


def book_fee(tx: Transaction, order: Order, payment: Payment, fee_minor: int, now: datetime) -> None:
    """Book what the gateway keeps, once, whoever learns of it first."""
    orders.set_payment_fee(tx, payment.id, fee_minor)
    entry = _fee(order, payment, fee_minor, now)
    if entry:
        books.book(tx, entry, now)


def book_lost(tx: Transaction, order: Order, payment: Payment, now: datetime) -> None:
    """The cardholder has the money back by a dispute: what was never earned covers the loss."""
    entry = gateway_postings.lost_unearned(
        payment.id, region=order.region, amount=payment.amount_minor, currency=payment.currency, at=now
    )
    if entry:
        books.book(tx, entry, now)


def _capture(order: Order, payment: Payment, now: datetime) -> Entry | None:
    return postings.capture(
        payment.id,
        region=order.region,
        gateway=payment.gateway,
        amount=payment.amount_minor,
        currency=payment.currency,
        at=now,
    )


def _fee(order: Order, payment: Payment, fee_minor: int, now: datetime) -> Entry | None:
    return postings.gateway_fee(
        payment.id,
        region=order.region,
        gateway=payment.gateway,
        fee=fee_minor,
        currency=payment.currency,
        at=now,
    )
