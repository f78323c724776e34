"""Exchange: a new journey is paid with what the tickets of an old one give back; the difference is paid or paid back.

Nothing changes until the new tickets exist: in that same transaction the old ones are revoked, their shares and
taxes reversed into what the new ones take, and a difference in the buyer's favour is owed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ticketing.books import postings
from ticketing.db import Transaction, books, orders, tickets
from ticketing.db.offers import Quote
from ticketing.db.order_holders import Holder
from ticketing.db.orders import Order, Refund
from ticketing.errors import Conflict
from ticketing.purchase.giving_back import Decided, decide_whole, document_of, refundable_order, revoke
from ticketing.purchase.holders import held_by
from ticketing.purchase.paying_back import refunds_for
from ticketing.purchase.reversal import rows_back
from ticketing.purchase.till import Till, locked, move


def credit(tx: Transaction, till: Till, quote: Quote, exchange_of: str | None) -> int:
    """Compute what the tickets of another order bring to a quote, in minor units.

    Raises Conflict when one gives nothing, or belongs to another region or currency.
    """
    if exchange_of is None:
        return 0
    order = refundable_order(tx, exchange_of, lock=True)
    if orders.find_exchange_under_way(tx, order.id):
        raise Conflict("these tickets are being exchanged already")
    minor = _sum(decide_whole(tx, till, order, till.clock.now()))
    if order.currency != quote.currency:
        raise Conflict("tickets are exchanged in their own currency")
    if order.region != quote.region:
        raise Conflict("tickets are exchanged in their own region")
    return minor


def holders_of(tx: Transaction, order_id: str | None) -> dict[str, Holder]:
    """Whose the valid tickets of an order are."""
    if order_id is None:
        return {}
    held = [one for one in tickets.list_tickets(tx, order_id) if one.status in tickets.LIVE]
    return {one.passenger_ref: held_by(one, tickets.find_salt(tx, one.jti)) for one in held}


def check(tx: Transaction, till: Till, order: Order) -> None:
    """Before money is taken: the old tickets still give what was promised. Raises Conflict."""
    if order.exchange_of is None:
        return
    old = refundable_order(tx, order.exchange_of, lock=False)
    if _sum(decide_whole(tx, till, old, order.created_at)) != order.credit_minor:
        raise Conflict("the tickets to be exchanged have been used or given back meanwhile")


def settle(tx: Transaction, till: Till, order: Order, now: datetime) -> None:
    """The new tickets exist: take the old ones back into what they have cost. Raises Conflict as `check` does."""
    if order.exchange_of is None:
        return
    check(tx, till, order)
    old = locked(tx, order.exchange_of)
    decided = decide_whole(tx, till, old, order.created_at)
    left = max(0, order.credit_minor - order.total_minor)
    made, *further = _refunds(tx, old, order, decided, left=left, now=now)
    for one in (made, *further):
        orders.insert_refund(tx, one)
    for line in made.document["lines"]:
        _reverse(tx, made, line, old.region, now)
    entry = postings.unearned_refund(made.id, region=old.region, amount=left, currency=old.currency, at=now)
    if entry:
        books.book(tx, entry, now)
    lines = [one.line for one in decided]
    revoke(tx, old, [line.passenger_ref for line in lines], [line.jti for line in lines], now)
    move(tx, old, "exchange", now, actor="buyer", reason=f"exchanged for order {order.id}")


def _sum(decided: Sequence[Decided]) -> int:
    return sum(one.line.amount.minor for one in decided)


def _reverse(tx: Transaction, made: Refund, line: Mapping[str, Any], region: str, now: datetime) -> None:
    jti = line["jti"]
    back = rows_back(tx, made.seq, line)
    shares_back = [replace(row, kind="exchange") for row in back.shares]
    taxes_back = [replace(row, kind="exchange") for row in back.taxes]
    books.allocate(tx, [*shares_back, *taxes_back], now, now)
    entry = postings.exchanged(made.id, jti, region=region, shares=back.shares, taxes=back.taxes, at=now)
    if entry:
        books.book(tx, entry, now)


def _refunds(
    tx: Transaction, old: Order, order: Order, decided: Sequence[Decided], *, left: int, now: datetime
) -> tuple[Refund, ...]:
    """The reversal as rows of the old order; money goes back only where the new journey costs less.

    It goes back over the payments of the old order and of those that it has replaced, each at most what it took.
    """
    lines = [document_of(one) for one in decided]
    document = {"lines": lines, "exchanged_for": order.id, "back_minor": left}
    return refunds_for(tx, old, document, amount=left, request_key=f"exchange:{order.id}", now=now)
