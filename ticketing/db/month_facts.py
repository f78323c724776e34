"""What happened at the gates in a month, counted for pools and subsidies."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from ticketing.db import gate_retention
from ticketing.db.engine import Transaction
from ticketing.db.gates_tables import ticket_use
from ticketing.db.tables import order, ticket


def count_rides(
    tx: Transaction,
    region: str,
    before: datetime,
    products: Sequence[str] | None,
    *,
    since: datetime | None = None,
) -> dict[str, int]:
    """Count rides by operator: of some products or (None) of all, before one month's beginning and since another's.

    Rides are what the facts of all gates come to, told online or later: neither transfers nor double uses. Those that
    have been let go are counted as they were.
    """
    query = (
        sa.select(ticket_use.c.operator, sa.func.count())
        .join(ticket, ticket.c.jti == ticket_use.c.jti)
        .join(order, order.c.id == ticket.c.order_id)
        .where(order.c.region == region, ticket_use.c.at < before, ticket_use.c.kind.in_(("ride", "in")))
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
