"""Departures that holders have missed because the ride before them was late: by ticket, and by whose ride."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.tables.disruption import disruption_affected, disruption_event, leg_of_ticket, rerouting
from ticketing.db.tables.sale import ticket

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MissedDeparture:
    """A departure on a ticket that its holder does not reach, and the operator of the ride that has broken the connection."""

    jti: str
    operator: str
    from_stop: str
    departs_at: datetime
    broken_by: str


def list_missed(
    tx: Transaction, region: str, operator: str, since: datetime, until: datetime
) -> list[MissedDeparture]:
    """List the missed departures of an operator between two moments, ticket by ticket."""
    leg = leg_of_ticket.c
    # Service days of up to a day before the hour of the departure, for the index.
    day = (since - _DAY).date().isoformat()
    of_operator = leg.region == region, leg.operator == operator, leg.service_date >= day
    return _list(tx, *of_operator, leg.departs_at >= since, leg.departs_at < until)


def list_missed_of(tx: Transaction, jti: str) -> list[MissedDeparture]:
    """List the departures that the holder of one ticket has missed."""
    return _list(tx, leg_of_ticket.c.jti == jti)


def _list(tx: Transaction, *of: "sa.ColumnElement[bool]") -> list[MissedDeparture]:
    """The last confirmed word on a ride decides: one that reaches the connection after all breaks it no more.

    Nor has a holder missed the departure to which they were moved since.
    """
    row, event, leg = disruption_affected, disruption_event, leg_of_ticket.c
    newer, newer_row = disruption_event.alias(), disruption_affected.alias()
    same: list[Any] = [
        newer.c[name] == event.c[name] for name in ("region", "operator", "trip_id", "service_date")
    ]
    overtaken = (
        sa.exists()
        .where(newer_row.c.jti == row.c.jti, newer_row.c.event_id == newer.c.id, *same)
        .where(newer.c.status == "confirmed", newer.c.revision > event.c.revision)
        .correlate(row, event)
    )
    moves = rerouting.c
    is_theirs = moves.passengers.like(sa.literal('%"') + ticket.c.passenger_ref + '"%')
    moved = (
        sa.exists()
        .where(moves.order_id == leg.order_id, moves.leg == leg.leg, moves.state == "done")
        .where(moves.kind == "later_departure", moves.ended_at >= event.c.confirmed_at, is_theirs)
        .where(ticket.c.jti == leg.jti)
        .correlate(leg_of_ticket, event)
    )
    query = (
        sa.select(leg.jti, leg.operator, leg.from_stop, leg.departs_at, event.c.operator)
        .select_from(leg_of_ticket)
        .join(row, sa.and_(row.c.jti == leg.jti, row.c.then_leg == leg.leg))
        .join(event, event.c.id == row.c.event_id)
        .where(row.c.why == "connection", event.c.status == "confirmed", ~overtaken, ~moved, *of)
        .order_by(leg.departs_at, leg.jti)
    )
    return [MissedDeparture(*one) for one in tx.execute(query)]
