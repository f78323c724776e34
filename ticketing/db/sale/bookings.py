"""Operators' bookings of an order: one row for each ride and passenger that an operator has to know of."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from operators.place_kinds import FOOT
from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, inserting
from ticketing.db.sale.orders import paid_by
from ticketing.db.tables.purchase import booking
from ticketing.db.tables.sale import order

_BOOKINGS = sa.select(booking).where(booking.c.order_id == sa.bindparam("wanted")).order_by(booking.c.seq)

# States in which the operator may still have something of ours.
WITH_OPERATOR = ("wanted", "held", "confirmed")
OPEN = (*WITH_OPERATOR, "unwanted")
# The name under which a booking's document has the choice, or the hold, after a disruption that it is for.
CHOICE = "rerouting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """`id` is the key under which the operator knows it; `document` has the ride and the traveller.

    `wanted` is asked for, `held` and `confirmed` are what the operator said, `unwanted` is to be given back:
    then it becomes `released` or `cancelled`. `refused` never was; `stuck` needs a person. `sailing` names the run
    of the operator on its day.
    """

    id: str
    order_id: str
    seq: int
    operator: str
    state: str
    reference: str | None
    expires_at: datetime | None
    tries: int
    changed_at: datetime
    document: dict[str, Any]
    sailing: str | None = None


def insert_bookings(tx: Transaction, made: Iterable[Booking]) -> None:
    """Store bookings before any operator is called, so that no call can be forgotten."""
    rows = [columns(one) for one in made]
    if rows:
        tx.execute(inserting(booking), rows)


def find_booking(tx: Transaction, booking_id: str) -> Booking | None:
    """Read one booking."""
    return find(tx, sa.select(booking).where(booking.c.id == booking_id), Booking)


def list_bookings(tx: Transaction, order_id: str) -> list[Booking]:
    """List the bookings of an order in the order of travel."""
    return fetch(tx, _BOOKINGS, Booking, wanted=order_id)


def set_booking(
    tx: Transaction,
    booking_id: str,
    state: str,
    at: datetime,
    *,
    of: Collection[str],
    reference: str | None = None,
    expires_at: datetime | None = None,
) -> bool:
    """Write down what an operator said, if the booking is still in a state `of` these; a reference once known is kept.

    Two processes may carry on one order: a late answer of the slower one never takes a booking back. False where the
    booking has gone on meanwhile.
    """
    changed: dict[str, Any] = {"state": state, "changed_at": at, "tries": 0}
    if reference is not None:
        changed["reference"] = reference
    if expires_at is not None:
        changed["expires_at"] = expires_at
    change = sa.update(booking).where(booking.c.id == booking_id, booking.c.state.in_(list(of)))
    return tx.execute(change.values(**changed)).rowcount == 1


def put_document(tx: Transaction, booking_id: str, document: dict[str, Any]) -> None:
    """Write what a booking is for anew, as when a choice takes over a place that was held."""
    tx.execute(sa.update(booking).where(booking.c.id == booking_id).values(document=canonical(document)))


def count_try(tx: Transaction, booking_id: str) -> None:
    """One more call without an answer."""
    tx.execute(sa.update(booking).where(booking.c.id == booking_id).values(tries=booking.c.tries + 1))


def give_back(
    tx: Transaction,
    order_id: str,
    at: datetime,
    passengers: Iterable[str] | None = None,
    legs: Collection[int] | None = None,
) -> None:
    """Mark what an order has at operators as unwanted: all of it, or that of some passengers, or of some legs."""
    whose = None if passengers is None else frozenset(passengers)
    for one in list_bookings(tx, order_id):
        theirs = whose is None or one.document["traveller"]["ref"] in whose
        mine = theirs and (legs is None or one.document["leg"] in legs)
        if mine and one.state in WITH_OPERATOR:
            set_booking(tx, one.id, "unwanted", at, of=WITH_OPERATOR)


def sailing_of(run: str, kind: str) -> str:
    """The name under which places of a kind on one run are counted: those of persons by the run's own."""
    return run if kind == FOOT else f"{run}#{kind}"


def count_confirmed(tx: Transaction, sailings: Collection[str]) -> dict[str, int]:
    """Count the booked places of each sailing, by the names that `sailing_of` gives."""
    query = (
        sa.select(booking.c.sailing, sa.func.count())
        .where(booking.c.sailing.in_(list(sailings)), booking.c.state == "confirmed")
        .group_by(booking.c.sailing)
    )
    return {str(sailing): int(count) for sailing, count in tx.execute(query)}


def count_unpaid(
    tx: Transaction, sailings: Collection[str], open_states: Collection[str], person_id: str
) -> dict[str, int]:
    """Count the places that an account keeps on each sailing without paying: in open orders, and in those that cost nothing."""
    return _count_unpaid(tx, sailings, open_states, order.c.person_id == person_id)


def count_unpaid_of_strangers(
    tx: Transaction, sailings: Collection[str], open_states: Collection[str]
) -> dict[str, int]:
    """The same for all guests and all accounts together that never paid for anything which they kept."""
    stranger = order.c.person_id.is_(None) | ~paid_by(order.c.person_id)
    return _count_unpaid(tx, sailings, open_states, stranger)


def _count_unpaid(
    tx: Transaction,
    sailings: Collection[str],
    open_states: Collection[str],
    whose: "sa.ColumnElement[bool]",
) -> dict[str, int]:
    costs_nothing = sa.and_(order.c.total_minor == 0, order.c.state.in_(("authorised", "ticketed")))
    query = (
        sa.select(booking.c.sailing, sa.func.count())
        .join(order, order.c.id == booking.c.order_id)
        .where(booking.c.sailing.in_(sailings), booking.c.state.in_(("wanted", "held", "confirmed")))
        .where(whose, order.c.state.in_(open_states) | costs_nothing)
        .group_by(booking.c.sailing)
    )
    return {str(sailing): int(count) for sailing, count in tx.execute(query)}


def queue_guests(tx: Transaction, sailings: Collection[str]) -> None:
    """Let guests' orders for one sailing be counted one after the other; SQLite has one writer anyway."""
    if tx.dialect.name != "sqlite":
        for sailing in sorted(sailings):
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"guests {sailing}"))))


def list_orders_with_unwanted(tx: Transaction, limit: int) -> list[str]:
    """List the orders that have something to give back."""
    query = (
        sa.select(booking.c.order_id)
        .join(order, order.c.id == booking.c.order_id)
        .where(booking.c.state == "unwanted")
        .group_by(booking.c.order_id)
        .order_by(booking.c.order_id)
        .limit(limit)
    )
    return list(tx.execute(query).scalars())
