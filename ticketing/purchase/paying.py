"""Take the money of an order: authorise, wait for the buyer's bank, capture; the gateway's word is the truth.

No gateway is called inside a database transaction. Every call carries a key made from our own ids, so that it
may be repeated after a crash; what a gateway reports later only moves a payment forward.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from tariffs.money import Money
from throughfare_gate.ids import new_id
from throughfare_gate.moments import written
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.books.books import Entry
from ticketing.db.sale import orders
from ticketing.db.sale.orders import Order, Payment
from ticketing.errors import Conflict, Gone, IdempotencyKeyReused, NotFound
from ticketing.payments import Authorisation, Capture, Charge, OutcomeUnknown
from ticketing.purchase import delivery
from ticketing.purchase.charged import (
    asked_for,
    attempt,
    book_capture,
    book_fee,
    capture_entries,
    found_at,
    hold_for_a_person,
    mismatch,
)
from ticketing.purchase.issue import issue
from ticketing.purchase.letting_go import ENDED, let_go, let_go_late
from ticketing.purchase.order import PAYABLE, Move
from ticketing.purchase.refund import disrupted, exchange
from ticketing.purchase.till import (
    CONTESTED,
    ClaimKey,
    OrderState,
    RememberOrder,
    Till,
    disputes_of,
    followed,
    locked,
    move,
    state_of,
)

_log = structlog.get_logger(__name__)

_TO_ANSWER_THE_BANK = timedelta(minutes=15)
# A gateway finds what it has within a minute; after this it never had it.
WITHOUT_A_TRACE = timedelta(minutes=10)
UNDER_WAY = ("pending", "action_required", "authorised", "held")
# Nobody knows yet whether they will come to something.
OPEN = ("pending", "action_required")


def begin(
    till: Till, order_id: str, method: str, request_key: str, claim: ClaimKey
) -> tuple[OrderState, Payment]:
    """Write a payment down before its gateway is called, so that no call can be forgotten.

    A payment whose bank still waits for the buyer is let go, because the buyer begins another one. Raises
    DepartureCancelled where a departure does not run: then the order comes to nothing.
    """
    with till.database.write() as tx:
        claim(tx)
        state = state_of(tx, order_id, lock=True)
        known = any(payment.request_key == request_key for payment in state.payments)
        is_new = not known and state.order.state in PAYABLE
        refused = disrupted.refuse_payment(tx, till, state) if is_new else None
        waiting = [
            open_payment
            for open_payment in state.payments
            if open_payment.state == "action_required" and open_payment.request_key != request_key
        ]
        if refused is None and not waiting:
            return _begun(tx, till, state, method, request_key)
    if refused is not None:
        raise refused
    for open_payment in waiting:
        _leave_open_question(till, open_payment)
    with till.database.write() as tx:
        return _begun(tx, till, state_of(tx, order_id, lock=True), method, request_key)


def _begun(
    tx: Transaction, till: Till, state: OrderState, method: str, request_key: str
) -> tuple[OrderState, Payment]:
    order, now = state.order, till.clock.now()
    for payment in state.payments:
        if payment.request_key == request_key:
            if payment.method != method:
                raise IdempotencyKeyReused("this Idempotency-Key has paid by another method; use a new one")
            return state, payment
    if any(payment.state in UNDER_WAY for payment in state.payments):
        raise Conflict("another payment of this order is under way")
    if order.state not in PAYABLE:
        raise Conflict(f"an order that is {order.state} cannot be paid")
    if now >= order.expires_at:
        raise Gone(f"the order expired at {written(order.expires_at)}; ask for a new quote")
    payment = Payment(
        id=new_id(),
        order_id=order.id,
        gateway=till.gateway.name,
        method=method,
        request_key=request_key,
        state="pending",
        amount_minor=order.total_minor - order.credit_minor,
        currency=order.currency,
        external_id=None,
        created_at=now,
    )
    orders.insert_payment(tx, payment)
    return replace(state, payments=[*state.payments, payment]), payment


def is_under_way(order: Order, payments: Sequence[Payment], now: datetime) -> bool:
    """Tell whether a payment of an order may still come to something. Pure.

    A buyer whom the bank asks has a quarter of an hour beyond the order's life to answer, and a gateway that does not
    answer as long: somebody who closes the bank's page must not keep places for good. What comes to light later is let
    go. A payment that is held for a person keeps nothing longer either: it waits for the person, and not the order.
    """
    asked_until = order.expires_at + _TO_ANSWER_THE_BANK
    ends = (*OPEN, "held")
    return any(one.state in UNDER_WAY and not (one.state in ends and now >= asked_until) for one in payments)


def open_question(till: Till, state: OrderState) -> Authorisation | None:
    """Return the open question of a buyer's bank, as the gateway tells it anew; None where none asks.

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


