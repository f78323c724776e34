"""The books: periods, entries with their postings, and the allocations behind them. Facts, never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa

from ticketing.db import books_tables
from ticketing.db.documents import canonical, digest
from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, insert_once
from ticketing.ids import new_id

AccountType = Literal["asset", "liability", "income", "expense"]


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the chart: its parts make its id (`operator_payable:hsl:EUR`)."""

    type: AccountType
    purpose: str
    currency: str
    operator: str | None = None
    member_state: str | None = None

    @property
    def id(self) -> str:
        """The parts that are there, joined by colons."""
        parts = (self.purpose, self.operator, self.member_state, self.currency)
        return ":".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry: debit positive, credit negative, never zero."""

    account: Account
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One balanced booking of one source event; (`source_type`, `source_id`, `kind`) is booked once.

    `note` says why in plain facts (rule, taps, reason); `reverses` is the id of the entry that it takes back;
    `original_period` is the month that it belongs to when that is not the month of `occurred_at`.
    """

    kind: str
    source_type: str
    source_id: str
    region: str
    occurred_at: datetime
    postings: tuple[Posting, ...]
    note: Mapping[str, Any] = field(default_factory=dict)
    reverses: str | None = None
    original_period: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What one operator gets of one ticket: gross = vat + fee + net; negative rows take back."""

    ticket_jti: str
    region: str
    operator: str
    currency: str
    kind: str
    seq: int
    gross_minor: int
    vat_minor: int
    fee_minor: int
    net_minor: int
    rule: str


@dataclass(frozen=True, slots=True)
class Tax:
    """What one Member State's VAT is of one ticket, by distance; gross rows sum to the ticket."""

    ticket_jti: str
    region: str
    member_state: str
    mode: str
    scope: str
    treatment: str
    rate_bp: int
    verified: int
    distance_m: int
    currency: str
    kind: str
    seq: int
    gross_minor: int
    vat_minor: int


def month_of(moment: datetime) -> str:
    """The period that a moment falls in: `2026-03`."""
    return f"{moment:%Y-%m}"


def entry_hash(entry: Mapping[str, Any], lines: Sequence[tuple[int, str, str, int]]) -> str:
    """SHA-256 over everything that an entry says: its head, and its lines (number, account, currency, amount)."""
    head = [
        entry[name]
        for name in (
            "period", "id", "kind", "source_type", "source_id", "region", "original_period", "note", "reverses_id"
        )
    ]  # fmt: skip
    moments = [entry[name].astimezone(UTC).isoformat() for name in ("occurred_at", "booked_at")]
    return digest([head, moments, [list(line) for line in sorted(lines)]])


def open_period(tx: Transaction, region: str, occurred_at: datetime) -> str:
    """The period to book into: the event's own month, or the next one that is still open.

    On PostgreSQL the row is held FOR SHARE, so a closing month waits for the bookings under way. A month that nothing
    was booked into before a later one was closed is over: it would never be settled.
    """
    wanted = month_of(occurred_at)
    while True:
        is_new = _insert_once(tx, books_tables.period, {"region": region, "id": wanted, "state": "open"})
        if is_new and find_closed_month_after(tx, region, wanted):
            tx.execute(sa.update(books_tables.period).where(*_period(region, wanted)).values(state="closed"))
        query = sa.select(books_tables.period.c.state).where(*_period(region, wanted))
        if tx.execute(query.with_for_update(read=True)).scalar_one() == "open":
            return wanted
        wanted = next_month(wanted)


def book(tx: Transaction, entry: Entry, now: datetime, *, into: str | None = None) -> bool:
    """Write an entry with its postings; False when this source event is in the books already.

    The postings are written first and the entry last: its trigger seals them, refusing what does not
    balance or what belongs to a closed period. `into` names the closing month of a month's end entry.
    """
    entry_id = new_id()
    source = {"source_type": entry.source_type, "source_id": entry.source_id, "kind": entry.kind}
    if not _insert_once(tx, books_tables.entry_source, {**source, "entry_id": entry_id}):
        return False
    period = into or open_period(tx, entry.region, entry.occurred_at)
    for account in {posting.account.id: posting.account for posting in entry.postings}.values():
        _insert_once(tx, books_tables.account, {"id": account.id, **columns(account)})
    lines = [
        {
            "period": period,
            "entry_id": entry_id,
            "line": line,
            "account_id": posting.account.id,
            "currency": posting.account.currency,
            "amount_minor": posting.amount_minor,
        }
        for line, posting in enumerate(entry.postings, 1)
    ]
    tx.execute(sa.insert(books_tables.posting), lines)
    sealed = {
        "period": period,
        "id": entry_id,
        **source,
        "region": entry.region,
        "original_period": entry.original_period or month_of(entry.occurred_at),
        "occurred_at": entry.occurred_at,
        "booked_at": now,
        "note": canonical(dict(entry.note)),
        "reverses_id": entry.reverses,
    }
    told = [
        (line, posting.account.id, posting.account.currency, posting.amount_minor)
        for line, posting in enumerate(entry.postings, 1)
    ]
    tx.execute(sa.insert(books_tables.entry).values(**sealed, hash=entry_hash(sealed, told)))
    return True


def allocate(tx: Transaction, rows: Sequence[Share | Tax], occurred_at: datetime, now: datetime) -> None:
    """Write the shares or taxes of an event into the period of its entry."""
    for row in rows:
        period, original = open_period(tx, row.region, occurred_at), month_of(occurred_at)
        table = books_tables.share if isinstance(row, Share) else books_tables.tax
        booked = {"id": new_id(), "period": period, "original_period": original, "booked_at": now}
        tx.execute(sa.insert(table).values(**columns(row), **booked))


