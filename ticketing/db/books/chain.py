"""The chain over the books: blocks of entries in the order of their ids, each naming the one before."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from ticketing.db.books.months import through
from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, insert_once
from ticketing.db.tables.books import entry, posting
from ticketing.db.tables.settlement import chain_block
from ticketing.progress import Far, silent

_PART = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A run of entries of one month behind the block before it; `final` when the month was closed with it.

    `hash` is SHA-256 over the previous block's hash and the hashes of these entries; `signed` a JWS over all
    of it, `jwk` the public key that signed.
    """

    region: str
    period: str
    seq: int
    last_entry: str
    entries: int
    final: int
    previous: str
    hash: str
    signed: str
    jwk: str
    made_at: datetime


def insert_block(tx: Transaction, made: Block) -> bool:
    """Store a block; False when another one stands in its place."""
    wanted = insert_once(tx, chain_block, columns(made)).returning(chain_block.c.seq)
    return tx.execute(wanted).first() is not None


def list_blocks(tx: Transaction, region: str, period: str) -> list[Block]:
    """List the blocks of a month, first to last."""
    query = sa.select(chain_block).where(chain_block.c.region == region, chain_block.c.period == period)
    return fetch(tx, query.order_by(chain_block.c.seq), Block)


def list_all_blocks(tx: Transaction, region: str) -> list[Block]:
    """List the blocks of a region in the order in which they were made."""
    query = sa.select(chain_block).where(chain_block.c.region == region)
    return fetch(tx, query.order_by(chain_block.c.made_at, chain_block.c.period, chain_block.c.seq), Block)


def find_last_made(tx: Transaction, region: str) -> datetime | None:
    """Find the time of the last block of a region."""
    made = sa.select(chain_block.c.made_at).where(chain_block.c.region == region)
    found: datetime | None = tx.execute(
        made.order_by(chain_block.c.made_at.desc()).limit(1)
    ).scalar_one_or_none()
    return found


def list_months(tx: Transaction, region: str) -> list[str]:
    """Every month of a region that has entries or blocks, in order."""
    months = sa.select(entry.c.period).where(entry.c.region == region).distinct()
    blocks = sa.select(chain_block.c.period).where(chain_block.c.region == region).distinct()
    return sorted({*tx.execute(months).scalars(), *tx.execute(blocks).scalars()})


def find_last_final(tx: Transaction, region: str, period: str) -> Block | None:
    """The block that closed the last month before this one."""
    query = sa.select(chain_block).where(
        chain_block.c.region == region, chain_block.c.period < period, chain_block.c.final == 1
    )
    return find(tx, query.order_by(chain_block.c.period.desc()).limit(1), Block)


def link(
    tx: Transaction,
    region: str,
    period: str,
    *,
    previous: str,
    behind: str,
    until: str | None = None,
    far: Far = silent,
) -> tuple[str, str, int]:
    """Hash the entries of a month behind an id, up to `until` where it is given: (hash, last id, how many)."""
    query = sa.select(entry.c.id, entry.c.hash).where(entry.c.period == period, entry.c.region == region)
    if until is not None:
        query = query.where(entry.c.id <= until)
    state, last, count = hashlib.sha256(previous.encode()), behind, 0
    for hashes, last_of_part, entries in _parts(tx, query, behind):
        state.update(hashes.encode())
        last, count = last_of_part, count + entries
        far(*through(period, last))
    return state.hexdigest(), last, count


def _parts(tx: Transaction, query: sa.Select[Any], behind: str) -> Iterator[tuple[str, str, int]]:
    """The hashes behind an id in the order of ids, thousands at a time: (hashes one after the other, last id, how many)."""
    if tx.dialect.name == "postgresql":
        number = sa.func.row_number().over(order_by=entry.c.id)
        numbered = (
            query.where(entry.c.id > behind)
            .add_columns(((number - 1) // sa.literal_column(str(_PART), sa.BigInteger())).label("part"))
            .subquery()
        )
        hashes = sa.func.string_agg(
            numbered.c.hash, aggregate_order_by(sa.literal_column("''"), numbered.c.id)
        )
        joined = sa.select(hashes, sa.func.max(numbered.c.id), sa.func.count()).group_by(numbered.c.part)
        for row in tx.execute(joined.order_by(numbered.c.part).execution_options(yield_per=10)):
            yield row[0], row[1], row[2]
        return
    yield from _parts_of_sqlite(tx, query, behind)


def _parts_of_sqlite(tx: Transaction, query: sa.Select[Any], behind: str) -> Iterator[tuple[str, str, int]]:
    """SQLite joins the hashes of a part itself, in the order of a sub-query that its LIMIT keeps apart.

    One lower bound only: of two SQLite would take the first, and walk the month again for every part.
    """
    while True:
        part = query.where(entry.c.id > behind).order_by(entry.c.id).limit(_PART).subquery()
        joined = sa.select(sa.func.group_concat(part.c.hash, ""), sa.func.max(part.c.id), sa.func.count())
        hashes, last, entries = tx.execute(joined.select_from(part)).one()
        if not entries:
            return
        yield hashes, last, entries
        behind = last


def stream_entries(
    tx: Transaction, region: str, period: str, far: Far = silent
) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    """Yield each entry of a month with its lines (number, account, currency, amount), in the order of ids."""
    query = (
        sa.select(entry, posting.c.line, posting.c.account_id, posting.c.currency, posting.c.amount_minor)
        .outerjoin(posting, sa.and_(posting.c.period == entry.c.period, posting.c.entry_id == entry.c.id))
        .where(entry.c.period == period, entry.c.region == region)
        .order_by(entry.c.id, posting.c.line)
        .execution_options(yield_per=5_000)
    )
    head: dict[str, Any] | None = None
    lines: list[Any] = []
    names = [column.name for column in entry.columns]
    for at, row in enumerate(tx.execute(query)):
        if at % _PART == 0:
            far(*through(period, row[1]))
        if head is None or row[1] != head["id"]:
            if head is not None:
                yield head, lines
            head, lines = dict(zip(names, row, strict=False)), []
        if row[-4] is not None:
            lines.append(tuple(row[-4:]))
    if head is not None:
        yield head, lines
