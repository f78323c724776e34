"""Purchase: order a quote, pay for it, get tickets, give some back. Each use case: read, decide, write.

No gateway is called inside a database transaction. Every call to a gateway carries a key made from our own
ids, so that `advance` may repeat whatever a crash left unfinished.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from operators.region import RefundStep
from tariffs.money import Money
from ticketing.books import postings
from ticketing.clock import Clock
from ticketing.db import Database, Transaction, books, offers, orders, tickets
from ticketing.db.offers import Quote
from ticketing.db.orders import Order, OrderEvent, Payment, Refund
from ticketing.db.tickets import Ticket
from ticketing.errors import Conflict, Gone, InvalidRequest, NotFound, PaymentRefused
from ticketing.ids import new_id
from ticketing.payments import OutcomeUnknown, PaymentGateway
from ticketing.purchase import refund as refunds
from ticketing.purchase.issue import issue
from ticketing.purchase.order import PAYABLE, REFUNDABLE, UNFINISHED, Move, after
from ticketing.purchase.refund import RefundableTicket, RefundLine
from ticketing.purchase.reversal import reverse_ticket
from ticketing.tickets.issue import Press

ORDER_LIFE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Till:
    """What a purchase needs. `schedules` are the refund steps of each operator by region."""

    database: Database
    clock: Clock
    gateway: PaymentGateway
    press: Press
    schedules: Mapping[str, Mapping[str, Sequence[RefundStep]]]


@dataclass(frozen=True, slots=True)
class OrderState:
    """An order with everything that belongs to it."""

    order: Order
    quote: Quote
    payments: list[Payment]
    tickets: list[Ticket]
    refunds: list[Refund]
    events: list[OrderEvent]


RememberOrder = Callable[[Transaction, OrderState], None]
RememberRefund = Callable[[Transaction, Refund], None]


def place_order(till: Till, quote_id: str, remember: RememberOrder) -> OrderState:
    """Turn a quote into an order that awaits payment; an order of 0.00 has its tickets at once.

    Raises InvalidRequest for an unknown quote, Gone for an expired one, Conflict for one already ordered.
    """
    now = till.clock.now()
    with till.database.write() as tx:
        quote = offers.find_quote(tx, quote_id)
        if quote is None:
            raise InvalidRequest.at("quote_id", "there is no such quote")
        if now >= quote.expires_at:
            raise Gone(f"the quote expired at {quote.expires_at.isoformat()}")
        if orders.find_order_of_quote(tx, quote_id):
            raise Conflict("this quote has been ordered already; ask for a new quote")
        order = Order(
            new_id(),
            quote.id,
            quote.region,
            "awaiting_payment",
            quote.total_minor,
            quote.currency,
            now,
            now + ORDER_LIFE,
        )
        orders.insert_order(tx, order)
        orders.insert_event(
            tx, OrderEvent(new_id(), order.id, now, None, order.state, "buyer", "order placed")
        )
        if order.total_minor == 0:
            issue(tx, till.press, quote, order.id, now)
            _move(tx, order, "issue", now, actor="buyer", reason="nothing to pay")
        state = _state(tx, order.id)
        remember(tx, state)
    return state


def get_order(till: Till, order_id: str) -> OrderState:
    """Read an order; raises NotFound."""
    with till.database.read() as tx:
        return _state(tx, order_id)


def pay(till: Till, order_id: str, method: str, request_key: str, remember: RememberOrder) -> OrderState:
    """Pay an order: authorise, capture, then tickets, order state and ledger in one transaction.

    The same `request_key` continues an earlier attempt. Raises InvalidRequest for an unknown method,
    PaymentRefused when the gateway declines, OutcomeUnknown when it does not answer, Gone and Conflict by
    the order's state.
    """
    if method not in till.gateway.methods():
        raise InvalidRequest.at("method", f"must be one of {', '.join(till.gateway.methods())}")
    _begin_payment(till, order_id, method, request_key)
    state = advance(till, order_id, remember)
    payment = next(payment for payment in state.payments if payment.request_key == request_key)
    if payment.state == "declined":
        raise PaymentRefused("the payment was declined; try another payment method")
    return state


def advance(till: Till, order_id: str, remember: RememberOrder | None = None) -> OrderState:
    """Carry an order on from wherever it stands until it waits for its buyer; safe to call at any time."""
    with till.database.read() as tx:
        state = _state(tx, order_id)
    pending = next((payment for payment in state.payments if payment.state == "pending"), None)
    if pending:
        state = _authorise(till, state.order, pending)
    authorised = next((payment for payment in state.payments if payment.state == "authorised"), None)
    if authorised and state.order.state == "authorised":
        state = _capture_and_issue(till, state, authorised, remember)
    return state


def refund_passengers(
    till: Till, order_id: str, passengers: Sequence[str], request_key: str, remember: RememberRefund
) -> Refund:
    """Give back the tickets of the named passengers: revoked and booked at once, then paid back.

    The same `request_key` continues an earlier refund. Raises InvalidRequest for a stranger, Conflict when
    a ticket is used, refunded before, or gives nothing back.
    """
    decided = _decide_refund(till, order_id, passengers, request_key)
    return settle_refund(till, decided, remember)


def settle_refund(till: Till, decided: Refund, remember: RememberRefund | None = None) -> Refund:
    """Have a decided refund paid back by the gateway and book it; safe to repeat."""
    if decided.state != "decided" or decided.payment_id is None:
        return decided
    with till.database.read() as tx:
        paid = next(p for p in orders.list_payments(tx, decided.order_id) if p.id == decided.payment_id)
    amount = Money(decided.amount_minor, decided.currency)
    external_id = till.gateway.refund(str(paid.external_id), amount, f"refund:{decided.id}")
    now = till.clock.now()
    with till.database.write() as tx:
        order = _locked(tx, decided.order_id)
        orders.confirm_refund(tx, decided.id, external_id)
        entry = postings.refund_confirmed(
            decided.id,
            region=order.region,
            gateway=paid.gateway,
            amount=amount.minor,
            currency=amount.currency,
            at=now,
        )
        if entry:
            books.book(tx, entry, now)
        confirmed = orders.get_refund(tx, decided.id)
        if remember:
            remember(tx, confirmed)
    return confirmed


def list_unfinished(till: Till, limit: int = 100) -> tuple[list[Order], list[Refund]]:
    """List what a crash may have left: orders between authorisation and tickets, refunds not yet paid back."""
    with till.database.read() as tx:
        return orders.list_orders_in(tx, UNFINISHED, limit), orders.list_refunds_decided(tx, limit)


def expire_orders(till: Till, limit: int = 100) -> int:
    """Let orders go that nobody paid in time; answers how many."""
    now = till.clock.now()
    with till.database.write() as tx:
        abandoned = orders.list_orders_in(tx, PAYABLE, limit, expired_by=now)
        for order in abandoned:
            _move(tx, order, "expire", now, actor="worker", reason="not paid in time")
    return len(abandoned)


def _begin_payment(till: Till, order_id: str, method: str, request_key: str) -> None:
    """Write the payment down before its gateway is called, so that no call can be forgotten."""
    now = till.clock.now()
    with till.database.write() as tx:
        order = _locked(tx, order_id)
        known = orders.list_payments(tx, order_id)
        if any(payment.request_key == request_key for payment in known):
            return
        if any(payment.state in {"pending", "authorised"} for payment in known):
            raise Conflict("another payment of this order is under way")
        if order.state not in PAYABLE:
            raise Conflict(f"an order that is {order.state} cannot be paid")
        if now >= order.expires_at:
            raise Gone(f"the order expired at {order.expires_at.isoformat()}; ask for a new quote")
        payment = Payment(
            new_id(), order_id, till.gateway.name, method, request_key, "pending",
            order.total_minor, order.currency, None, now,
        )  # fmt: skip
        orders.insert_payment(tx, payment)


def _authorise(till: Till, order: Order, payment: Payment) -> OrderState:
    amount = Money(payment.amount_minor, payment.currency)
    try:
        answer = till.gateway.authorise(payment.method, amount, f"payment:{payment.id}:authorise")
    except OutcomeUnknown:
        with till.database.write() as tx:
            _move(
                tx,
                _locked(tx, order.id),
                "lose_answer",
                till.clock.now(),
                actor="gateway",
                reason="no answer to authorise",
            )
        raise
    now = till.clock.now()
    with till.database.write() as tx:
        current = _locked(tx, order.id)
        if orders.get_payment(tx, payment.id).state == "pending":
            orders.update_payment(tx, payment.id, state=answer.state, external_id=answer.external_id)
            move: Move = "authorise" if answer.state == "authorised" else "decline"
            _move(tx, current, move, now, actor="gateway", reason=answer.detail)
        return _state(tx, order.id)


def _capture_and_issue(
    till: Till, state: OrderState, payment: Payment, remember: RememberOrder | None
) -> OrderState:
    """Take the money, then write tickets, order, payment and ledger in ONE transaction."""
    amount = Money(payment.amount_minor, payment.currency)
    taken = till.gateway.capture(str(payment.external_id), amount, f"payment:{payment.id}:capture")
    now = till.clock.now()
    with till.database.write() as tx:
        order = _locked(tx, state.order.id)
        if order.state == "authorised":
            orders.update_payment(tx, payment.id, state="captured", external_id=payment.external_id)
            _book_payment(tx, order, payment, taken.fee, now)
            issue(tx, till.press, state.quote, order.id, now)
            _move(tx, order, "issue", now, actor="gateway", reason=f"paid {amount}")
        done = _state(tx, order.id)
        if remember:
            remember(tx, done)
    return done


def _book_payment(tx: Transaction, order: Order, payment: Payment, fee: Money, now: datetime) -> None:
    facts: dict[str, Any] = {
        "region": order.region,
        "gateway": payment.gateway,
        "currency": payment.currency,
        "at": now,
    }
    for entry in (
        postings.capture(payment.id, amount=payment.amount_minor, **facts),
        postings.gateway_fee(payment.id, fee=fee.minor, **facts),
    ):
        if entry:
            books.book(tx, entry, now)


def _decide_refund(till: Till, order_id: str, passengers: Sequence[str], request_key: str) -> Refund:
    """Decide, revoke and book in one transaction; the money follows."""
    now = till.clock.now()
    with till.database.write() as tx:
        order = _locked(tx, order_id)
        same = next(
            (made for made in orders.list_refunds(tx, order_id) if made.request_key == request_key), None
        )
        if same:
            return same
        if order.state not in REFUNDABLE:
            raise Conflict(f"an order that is {order.state} has nothing to refund")
        held = tickets.list_tickets(tx, order_id, lock=True)
        used = {ticket.jti for ticket in held if tickets.list_uses(tx, ticket.jti)}
        lines = refunds.decide(
            [_refundable(ticket) for ticket in held], passengers, used, till.schedules[order.region], now
        )
        made = _refund(tx, order, lines, request_key, now)
        orders.insert_refund(tx, made)
        tickets.revoke_tickets(tx, [line.jti for line in lines], now)
        for line in lines:
            reverse_ticket(tx, made, line, order.region, now)
        rest = [
            ticket
            for ticket in held
            if ticket.status == "valid" and ticket.jti not in {line.jti for line in lines}
        ]
        _move(
            tx, order, "refund_part" if rest else "refund_all", now, actor="buyer", reason=f"refund {made.id}"
        )
    return made


def _refund(
    tx: Transaction, order: Order, lines: Sequence[RefundLine], request_key: str, now: datetime
) -> Refund:
    captured = next((p for p in orders.list_payments(tx, order.id) if p.state == "captured"), None)
    amount = sum(line.amount.minor for line in lines)
    earlier = orders.list_refunds(tx, order.id)
    if amount + sum(made.amount_minor for made in earlier) > (captured.amount_minor if captured else 0):
        raise Conflict("a refund may not exceed what was paid")
    document = {
        "lines": [
            {
                "jti": line.jti,
                "passenger": line.passenger_ref,
                "percent": line.percent,
                "amount_minor": line.amount.minor,
                "because": line.because,
            }
            for line in lines
        ]
    }
    return Refund(
        new_id(), order.id, captured.id if captured else None, len(earlier) + 1, request_key,
        "decided" if amount else "confirmed", amount, order.currency, document, None, now,
    )  # fmt: skip


def _refundable(ticket: Ticket) -> RefundableTicket:
    return RefundableTicket(
        ticket.jti,
        ticket.passenger_ref,
        ticket.status,
        Money(ticket.amount_minor, ticket.currency),
        tuple(ticket.document["operators"]),
        datetime.fromisoformat(ticket.document["legs"][0]["departure"]),
    )


def _move(tx: Transaction, order: Order, move: Move, now: datetime, *, actor: str, reason: str) -> None:
    target = after(order.state, move)
    orders.set_order_state(tx, OrderEvent(new_id(), order.id, now, order.state, target, actor, reason))


def _locked(tx: Transaction, order_id: str) -> Order:
    order = orders.find_order(tx, order_id, lock=True)
    if order is None:
        raise NotFound("there is no such order")
    return order


def _state(tx: Transaction, order_id: str) -> OrderState:
    order = orders.find_order(tx, order_id)
    if order is None:
        raise NotFound("there is no such order")
    return OrderState(
        order,
        offers.get_quote(tx, order.quote_id),
        orders.list_payments(tx, order_id),
        tickets.list_tickets(tx, order_id),
        orders.list_refunds(tx, order_id),
        orders.list_events(tx, order_id),
    )
