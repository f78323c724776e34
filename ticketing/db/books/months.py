"""A month's rows: their partitions on PostgreSQL, and how far into the month one of them lies."""

from datetime import UTC, datetime

import sqlalchemy as sa

from throughfare_gate.ids import milliseconds_of
from ticketing.db.engine import Transaction

_MONTH_MS = 31 * 24 * 60 * 60 * 1000


def through(month: str, key: str) -> tuple[int, int]:
    """Return the place of a UUIDv7's row in its month and the length of that month, in milliseconds.

    Rows are read in the order of their keys, so this says how much of the month is read without counting it first.
    """
    made = milliseconds_of(key)
    start = int(datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC).timestamp() * 1000)
    return (0 if made is None else min(max(made - start, 0), _MONTH_MS)), _MONTH_MS


def make_month(tx: Transaction, month: str) -> bool:
    """Make a month's partitions; False where they are there, where rows came before them, or on SQLite."""
    if tx.dialect.name != "postgresql":
        return False
    return bool(tx.execute(sa.text("SELECT make_month(:month)"), {"month": month}).scalar_one())
