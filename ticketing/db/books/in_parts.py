"""Group a month's rows: whole on PostgreSQL, which hashes them; in parts on SQLite, which sorts them.

SQLite groups by sorting every row. Twenty thousand rows are sorted in the processor's cache, a month's millions are
not, so a month is grouped in ranges of its key and the few sums of each range are added. Sums of integers may be added
in any order, so both ways give the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ticketing.db.books.months import through
from ticketing.db.engine import Transaction
from ticketing.progress import Far, silent

_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Grouping:
    """Sum `amounts` of a table's rows of a month by `keys`; `key` stands behind `period` in its primary key."""

    keys: Sequence[sa.ColumnElement[Any]]
    amounts: Sequence[sa.ColumnElement[int]]
    period: sa.Column[str]
    key: sa.Column[str]


def grouped(
    tx: Transaction, wanted: Grouping, rows: sa.Select[Any], month: str, far: Far = silent
) -> list[tuple[Any, ...]]:
    """Keys and sums, ordered by the keys; `rows` selects from the tables with their joins and conditions."""
    keys = len(wanted.keys)
    query = rows.with_only_columns(*wanted.keys, *wanted.amounts, maintain_column_froms=True)
    query = query.where(wanted.period == month).group_by(*wanted.keys)
    if tx.dialect.name == "postgresql":
        part_rows = [tuple(row) for row in tx.execute(query.order_by(*wanted.keys))]
        far(1, 1)
        return part_rows
    sums: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for part, last in _ranges(tx, wanted, month):
        for row in tx.execute(query.where(part)):
            head, tail = tuple(row[:keys]), tuple(row[keys:])
            known = sums.get(head)
            sums[head] = tail if known is None else tuple(map(int.__add__, known, tail))
        far(*through(month, last))
    far(1, 1)
    return [(*head, *sums[head]) for head in sorted(sums)]


def _ranges(tx: Transaction, wanted: Grouping, month: str) -> Iterator[tuple[sa.ColumnElement[bool], str]]:
    """Conditions that part a month's rows by their key, each row in exactly one; with each a key of its end."""
    behind, key = "", wanted.key
    while True:
        mine = sa.select(key).where(wanted.period == month, key > behind)
        last = tx.execute(mine.order_by(key).limit(1).offset(_ROWS - 1)).scalar_one_or_none()
        if last is None:
            yield key > behind, behind
            return
        yield sa.and_(key > behind, key <= last), last
        behind = last
