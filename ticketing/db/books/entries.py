"""Entries as they lie in the books, each with its postings: one by its id, those of a source, of a month's end or of a ticket."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.tables import books as books_tables


@dataclass(frozen=True, slots=True)
class KeptPosting:
    """One line of an entry: debit positive, credit negative."""

    account_id: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEntry:
    """One entry with its postings in their order; `note` says why in plain facts."""

    id: str
    period: str
    kind: str
    source_id: str
    original_period: str
    note: Mapping[str, Any]
    reverses_id: str | None
    hash: str
    postings: tuple[KeptPosting, ...]

    @property
    def lines(self) -> tuple[tuple[str, int], ...]:
        """Accounts with minor units, sorted."""
        return tuple(sorted((line.account_id, line.amount_minor) for line in self.postings))


def find_entry(tx: Transaction, period_id: str, entry_id: str) -> KeptEntry | None:
    """Read one entry."""
    entry = books_tables.entry
    return next(iter(_list(tx, sa.and_(entry.c.period == period_id, entry.c.id == entry_id))), None)


def list_month_end(tx: Transaction, region: str, period_id: str, kinds: str) -> list[KeptEntry]:
    """List the entries of a month whose kind begins so."""
    entry = books_tables.entry
    mine = sa.and_(
        entry.c.period == period_id,
        entry.c.region == region,
        sa.text(f"entry.{books_tables.RARE}"),
        entry.c.kind.startswith(kinds, autoescape=True),
    )
    return _list(tx, mine)


def list_entries_of(tx: Transaction, source_type: str, source_id: str) -> list[KeptEntry]:
    """List the entries of one source."""
    entry = books_tables.entry
    return _list(tx, sa.and_(entry.c.source_type == source_type, entry.c.source_id == source_id))


def list_entries_of_any(tx: Transaction, sources: Sequence[tuple[str, str]]) -> list[KeptEntry]:
    """List the entries of some sources (type and id), each found by its index however many there are."""
    entry = books_tables.entry
    return _list(tx, sa.tuple_(entry.c.source_type, entry.c.source_id).in_(sources))


def list_sources(tx: Transaction, region: str, kind: str) -> list[str]:
    """List the sources of all entries of a rare kind, month by month."""
    entry = books_tables.entry
    mine = (entry.c.region == region, entry.c.kind == kind, sa.text(f"entry.{books_tables.RARE}"))
    return list(tx.execute(sa.select(entry.c.source_id).where(*mine)).scalars())


def _list(tx: Transaction, mine: sa.ColumnElement[bool]) -> list[KeptEntry]:
    entry, posting = books_tables.entry, books_tables.posting
    entries = []
    for head in tx.execute(sa.select(entry).where(mine).order_by(entry.c.id)).all():
        lines = (
            sa.select(posting.c.account_id, posting.c.currency, posting.c.amount_minor)
            .where(posting.c.period == head.period, posting.c.entry_id == head.id)
            .order_by(posting.c.line)
        )
        entry_kept = KeptEntry(
            id=head.id,
            period=head.period,
            kind=head.kind,
            source_id=head.source_id,
            original_period=head.original_period,
            note=json.loads(head.note),
            reverses_id=head.reverses_id,
            hash=head.hash,
            postings=tuple(KeptPosting(*row) for row in tx.execute(lines)),
        )
        entries.append(entry_kept)
    return entries
