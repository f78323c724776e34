"""Carnets that have expired, and what became of the uses that were left."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, insert_once
from ticketing.db.tables.books import share
from ticketing.db.tables.sale import order, ticket
from ticketing.db.tables.settlement import carnet_end
from ticketing.db.ticket.tickets import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class CarnetEnd:
    """A carnet's end: of its `uses` so many were `used`, and its operators gave `amount_minor` back."""

    ticket_jti: str
    region: str
    uses: int
    used: int
    amount_minor: int
    currency: str
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Nets:
    """The net amounts of a ticket's operators, at its sale and in all until a moment."""

    sold: dict[str, int]
    booked: dict[str, int]


def list_expired(
    tx: Transaction, region: str, products: Sequence[str], before: datetime, limit: int
) -> list[Ticket]:
    """List valid carnets that expired before a moment and have not come to their end, oldest first."""
    query = (
        sa.select(ticket)
        .join(order, order.c.id == ticket.c.order_id)
        .outerjoin(carnet_end, carnet_end.c.ticket_jti == ticket.c.jti)
        .where(ticket.c.product.in_(products), ticket.c.expires_at < before, ticket.c.status == "valid")
        .where(order.c.region == region, carnet_end.c.ticket_jti.is_(None))
        .order_by(ticket.c.expires_at, ticket.c.jti)
        .limit(limit)
    )
    return fetch(tx, query, Ticket)


def insert_end(tx: Transaction, made: CarnetEnd) -> bool:
    """Write down a carnet's end; False when it was written before."""
    result = tx.execute(insert_once(tx, carnet_end, columns(made)).returning(carnet_end.c.ticket_jti))
    return result.first() is not None


def stream_ends(tx: Transaction, region: str) -> Iterator[CarnetEnd]:
    """Yield the ends of a region's carnets."""
    query = sa.select(carnet_end).where(carnet_end.c.region == region).order_by(carnet_end.c.ticket_jti)
    for row in tx.execute(query.execution_options(yield_per=1000)).mappings():
        yield CarnetEnd(**row)


def find_nets(tx: Transaction, jti: str, until: datetime) -> Nets:
    """Find the net shares of a ticket's parties, booked until a moment."""
    query = sa.select(share.c.operator, share.c.kind, share.c.net_minor).where(
        share.c.ticket_jti == jti, share.c.booked_at <= until
    )
    nets = Nets({}, {})
    for operator, kind, net in tx.execute(query):
        nets.booked[operator] = nets.booked.get(operator, 0) + net
        if kind == "sale":
            nets.sold[operator] = nets.sold.get(operator, 0) + net
    return nets
