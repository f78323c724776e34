"""Purchase: order a quote, pay for it, get tickets. Each use case reads, decides and writes; `advance` carries on.

Hold all places, authorise the money, have every place confirmed, take the money, then tickets, order state and
ledger in one transaction. Any refusal gives back what was held; a crash at any step is carried on by `advance`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from throughfare_gate.ids import new_id
from throughfare_gate.moments import written
from ticketing.db import Transaction
from ticketing.db.notices import contacts
from ticketing.db.sale import booking_documents, bookings, offers, order_holders, orders
from ticketing.db.sale.booking_documents import Paper
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order, OrderEvent, Refund
from ticketing.db.ticket import group_codes, tickets
from ticketing.errors import (
    Conflict,
    DepartureCancelled,
    Gone,
    InvalidRequest,
    NotFound,
    PaymentRefused,
)
from ticketing.payments import Authorisation
from ticketing.purchase import guests, pass_uses, paying, places
from ticketing.purchase.disclosed import Disclosed, disclosure_of, guarantee_wanted, with_guarantee
from ticketing.purchase.holders import NameOf, PhoneOf, holders_for
from ticketing.purchase.issue import GROUP, issue
from ticketing.purchase.one_code import holders_of_group
from ticketing.purchase.order import PAYABLE, UNFINISHED, Move
from ticketing.purchase.pass_uses import Exchanged
from ticketing.purchase.refund import capped, disrupted, exchange
from ticketing.purchase.refund.disrupted import LegNews
from ticketing.purchase.refund.giving_back import ALL, Wish, decide_refund, offer_refund, refund_passengers
from ticketing.purchase.refund.paying_back import settle_refund
from ticketing.purchase.saga import advance
from ticketing.purchase.till import (
    ORDER_LIFE,
    ClaimKey,
    OrderState,
    RememberOrder,
    RememberRefund,
    Till,
    disputes_of,
    followed,
    get_order,
    locked,
    move,
)
from ticketing.tickets.regroup import Group, dissolve, find_live_group

__all__ = [
    "Disclosed",
    "NameOf",
    "OrderState",
    "PhoneOf",
    "Quote",
    "RememberOrder",
    "RememberRefund",
    "Till",
    "Wish",
    "advance",
    "belongs_to",
    "decide_refund",
    "dissolve_group",
    "expire_order",
    "find_group",
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
# Places are held for orders that wait: nobody may hold a whole ship.
_MOST_OPEN = 10
# A payment without a result for so long is looked at without waiting for a report.
_QUIET = timedelta(minutes=2)


def _no_key(_: Transaction) -> None:
    """Claim nothing: a call that nobody repeats."""


def place_order(
    till: Till,
    wanted: str | Quote,
    remember: RememberOrder,
    person_id: str | None = None,
    exchange_of: str | None = None,
    *,
    changing: Wish = ALL,
    phones: Sequence[PhoneOf] = (),
    names: Sequence[NameOf] = (),
    code: str | None = None,
    disclosed: Disclosed | None = None,
    request_key: str | None = None,
    claim: ClaimKey = _no_key,
) -> OrderState:
    """Turn a quote into an order with its places held, awaiting payment; one of 0.00 has its tickets at once.

    The quote is given by its id, or as it was read: it never changes.

    Raises InvalidRequest for an unknown quote, Gone for an expired one, Conflict for one already ordered or
    where an operator has no place, DepartureCancelled where a departure does not run, OperatorSilent where one does
    not answer: then nothing stays booked.
    With `exchange_of` the tickets of that order pay for it as far as they give something back: those of the
    passengers, and the legs, that `changing` names. `phones` are those that the tickets will be bound to, `names` make them personal; with the `code` "group" one code stands for all
    people of the order (`one_code.py` says where it cannot). `disclosed` says how its separate contracts were told. The same `request_key` continues an order
    whose answer never reached its caller; `claim` takes the call's key in the transaction that places it.
    """
    now = till.clock.now()
    quote_id = wanted if isinstance(wanted, str) else wanted.id
    places.refuse_sold_out(till, wanted)
    with till.database.write() as tx:
        claim(tx)
        placed = orders.find_order_of_quote(tx, quote_id)
        again = placed if placed and request_key is not None and placed.request_key == request_key else None
        if again is None:
            quote = offers.find_quote(tx, quote_id) if isinstance(wanted, str) else wanted
            quote = _orderable(quote, person_id, now)
            if placed is not None:
                raise Conflict(_ORDERED)
            state = _place(
                tx,
                till,
                quote,
                _Buyer(
                    person_id=person_id,
                    exchange_of=exchange_of,
                    changing=changing,
                    phones=phones,
                    names=names,
                    request_key=request_key,
                    code=code,
                    disclosed=disclosed,
                ),
                now,
            )
            if not state.bookings:
                remember(tx, state)
                return state
        elif again.state in {"unwinding", "cancelled"}:
            reason = orders.list_events(tx, again.id)[-1].reason
            raise Conflict(f"this order came to nothing: {reason}; {_ASK_ANEW}")
    return advance(till, state if again is None else again.id, remember)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Buyer:
    """The buyer of a quote, with phones, names and what is exchanged for it."""

    person_id: str | None
    exchange_of: str | None
    changing: Wish
    phones: Sequence[PhoneOf]
    names: Sequence[NameOf]
    request_key: str | None
    code: str | None
    disclosed: Disclosed | None


def _orderable(quote: Quote | None, person_id: str | None, now: datetime) -> Quote:
    """A quote that somebody may order now; raises InvalidRequest and Gone. Pure."""
    if quote is None:
        raise InvalidRequest.at("quote_id", "there is no such quote")
    if now >= quote.expires_at:
        raise Gone(f"the quote expired at {written(quote.expires_at)}")
    if quote.document.person_id not in {None, person_id}:
        raise InvalidRequest.at("quote_id", "there is no such quote")
    return quote


def _place(tx: Transaction, till: Till, quote: Quote, buyer: _Buyer, now: datetime) -> OrderState:
    """Write an order down with the places that it wants; one that costs nothing and wants none has its tickets."""
    disrupted.require_running(tx, till, quote)
    disrupted.require_on_sale(till, quote)
    guests.check_company(till, quote)
    _check_open_orders(tx, buyer.person_id, now)
    given = exchange.give_up(tx, till, quote, buyer.exchange_of, buyer.changing)
    capped.require_standing(tx, till, quote, buyer.exchange_of, given.going)
    named = holders_of_group if buyer.code == GROUP else holders_for
    holders = named(quote, till.rule_of(quote), buyer.phones, buyer.names, given.holders)
    order_id = new_id()
    wanted = places.plan(till, quote, order_id)
    guests.check_share(tx, till, quote, wanted, buyer.person_id)
    order = Order(
        id=order_id,
        quote_id=quote.id,
        region=quote.region,
        state="holding" if wanted else "awaiting_payment",
        total_minor=quote.total_minor,
        currency=quote.currency,
        created_at=now,
        expires_at=now + ORDER_LIFE,
        person_id=buyer.person_id,
        exchange_of=buyer.exchange_of,
        credit_minor=given.credit_minor,
        request_key=buyer.request_key,
        exchange_legs=given.text(),
        code=buyer.code if buyer.code == GROUP else None,
        disclosed=disclosure_of(quote, buyer.disclosed),
    )
    region = till.regions[quote.region]
    order = with_guarantee(order, guarantee_wanted(tx, quote, region, buyer.disclosed, buyer.exchange_of))
    if not orders.insert_order(tx, order):
        raise Conflict(_ORDERED)
    event = OrderEvent(
        id=new_id(),
        order_id=order.id,
        at=now,
        from_state=None,
        to_state=order.state,
        actor="buyer",
        reason="order placed",
    )
    orders.insert_event(tx, event)
    bookings.insert_bookings(tx, wanted)
    order_holders.insert_holders(tx, order.id, holders)
    pass_uses.take(tx, quote, order.id, now, exchanged=Exchanged(buyer.exchange_of, given.going))
    if buyer.exchange_of is not None:
        contacts.copy_contacts(tx, buyer.exchange_of, order.id, now)
    state = OrderState(
        order=order,
        quote=quote,
        payments=[],
        tickets=[],
        refunds=[],
        events=[event],
        bookings=wanted,
        disputes=disputes_of(tx, order, []),
    )
    if wanted or state.due_minor():
        return state
    tickets_made = issue(tx, till.press, quote, order, now)
    exchange.settle(tx, till, order, now)
    moved = move(tx, order, "issue", now, actor="buyer", reason="nothing to pay")
    return followed(state, moved, issued=tickets_made)


def _check_open_orders(tx: Transaction, person_id: str | None, now: datetime) -> None:
    if person_id and orders.count_open_orders(tx, person_id, ("holding", *PAYABLE), now) >= _MOST_OPEN:
        raise Conflict(
            f"at most {_MOST_OPEN} orders may wait for payment, or cost nothing, at a time; pay one, or let one expire"
        )


def list_papers(till: Till, order_id: str) -> list[Paper]:
    """List the papers that operators have handed over for an order: their own tickets, which their staff can read."""
    with till.database.read() as tx:
        return booking_documents.list_papers(tx, order_id)


def list_news(till: Till, state: OrderState) -> list[LegNews]:
    """Read the news of the runs of an order's legs, with their vehicles."""
    with till.database.read() as tx:
        news = disrupted.news_of_legs(tx, till, state.quote, state.tickets)
        return disrupted.with_vehicles(tx, till, state.quote, state.tickets, news)


