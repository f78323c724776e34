"""Count the events of a month for its end: rides at the gates, tickets of a point of sale."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ticketing.db.engine import Transaction
from ticketing.db.gate import gate_retention
from ticketing.db.tables.books import share
from ticketing.db.tables.gates import ticket_use
from ticketing.db.tables.sale import order, quote, ticket


def count_rides(
    tx: Transaction,
    region: str,
    before: datetime,
    products: Sequence[str] | None,
    *,
    since: datetime | None = None,
) -> dict[str, int]:
    """Count rides by operator: of some products or (None) of all, before one month's beginning and since another's.

    Rides are judged uses, taken online or told by a gate later: transfers are, check-outs and double uses are not.
    Those that have been let go are counted as they were.
    """
    query = (
        sa.select(ticket_use.c.operator, sa.func.count())
        .join(ticket, ticket.c.jti == ticket_use.c.jti)
        .join(order, order.c.id == ticket.c.order_id)
        .where(order.c.region == region, ticket_use.c.at < before, ticket_use.c.kind != "out")
        .group_by(ticket_use.c.operator)
    )
    if products is not None:
        query = query.where(ticket.c.product.in_(products))
    if since is not None:
        query = query.where(ticket_use.c.at >= since)
    gone = gate_retention.count_rides(
        tx, region, f"{before:%Y-%m}", products, since=f"{since:%Y-%m}" if since else None
    )
    return dict(gone + Counter({row[0]: int(row[1]) for row in tx.execute(query)}))


def sum_net_of(
    tx: Transaction, region: str, period: str, products: Sequence[str], currency: str
) -> dict[str, int]:
    """Sum the allocations of a month for each party of some products' tickets, net, in minor units."""
    query = (
        sa.select(share.c.operator, sa.cast(sa.func.sum(share.c.net_minor), sa.BigInteger))
        .join(ticket, ticket.c.jti == share.c.ticket_jti)
        .where(share.c.region == region, share.c.period == period, share.c.currency == currency)
        .where(ticket.c.product.in_(products))
        .group_by(share.c.operator)
        .order_by(share.c.operator)
    )
    return {row[0]: int(row[1]) for row in tx.execute(query)}


def stream_sold_by(tx: Transaction, region: str, period: str, channel: str) -> Iterator[tuple[str, int, int]]:
    """Yield the tickets of a point of sale that were sold or given back in a month, by currency: (currency, gross before, gross after).

    Gross is what the shares of a ticket sum to: what was paid and not given back.
    """
    moved = (
        sa.select(share.c.ticket_jti)
        .where(share.c.period == period, share.c.region == region)
        .distinct()
        .cte("moved")
        .prefix_with("MATERIALIZED")
    )
    before = sa.func.sum(sa.case((share.c.period < period, share.c.gross_minor), else_=0))
    after = sa.func.sum(sa.case((share.c.period <= period, share.c.gross_minor), else_=0))
    query = (
        sa.select(share.c.currency, sa.cast(before, sa.BigInteger), sa.cast(after, sa.BigInteger))
        .join(moved, moved.c.ticket_jti == share.c.ticket_jti)
        .join(ticket, ticket.c.jti == share.c.ticket_jti)
        .join(order, order.c.id == ticket.c.order_id)
        .join(quote, quote.c.id == order.c.quote_id)
        .where(_channel(tx) == channel)
        .group_by(share.c.ticket_jti, share.c.currency)
        .order_by(share.c.currency)
        .execution_options(yield_per=5_000)
    )
    for row in tx.execute(query):
        yield row[0], row[1], row[2]


def _channel(tx: Transaction) -> sa.ColumnElement[str]:
    """The point of sale that a quote keeps."""
    if tx.dialect.name == "postgresql":
        found: sa.ColumnElement[str] = sa.cast(quote.c.document, postgresql.JSONB)["sale_channel"].astext
        return found
    return sa.func.json_extract(quote.c.document, "$.sale_channel")
