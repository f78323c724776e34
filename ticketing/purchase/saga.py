"""Carry an order on: each step reads what only it needs, writes down what has become of it and answers the next state.

What a sale has read once stays in the hand from step to step. Every call to an operator or a gateway stands between two
transactions, one that says what is asked and one that says what was answered: whoever finds the order later goes on there.
"""

from dataclasses import replace
from datetime import datetime

from ticketing.db import Transaction
from ticketing.db.sale import bookings, undelivered
from ticketing.db.sale.orders import Payment
from ticketing.errors import Conflict, DepartureCancelled, OperatorSilent, PaymentRefused
from ticketing.purchase import delivery, pass_uses, paying, places
from ticketing.purchase.disclosed import require_unbroken
from ticketing.purchase.issue import validity_of
from ticketing.purchase.refund import capped, disrupted, exchange
from ticketing.purchase.till import (
    UNDECIDED,
    OrderState,
    RememberOrder,
    Till,
    documents_of,
    followed,
    get_order,
    locked,
    move,
    state_of,
)
from ticketing.purchase.unwinding import unwind, unwound

_MOST_STEPS = 8
_COME_TO_NOTHING = ("unwinding", "cancelled", "expired")
_No = Conflict | PaymentRefused | OperatorSilent


def advance(till: Till, order: str | OrderState, remember: RememberOrder | None = None) -> OrderState:
    """Carry an order on from wherever it stands until it waits for its buyer; safe to call at any time.

    An order is given by its id, or as it is in the hand of who has just written it: then it is not read again.

    Raises what stopped it: Conflict after an operator's no (everything is given back first), OperatorSilent,
    OutcomeUnknown. What somebody else has got further meanwhile counts, and not what was heard here.
    """
    refused: _No | None = None
    state = get_order(till, order) if isinstance(order, str) else order
    for _ in range(_MOST_STEPS):
        try:
            following = _step(till, state, remember)
        except (Conflict, PaymentRefused, OperatorSilent) as error:
            following = _stopped(till, state, error)
            refused = error if following.order.state in _COME_TO_NOTHING else None
        if following is None:
            break
        state = following
    if refused is not None:
        raise refused
    return state


def _stopped(till: Till, state: OrderState, error: _No) -> OrderState:
    """Decide what an error does to the order that it stopped: it comes to nothing, or somebody else has got further.

    Raises the error where it only makes the order wait.
    """
    with till.database.write() as tx:
        order, now = locked(tx, state.order.id), till.clock.now()
        if order.state == state.order.state and not _is_confirmed_by_another(tx, state, error):
            if not _is_final(state, error, now):
                raise error
            unwind(tx, order, now, actor="operators", reason=str(error))
        return state_of(tx, order.id)


def _is_final(state: OrderState, error: _No, now: datetime) -> bool:
    """Tell whether an order comes to nothing by an error. Pure.

    Of a silent operator the buyer hears a clear no before the payment, which is better than a hold that nobody knows
    of; after it the operator has time until the journey begins.
    """
    if isinstance(error, OperatorSilent) and state.order.state == "authorised":
        return now >= delivery.begins_at(state.quote)
    return state.order.state in {"holding", "authorised"}


def _is_confirmed_by_another(tx: Transaction, state: OrderState, error: _No) -> bool:
    """Tell whether every place was confirmed meanwhile, which this caller heard a no or nothing about.

    Two carry on the same order where a buyer asks again or the worker comes by; who has all confirmed takes the money.
    """
    asked = any(one.state == "held" for one in state.bookings)
    if (
        state.order.state != "authorised"
        or not asked
        or isinstance(error, PaymentRefused | DepartureCancelled)
    ):
        return False
    return all(one.state == "confirmed" for one in bookings.list_bookings(tx, state.order.id))


def _step(till: Till, state: OrderState, remember: RememberOrder | None) -> OrderState | None:
    """One step of an order; None where it waits for its buyer, or is done."""
    order = state.order
    payment = next((one for one in state.payments if one.state in paying.UNDER_WAY), None)
    if order.state == "holding":
        return _held(till, state, remember)
    if order.state == "authorised":
        return _deliver(till, state, payment if payment and payment.state == "authorised" else None, remember)
    if order.state == "unwinding":
        return unwound(till, state)
    if payment is not None and payment.state in {"pending", "action_required"}:
        return _asked(till, state, payment)
    if any(booking.state == "unwanted" for booking in state.bookings):
        return get_order(till, order.id) if places.give_back_all(till, state) else None
    return None