def _leave_open_question(till: Till, payment: Payment) -> None:
    """Let a payment go whose bank still waits for the buyer; one that the buyer has answered meanwhile stays."""
    state = look_again(till, payment)
    now_is = next(one for one in state.payments if one.id == payment.id)
    if now_is.state == "action_required":
        let_go(till, now_is)


def authorise(till: Till, state: OrderState, payment: Payment) -> tuple[OrderState, Authorisation]:
    """Ask the gateway for a payment that was written down; raises OutcomeUnknown when it does not answer."""
    try:
        answer = till.gateway.authorise(attempt(payment), f"payment:{payment.id}:authorise")
    except OutcomeUnknown:
        with till.database.write() as tx:
            current = locked(tx, payment.order_id)
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
        following = _learn(
            tx,
            payment,
            till.clock.now(),
            state=answer.state,
            external_id=answer.external_id,
            detail=answer.detail,
            held=state,
        )
    return following, answer


def ask_again(till: Till, state: OrderState, payment: Payment) -> OrderState | None:
    """The gateway has nothing of a payment whose answer was lost: ask once more with its key, or let it be.

    A gateway may keep its failure under the key for a day, and find a payment only after a minute. So after ten
    minutes without a trace the payment counts as declined, and the buyer may pay again. None: nothing new.
    """
    now = till.clock.now()
    if now < payment.created_at + WITHOUT_A_TRACE:
        return authorise(till, state, payment)[0]
    with till.database.write() as tx:
        return _learn(
            tx, payment, now, state="declined", external_id="", detail="the gateway never had it", held=state
        )


def look_again(till: Till, payment: Payment) -> OrderState:
    """Fetch a payment that waits for its buyer, or whose answer was lost, and go by what the gateway has."""
    found = found_at(till.gateway, payment)
    if found is None:
        with till.database.read() as tx:
            return state_of(tx, payment.order_id)
    return learn(till, payment, found)


def learn(till: Till, payment: Payment, charge: Charge) -> OrderState:
    """Take in what the gateway has of a payment; another amount, currency or order than ours is held for a person.

    What the gateway has of a payment that has ended here is let go: it was found too late, and nobody counts on it.
    """
    now = till.clock.now()
    with till.database.read() as tx:
        ended = orders.get_payment(tx, payment.id).state in ENDED
    if ended and charge.state in {"action_required", "authorised", "captured"}:
        return let_go_late(till, payment, charge)
    with till.database.write() as tx:
        why = mismatch(payment, charge)
        if why:
            hold_for_a_person(tx, payment, why, now)
        elif charge.state in {"authorised", "declined", "cancelled"}:
            state = "declined" if charge.state == "cancelled" else charge.state
            return _learn(
                tx,
                payment,
                now,
                state=state,
                external_id=charge.external_id,
                detail=f"the gateway says {charge.state}",
            )
        elif charge.state == "captured" and orders.get_payment(tx, payment.id).state in {
            "pending",
            "action_required",
        }:
            # Taken although we have not asked yet: the answer to our capture was lost, or it came from elsewhere.
            return _learn(
                tx,
                payment,
                now,
                state="authorised",
                external_id=charge.external_id,
                detail="the gateway has taken the money",
            )
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


