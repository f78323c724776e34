"""The facts that published numbers count: uses of tickets at gates, journeys that are held, claims with what became of them."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.tables.devices import gate_device
from ticketing.db.tables.disruption import leg_of_ticket
from ticketing.db.tables.gates import gate_retention, scan, ticket_use
from ticketing.db.tables.sale import order, ticket

_BOARDINGS = ("ride", "transfer", "in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Boarding:
    """One use of a ticket that lets its holder on board.

    `gate_stop` is the stop of the gate, where the gate knows one; `sold_stop` the one where the leg was sold to begin.
    """

    jti: str
    operator: str
    at: datetime
    gate_stop: str | None
    sold_stop: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldJourney:
    """A journey that one ticket was sold for and that was not given back: from its first boarding to its last alighting."""

    jti: str
    from_operator: str
    from_stop: str
    to_operator: str
    to_stop: str


def list_boardings(tx: Transaction, region: str, since: datetime, until: datetime) -> list[Boarding]:
    """List the uses of tickets of a region in a span of time, as gates have told and the rules have judged them."""
    use, leg = ticket_use.c, leg_of_ticket.c
    query = (
        sa.select(
            use.jti,
            use.operator,
            use.at,
            sa.func.coalesce(scan.c.stop_id, gate_device.c.stop_id).label("gate_stop"),
            leg.from_stop.label("sold_stop"),
        )
        .select_from(ticket_use)
        .join(ticket, ticket.c.jti == use.jti)
        .join(order, order.c.id == ticket.c.order_id)
        .outerjoin(scan, sa.and_(scan.c.gate_key_id == use.gate_key_id, scan.c.scan_id == use.scan_id))
        .outerjoin(gate_device, gate_device.c.id == use.gate_key_id)
        .outerjoin(
            leg_of_ticket, sa.and_(leg.jti == use.jti, leg.leg == use.leg, leg.operator == use.operator)
        )
        .where(order.c.region == region, use.kind.in_(_BOARDINGS), use.at >= since, use.at < until)
    )
    return [Boarding(**row) for row in tx.execute(query).mappings()]


def list_journeys(tx: Transaction, region: str, first: date, last: date) -> list[HeldJourney]:
    """List the journeys that are held, of which the first ride is of a service day from one to another."""
    ends = (
        sa.select(
            leg_of_ticket.c.jti,
            sa.func.min(leg_of_ticket.c.leg).label("first"),
            sa.func.max(leg_of_ticket.c.leg).label("last"),
        )
        .where(leg_of_ticket.c.region == region)
        .group_by(leg_of_ticket.c.jti)
        .subquery()
    )
    begins, closes = leg_of_ticket.alias("begins"), leg_of_ticket.alias("closes")
    query = (
        sa.select(
            begins.c.jti,
            begins.c.operator.label("from_operator"),
            begins.c.from_stop,
            closes.c.operator.label("to_operator"),
            closes.c.to_stop,
        )
        .select_from(ends)
        .join(begins, sa.and_(begins.c.jti == ends.c.jti, begins.c.leg == ends.c.first))
        .join(closes, sa.and_(closes.c.jti == ends.c.jti, closes.c.leg == ends.c.last))
        .where(begins.c.service_date >= first.isoformat(), begins.c.service_date <= last.isoformat())
    )
    return [HeldJourney(**row) for row in tx.execute(query).mappings()]


def facts_kept_since(tx: Transaction) -> datetime | None:
    """The moment before which facts of gates have been let go; None where none have been."""
    kept: datetime | None = tx.execute(sa.select(gate_retention.c.kept_since)).scalar()
    return kept
