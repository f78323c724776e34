"""The audit trail: who did what to what, when; each row carries the hash of the one before, so that a gap shows."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from throughfare_gate.ids import new_id
from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch
from ticketing.db.tables.people import audit

_FIRST = "0" * 64
# PostgreSQL lets two writers in at once: they take turns on this lock (an arbitrary number of ours).
_LOCK = 0x7466_6175


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One row of the trail."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    previous: str
    hash: str


def note(tx: Transaction, actor: str, action: str, subject: str, *, at: datetime, detail: str = "") -> None:
    """Write one row; ids only, nothing that says who somebody is."""
    if tx.dialect.name == "postgresql":
        tx.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    last = tx.execute(sa.select(audit.c.hash).order_by(audit.c.id.desc()).limit(1)).scalar() or _FIRST
    made = Note(
        id=new_id(), at=at, actor=actor, action=action, subject=subject, detail=detail, previous=last, hash=""
    )
    tx.execute(sa.insert(audit).values(**columns(made) | {"hash": hash_of(made)}))


def list_notes(tx: Transaction, limit: int = 1000) -> list[Note]:
    """List the newest rows, oldest first."""
    found = fetch(tx, sa.select(audit).order_by(audit.c.id.desc()).limit(limit), Note)
    return found[::-1]


def list_notes_about(
    tx: Transaction, actions: Collection[str], subjects: str, limit: int = 1000
) -> list[Note]:
    """List the newest rows of some actions whose subject begins so, newest first."""
    query = sa.select(audit).where(
        audit.c.action.in_(list(actions)), audit.c.subject.startswith(subjects, autoescape=True)
    )
    return fetch(tx, query.order_by(audit.c.id.desc()).limit(limit), Note)


def list_between(tx: Transaction, begins: datetime, ends: datetime) -> list[Note]:
    """List the rows of a time in the order of their chain."""
    query = sa.select(audit).where(audit.c.at >= begins, audit.c.at < ends)
    return fetch(tx, query.order_by(audit.c.id), Note)


def broken(tx: Transaction) -> Iterator[str]:
    """The ids of rows that were changed, or before which one is missing."""
    previous = _FIRST
    for row in fetch(tx, sa.select(audit).order_by(audit.c.id), Note):
        if row.previous != previous or row.hash != hash_of(row):
            yield row.id
        previous = row.hash


def hash_of(row: Note) -> str:
    """The hash that a row must carry."""
    facts = [
        row.id,
        row.at.isoformat(timespec="microseconds"),
        row.actor,
        row.action,
        row.subject,
        row.detail,
        row.previous,
    ]
    return hashlib.sha256(canonical(facts).encode()).hexdigest()