def hear_of_capture(till: Till, payment: Payment) -> OrderState | None:
    """Book money that is disputed, and so was taken, although the answer to our capture was lost; None where it was not.

    What becomes of the order waits for the dispute; the books have what the gateway has meanwhile.
    """
    charge = found_at(till.gateway, payment)
    if charge is None or charge.state != "captured":
        return None
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, payment.order_id)
        why = mismatch(payment, charge)
        if orders.get_payment(tx, payment.id).state != "authorised":
            return None
        if why:
            hold_for_a_person(tx, payment, why, now)
        else:
            orders.update_payment(tx, payment.id, state="captured", external_id=charge.external_id)
            book_capture(tx, order, payment, now)
            if charge.fee_minor is not None:
                book_fee(tx, order, payment, charge.fee_minor, now)
        return state_of(tx, order.id)


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
        if order.state != "authorised":
            done = state_of(tx, order.id)
        elif any(one.state in CONTESTED for one in disputes_of(tx, order, state.payments)):
            # The cardholder complained after this sale had looked: whoever carries on decides by what becomes of it.
            if payment is not None:
                books.book_all(tx, _keep_capture(tx, order, payment, taken, now)[1], now)
            done = state_of(tx, order.id)
        else:
            captured, charged = payment, list[Entry]()
            if payment is not None:
                captured, charged = _keep_capture(tx, order, payment, taken, now)
            tickets_made = issue(tx, till.press, state.quote, order, now, also=charged)
            exchange.settle(tx, till, order, now)
            event = move(
                tx, order, "issue", now, actor="gateway" if payment else "buyer", reason=_paid(payment)
            )
            delivery.settle_failure(tx, order.id, now)
            done = followed(state, event, payment=captured, issued=tickets_made)
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
                books.book_all(tx, _keep_capture(tx, order, payment, taken, now)[1], now)
            delivery.keep_failure(tx, order, error, now)
        return state_of(tx, order.id)


def _keep_capture(
    tx: Transaction, order: Order, payment: Payment, taken: Capture | None, now: datetime
) -> tuple[Payment, list[Entry]]:
    """Write down that the gateway has taken the money of a payment, and what it keeps of it; answers what to book."""
    fee = taken.fee.minor if taken is not None and taken.fee is not None else None
    orders.update_payment(tx, payment.id, state="captured", external_id=payment.external_id, fee_minor=fee)
    captured = replace(payment, state="captured", fee_minor=payment.fee_minor if fee is None else fee)
    return captured, capture_entries(order, payment, fee, now)


def _learn(
    tx: Transaction,
    payment: Payment,
    now: datetime,
    *,
    state: str,
    external_id: str,
    detail: str,
    held: OrderState | None = None,
) -> OrderState:
    """Move a payment forward, and its order with it; what is known already changes nothing.

    `held` is the order as its caller knows it: unless somebody else has changed it meanwhile, nothing is read anew.
    """
    order, current = locked(tx, payment.order_id), orders.get_payment(tx, payment.id)
    as_held = held is not None and held.order == order and current in held.payments
    if current.state not in OPEN or current.state == state:
        return held if held is not None and as_held else state_of(tx, order.id)
    orders.update_payment(tx, payment.id, state=state, external_id=external_id)
    events = []
    if order.state in {*PAYABLE, "payment_unknown"} and state != "action_required":
        step: Move = "authorise" if state == "authorised" else "decline"
        events = [move(tx, order, step, now, actor="gateway", reason=detail)]
    if held is None or not as_held:
        return state_of(tx, order.id)
    changed = replace(current, state=state, external_id=external_id or current.external_id)
    return followed(held, *events, payment=changed)


def _paid(payment: Payment | None) -> str:
    return "nothing to pay" if payment is None else f"paid {Money(payment.amount_minor, payment.currency)}"
