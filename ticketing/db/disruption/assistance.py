"""The orders with a passenger who needs assistance, by their own word, for as long as their journey lasts."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import put_once
from ticketing.db.tables.disruption import order_assistance


def set_needed(tx: Transaction, order_id: str, kept_until: datetime) -> None:
    """Note that a passenger of an order needs assistance."""
    if not put_once(tx, order_assistance, {"order_id": order_id, "kept_until": kept_until}):
        same = sa.update(order_assistance).where(order_assistance.c.order_id == order_id)
        tx.execute(same.values(kept_until=kept_until))


def forget_needed(tx: Transaction, order_id: str) -> None:
    """Forget that a passenger of an order needs assistance."""
    tx.execute(sa.delete(order_assistance).where(order_assistance.c.order_id == order_id))


def list_needed(tx: Transaction, order_ids: Collection[str]) -> frozenset[str]:
    """Name those of some orders that have a passenger who needs assistance."""
    query = sa.select(order_assistance.c.order_id).where(order_assistance.c.order_id.in_(list(order_ids)))
    return frozenset(tx.execute(query).scalars())


def forget_before(tx: Transaction, moment: datetime) -> int:
    """Forget what was kept until a moment; answers how many."""
    return int(tx.execute(sa.delete(order_assistance).where(order_assistance.c.kept_until < moment)).rowcount)
