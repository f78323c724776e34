"""Purchase: order a quote, pay for it, get tickets. Each use case reads, decides and writes; `advance` carries on.

Hold all places, authorise the money, have every place confirmed, take the money, then tickets, order state and
ledger in one transaction. Any refusal gives back what was held; a crash at any step is carried on by `advance`.
"""

from collections.abc import Sequence
from datetime import timedelta

from ticketing.db import (
    booking_documents,
    bookings,
    offers,
    order_holders,
    orders,
    tickets,
    undelivered,
)
from ticketing.db.booking_documents import Paper
from ticketing.db.orders import Order, OrderEvent, Payment, Refund
from ticketing.errors import (
    Conflict,
    DepartureCancelled,
    Gone,
    InvalidRequest,
    OperatorSilent,
    PaymentRefused,
)
from ticketing.ids import new_id
from ticketing.payments import Authorisation
from ticketing.purchase import capped, delivery, disrupted, exchange, guests, pass_uses, paying, places
from ticketing.purchase.disrupted import LegNews
from ticketing.purchase.giving_back import ALL, Wish, decide_refund, offer_refund, refund_passengers
from ticketing.purchase.holders import NameOf, PhoneOf, holders_for
from ticketing.purchase.issue import issue, validity_of
from ticketing.purchase.order import PAYABLE, UNFINISHED, Move
from ticketing.purchase.paying_back import settle_refund
from ticketing.purchase.till import (
    ORDER_LIFE,
    OrderState,
    RememberOrder,
    RememberRefund,
    Till,
    get_order,
    locked,
    move,
    state_of,
)
from ticketing.purchase.unwinding import unwind, unwound

__all__ = [
    "NameOf",
    "OrderState",
    "PhoneOf",
    "RememberOrder",
    "RememberRefund",
    "Till",
    "Wish",
    "advance",
    "belongs_to",
    "decide_refund",
    "expire_order",
    "get_order",
    "list_expired",
    "list_news",
    "list_orders_of",
    "list_papers",
    "list_unfinished",
    "offer_refund",
    "pay",
    "place_order",
    "refund_passengers",
    "settle_refund",
]  # fmt: skip

_ASK_ANEW = "ask for a new quote"
_ORDERED = f"this quote has been ordered already; {_ASK_ANEW}"
_MOST_STEPS = 8
# Places are held for orders that wait: nobody may hold a whole ship.
_MOST_OPEN = 10
# A payment without a result for so long is looked at without waiting for a report.
_QUIET = timedelta(minutes=2)


def place_order(
    till: Till,
    quote_id: str,
    remember: RememberOrder,
    person_id: str | None = None,
    exchange_of: str | None = None,
    *,
    changing: Wish = ALL,
    phones: Sequence[PhoneOf] = (),
    names: Sequence[NameOf] = (),
    request_key: str | None = None,
) -> OrderState:
    """Turn a quote into an order with its places held, awaiting payment; one of 0.00 has its tickets at once.

    Raises InvalidRequest for an unknown quote, Gone for an expired one, Conflict for one already ordered or
    where an operator has no place, DepartureCancelled where a departure does not run, OperatorSilent where one does
    not answer: then nothing stays booked.
    With `exchange_of` the tickets of that order pay for it as far as they give something back: those of the
    passengers, and the legs, that `changing` names. `phones` are
    those that the tickets will be bound to, `names` make them personal. The same `request_key` continues an order
    whose answer never reached its caller.
    """
    known = _placed_before(till, quote_id, request_key)
    if known is not None:
        return advance(till, known, remember)
    now = till.clock.now()
    with till.database.write() as tx:
        quote = offers.find_quote(tx, quote_id)
        if quote is None:
            raise InvalidRequest.at("quote_id", "there is no such quote")
        if now >= quote.expires_at:
            raise Gone(f"the quote expired at {quote.expires_at.isoformat()}")
        if quote.document.get("person_id") not in {None, person_id}:
            raise InvalidRequest.at("quote_id", "there is no such quote")
        if orders.find_order_of_quote(tx, quote_id):
            raise Conflict(_ORDERED)
        disrupted.require_running(tx, till, quote)
        guests.check_company(till, quote)
        if person_id and orders.count_open_orders(tx, person_id, ("holding", *PAYABLE), now) >= _MOST_OPEN:
            raise Conflict(
                f"at most {_MOST_OPEN} orders may wait for payment, or cost nothing, at a time; pay one, or let it go"
            )
        given = exchange.give_up(tx, till, quote, exchange_of, changing)
        capped.require_standing(tx, till, quote, exchange_of, given.going)
        holders = holders_for(quote, till.rule_of(quote), phones, names, given.holders)
        order_id = new_id()
        wanted = places.plan(till, quote, order_id)
        guests.check_share(tx, till, quote, wanted, person_id)
        order = Order(
            order_id, quote.id, quote.region, "holding" if wanted else "awaiting_payment", quote.total_minor,
            quote.currency, now, now + ORDER_LIFE, person_id, exchange_of, given.credit_minor, request_key,
            given.text(),
        )  # fmt: skip
        if not orders.insert_order(tx, order):
            raise Conflict(_ORDERED)
        orders.insert_event(
            tx, OrderEvent(new_id(), order.id, now, None, order.state, "buyer", "order placed")
        )
        bookings.insert_bookings(tx, wanted)
        order_holders.insert_holders(tx, order.id, holders)
        pass_uses.take(tx, quote, order.id, now)
        if order.total_minor <= given.credit_minor and not wanted:
            issue(tx, till.press, quote, order, now)
            exchange.settle(tx, till, order, now)
            move(tx, order, "issue", now, actor="buyer", reason="nothing to pay")
        state = state_of(tx, order.id)
        if not wanted:
            remember(tx, state)
    return advance(till, order_id, remember) if wanted else state