def _require_standing(tx: Transaction, till: Till, state: OrderState) -> None:
    """Raise Conflict where what the price counts on has gone before the money was taken, or a ride does not run."""
    if not any(one.state == "captured" for one in state.payments):
        exchange.check(tx, till, state.order)
        pass_uses.require_valid(tx, state.quote, state.order.id)
        going = exchange.going_of(tx, state.order)
        capped.require_standing(tx, till, state.quote, state.order.exchange_of, going)
        require_unbroken(tx, state.order, state.quote, till.regions[state.order.region])
    disrupted.require_running(tx, till, state.quote)


def _deliver(
    till: Till, state: OrderState, payment: Payment | None, remember: RememberOrder | None
) -> OrderState | None:
    """Have places confirmed, take the money, issue; None while a failed try waits for its next."""
    now = till.clock.now()
    with till.database.read() as tx:
        failed = undelivered.find_undelivered(tx, state.order.id)
        ends = validity_of(state.quote, now).expires_at
        hopeless = delivery.why_hopeless(failed, delivery.begins_at(state.quote), ends, now)
        if hopeless is None:
            _require_standing(tx, till, state)
    disputes = {one.state for one in state.disputes}
    if "lost" in disputes:
        hopeless = "the cardholder has the money back by a dispute"
    if hopeless is not None:
        return _give_up(till, state, hopeless)
    # Where the gateway's money is not ours as it should be, nobody travels before a person has looked.
    held = {one.state for one in state.payments} & {"held", "captured", "authorised"} == {"held"}
    if disputes & set(UNDECIDED) and payment is not None:
        return paying.hear_of_capture(till, payment)
    if held or disputes & set(UNDECIDED) or (failed is not None and now < failed.next_try_at):
        return None
    try:
        return paying.capture_and_issue(till, _confirmed(till, state), payment, remember)
    except Exception as error:
        if not delivery.is_unforeseen(error):
            raise
        return paying.deliver_later(till, state, error)


def _confirmed(till: Till, state: OrderState) -> OrderState:
    """Have every place confirmed that is held, before any money is taken.

    Raises DepartureCancelled for a sailing that was cancelled meanwhile, Conflict where somebody else has let the
    order go meanwhile.
    """
    if not places.confirm_all(till, state):
        return state
    with till.database.read() as tx:  # operators take their time
        booked = bookings.list_bookings(tx, state.order.id)
        if any(one.state != "confirmed" for one in booked):
            raise Conflict("the order has come to nothing meanwhile, and its places are given back")
        disrupted.require_running(tx, till, state.quote)
        return replace(state, bookings=booked, documents=documents_of(tx, state.order.id, booked))


def _asked(till: Till, state: OrderState, payment: Payment) -> OrderState | None:
    """A payment that the gateway has not been asked for yet, or for which its buyer's bank waits."""
    fresh = till.clock.now() < payment.created_at + paying.WITHOUT_A_TRACE
    if payment.state == "pending" and state.order.state != "payment_unknown" and fresh:
        return paying.authorise(till, state, payment)[0]
    looked = paying.look_again(till, payment)
    if looked.payments != state.payments:
        return looked
    return paying.ask_again(till, state, payment) if payment.state == "pending" else None


def _held(till: Till, state: OrderState, remember: RememberOrder | None) -> OrderState | None:
    """Every place is held: now the buyer pays, or, where nothing is due, the places are confirmed at once."""
    places.hold_all(till, state)
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, state.order.id)
        if order.state != "holding":
            return state_of(tx, order.id)
        events = [move(tx, order, "hold", now, actor="operators", reason="every place is held")]
        if state.due_minor() == 0:
            order = replace(order, state=events[0].to_state)
            events.append(move(tx, order, "authorise", now, actor="buyer", reason="nothing to pay"))
        done = replace(followed(state, *events), bookings=bookings.list_bookings(tx, order.id))
        if remember and state.due_minor():
            remember(tx, done)
    return done


def _give_up(till: Till, state: OrderState, reason: str) -> OrderState:
    """Let an order come to nothing; `advance` then gives back what is held for it."""
    with till.database.write() as tx:
        unwind(tx, locked(tx, state.order.id), till.clock.now(), actor="worker", reason=reason)
        return state_of(tx, state.order.id)
