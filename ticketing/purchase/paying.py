"""Take the money of an order: authorise, wait for the buyer's bank, capture; the gateway's word is the truth.

No gateway is called inside a database transaction. Every call carries a key made from our own ids, so that it
may be repeated after a crash; what a gateway reports later only moves a payment forward.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from tariffs.money import Money
from ticketing.db import Transaction, orders
from ticketing.db.orders import Order, Payment
from ticketing.errors import Conflict, Gone, IdempotencyKeyReused, NotFound
from ticketing.ids import new_id
from ticketing.payments import Authorisation, Capture, Charge, OutcomeUnknown
from ticketing.purchase import delivery, exchange
from ticketing.purchase.charged import (
    asked_for,
    attempt,
    book_capture,
    book_fee,
    found_at,
    hold_for_a_person,
    mismatch,
)
from ticketing.purchase.issue import issue
from ticketing.purchase.letting_go import ENDED, let_go, let_go_late
from ticketing.purchase.order import PAYABLE
from ticketing.purchase.till import OrderState, RememberOrder, Till, locked, move, state_of

_log = structlog.get_logger(__name__)

_TO_ANSWER_THE_BANK = timedelta(minutes=15)
# A gateway finds what it has within a minute; after this it never had it.
WITHOUT_A_TRACE = timedelta(minutes=10)
UNDER_WAY = ("pending", "action_required", "authorised", "held")
# Nobody knows yet whether they will come to something.
OPEN = ("pending", "action_required")


def begin(till: Till, order_id: str, method: str, request_key: str) -> None:
    """Write a payment down before its gateway is called, so that no call can be forgotten."""
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, order_id)
        known = orders.list_payments(tx, order_id)
        same = next((payment for payment in known if payment.request_key == request_key), None)
        if same is not None and same.method != method:
            raise IdempotencyKeyReused("this Idempotency-Key has paid by another method; use a new one")
        if same is not None:
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

    A buyer whom the bank asks has a quarter of an hour beyond the order's life to answer, and a gateway that does not
    answer as long: somebody who closes the bank's page must not keep places for good. What comes to light later is let
    go. A payment that is held for a person keeps nothing longer either: it waits for the person, and not the order.
    """
    asked_until = order.expires_at + _TO_ANSWER_THE_BANK
    ends = (*OPEN, "held")
    return any(one.state in UNDER_WAY and not (one.state in ends and now >= asked_until) for one in payments)


def open_question(till: Till, state: OrderState) -> Authorisation | None:
    """How the buyer of an order goes on whose bank still asks, as the gateway tells it anew; None where none asks.

    None too where the gateway does not answer: an order may be read all the same.
    """
    for payment in state.payments:
        if payment.state != "action_required" or payment.external_id is None:
            continue
        if payment.gateway != till.gateway.name:
            continue
        try:
            return till.gateway.question(payment.external_id)
        except (OutcomeUnknown, NotFound) as error:
            _log.warning("the bank's question is not told", payment=payment.id, reason=error.detail)
    return None


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
        answer = till.gateway.authorise(attempt(payment), f"payment:{payment.id}:authorise")
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
    if now < payment.created_at + WITHOUT_A_TRACE:
        return authorise(till, order, payment)[0]
    with till.database.write() as tx:
        _learn(tx, payment, now, state="declined", external_id="", detail="the gateway never had it")
        return state_of(tx, order.id)


def look_again(till: Till, payment: Payment) -> OrderState:
    """Fetch a payment that waits for its buyer, or whose answer was lost, and go by what the gateway has."""
    found = found_at(till.gateway, payment)
    if found is None:
        with till.database.read() as tx:
            return state_of(tx, payment.order_id)
    return learn(till, payment, found)


def learn(till: Till, payment: Payment, found: Charge) -> OrderState:
    """Take in what the gateway has of a payment; another amount, currency or order than ours is held for a person.

    What the gateway has of a payment that has ended here is let go: it was found too late, and nobody counts on it.
    """
    now = till.clock.now()
    with till.database.read() as tx:
        ended = orders.get_payment(tx, payment.id).state in ENDED
    if ended and found.state in {"action_required", "authorised", "captured"}:
        return let_go_late(till, payment, found)
    with till.database.write() as tx:
        why = mismatch(payment, found)
        if why:
            hold_for_a_person(tx, payment, why, now)
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
        taken = till.gateway.capture(
            str(payment.external_id), asked_for(payment), f"payment:{payment.id}:capture"
        )
    try:
        return _issue(till, state, payment, taken, remember)
    except Exception as error:
        if not delivery.is_unforeseen(error):
            raise
        return deliver_later(till, state, error, payment, taken)


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


def deliver_later(
    till: Till,
    state: OrderState,
    error: Exception,
    payment: Payment | None = None,
    taken: Capture | None = None,
) -> OrderState:
    """Something nobody had foreseen keeps an order from its tickets: keep it for another try, which are not endless.

    Where the money of `payment` is taken it is booked.
    """
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
    book_capture(tx, order, payment, now)
    if taken is not None and taken.fee is not None:
        book_fee(tx, order, payment, taken.fee.minor, now)


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


def _paid(payment: Payment | None) -> str:
    return "nothing to pay" if payment is None else f"paid {Money(payment.amount_minor, payment.currency)}"
