"""Take the money of an order: authorise, wait for the buyer's bank, capture; the gateway's word is the truth.

No gateway is called inside a database transaction. Every call carries a key made from our own ids, so that it
may be repeated after a crash; what a gateway reports later only moves a payment forward.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from tariffs.money import Money
from ticketing.books import gateway_postings, postings
from ticketing.db import Transaction, books, gateway_events, orders
from ticketing.db.orders import Order, Payment, Refund
from ticketing.db.trouble import trouble
from ticketing.errors import Conflict, Gone, ThroughfareError
from ticketing.ids import new_id
from ticketing.payments import Attempt, Authorisation, Capture, Charge, OutcomeUnknown
from ticketing.purchase import delivery, exchange
from ticketing.purchase.issue import issue
from ticketing.purchase.order import PAYABLE
from ticketing.purchase.paying_back import owe_back, settle_refund
from ticketing.purchase.till import OrderState, RememberOrder, Till, locked, move, state_of

_log = structlog.get_logger(__name__)

_TO_ANSWER_THE_BANK = timedelta(minutes=15)
_WITHOUT_A_TRACE = timedelta(minutes=10)
UNDER_WAY = ("pending", "action_required", "authorised", "held")


def begin(till: Till, order_id: str, method: str, request_key: str) -> None:
    """Write a payment down before its gateway is called, so that no call can be forgotten."""
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, order_id)
        known = orders.list_payments(tx, order_id)
        if any(payment.request_key == request_key for payment in known):
            return
        if any(payment.state in UNDER_WAY for payment in known):
            raise Conflict("another payment of this order is under way")
        if order.state not in PAYABLE:
            raise Conflict(f"an order that is {order.state} cannot be paid")
        if now >= order.expires_at:
            raise Gone(f"the order expired at {order.expires_at.isoformat()}; ask for a new quote")
        due = order.total_minor - order.credit_minor
        payment = Payment(
            new_id(),
            order_id,
            till.gateway.name,
            method,
            request_key,
            "pending",
            due,
            order.currency,
            None,
            now,
        )
        orders.insert_payment(tx, payment)


def is_under_way(order: Order, payments: Sequence[Payment], now: datetime) -> bool:
    """Whether a payment of an order may still come to something. Pure.

    A buyer whom the bank asks has a quarter of an hour beyond the order's life to answer, and no longer: somebody who
    closes that page must not keep places for good.
    """
    asked_until = order.expires_at + _TO_ANSWER_THE_BANK
    return any(
        one.state in UNDER_WAY and not (one.state == "action_required" and now >= asked_until)
        for one in payments
    )


def leave_open_question(till: Till, order_id: str, request_key: str) -> None:
    """Let a payment go whose bank still waits for the buyer, because the buyer begins another one.

    One that the buyer has answered meanwhile stays, and the new one is refused as before.
    """
    with till.database.read() as tx:
        waiting = [
            one
            for one in orders.list_payments(tx, order_id)
            if one.state == "action_required" and one.request_key != request_key
        ]
    for one in waiting:
        state = look_again(till, one)
        now_is = next(payment for payment in state.payments if payment.id == one.id)
        if now_is.state == "action_required":
            let_go(till, now_is)


def authorise(till: Till, order: Order, payment: Payment) -> tuple[OrderState, Authorisation]:
    """Ask the gateway for a payment that was written down; raises OutcomeUnknown when it does not answer."""
    try:
        answer = till.gateway.authorise(_attempt(payment), f"payment:{payment.id}:authorise")
    except OutcomeUnknown:
        with till.database.write() as tx:
            current = locked(tx, order.id)
            if current.state in {*PAYABLE, "payment_unknown"}:
                move(
                    tx,
                    current,
                    "lose_answer",
                    till.clock.now(),
                    actor="gateway",
                    reason="no answer to authorise",
                )
        raise
    with till.database.write() as tx:
        _learn(
            tx, payment, till.clock.now(),
            state=answer.state, external_id=answer.external_id, detail=answer.detail,
        )  # fmt: skip
        return state_of(tx, order.id), answer


def ask_again(till: Till, order: Order, payment: Payment) -> OrderState | None:
    """The gateway has nothing of a payment whose answer was lost: ask once more with its key, or let it be.

    A gateway may keep its failure under the key for a day, and find a payment only after a minute. So after ten
    minutes without a trace the payment counts as declined, and the buyer may pay again. None: nothing new.
    """
    now = till.clock.now()
    if now < payment.created_at + _WITHOUT_A_TRACE:
        return authorise(till, order, payment)[0]
    with till.database.write() as tx:
        _learn(tx, payment, now, state="declined", external_id="", detail="the gateway never had it")
        return state_of(tx, order.id)


def look_again(till: Till, payment: Payment) -> OrderState:
    """Fetch a payment that waits for its buyer, or whose answer was lost, and go by what the gateway has."""
    found = (
        till.gateway.fetch(payment.external_id)
        if payment.external_id
        else till.gateway.find(_attempt(payment))
    )
    if found is None:
        with till.database.read() as tx:
            return state_of(tx, payment.order_id)
    return learn(till, payment, found)


def learn(till: Till, payment: Payment, found: Charge) -> OrderState:
    """Take in what the gateway has of a payment; another amount, currency or order than ours is held for a person."""
    now = till.clock.now()
    with till.database.write() as tx:
        mismatch = _mismatch(payment, found)
        if mismatch:
            hold_for_a_person(tx, payment, mismatch, now)
        elif found.state in {"authorised", "declined", "cancelled"}:
            state = "declined" if found.state == "cancelled" else found.state
            _learn(
                tx, payment, now,
                state=state, external_id=found.external_id, detail=f"the gateway says {found.state}",
            )  # fmt: skip
        elif found.state == "captured" and orders.get_payment(tx, payment.id).state in {
            "pending",
            "action_required",
        }:
            # Taken although we have not asked yet: the answer to our capture was lost, or it came from elsewhere.
            _learn(
                tx, payment, now,
                state="authorised", external_id=found.external_id, detail="the gateway has taken the money",
            )  # fmt: skip
        return state_of(tx, payment.order_id)


def capture_and_issue(
    till: Till, state: OrderState, payment: Payment | None, remember: RememberOrder | None
) -> OrderState:
    """Take the money, then write tickets, order, payment and ledger in ONE transaction.

    Without a payment nothing is to be taken, or it was taken at an earlier try. What goes wrong in issuing is kept
    with the money that was taken, and the order stays as it is for the next try. Raises PaymentRefused when the hold
    has gone.
    """
    taken = None
    if payment is not None:
        amount = Money(payment.amount_minor, payment.currency)
        taken = till.gateway.capture(str(payment.external_id), amount, f"payment:{payment.id}:capture")
    try:
        return _issue(till, state, payment, taken, remember)
    except ThroughfareError:
        raise
    except Exception as error:
        if trouble(error):
            raise
        return _issue_later(till, state, payment, taken, error)


def _issue(
    till: Till,
    state: OrderState,
    payment: Payment | None,
    taken: Capture | None,
    remember: RememberOrder | None,
) -> OrderState:
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, state.order.id)
        if order.state == "authorised":
            if payment is not None:
                _keep_capture(tx, order, payment, taken, now)
            issue(tx, till.press, state.quote, order, now)
            exchange.settle(tx, till, order, now)
            move(tx, order, "issue", now, actor="gateway" if payment else "buyer", reason=_paid(payment))
            delivery.settle_failure(tx, order.id, now)
        done = state_of(tx, order.id)
        if remember:
            remember(tx, done)
    return done


def _issue_later(
    till: Till, state: OrderState, payment: Payment | None, taken: Capture | None, error: Exception
) -> OrderState:
    """The money is taken and no ticket could be made: book the money, and keep the order for another try."""
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, state.order.id)
        if order.state == "authorised":
            if payment is not None:
                _keep_capture(tx, order, payment, taken, now)
            delivery.keep_failure(tx, order, error, now)
        return state_of(tx, order.id)


def _keep_capture(
    tx: Transaction, order: Order, payment: Payment, taken: Capture | None, now: datetime
) -> None:
    """Write down and book that the gateway has taken the money of a payment, and what it keeps of it."""
    orders.update_payment(tx, payment.id, state="captured", external_id=payment.external_id)
    _book_capture(tx, order, payment, now)
    if taken is not None and taken.fee is not None:
        book_fee(tx, order, payment, taken.fee.minor, now)


def let_go(till: Till, payment: Payment) -> bool:
    """Cancel what a gateway holds for an order that comes to nothing; money that was taken is owed back at once.

    False while a cardholder's dispute of it is not decided: until then nobody knows whose the money is.
    """
    found = (
        till.gateway.fetch(payment.external_id)
        if payment.external_id
        else till.gateway.find(_attempt(payment))
    )
    if found is None or found.state != "captured":
        return _let_go_uncaptured(till, payment, found)
    now = till.clock.now()
    owed = None
    with till.database.write() as tx:
        order = locked(tx, payment.order_id)
        disputes = {one.state for one in gateway_events.list_disputes(tx, [payment.id])}
        if disputes & {"open", "withdrawn"}:
            return False
        orders.update_payment(tx, payment.id, state="captured", external_id=found.external_id)
        _book_capture(tx, order, payment, now)
        if found.fee_minor is not None:  # kept of what it pays back, too
            book_fee(tx, order, payment, found.fee_minor, now)
        if "lost" in disputes:
            _book_lost(tx, order, payment, now)
        else:
            owed = owe_back(tx, order, payment, now)
    if owed is not None:
        _pay_back(till, owed)
    return True


def _pay_back(till: Till, owed: Refund) -> None:
    """Pay back at once where the gateway does; otherwise the worker goes on, and the order is closed all the same."""
    try:
        settle_refund(till, owed)
    except ThroughfareError as error:
        _log.warning("not paid back yet", refund=owed.id, reason=error.detail)


def _let_go_uncaptured(till: Till, payment: Payment, found: Charge | None) -> bool:
    if found is not None and found.state in {"authorised", "action_required"}:
        till.gateway.cancel(found.external_id, f"payment:{payment.id}:cancel")
    external_id = found.external_id if found else payment.external_id
    with till.database.write() as tx:
        locked(tx, payment.order_id)
        orders.update_payment(tx, payment.id, state="cancelled", external_id=external_id)
    return True


def _book_lost(tx: Transaction, order: Order, payment: Payment, now: datetime) -> None:
    """The cardholder has the money back by a dispute: what was never earned covers the loss."""
    entry = gateway_postings.lost_unearned(payment.id, **_without_gateway(order, payment, now))
    if entry:
        books.book(tx, entry, now)


def book_fee(tx: Transaction, order: Order, payment: Payment, fee_minor: int, now: datetime) -> None:
    """Book what the gateway keeps, once, whoever learns of it first."""
    orders.set_payment_fee(tx, payment.id, fee_minor)
    entry = postings.gateway_fee(payment.id, fee=fee_minor, **_facts(order, payment, now))
    if entry:
        books.book(tx, entry, now)


def hold_for_a_person(tx: Transaction, payment: Payment, detail: str, now: datetime) -> None:
    """Stop a payment whose gateway says something else than we do: no ticket before somebody has looked."""
    if payment.state in {"pending", "action_required", "authorised"}:
        orders.update_payment(tx, payment.id, state="held", external_id=payment.external_id)
    gateway_events.raise_alert(tx, "payment_mismatch", payment.id, detail, now)


def _learn(
    tx: Transaction, payment: Payment, now: datetime, *, state: str, external_id: str, detail: str
) -> None:
    """Move a payment forward, and its order with it; what is known already changes nothing."""
    order, current = locked(tx, payment.order_id), orders.get_payment(tx, payment.id)
    if current.state not in {"pending", "action_required"} or current.state == state:
        return
    orders.update_payment(tx, payment.id, state=state, external_id=external_id)
    if order.state in {*PAYABLE, "payment_unknown"} and state != "action_required":
        move(
            tx,
            order,
            "authorise" if state == "authorised" else "decline",
            now,
            actor="gateway",
            reason=detail,
        )


def _mismatch(payment: Payment, found: Charge) -> str | None:
    ours = Money(payment.amount_minor, payment.currency)
    if found.amount != ours:
        return f"the gateway has {found.amount}, the order says {ours}"
    if found.order_id not in {None, payment.order_id} or found.payment_id not in {None, payment.id}:
        return f"the gateway has this money for another order ({found.order_id})"
    return None


def _attempt(payment: Payment) -> Attempt:
    amount = Money(payment.amount_minor, payment.currency)
    return Attempt(payment.order_id, payment.id, payment.method, amount)


def _book_capture(tx: Transaction, order: Order, payment: Payment, now: datetime) -> None:
    entry = postings.capture(payment.id, amount=payment.amount_minor, **_facts(order, payment, now))
    if entry:
        books.book(tx, entry, now)


def _facts(order: Order, payment: Payment, now: datetime) -> dict[str, Any]:
    return {"region": order.region, "gateway": payment.gateway, "currency": payment.currency, "at": now}


def _without_gateway(order: Order, payment: Payment, now: datetime) -> dict[str, Any]:
    return {
        "region": order.region, "amount": payment.amount_minor, "currency": payment.currency, "at": now
    }  # fmt: skip


def _paid(payment: Payment | None) -> str:
    return "nothing to pay" if payment is None else f"paid {Money(payment.amount_minor, payment.currency)}"
