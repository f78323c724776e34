"""Counters that every worker shares: how often something happened in a window of time."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ticketing.db.engine import Transaction
from ticketing.db.tables.people import rate_count


def increase(tx: Transaction, bucket: str, by: int, window_seconds: int, now: int) -> tuple[int, int]:
    """Count; a window that is over begins anew. Answers the count and when its window ends. `now` in POSIX seconds."""
    insert = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    counter = insert(rate_count).values(bucket=bucket, count=by, ends_at=now + window_seconds)
    over = rate_count.c.ends_at <= now
    statement = counter.on_conflict_do_update(
        index_elements=["bucket"],
        set_={
            "count": sa.case((over, by), else_=rate_count.c.count + by),
            "ends_at": sa.case((over, now + window_seconds), else_=rate_count.c.ends_at),
        },
    ).returning(rate_count.c.count, rate_count.c.ends_at)
    row = tx.execute(statement).one()
    return int(row[0]), int(row.ends_at)


def read(tx: Transaction, bucket: str, now: int) -> tuple[int, int]:
    """The count of a window that is not over, and when it ends; (0, now) for none."""
    query = sa.select(rate_count.c.count, rate_count.c.ends_at).where(rate_count.c.bucket == bucket)
    row = tx.execute(query).one_or_none()
    return (0, now) if row is None or row.ends_at <= now else (int(row[0]), int(row.ends_at))


def clear(tx: Transaction, bucket: str) -> None:
    """Forget a counter."""
    tx.execute(sa.delete(rate_count).where(rate_count.c.bucket == bucket))


def clear_over(tx: Transaction, now: int) -> int:
    """Forget every window that is over; answers how many."""
    return tx.execute(sa.delete(rate_count).where(rate_count.c.ends_at <= now)).rowcount
