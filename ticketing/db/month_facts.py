"""What happened at the gates in a month, counted for pools and subsidies."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.tables import order, ticket, use_claim


def count_rides(
    tx: Transaction,
    region: str,
    before: datetime,
    products: Sequence[str] | None,
    *,
    since: datetime | None = None,
) -> dict[str, int]:
    """Count accepted uses by operator: of some products or (None) of all, before a moment and since another."""
    query = (
        sa.select(use_claim.c.operator, sa.func.count())
        .join(ticket, ticket.c.jti == use_claim.c.jti)
        .join(order, order.c.id == ticket.c.order_id)
        .where(order.c.region == region, use_claim.c.at < before)
        .group_by(use_claim.c.operator)
    )
    if products is not None:
        query = query.where(ticket.c.product.in_(products))
    if since is not None:
        query = query.where(use_claim.c.at >= since)
    return {operator: count for operator, count in tx.execute(query)}  # noqa: C416  a row is a pair