def _placed_before(till: Till, quote_id: str, request_key: str | None) -> str | None:
    """The order that the same request has placed; raises Conflict where that has come to nothing."""
    with till.database.read() as tx:
        found = orders.find_order_of_quote(tx, quote_id)
        if found is None or request_key is None or found.request_key != request_key:
            return None
        if found.state in {"unwinding", "cancelled"}:
            raise Conflict(
                f"this order came to nothing: {orders.list_events(tx, found.id)[-1].reason}; {_ASK_ANEW}"
            )
    return found.id


def list_papers(till: Till, order_id: str) -> list[Paper]:
    """What operators have handed over for an order: their own tickets, which their staff can read."""
    with till.database.read() as tx:
        return booking_documents.list_papers(tx, order_id)


def list_news(till: Till, state: OrderState) -> list[LegNews]:
    """Read the news of the runs of an order's legs."""
    with till.database.read() as tx:
        return disrupted.news_of_legs(tx, till, state.quote)


def list_orders_of(till: Till, person_id: str) -> list[Order]:
    """The orders of an account, newest first."""
    with till.database.read() as tx:
        return orders.list_orders_of(tx, person_id)


def find_order_of(till: Till, wanted: str) -> str | None:
    """The order of this id, or of the ticket with this number; None where there is neither."""
    with till.database.read() as tx:
        if orders.find_order(tx, wanted) is not None:
            return wanted
        ticket = tickets.find_ticket(tx, wanted)
    return ticket.order_id if ticket else None


def belongs_to(till: Till, order_id: str, person_id: str) -> bool:
    """Whether an order is an account's."""
    with till.database.read() as tx:
        found = orders.find_order(tx, order_id)
    return found is not None and found.person_id == person_id


def pay(
    till: Till, order_id: str, method: str, request_key: str, remember: RememberOrder
) -> tuple[OrderState, Authorisation | None]:
    """Pay an order: authorise, have places confirmed, capture, then tickets and ledger in one transaction.

    Where the buyer's bank asks for the buyer, the answer's Authorisation says how to go on, and the order waits.
    The same `request_key` continues an earlier attempt. Raises InvalidRequest for an unknown method,
    PaymentRefused when the gateway declines, OutcomeUnknown when it does not answer, OperatorSilent when an
    operator does not confirm yet, DepartureCancelled where a departure no longer runs (then the order comes to
    nothing and nothing is paid), Gone and Conflict by the order's state.
    """
    till.gateway.check_method(method)
    try:
        disrupted.refuse_payment(till, order_id, request_key)
    except DepartureCancelled:
        advance(till, order_id)
        raise
    paying.leave_open_question(till, order_id, request_key)
    paying.begin(till, order_id, method, request_key)
    state, asked = get_order(till, order_id), None
    payment = next(payment for payment in state.payments if payment.request_key == request_key)
    if payment.state in {"pending", "action_required"}:
        # Asking again with the same key gives the first answer again: also the buyer's secret, which is not stored.
        state, asked = paying.authorise(till, state.order, payment)
    state = advance(till, order_id, remember)
    payment = next(payment for payment in state.payments if payment.request_key == request_key)
    if payment.state == "declined":
        raise PaymentRefused("the payment was declined; try another payment method")
    return state, asked if payment.state == "action_required" else None


