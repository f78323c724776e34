"""Partitions by month on PostgreSQL: entries, postings and allocations of a month lie together."""

import sqlalchemy as sa

from ticketing.db.engine import Transaction


def make_month(tx: Transaction, month: str) -> bool:
    """Make a month's partitions; False where they are there, where rows came before them, or on SQLite."""
    if tx.dialect.name != "postgresql":
        return False
    return bool(tx.execute(sa.text("SELECT make_month(:month)"), {"month": month}).scalar_one())
