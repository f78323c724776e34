"""The books: periods, entries with their postings, and the allocations behind them. Facts, never changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from throughfare_gate.ids import new_id
from ticketing.db.documents import canonical, digest
from ticketing.db.engine import Transaction, after_commit
from ticketing.db.rows import columns, fetch, inserting, put_all_once, put_once
from ticketing.db.tables import books as books_tables

AccountType = Literal["asset", "liability", "income", "expense"]
# The accounts of each database that this process has seen stored: they are never removed.
_KNOWN_ACCOUNTS: WeakKeyDictionary[sa.Engine, set[str]] = WeakKeyDictionary()
_PERIOD_STATE = (
    sa.select(books_tables.period.c.state)
    .where(books_tables.period.c.region == sa.bindparam("of_region"))
    .where(books_tables.period.c.id == sa.bindparam("of_month"))
    .with_for_update(read=True)
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The share of one operator in one ticket: gross = vat + fee + net; negative rows take back."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """The VAT of one Member State in one ticket, by distance; gross rows sum to the ticket."""

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
            "period",
            "id",
            "kind",
            "source_type",
            "source_id",
            "region",
            "original_period",
            "note",
            "reverses_id",
        )
    ]
    moments = [entry[name].astimezone(UTC).isoformat() for name in ("occurred_at", "booked_at")]
    return digest([head, moments, [list(line) for line in sorted(lines)]])


def open_period(tx: Transaction, region: str, occurred_at: datetime) -> str:
    """The period to book into: the event's own month, or the next one that is still open.

    On PostgreSQL the row is held FOR SHARE, so a closing month waits for the bookings under way. A month that nothing
    was booked into before a later one was closed is over: it would never be settled.
    """
    wanted = month_of(occurred_at)
    while True:
        state = tx.execute(_PERIOD_STATE, _of(region, wanted)).scalar_one_or_none()
        if state is None:
            _open_new(tx, region, wanted)
        elif state == "open":
            return wanted
        else:
            wanted = next_month(wanted)


def _open_new(tx: Transaction, region: str, wanted: str) -> None:
    is_new = put_once(tx, books_tables.period, {"region": region, "id": wanted, "state": "open"})
    if is_new and find_closed_month_after(tx, region, wanted):
        tx.execute(sa.update(books_tables.period).where(*_period(region, wanted)).values(state="closed"))


def book(tx: Transaction, entry: Entry, now: datetime, *, into: str | None = None) -> bool:
    """Write an entry with its postings; False when this source event is in the books already.

    `into` names the closing month of a month's end entry.
    """
    return book_all(tx, [entry], now, into=into) == 1


def book_all(tx: Transaction, entries: Sequence[Entry], now: datetime, *, into: str | None = None) -> int:
    """Write entries with their postings, each source event once; answers how many were not in the books yet.

    Those that are booked together belong to one region and one month. The postings are written first and the entries
    last: their trigger seals them, refusing what does not balance or what belongs to a closed period. `into` names the
    period where it is known.
    """
    wanted = [(new_id(), entry) for entry in entries]
    sources = [{**_source(entry), "entry_id": entry_id} for entry_id, entry in wanted]
    claimed = put_all_once(tx, books_tables.entry_source, sources) if sources else set()
    new = [(entry_id, entry) for entry_id, entry in wanted if tuple(_source(entry).values()) in claimed]
    if not new:
        return 0
    period = into or open_period(tx, new[0][1].region, new[0][1].occurred_at)
    _know_accounts(tx, [posting.account for _, entry in new for posting in entry.postings])
    sealed = [_sealed(period, entry_id, entry, now) for entry_id, entry in new]
    lines = [line for entry_id, entry in new for line in _lines(period, entry_id, entry)]
    try:
        tx.execute(inserting(books_tables.posting), lines)
    except sa.exc.IntegrityError:
        _KNOWN_ACCOUNTS.pop(tx.engine, None)  # an older state of the database was restored beneath us
        raise
    tx.execute(inserting(books_tables.entry), sealed)
    return len(new)


def _source(entry: Entry) -> dict[str, str]:
    return {"source_type": entry.source_type, "source_id": entry.source_id, "kind": entry.kind}


def _know_accounts(tx: Transaction, accounts: Iterable[Account]) -> None:
    """Store the accounts that are new; a process remembers those that it has seen stored."""
    known = _KNOWN_ACCOUNTS.setdefault(tx.engine, set())
    unknown = {account.id: account for account in accounts if account.id not in known}
    if unknown:
        rows = [{"id": account_id, **columns(account)} for account_id, account in unknown.items()]
        put_all_once(tx, books_tables.account, rows)
        after_commit(tx, lambda: known.update(unknown))


def _lines(period: str, entry_id: str, entry: Entry) -> list[dict[str, Any]]:
    return [
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


def _sealed(period: str, entry_id: str, entry: Entry, now: datetime) -> dict[str, Any]:
    sealed = {
        "period": period,
        "id": entry_id,
        **_source(entry),
        "region": entry.region,
        "original_period": entry.original_period or month_of(entry.occurred_at),
        "occurred_at": entry.occurred_at,
        "booked_at": now,
        "note": canonical(dict(entry.note)),
        "reverses_id": entry.reverses,
    }
    lines = [
        (line, posting.account.id, posting.account.currency, posting.amount_minor)
        for line, posting in enumerate(entry.postings, 1)
    ]
    return {**sealed, "hash": entry_hash(sealed, lines)}


def allocate(
    tx: Transaction,
    rows: Sequence[Share | Tax],
    occurred_at: datetime,
    now: datetime,
    *,
    into: str | None = None,
) -> None:
    """Write the shares or taxes of an event into the period of its entry; `into` names it where it is known.

    Rows that are written together belong to one region.
    """
    if not rows:
        return
    period = into or open_period(tx, rows[0].region, occurred_at)
    booked = {"period": period, "original_period": month_of(occurred_at), "booked_at": now}
    for table, kind in ((books_tables.share, Share), (books_tables.tax, Tax)):
        made = [{**columns(row), "id": new_id(), **booked} for row in rows if isinstance(row, kind)]
        if made:
            tx.execute(inserting(table), made)


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
    put_once(tx, books_tables.period, {"region": region, "id": period_id, "state": "open"})
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


def _of(region: str, period_id: str) -> dict[str, str]:
    """The parameters of the statements that look for a period."""
    return {"of_region": region, "of_month": period_id}


def _period(region: str, period_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return books_tables.period.c.region == region, books_tables.period.c.id == period_id


def next_month(period: str) -> str:
    """The month after: `2026-12` is followed by `2027-01`."""
    year, month = int(period[:4]), int(period[5:])
    return f"{year + month // 12:04}-{month % 12 + 1:02}"
