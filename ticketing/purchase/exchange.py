"""Exchange: a new journey is paid with what the tickets of an old one give back; the difference is paid or paid back.

Nothing changes until the new tickets exist: in that same transaction the old ones are revoked, their shares and
taxes reversed into what the new ones take, and a difference in the buyer's favour is owed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tariffs.money import Money
from ticketing.books import postings
from ticketing.db import Transaction, books, orders
from ticketing.db.orders import Order, Refund
from ticketing.errors import Conflict
from ticketing.ids import new_id
from ticketing.purchase.giving_back import Decided, decide_whole, document_of, refundable_order, revoke
from ticketing.purchase.reversal import take_back
from ticketing.purchase.till import Till, locked, move


def credit(tx: Transaction, till: Till, order_id: str, now: datetime) -> Money:
    """What all tickets of an order give back towards another journey; raises Conflict when one gives nothing."""
    order = refundable_order(tx, order_id, lock=True)
    if orders.find_exchange_under_way(tx, order_id):
        raise Conflict("these tickets are being exchanged already")
    return Money(_sum(decide_whole(tx, till, order, now)), order.currency)


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
    made = _refund(tx, old, order, decided, left=left, now=now)
    orders.insert_refund(tx, made)
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
    jti, amount = line["jti"], line["amount_minor"]
    if amount == 0:
        return
    shares, taxes = books.list_shares(tx, jti), books.list_taxes(tx, jti)
    back = take_back(shares, taxes, amount, made.seq, line)
    shares_back = [replace(row, kind="exchange") for row in back.shares]
    taxes_back = [replace(row, kind="exchange") for row in back.taxes]
    books.allocate(tx, [*shares_back, *taxes_back], now, now)
    entry = postings.exchanged(made.id, jti, region=region, shares=back.shares, taxes=back.taxes, at=now)
    if entry:
        books.book(tx, entry, now)


def _refund(
    tx: Transaction, old: Order, order: Order, decided: Sequence[Decided], *, left: int, now: datetime
) -> Refund:
    """The reversal as a row of the old order; money goes back only where the new journey costs less."""
    paid = next((one for one in orders.list_payments(tx, old.id) if one.state == "captured"), None)
    if left and paid is None:
        raise Conflict("what is left over cannot be paid back: nothing was paid for the old tickets")
    seq = len(orders.list_refunds(tx, old.id)) + 1
    document = {"lines": [document_of(one) for one in decided], "exchanged_for": order.id}
    return Refund(
        new_id(), old.id, paid.id if paid and left else None, seq, f"exchange:{order.id}", "decided" if left else "confirmed",
        left, old.currency, document, None, now,
    )  # fmt: skip