def list_orders_of(till: Till, person_id: str) -> list[Order]:
    """The orders of an account, newest first."""
    with till.database.read() as tx:
        return orders.list_orders_of(tx, person_id)


def find_order_of(till: Till, wanted: str) -> str | None:
    """The order of this id, or of the ticket or group code with this number; None where there is neither."""
    with till.database.read() as tx:
        if orders.find_order(tx, wanted) is not None:
            return wanted
        ticket = tickets.find_ticket(tx, wanted) or group_codes.find_code(tx, wanted)
    return ticket.order_id if ticket else None


def find_group(till: Till, state: OrderState) -> Group | None:
    """Read the living group code of an order; None where each ticket has its own."""
    if state.order.code != GROUP:
        return None
    with till.database.read() as tx:
        return find_live_group(tx, state.order.id)


def dissolve_group(till: Till, order_id: str) -> None:
    """End the code of a group, so that each ticket has its own again; without a living code nothing changes.

    Raises NotFound for an order that never had one, Conflict once a gate has let the group in.
    """
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, order_id)
        if order.code != GROUP or not group_codes.list_codes(tx, order_id):
            raise NotFound("this order has no group code")
        group = find_live_group(tx, order_id, lock=True)
        if group is None:
            return
        if any(tickets.is_used(tx, one.jti) for one in group.members):
            raise Conflict("a gate has let this group in; its code stays one until the journey ends")
        dissolve(tx, group, now)


