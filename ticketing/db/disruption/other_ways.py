"""Exchanges of rides that did not take their holders, of which nobody has repaid yet what they cost more."""

from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.tables.books import entry_source
from ticketing.db.tables.disruption import disruption_affected, disruption_event
from ticketing.db.tables.gates import ticket_use
from ticketing.db.tables.sale import order, ticket

# The entry that repays it names its source so: the order that was made for it.
KIND, SOURCE_TYPE = "other_way", "order"
_LEFT_BEHIND = ("cancelled", "skipped", "connection")


def list_unpaid(tx: Transaction, since: datetime, limit: int) -> list[str]:
    """Name the orders since a moment that exchange rides which a confirmed event had taken from their holders, oldest first.

    Left out are those of which no gate has seen a ticket: they are repaid nothing, and would keep the others waiting.
    """
    old, row, event, source = order.c, disruption_affected.c, disruption_event.c, entry_source.c
    left_behind = (
        sa.exists()
        .where(row.order_id == old.exchange_of, row.why.in_(_LEFT_BEHIND), event.id == row.event_id)
        .where(event.status == "confirmed", event.confirmed_at <= old.created_at)
        .correlate(order)
    )
    seen = sa.exists().where(ticket.c.order_id == old.id, ticket_use.c.jti == ticket.c.jti).correlate(order)
    paid = sa.exists().where(
        source.kind == KIND, source.source_type == SOURCE_TYPE, source.source_id == old.id
    )
    query = sa.select(old.id).where(
        old.exchange_of.is_not(None), old.created_at >= since, left_behind, seen, ~paid.correlate(order)
    )
    return list(tx.execute(query.order_by(old.created_at, old.id).limit(limit)).scalars())


def is_paid(tx: Transaction, order_id: str) -> bool:
    """Tell whether an order was repaid."""
    source = entry_source.c
    same = source.kind == KIND, source.source_type == SOURCE_TYPE, source.source_id == order_id
    return tx.execute(sa.select(source.source_id).where(*same).limit(1)).first() is not None