def open_question(till: Till, state: OrderState) -> Authorisation | None:
    """How the buyer goes on whose bank still asks; None where none asks, or the gateway does not answer."""
    return paying.open_question(till, state)


def advance(till: Till, order_id: str, remember: RememberOrder | None = None) -> OrderState:
    """Carry an order on from wherever it stands until it waits for its buyer; safe to call at any time.

    Raises what stopped it: Conflict after an operator's no (everything is given back first), OperatorSilent,
    OutcomeUnknown.
    """
    refused: Conflict | OperatorSilent | PaymentRefused | None = None
    state = get_order(till, order_id)
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


def list_unfinished(till: Till, limit: int = 500) -> tuple[list[str], list[Refund]]:
    """List what a crash or a silent partner may have left: orders under way, places to give back, refunds to pay."""
    quiet_since = till.clock.now() - _QUIET
    with till.database.read() as tx:
        under_way = [order.id for order in orders.list_orders_in(tx, UNFINISHED, limit)]
        waiting = [
            payment.order_id
            for payment in orders.list_payments_in(tx, ("pending", "action_required"), quiet_since, limit)
        ]
        unwanted = bookings.list_orders_with_unwanted(tx, limit)
        refunds = orders.list_refunds_in(tx, ("decided", "pending"), limit)
    return list(dict.fromkeys([*under_way, *waiting, *unwanted])), refunds


def list_expired(till: Till, limit: int = 500) -> list[str]:
    """List orders that nobody paid in time."""
    with till.database.read() as tx:
        return [
            order.id
            for order in orders.list_orders_in(tx, PAYABLE, limit, expired_by=till.clock.now())
            if not paying.is_under_way(order, orders.list_payments(tx, order.id), till.clock.now())
        ]


def expire_order(till: Till, order_id: str) -> None:
    """Let an order go that nobody paid in time, with the places it holds; one that is paid meanwhile stays."""
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, order_id)
        payments = orders.list_payments(tx, order_id)
        if order.state not in PAYABLE or now < order.expires_at:
            return
        if paying.is_under_way(order, payments, now):
            return
        holds = any(one.state in bookings.OPEN for one in bookings.list_bookings(tx, order_id))
        bookings.give_back(tx, order_id, now)
        pass_uses.give_back(tx, order_id)
        asked = any(one.state in paying.OPEN for one in payments)
        step: Move = "unwind" if holds or asked else "expire"
        move(tx, order, step, now, actor="worker", reason="not paid in time")


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
            pass_uses.require_valid(tx, order.id)
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
        places.confirm_all(till, state)
        with till.database.read() as tx:  # operators take their time: a sailing may be cancelled meanwhile
            disrupted.require_running(tx, till, state.quote)
        return paying.capture_and_issue(till, state, payment, remember)
    except Exception as error:
        if not delivery.is_unforeseen(error):
            raise
        return paying.deliver_later(till, state, error)


def _asked(till: Till, state: OrderState, payment: Payment) -> OrderState | None:
    """A payment that the gateway has not been asked for yet, or for which its buyer's bank waits."""
    fresh = till.clock.now() < payment.created_at + paying.WITHOUT_A_TRACE
    if payment.state == "pending" and state.order.state != "payment_unknown" and fresh:
        return paying.authorise(till, state.order, payment)[0]
    looked = paying.look_again(till, payment)
    if looked.payments != state.payments:
        return looked
    return paying.ask_again(till, state.order, payment) if payment.state == "pending" else None


def _held(till: Till, state: OrderState, remember: RememberOrder | None) -> OrderState | None:
    """Every place is held: now the buyer pays, or, where nothing is due, the places are confirmed at once."""
    places.hold_all(till, state)
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, state.order.id)
        if order.state != "holding":
            return state_of(tx, order.id)
        move(tx, order, "hold", now, actor="operators", reason="every place is held")
        if state.due_minor() == 0:
            move(tx, locked(tx, order.id), "authorise", now, actor="buyer", reason="nothing to pay")
        done = state_of(tx, order.id)
        if remember and state.due_minor():
            remember(tx, done)
    return done


def _unwind(till: Till, state: OrderState, reason: str, actor: str = "operators") -> OrderState:
    """Let an order come to nothing; `advance` then gives back what is held for it."""
    with till.database.write() as tx:
        unwind(tx, locked(tx, state.order.id), till.clock.now(), actor=actor, reason=reason)
        return state_of(tx, state.order.id)
