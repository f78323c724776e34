"""Count how far the word of an event has come: whom it concerns, who was told, who waits, and who cannot be reached."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from ticketing.db.disruption.events import DisruptionEvent, event_of
from ticketing.db.engine import Transaction
from ticketing.db.tables.disruption import disruption_affected, disruption_event, leg_of_ticket, place_hold
from ticketing.db.tables.notices import contact, notice
from ticketing.db.tables.sale import refund

_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The tickets that an event concerns, one for each passenger, in `orders` orders; and how many of them are where.

    `told`: a message has reached a contact of their order. `waiting`: it is to be delivered, or tried again. `overtaken`: a newer
    word took its place, or there was nothing to tell any more. `failed`: no contact could be reached. `without_contact`: nobody
    has named one. `given_back` are those whose leg was given back or exchanged since, `held` those for whom a place is held on another
    departure until they answer, `moved` those who were moved to one because they did not.
    """

    tickets: int
    orders: int
    told: int = 0
    waiting: int = 0
    overtaken: int = 0
    failed: int = 0
    without_contact: int = 0
    given_back: int = 0
    held: int = 0
    moved: int = 0


def list_recent(tx: Transaction, region: str, since: date) -> list[DisruptionEvent]:
    """List the last event of each run of service days from `since` on that was not dropped, the newest first."""
    table = disruption_event.c
    query = sa.select(disruption_event).where(
        table.region == region, table.service_date >= since.isoformat(), table.status != "dropped"
    )
    rows = tx.execute(query.order_by(table.last_seen.desc(), table.revision.desc())).mappings()
    newest: dict[tuple[str, str, str], DisruptionEvent] = {}
    for row in rows:
        newest.setdefault((row["operator"], row["trip_id"], row["service_date"]), event_of(row))
    return list(newest.values())[:_MOST]


def count_tickets(tx: Transaction, event_ids: Collection[str]) -> dict[str, int]:
    """Count the tickets that each of some events concerns."""
    table = disruption_affected.c
    query = sa.select(table.event_id, sa.func.count()).where(table.event_id.in_(list(event_ids)))
    return {row[0]: int(row[1]) for row in tx.execute(query.group_by(table.event_id))}


def reach_of(tx: Transaction, event_id: str) -> Reach:
    """Count for one event how far its word has come."""
    tickets = _tickets_by_order(tx, event_id)
    mine = sa.select(disruption_affected.c.order_id).where(disruption_affected.c.event_id == event_id)
    named = set(tx.execute(sa.select(contact.c.order_id).where(contact.c.order_id.in_(mine))).scalars())
    states: dict[str, set[str]] = {}
    about = notice.c.topic.endswith(f":journey:{event_id}", autoescape=True)
    query = sa.select(notice.c.order_id, notice.c.state).where(notice.c.order_id.in_(mine), about)
    for order_id, state in tx.execute(query):
        states.setdefault(order_id, set()).add(state)
    counts = {"told": 0, "waiting": 0, "overtaken": 0, "failed": 0, "without_contact": 0}
    for order_id, count in tickets.items():
        counts[_place(states.get(order_id, set()), has_contact=order_id in named)] += count
    return Reach(
        tickets=sum(tickets.values()),
        orders=len(tickets),
        given_back=_given_back(tx, event_id),
        held=_in_holds(tx, event_id, ("asked", "held")),
        moved=_in_holds(tx, event_id, ("kept",)),
        **counts,
    )


def list_told(tx: Transaction, order_id: str, event_ids: Collection[str]) -> frozenset[str]:
    """Name those of some events of which a message has reached a contact of an order."""
    query = sa.select(notice.c.topic).where(
        notice.c.order_id == order_id, notice.c.template == "journey", notice.c.state == "delivered"
    )
    named = {topic.rpartition(":")[2] for topic in tx.execute(query).scalars()}
    return frozenset(named & set(event_ids))


def refunds_since(tx: Transaction, event_id: str, since: datetime) -> list[tuple[str, int, int]]:
    """Sum the refunds since a moment of the orders that an event concerns: currency, how many, minor units."""
    mine = sa.select(disruption_affected.c.order_id).where(disruption_affected.c.event_id == event_id)
    table = refund.c
    query = (
        sa.select(table.currency, sa.func.count(), sa.func.sum(table.amount_minor))
        .where(table.order_id.in_(mine), table.created_at >= since, table.amount_minor > 0)
        .group_by(table.currency)
        .order_by(table.currency)
    )
    return [(row[0], int(row[1]), int(row[2])) for row in tx.execute(query)]


def _tickets_by_order(tx: Transaction, event_id: str) -> dict[str, int]:
    table = disruption_affected.c
    query = sa.select(table.order_id, sa.func.count()).where(table.event_id == event_id)
    return {row[0]: int(row[1]) for row in tx.execute(query.group_by(table.order_id))}


def _place(states: Collection[str], *, has_contact: bool) -> str:
    """Tell where an order stands by the states of its messages; the best of its contacts counts."""
    if "delivered" in states:
        return "told"
    if "waiting" in states or (has_contact and not states):
        return "waiting"
    if "dropped" in states:
        return "overtaken"
    return "failed" if states else "without_contact"


def _in_holds(tx: Transaction, event_id: str, states: Collection[str]) -> int:
    """Count the passengers of an event's tickets in the holds of some states."""
    row = disruption_affected.c
    concerned = sa.case((row.why == "connection", row.then_leg), else_=row.leg)
    mine = sa.exists().where(
        row.event_id == event_id,
        row.order_id == place_hold.c.order_id,
        concerned == place_hold.c.leg,
        disruption_event.c.id == event_id,
        sa.or_(row.why == "connection", disruption_event.c.trip_id == place_hold.c.was_trip_id),
    )
    query = sa.select(place_hold.c.passengers).where(place_hold.c.state.in_(list(states)), mine)
    return sum(len(json.loads(passengers)) for passengers in tx.execute(query).scalars())


def _given_back(tx: Transaction, event_id: str) -> int:
    leg, table = leg_of_ticket.c, disruption_affected.c
    kept = sa.exists().where(leg.jti == table.jti, leg.leg == table.leg)
    query = (
        sa.select(sa.func.count()).select_from(disruption_affected).where(table.event_id == event_id, ~kept)
    )
    return int(tx.execute(query).scalar_one())
