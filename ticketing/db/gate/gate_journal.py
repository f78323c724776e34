"""The journal of gates: what people did there and why, each entry sealed with the one before it."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find
from ticketing.db.tables.devices import gate_journal, journal_start


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """An act of a person at an operator's gates, with its reason; `place` and `chain` are given when it is written.

    `chain` is SHA-256 over the chain of the entry before it and everything that this one says.
    """

    id: str
    at: datetime
    kind: str
    operator: str
    actor: str
    jti: str | None
    reason: str
    document: dict[str, Any]
    place: int = 0
    chain: str = ""


def write(tx: Transaction, entry: JournalEntry) -> None:
    """Write down what somebody did, behind the operator's last entry."""
    if tx.dialect.name == "postgresql":  # SQLite has one writer anyway
        tx.execute(
            sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"gate_journal {entry.operator}")))
        )
    query = sa.select(gate_journal.c.place, gate_journal.c.chain).where(
        gate_journal.c.operator == entry.operator
    )
    last = tx.execute(query.order_by(gate_journal.c.place.desc()).limit(1)).first()
    place, before = (last.place, last.chain) if last else _start(tx, entry.operator)
    place += 1
    row = {**columns(entry), "place": place, "chain": seal(before, place, entry)}
    tx.execute(sa.insert(gate_journal).values(**row))


def seal(before: str, place: int, entry: JournalEntry) -> str:
    """The chain of an entry."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    said = [entry.id, at, entry.kind, entry.operator, entry.actor, entry.jti, entry.reason, entry.document]
    return hashlib.sha256(canonical([before, place, said]).encode()).hexdigest()


def first_break(tx: Transaction, operator: str) -> int | None:
    """The place of the first entry that was changed, or before which one is missing; None where all is whole."""
    query = sa.select(gate_journal).where(gate_journal.c.operator == operator).order_by(gate_journal.c.place)
    first, before = _start(tx, operator)
    for expected, entry in enumerate(fetch(tx, query, JournalEntry), start=first + 1):
        if entry.place != expected or entry.chain != seal(before, expected, entry):
            return expected
        before = entry.chain
    return None


def _start(tx: Transaction, operator: str) -> tuple[int, str]:
    """The place and chain of the last entry that was let go; (0, "") where a journal is whole."""
    query = sa.select(journal_start.c.place, journal_start.c.chain).where(
        journal_start.c.operator == operator
    )
    row = tx.execute(query).first()
    return (row.place, row.chain) if row else (0, "")


def find_entry(tx: Transaction, entry_id: str) -> JournalEntry | None:
    """Read one entry."""
    return find(tx, sa.select(gate_journal).where(gate_journal.c.id == entry_id), JournalEntry)


def list_entries(
    tx: Transaction, operator: str, jti: str | None = None, limit: int = 200, after: str | None = None
) -> list[JournalEntry]:
    """List what was done at an operator's gates, newest first; with `jti` about one ticket, with `after` behind an entry."""
    query = sa.select(gate_journal).where(gate_journal.c.operator == operator)
    if jti is not None:
        query = query.where(gate_journal.c.jti == jti)
    if after is not None:
        place = sa.select(gate_journal.c.place).where(
            gate_journal.c.operator == operator, gate_journal.c.id == after
        )
        query = query.where(gate_journal.c.place < place.scalar_subquery())
    return fetch(tx, query.order_by(gate_journal.c.place.desc()).limit(limit), JournalEntry)
