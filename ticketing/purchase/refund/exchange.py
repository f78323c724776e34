"""Exchange: a new journey is paid with what passengers give up of an old one; the difference is paid or paid back.

The caller says who changes, and perhaps which legs; everybody else keeps their ticket, and a leg that was used stays
where it is. Nothing changes until the new tickets exist: in that same transaction what was given up is revoked, its
shares and taxes are reversed into what the new ones take, and a difference in the buyer's favour is owed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tariffs.money import Money
from ticketing.books import postings
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.documents import canonical
from ticketing.db.sale import orders
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.order_holders import Holder
from ticketing.db.sale.orders import Order, Refund
from ticketing.db.ticket import tickets
from ticketing.errors import Conflict
from ticketing.frozen import LineDocument, RefundDocument
from ticketing.purchase.holders import held_by
from ticketing.purchase.refund import credit, deciding
from ticketing.purchase.refund.deciding import Decided, Going, document_of
from ticketing.purchase.refund.decision import require_known
from ticketing.purchase.refund.giving_back import Wish, refundable_order, take_legs
from ticketing.purchase.refund.paying_back import refunds_for
from ticketing.purchase.refund.reversal import rows_back
from ticketing.purchase.till import Till, move


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The part of an order that an exchange gives up: the legs by passenger (none: a whole pass), what they bring, and whose tickets they are."""

    going: Going = field(default_factory=dict)
    credit_minor: int = 0
    holders: Mapping[str, Holder] = field(default_factory=dict)

    def text(self) -> str | None:
        """The legs as the new order keeps them."""
        return canonical({ref: list(legs) for ref, legs in self.going.items()}) if self.going else None


def give_up(tx: Transaction, till: Till, quote: Quote, exchange_of: str | None, wish: Wish) -> GivenUp:
    """Decide what passengers of another order give up for a quote.

    Raises InvalidRequest where the quote is not for those who change, Conflict where a ticket gives nothing, or belongs
    to another region or currency.
    """
    if exchange_of is None:
        return GivenUp()
    order = refundable_order(tx, exchange_of, lock=True)
    if orders.find_exchange_under_way(tx, order.id):
        raise Conflict("tickets of this order are being exchanged already")
    known = deciding.read(tx, till, order, till.clock.now())
    live = {one.passenger_ref: one for one in known.held if one.status in tickets.LIVE}
    passengers = credit.named(wish.passengers, live)
    going = dict.fromkeys(passengers, wish.legs)
    require_known(known.refundable, passengers)
    credit.require_fitting(quote, passengers, live)
    changing = credit.changing(passengers, live)
    credit.require_in_time(quote, wish.legs, changing)
    decided = deciding.decide_going(tx, till, known, going)
    credit.require_same_scheme(order, quote)
    lines = [one.line for one in decided]
    return GivenUp(
        credit.given_up(lines, live),
        credit.minor(lines),
        {ref: held_by(one, tickets.find_salt(tx, one.jti)) for ref, one in changing.items()},
    )


def worth(till: Till, order_id: str, wish: Wish) -> Money:
    """Say what the legs of these passengers would pay of another journey; nothing changes. Raises Conflict as `give_up` does."""
    with till.database.read() as tx:
        order = refundable_order(tx, order_id, lock=False)
        known = deciding.read(tx, till, order, till.clock.now())
        decided = deciding.decide_going(tx, till, known, dict.fromkeys(wish.passengers, wish.legs))
    return Money(credit.minor(one.line for one in decided), order.currency)


def going_of(tx: Transaction, order: Order) -> Going:
    """The legs that an order gives up of another one; one of an earlier release gives up all that was there."""
    if order.exchange_of is None:
        return {}
    if order.exchange_legs is None:
        held = tickets.list_tickets(tx, order.exchange_of)
        return {one.passenger_ref: () for one in held if one.status in tickets.LIVE}
    return order.given_up


def check(tx: Transaction, till: Till, order: Order) -> None:
    """Before money is taken: what is given up still brings what was promised. Raises Conflict."""
    if order.exchange_of is not None:
        _decided(tx, till, refundable_order(tx, order.exchange_of, lock=False), order)


def settle(tx: Transaction, till: Till, order: Order, now: datetime) -> None:
    """The new tickets exist: take what was given up for them. Raises Conflict as `check` does."""
    if order.exchange_of is None:
        return
    old = refundable_order(tx, order.exchange_of, lock=True)
    decided = _decided(tx, till, old, order)
    left = credit.back_minor(order)
    first, *further = _refunds(tx, old, order, decided, left=left, now=now)
    for refund in (first, *further):
        orders.insert_refund(tx, refund)
    for line in first.document.lines:
        _reverse(tx, first, line, old.region, now)
    entry = postings.unearned_refund(first.id, region=old.region, amount=left, currency=old.currency, at=now)
    if entry:
        books.book(tx, entry, now)
    take_legs(tx, till, old, first.document.lines, now)
    still = any(refund.status in tickets.LIVE for refund in tickets.list_tickets(tx, old.id))
    step: Any = "exchange_part" if still else "exchange"
    move(tx, old, step, now, actor="buyer", reason=f"exchanged for order {order.id}")


def _decided(tx: Transaction, till: Till, old: Order, order: Order) -> list[Decided]:
    """Decide anew, for the moment when the order was placed, what it gives up."""
    known = deciding.read(tx, till, old, order.created_at)
    decided = deciding.decide_going(tx, till, known, going_of(tx, order))
    if credit.minor(one.line for one in decided) != order.credit_minor:
        raise Conflict("the tickets to be exchanged have been used or given back meanwhile")
    return decided


def _reverse(tx: Transaction, made: Refund, line: LineDocument, region: str, now: datetime) -> None:
    back = rows_back(tx, made.seq, [line])
    shares_back = [replace(row, kind="exchange") for row in back.shares]
    taxes_back = [replace(row, kind="exchange") for row in back.taxes]
    books.allocate(tx, [*shares_back, *taxes_back], now, now)
    entry = postings.exchanged(made.id, line.jti, region=region, shares=back.shares, taxes=back.taxes, at=now)
    if entry:
        books.book(tx, entry, now)


def _refunds(
    tx: Transaction, old: Order, order: Order, decided: Sequence[Decided], *, left: int, now: datetime
) -> tuple[Refund, ...]:
    """The reversal as rows of the old order; money goes back only where the new journey costs less.

    It goes back over the payments of the old order and of those that it has replaced, each at most what it took.
    """
    lines = tuple(document_of(one) for one in decided)
    document = RefundDocument(lines, exchanged_for=order.id, back_minor=left)
    return refunds_for(tx, old, document, amount=left, request_key=f"exchange:{order.id}", now=now)