def belongs_to(till: Till, order_id: str, person_id: str) -> bool:
    """Tell whether an order is an account's."""
    with till.database.read() as tx:
        found = orders.find_order(tx, order_id)
    return found is not None and found.person_id == person_id


def pay(
    till: Till,
    order_id: str,
    method: str,
    request_key: str,
    remember: RememberOrder,
    *,
    claim: ClaimKey = _no_key,
) -> tuple[OrderState, Authorisation | None]:
    """Pay an order: authorise, have places confirmed, capture, then tickets and ledger in one transaction.

    Where the buyer's bank asks for the buyer, the answer's Authorisation says how to go on, and the order waits.
    The same `request_key` continues an earlier attempt. Raises InvalidRequest for an unknown method,
    PaymentRefused when the gateway declines, OutcomeUnknown when it does not answer, OperatorSilent when an
    operator does not confirm yet, DepartureCancelled where a departure no longer runs (then the order comes to
    nothing and nothing is paid), Gone and Conflict by the order's state. `claim` takes the call's key in the
    transaction that writes the payment down.
    """
    till.gateway.check_method(method)
    try:
        state, payment = paying.begin(till, order_id, method, request_key, claim)
    except DepartureCancelled:
        advance(till, order_id)
        raise
    asked = None
    if payment.state in {"pending", "action_required"}:
        # Asking again with the same key gives the first answer again: also the buyer's secret, which is not stored.
        state, asked = paying.authorise(till, state, payment)
    state = advance(till, state, remember)
    payment = next(payment for payment in state.payments if payment.request_key == request_key)
    if payment.state == "declined":
        raise PaymentRefused("the payment was declined; try another payment method")
    return state, asked if payment.state == "action_required" else None


def open_question(till: Till, state: OrderState) -> Authorisation | None:
    """Ask for the open question of the buyer's bank; None where none asks, or the gateway does not answer."""
    return paying.open_question(till, state)


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
        pass_uses.give_back(tx, order_id, now)
        asked = any(one.state in paying.OPEN for one in payments)
        step: Move = "unwind" if holds or asked else "expire"
        move(tx, order, step, now, actor="worker", reason="not paid in time")
