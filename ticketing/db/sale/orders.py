"""Orders with their events, payments and refunds."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tariffs.money import Money
from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, get, insert, kept_as, put_once
from ticketing.db.tables.purchase import pass_use
from ticketing.db.tables.sale import order, order_event, payment, refund, ticket
from ticketing.frozen import RefundDocument, SoldGuarantee, read_guarantee, read_refund, write_refund


def _chain(following: Callable[[Any], sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """The statement that walks from an order to those that follow it."""
    begin = sa.select(order.c.id, order.c.exchange_of).where(order.c.id == _WANTED)
    chain = begin.cte("chain", recursive=True)
    step = sa.select(order.c.id, order.c.exchange_of).join(chain, following(chain))
    return sa.select(chain.union(step).c.id)


_WANTED: sa.BindParameter[str] = sa.bindparam("wanted")
_REPLACED = _chain(lambda chain: order.c.id == chain.c.exchange_of)
_REPLACING = _chain(lambda chain: order.c.exchange_of == chain.c.id)
_ORDER = sa.select(order).where(order.c.id == _WANTED)
_LOCKED_ORDER = _ORDER.with_for_update()
_ORDER_OF_QUOTE = sa.select(order).where(order.c.quote_id == _WANTED)
_MOVE_ORDER = sa.update(order).where(order.c.id == _WANTED)
_EVENTS = sa.select(order_event).where(order_event.c.order_id == _WANTED).order_by(order_event.c.id)
_PAYMENT = sa.select(payment).where(payment.c.id == _WANTED)
_PAYMENTS = sa.select(payment).where(payment.c.order_id == _WANTED).order_by(payment.c.id)
_CHANGE_PAYMENT = sa.update(payment).where(payment.c.id == _WANTED)
_REFUNDS = sa.select(refund).where(refund.c.order_id == _WANTED).order_by(refund.c.seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A purchase and its state (`purchase/order.py` draws the states).

    `request_key` says which call has placed it, so that the same call finds it again; `exchange_legs` which legs of whom
    it gives up of the order that it exchanges, as JSON; `code` is `group` where one code stands for its people; `disclosed` is what its buyer was told of separate contracts, as JSON,
    `guaranteed` the guarantee of connections that was sold with it.
    """

    id: str
    quote_id: str
    region: str
    state: str
    total_minor: int
    currency: str
    created_at: datetime
    expires_at: datetime
    person_id: str | None = None
    exchange_of: str | None = None
    credit_minor: int = 0
    request_key: str | None = None
    exchange_legs: str | None = None
    code: str | None = None
    disclosed: str | None = None
    guaranteed: str | None = None

    @property
    def guarantee(self) -> SoldGuarantee | None:
        """The guarantee that was sold with it; None without any."""
        return read_guarantee(json.loads(self.guaranteed)) if self.guaranteed else None

    @property
    def disclosure(self) -> dict[str, object] | None:
        """The words of separate contracts that the buyer was told: version, language, whether acknowledged; None without any."""
        told: dict[str, object] | None = json.loads(self.disclosed) if self.disclosed else None
        return told

    @property
    def given_up(self) -> dict[str, tuple[int, ...]]:
        """The legs that it gives up, by passenger; none of a passenger: all that their pass is good for."""
        return {ref: tuple(legs) for ref, legs in json.loads(self.exchange_legs or "{}").items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """One step of an order: who moved it, when and why."""

    id: str
    order_id: str
    at: datetime
    from_state: str | None
    to_state: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money asked of the buyer; an order may have several, one of them successful."""

    id: str
    order_id: str
    gateway: str
    method: str
    request_key: str
    state: str
    amount_minor: int
    currency: str
    external_id: str | None
    created_at: datetime
    fee_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money given back; `document` says for whom, how much of each ticket, and why.

    `changed_at` is when it came into its present state; None where it was decided so.
    """

    id: str
    order_id: str
    payment_id: str | None
    seq: int
    request_key: str
    state: str
    amount_minor: int
    currency: str
    document: RefundDocument = field(metadata=kept_as(read_refund, write_refund))
    external_id: str | None
    created_at: datetime
    changed_at: datetime | None = None

    @property
    def since(self) -> datetime:
        """The moment from which on it is in its present state."""
        return self.changed_at or self.created_at


def insert_order(tx: Transaction, made: Order) -> bool:
    """Store an order; False where the quote has become one meanwhile: one quote makes one order (unique)."""
    try:
        return put_once(tx, order, columns(made))
    except sa.exc.IntegrityError:
        return False


def list_by_total(tx: Transaction, region: str, total: Money | None, limit: int) -> list[Order]:
    """List the newest orders of a region, with a total or with any."""
    query = sa.select(order).where(order.c.region == region)
    if total is not None:
        query = query.where(order.c.total_minor == total.minor, order.c.currency == total.currency)
    return fetch(tx, query.order_by(order.c.id.desc()).limit(limit), Order)


def list_ending(tx: Transaction, region: str, end: str, limit: int) -> list[Order]:
    """List the newest orders of a region whose id ends so."""
    query = sa.select(order).where(order.c.region == region, order.c.id.endswith(end, autoescape=True))
    return fetch(tx, query.order_by(order.c.id.desc()).limit(limit), Order)


def find_order(tx: Transaction, order_id: str, *, lock: bool = False) -> Order | None:
    """Read an order; `lock` holds its row until the transaction ends."""
    return find(tx, _LOCKED_ORDER if lock else _ORDER, Order, wanted=order_id)


def get_order(tx: Transaction, order_id: str) -> Order:
    """Read an order; raises NotFound."""
    return get(tx, _ORDER, Order, wanted=order_id)


def list_orders(tx: Transaction, order_ids: Collection[str]) -> list[Order]:
    """Read some orders; one that is not there is left out."""
    return fetch(tx, sa.select(order).where(order.c.id.in_(list(order_ids))), Order)


def find_exchange_under_way(tx: Transaction, order_id: str) -> Order | None:
    """Read an order that would replace this one, or a part of it, and has come to no end yet."""
    ended = ("cancelled", "expired", "ticketed", "part_refunded", "refunded", "exchanged")
    query = sa.select(order).where(order.c.exchange_of == order_id, order.c.state.notin_(ended))
    return find(tx, query.order_by(order.c.id).limit(1), Order)


def list_replaced(tx: Transaction, order_id: str) -> list[str]:
    """The ids of an order and of those that it has replaced by exchange: their payments have paid for it."""
    return list(tx.execute(_REPLACED, {"wanted": order_id}).scalars())


def list_replacing(tx: Transaction, order_id: str) -> list[str]:
    """The ids of an order and of those that have replaced it by exchange: its payments have paid for them."""
    return list(tx.execute(_REPLACING, {"wanted": order_id}).scalars())


def count_open_orders(tx: Transaction, person_id: str, states: tuple[str, ...], now: datetime) -> int:
    """Count the orders of a person that are in one of these states, or cost nothing and are still to be travelled.

    What a pass pays for costs nothing and is no such order: the pass bounds it.
    """
    lives = sa.exists().where(
        ticket.c.order_id == order.c.id, ticket.c.status == "valid", ticket.c.expires_at > now
    )
    of_a_pass = sa.exists().where(pass_use.c.order_id == order.c.id)
    free = sa.and_(order.c.total_minor == 0, order.c.state == "ticketed", lives, ~of_a_pass)
    query = sa.select(sa.func.count()).where(order.c.person_id == person_id, order.c.state.in_(states) | free)
    return int(tx.execute(query).scalar_one())


def paid_by(person: "sa.ColumnElement[str | None]") -> "sa.ColumnElement[bool]":
    """The condition that a person has paid for an order which was not given back whole."""
    bought = order.alias("bought")
    query = (
        sa.select(payment.c.id)
        .join(bought, bought.c.id == payment.c.order_id)
        .where(bought.c.person_id == person, payment.c.state == "captured")
        .where(bought.c.state.in_(("ticketed", "part_refunded", "exchanged")))
    )
    return query.exists()


def has_paid(tx: Transaction, person_id: str) -> bool:
    """Tell whether a person has paid for an order which was not given back whole."""
    return bool(tx.execute(sa.select(paid_by(sa.literal(person_id)))).scalar())


def has_orders_of(tx: Transaction, region: str) -> bool:
    """Tell whether anybody has ordered anything of a region."""
    return tx.execute(sa.select(order.c.id).where(order.c.region == region).limit(1)).first() is not None


def list_orders_of(tx: Transaction, person_id: str) -> list[Order]:
    """List a person's orders, newest first."""
    query = sa.select(order).where(order.c.person_id == person_id).order_by(order.c.id.desc())
    return fetch(tx, query, Order)


def find_order_of_quote(tx: Transaction, quote_id: str) -> Order | None:
    """Read the order that a quote became."""
    return find(tx, _ORDER_OF_QUOTE, Order, wanted=quote_id)


def list_orders_in(
    tx: Transaction, states: tuple[str, ...], limit: int, *, expired_by: datetime | None = None
) -> list[Order]:
    """List orders in one of these states, oldest first; with `expired_by` only those that expired by then."""
    query = (
        sa.select(order)
        .where(order.c.state.in_(states))
        .order_by(order.c.expires_at, order.c.id)
        .limit(limit)
    )
    return fetch(tx, query.where(order.c.expires_at <= expired_by) if expired_by else query, Order)


def set_order_state(tx: Transaction, event: OrderEvent) -> None:
    """Move an order and write down the step."""
    tx.execute(_MOVE_ORDER, {"wanted": event.order_id, "state": event.to_state})
    insert_event(tx, event)


def set_owner(tx: Transaction, order_id: str, person_id: str) -> None:
    """Give an order to an account."""
    tx.execute(sa.update(order).where(order.c.id == order_id).values(person_id=person_id))


def insert_event(tx: Transaction, event: OrderEvent) -> None:
    """Write down a step."""
    insert(tx, order_event, event)


def list_events(tx: Transaction, order_id: str) -> list[OrderEvent]:
    """List the steps of an order, oldest first."""
    return fetch(tx, _EVENTS, OrderEvent, wanted=order_id)


def insert_payment(tx: Transaction, made: Payment) -> None:
    """Store a payment before its gateway is called, so that no call can be forgotten."""
    insert(tx, payment, made)


def update_payment(
    tx: Transaction, payment_id: str, *, state: str, external_id: str | None, fee_minor: int | None = None
) -> None:
    """Write down what the gateway said; its id for the payment, and its fee, stay where they are known."""
    known: dict[str, Any] = {"external_id": external_id} if external_id else {}
    fee = {} if fee_minor is None else {"fee_minor": fee_minor}
    tx.execute(_CHANGE_PAYMENT, {"wanted": payment_id, "state": state, **known, **fee})


def set_payment_amount(tx: Transaction, payment_id: str, amount_minor: int) -> None:
    """Write down what a gateway really took, where that was not what it was asked for."""
    tx.execute(_CHANGE_PAYMENT, {"wanted": payment_id, "amount_minor": amount_minor})


def set_payment_fee(tx: Transaction, payment_id: str, fee_minor: int) -> None:
    """Write down what the gateway keeps."""
    tx.execute(_CHANGE_PAYMENT, {"wanted": payment_id, "fee_minor": fee_minor})


def find_payment_of(tx: Transaction, gateway: str, external_id: str) -> Payment | None:
    """Read the payment that a gateway knows under its own id."""
    query = sa.select(payment).where(payment.c.gateway == gateway, payment.c.external_id == external_id)
    return find(tx, query, Payment)


def find_payment(tx: Transaction, payment_id: str) -> Payment | None:
    """Read one payment."""
    return find(tx, _PAYMENT, Payment, wanted=payment_id)


def list_payments_between(tx: Transaction, gateway: str, since: datetime, until: datetime) -> list[Payment]:
    """List a gateway's payments that were begun in `[since, until)`."""
    made = payment.c.created_at
    query = sa.select(payment).where(payment.c.gateway == gateway, made >= since, made < until)
    return fetch(tx, query.order_by(made, payment.c.id), Payment)


def list_payments_in(tx: Transaction, states: tuple[str, ...], before: datetime, limit: int) -> list[Payment]:
    """List payments in one of these states that were begun before a moment, oldest first."""
    query = sa.select(payment).where(payment.c.state.in_(states), payment.c.created_at < before)
    return fetch(tx, query.order_by(payment.c.created_at, payment.c.id).limit(limit), Payment)


def list_payments(tx: Transaction, order_id: str) -> list[Payment]:
    """List the payments of an order, oldest first."""
    return fetch(tx, _PAYMENTS, Payment, wanted=order_id)


def list_payments_of(tx: Transaction, order_ids: Sequence[str]) -> list[Payment]:
    """List the payments of several orders, oldest first."""
    query = sa.select(payment).where(payment.c.order_id.in_(list(order_ids))).order_by(payment.c.id)
    return fetch(tx, query, Payment)


def insert_refund(tx: Transaction, made: Refund) -> None:
    """Store a refund as decided."""
    insert(tx, refund, made)


def update_refund(tx: Transaction, refund_id: str, state: str, external_id: str, now: datetime) -> None:
    """Write down what the gateway said of a refund, and when: `pending`, `confirmed` or `failed`."""
    change = sa.update(refund).where(refund.c.id == refund_id)
    tx.execute(change.values(state=state, external_id=external_id, changed_at=now))


def find_refund(tx: Transaction, refund_id: str, *, lock: bool = False) -> Refund | None:
    """Read one refund; `lock` holds its row."""
    query = sa.select(refund).where(refund.c.id == refund_id)
    return find(tx, query.with_for_update() if lock else query, Refund)


def get_payment(tx: Transaction, payment_id: str) -> Payment:
    """Read one payment; raises NotFound."""
    return get(tx, _PAYMENT, Payment, wanted=payment_id)


def get_refund(tx: Transaction, refund_id: str) -> Refund:
    """Read one refund; raises NotFound."""
    return get(tx, sa.select(refund).where(refund.c.id == refund_id), Refund)


def list_refunds(tx: Transaction, order_id: str) -> list[Refund]:
    """List the refunds of an order in the order they were decided."""
    return fetch(tx, _REFUNDS, Refund, wanted=order_id)


def list_exchanged_legs(tx: Transaction, order_id: str) -> dict[tuple[str, int], str]:
    """List the legs of an order that exchanges have taken, by ticket and place, with the order that each has gone into."""
    taken: dict[tuple[str, int], str] = {}
    for one in list_refunds(tx, order_id):
        into = one.document.exchanged_for
        if into is not None:
            taken |= {(line.jti, at): into for line in one.document.lines for at in line.legs}
    return taken


def list_refunds_of_payment(tx: Transaction, payment_id: str) -> list[Refund]:
    """List what a payment gives back, for its own order and for those that have replaced it."""
    query = sa.select(refund).where(refund.c.payment_id == payment_id).order_by(refund.c.id)
    return fetch(tx, query, Refund)


def list_refunds_in(tx: Transaction, states: tuple[str, ...], limit: int) -> list[Refund]:
    """List refunds in one of these states, oldest first."""
    query = sa.select(refund).where(refund.c.state.in_(states)).order_by(refund.c.id).limit(limit)
    return fetch(tx, query, Refund)


def count_by_state(tx: Transaction, since: datetime) -> list[tuple[str, int, datetime]]:
    """Count the orders that were placed since a moment by their state, each with when the oldest was placed."""
    placed = sa.select(
        order.c.state, sa.func.count(), sa.func.min(order.c.created_at, type_=order.c.created_at.type)
    )
    rows = tx.execute(placed.where(order.c.created_at >= since).group_by(order.c.state))
    return [(str(row[0]), int(row[1]), row[2]) for row in rows]
