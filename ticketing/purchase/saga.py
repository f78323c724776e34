"""Carry an order on: each step reads what only it needs, writes down what has become of it and answers the next state.

What a sale has read once stays in the hand from step to step. Every call to an operator or a gateway stands between two
transactions, one that says what is asked and one that says what was answered: whoever finds the order later goes on there.
"""

from dataclasses import replace

from ticketing.db.sale import bookings, undelivered
from ticketing.db.sale.orders import Payment
from ticketing.errors import Conflict, OperatorSilent, PaymentRefused
from ticketing.purchase import delivery, pass_uses, paying, places
from ticketing.purchase.issue import validity_of
from ticketing.purchase.refund import capped, disrupted, exchange
from ticketing.purchase.till import (
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


def advance(till: Till, order: str | OrderState, remember: RememberOrder | None = None) -> OrderState:
    """Carry an order on from wherever it stands until it waits for its buyer; safe to call at any time.

    An order is given by its id, or as it is in the hand of who has just written it: then it is not read again.

    Raises what stopped it: Conflict after an operator's no (everything is given back first), OperatorSilent,
    OutcomeUnknown.
    """
    refused: Conflict | OperatorSilent | PaymentRefused | None = None
    state = get_order(till, order) if isinstance(order, str) else order
    for _ in range(_MOST_STEPS):
        try:
            following = _step(till, state, remember)
        except (Conflict, PaymentRefused) as error:
            if state.order.state not in {"holding", "authorised"}:
                raise
            refused = error
            following = _unwind(till, state, str(error))
        except OperatorSilent as error:
            # Before payment the buyer waits: better a clear no than a hold that nobody knows of. After it the
            # operator has time until the journey begins.
            begun = till.clock.now() >= delivery.begins_at(state.quote)
            if state.order.state != "holding" and not (state.order.state == "authorised" and begun):
                raise
            refused = error
            following = _unwind(till, state, str(error))
        if following is None:
            break
        state = following
    if refused is not None:
        raise refused
    return state


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


def _deliver(
    till: Till, state: OrderState, payment: Payment | None, remember: RememberOrder | None
) -> OrderState | None:
    """Have places confirmed, take the money, issue; None while a failed try waits for its next."""
    order, now = state.order, till.clock.now()
    with till.database.read() as tx:
        failed = undelivered.find_undelivered(tx, order.id)
        ends = validity_of(state.quote, now).expires_at
        hopeless = delivery.why_hopeless(failed, delivery.begins_at(state.quote), ends, now)
        if hopeless is None and not any(one.state == "captured" for one in state.payments):
            exchange.check(tx, till, order)
            pass_uses.require_valid(tx, state.quote, order.id)
            going = exchange.going_of(tx, order)
            capped.require_standing(tx, till, state.quote, order.exchange_of, going)
        if hopeless is None:
            disrupted.require_running(tx, till, state.quote)
    disputes = {one.state for one in state.disputes}
    if "lost" in disputes:
        hopeless = "the cardholder has the money back by a dispute"
    if hopeless is not None:
        return _unwind(till, state, hopeless, "worker")
    # Where the gateway's money is not ours as it should be, nobody travels before a person has looked.
    held = {one.state for one in state.payments} & {"held", "captured", "authorised"} == {"held"}
    if held or disputes & {"open", "withdrawn"} or (failed is not None and now < failed.next_try_at):
        return None
    try:
        return paying.capture_and_issue(till, _confirmed(till, state), payment, remember)
    except Exception as error:
        if not delivery.is_unforeseen(error):
            raise
        return paying.deliver_later(till, state, error)


def _confirmed(till: Till, state: OrderState) -> OrderState:
    """Have every place confirmed that is held; raises DepartureCancelled for a sailing that was cancelled meanwhile."""
    if not places.confirm_all(till, state):
        return state
    with till.database.read() as tx:  # operators take their time
        disrupted.require_running(tx, till, state.quote)
        booked = bookings.list_bookings(tx, state.order.id)
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


def _unwind(till: Till, state: OrderState, reason: str, actor: str = "operators") -> OrderState:
    """Let an order come to nothing; `advance` then gives back what is held for it."""
    with till.database.write() as tx:
        unwind(tx, locked(tx, state.order.id), till.clock.now(), actor=actor, reason=reason)
        return state_of(tx, state.order.id)
