"""Checks of the books that somebody asked for, and what they found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.rows import fetch
from ticketing.db.tables.staff import book_check


@dataclass(frozen=True, slots=True)
class BookCheck:
    """One check; without `done_at` the worker has it before it. `document` has `checked`, `faults` and `notes`."""

    id: str
    region: str
    asked_by: str
    asked_at: datetime
    done_at: datetime | None
    document: dict[str, Any]


def insert_check(tx: Transaction, made: BookCheck) -> None:
    """Ask for a check."""
    row = {
        "id": made.id,
        "region": made.region,
        "asked_by": made.asked_by,
        "asked_at": made.asked_at,
        "document": canonical(made.document),
    }
    tx.execute(sa.insert(book_check).values(**row))


def list_checks(tx: Transaction, region: str, limit: int) -> list[BookCheck]:
    """List the newest checks of a region, newest first."""
    query = sa.select(book_check).where(book_check.c.region == region)
    return fetch(tx, query.order_by(book_check.c.id.desc()).limit(limit), BookCheck)


def list_wanted(tx: Transaction) -> list[BookCheck]:
    """List the checks that wait for the worker, oldest first."""
    return fetch(
        tx, sa.select(book_check).where(book_check.c.done_at.is_(None)).order_by(book_check.c.id), BookCheck
    )


def finish_check(tx: Transaction, check_id: str, at: datetime, document: dict[str, Any]) -> None:
    """Keep what a check found."""
    change = sa.update(book_check).where(book_check.c.id == check_id, book_check.c.done_at.is_(None))
    tx.execute(change.values(done_at=at, document=canonical(document)))