def list_shares(tx: Transaction, jti: str) -> list[Share]:
    """List the share rows of a ticket, sale first."""
    table = books_tables.share
    query = sa.select(table).where(table.c.ticket_jti == jti).order_by(table.c.seq, table.c.operator)
    return fetch(tx, query, Share)


def list_taxes(tx: Transaction, jti: str) -> list[Tax]:
    """List the tax rows of a ticket, sale first."""
    table = books_tables.tax
    order = (table.c.seq, table.c.member_state, table.c.mode, table.c.scope, table.c.rate_bp)
    return fetch(tx, sa.select(table).where(table.c.ticket_jti == jti).order_by(*order), Tax)


def begin_closing(tx: Transaction, region: str, period_id: str, at: datetime) -> None:
    """Raise the fence: what happens in this month from now on is booked into the next open one."""
    change = sa.update(books_tables.period).where(
        *_period(region, period_id), books_tables.period.c.state == "open"
    )
    tx.execute(change.values(state="closing", fence_at=at))


def find_period_state(tx: Transaction, region: str, period_id: str) -> str | None:
    """The state of a month; None while nothing has been booked into it."""
    return tx.execute(
        sa.select(books_tables.period.c.state).where(*_period(region, period_id))
    ).scalar_one_or_none()


def find_open_month_before(tx: Transaction, region: str, period_id: str) -> str | None:
    """The first month before this one that has entries and is not closed: months close in order."""
    period, entry = books_tables.period, books_tables.entry
    query = (
        sa.select(period.c.id)
        .where(period.c.region == region, period.c.id < period_id, period.c.state != "closed")
        .where(sa.exists().where(entry.c.period == period.c.id, entry.c.region == region))
        .order_by(period.c.id)
        .limit(1)
    )
    return tx.execute(query).scalar_one_or_none()


def find_closed_month_after(tx: Transaction, region: str, period_id: str) -> str | None:
    """A later month that takes no entries any more."""
    period = books_tables.period
    query = sa.select(period.c.id).where(
        period.c.region == region, period.c.id > period_id, period.c.state != "open"
    )
    return tx.execute(query.order_by(period.c.id).limit(1)).scalar_one_or_none()


def close_empty_months_before(tx: Transaction, region: str, period_id: str) -> None:
    """Let no month before this one take entries: they are closed, or have none."""
    period = books_tables.period
    change = sa.update(period).where(
        period.c.region == region, period.c.id < period_id, period.c.state == "open"
    )
    tx.execute(change.values(state="closed"))


def close_period(tx: Transaction, region: str, period_id: str, digest: str, at: datetime) -> None:
    """Close a month: one row changes, and from then on nothing is booked into it."""
    change = sa.update(books_tables.period).where(*_period(region, period_id))
    tx.execute(change.values(state="closed", closed_at=at, digest=digest))


def lock_period(tx: Transaction, region: str, period_id: str) -> str:
    """Hold a period against bookings until the transaction ends; answers its state."""
    _insert_once(tx, books_tables.period, {"region": region, "id": period_id, "state": "open"})
    query = sa.select(books_tables.period.c.state).where(*_period(region, period_id))
    state: str = tx.execute(query.with_for_update()).scalar_one()
    return state


def find_entry_id(tx: Transaction, source_type: str, source_id: str, kind: str) -> str | None:
    """The entry of a source event."""
    table = books_tables.entry_source
    query = sa.select(table.c.entry_id).where(
        table.c.source_type == source_type, table.c.source_id == source_id, table.c.kind == kind
    )
    return tx.execute(query).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Booked:
    """An entry that is in the books, as far as its reversal must know it."""

    id: str
    region: str
    original_period: str
    postings: tuple[Posting, ...]


def find_booked(tx: Transaction, source_type: str, source_id: str, kind: str) -> Booked | None:
    """The entry of a source event with its postings."""
    entry, posting, account = books_tables.entry, books_tables.posting, books_tables.account
    query = (
        sa.select(entry.c.id, entry.c.region, entry.c.original_period, account, posting.c.amount_minor)
        .join(posting, sa.and_(posting.c.period == entry.c.period, posting.c.entry_id == entry.c.id))
        .join(account, account.c.id == posting.c.account_id)
        .where(entry.c.source_type == source_type, entry.c.source_id == source_id, entry.c.kind == kind)
        .order_by(posting.c.line)
    )
    rows = tx.execute(query).all()
    if not rows:
        return None
    postings = tuple(
        Posting(
            Account(row.type, row.purpose, row.currency, row.operator, row.member_state), row.amount_minor
        )
        for row in rows
    )
    return Booked(rows[0][0], rows[0][1], rows[0].original_period, postings)


def _period(region: str, period_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return books_tables.period.c.region == region, books_tables.period.c.id == period_id


def _insert_once(tx: Transaction, table: sa.Table, row: dict[str, Any]) -> bool:
    """Insert a row unless its key is there; True when it was inserted."""
    return tx.execute(insert_once(tx, table, row).returning(*table.primary_key.columns)).first() is not None


def next_month(period: str) -> str:
    """The month after: `2026-12` is followed by `2027-01`."""
    year, month = int(period[:4]), int(period[5:])
    return f"{year + month // 12:04}-{month % 12 + 1:02}"
