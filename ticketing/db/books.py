"""The books: periods, entries with their postings, and the allocations behind them. Facts, never changed."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa

from ticketing.db import tables
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


@dataclass(frozen=True, slots=True)
class Balance:
    """The sum of one account's postings in one period."""

    account_id: str
    type: AccountType
    purpose: str
    operator: str | None
    member_state: str | None
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class KindBalance:
    """The sum of one account's postings by entries of one kind in one period."""

    account_id: str
    type: AccountType
    purpose: str
    operator: str | None
    member_state: str | None
    currency: str
    kind: str
    amount_minor: int
    postings: int


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One posting with the head of its entry, as a journal shows it."""

    entry_id: str
    kind: str
    source_type: str
    source_id: str
    occurred_at: datetime
    account_id: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ShareLine:
    """A share with the ticket it belongs to, as a statement shows it; `document` is the ticket's, as text."""

    id: str
    booked_at: datetime
    kind: str
    ticket_jti: str
    seq: int
    rule: str
    currency: str
    gross_minor: int
    vat_minor: int
    fee_minor: int
    net_minor: int
    original_period: str
    document: str


@dataclass(frozen=True, slots=True)
class OtherLine:
    """What an entry without allocations owes an operator; `note` says why, as JSON text."""

    id: str
    booked_at: datetime
    kind: str
    source_id: str
    currency: str
    amount_minor: int
    original_period: str
    note: str


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

    On PostgreSQL the row is held FOR SHARE, so a closing month waits for the bookings under way.
    """
    wanted = month_of(occurred_at)
    while True:
        _insert_once(tx, tables.period, {"region": region, "id": wanted, "state": "open"})
        query = sa.select(tables.period.c.state).where(*_period(region, wanted))
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
    if not _insert_once(tx, tables.entry_source, {**source, "entry_id": entry_id}):
        return False
    period = into or open_period(tx, entry.region, entry.occurred_at)
    for account in {posting.account.id: posting.account for posting in entry.postings}.values():
        _insert_once(tx, tables.account, {"id": account.id, **columns(account)})
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
    tx.execute(sa.insert(tables.posting), lines)
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
    tx.execute(sa.insert(tables.entry).values(**sealed, hash=entry_hash(sealed, told)))
    return True


def allocate(tx: Transaction, rows: Sequence[Share | Tax], occurred_at: datetime, now: datetime) -> None:
    """Write the shares or taxes of an event into the period of its entry."""
    for row in rows:
        period, original = open_period(tx, row.region, occurred_at), month_of(occurred_at)
        table = tables.share if isinstance(row, Share) else tables.tax
        booked = {"id": new_id(), "period": period, "original_period": original, "booked_at": now}
        tx.execute(sa.insert(table).values(**columns(row), **booked))


def list_shares(tx: Transaction, jti: str) -> list[Share]:
    """List the share rows of a ticket, sale first."""
    table = tables.share
    query = sa.select(table).where(table.c.ticket_jti == jti).order_by(table.c.seq, table.c.operator)
    return fetch(tx, query, Share)


def list_taxes(tx: Transaction, jti: str) -> list[Tax]:
    """List the tax rows of a ticket, sale first."""
    table = tables.tax
    order = (table.c.seq, table.c.member_state, table.c.mode, table.c.scope, table.c.rate_bp)
    return fetch(tx, sa.select(table).where(table.c.ticket_jti == jti).order_by(*order), Tax)


def begin_closing(tx: Transaction, region: str, period_id: str, at: datetime) -> None:
    """Raise the fence: what happens in this month from now on is booked into the next open one."""
    change = sa.update(tables.period).where(*_period(region, period_id), tables.period.c.state == "open")
    tx.execute(change.values(state="closing", fence_at=at))


def find_period_state(tx: Transaction, region: str, period_id: str) -> str | None:
    """The state of a month; None while nothing has been booked into it."""
    return tx.execute(
        sa.select(tables.period.c.state).where(*_period(region, period_id))
    ).scalar_one_or_none()


def find_open_month_before(tx: Transaction, region: str, period_id: str) -> str | None:
    """The first month before this one that has entries and is not closed: months close in order."""
    period, entry = tables.period, tables.entry
    query = (
        sa.select(period.c.id)
        .where(period.c.region == region, period.c.id < period_id, period.c.state != "closed")
        .where(sa.exists().where(entry.c.period == period.c.id, entry.c.region == region))
        .order_by(period.c.id)
        .limit(1)
    )
    return tx.execute(query).scalar_one_or_none()


def close_period(tx: Transaction, region: str, period_id: str, digest: str, at: datetime) -> None:
    """Close a month: one row changes, and from then on nothing is booked into it."""
    change = sa.update(tables.period).where(*_period(region, period_id))
    tx.execute(change.values(state="closed", closed_at=at, digest=digest))


def lock_period(tx: Transaction, region: str, period_id: str) -> str:
    """Hold a period against bookings until the transaction ends; answers its state."""
    _insert_once(tx, tables.period, {"region": region, "id": period_id, "state": "open"})
    query = sa.select(tables.period.c.state).where(*_period(region, period_id))
    state: str = tx.execute(query.with_for_update()).scalar_one()
    return state


def balances(tx: Transaction, region: str, period_id: str) -> list[Balance]:
    """Sum the postings of a period by account."""
    return fold_kinds(balances_by_kind(tx, region, period_id))


def balances_by_kind(tx: Transaction, region: str, period_id: str) -> list[KindBalance]:
    """Sum the postings of a period by account and kind of entry; everyday kinds (tables.EVERYDAY) are told as `allocation`.

    One pass over the postings, and the entries of other kinds apart. A month that is this region's alone is summed
    without looking at its entries at all.
    """
    posting, entry, account = tables.posting, tables.entry, tables.account
    amounts = (
        sa.cast(sa.func.sum(posting.c.amount_minor), sa.BigInteger).label("amount_minor"),
        sa.func.count().label("postings"),
    )
    behind = sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id)
    whole = sa.select(posting.c.account_id, *amounts).where(posting.c.period == period_id)
    if _is_shared(tx, region, period_id):
        whole = whole.join(entry, behind).where(entry.c.region == region)
    # Not the bare column: SQLite would walk all postings in its index's order to save itself a sort of few rows.
    account_id = sa.func.coalesce(posting.c.account_id, "")
    rare = (
        sa.select(account_id, *amounts, entry.c.kind)
        .select_from(entry)
        .join(posting, behind)
        .where(entry.c.period == period_id, entry.c.region == region, sa.text(f"entry.{tables.RARE}"))
        .group_by(account_id, entry.c.kind)
    )
    sums = {row[0]: (row[1], row[2]) for row in tx.execute(whole.group_by(posting.c.account_id))}
    apart = [tuple(row) for row in tx.execute(rare)]
    for name, amount, count, _ in apart:
        left, postings = sums[name]
        sums[name] = (left - amount, postings - count)
    parts = [
        (account_id, amount, count, "allocation") for account_id, (amount, count) in sums.items() if count
    ]
    query = sa.select(account).where(account.c.id.in_(list(sums)))
    known = {row["id"]: row for row in tx.execute(query).mappings()}
    return [
        KindBalance(
            name, known[name]["type"], known[name]["purpose"], known[name]["operator"],
            known[name]["member_state"], known[name]["currency"], kind, amount, count,
        )
        for name, amount, count, kind in sorted([*parts, *apart], key=lambda part: (part[0], part[3]))
    ]  # fmt: skip


def _is_shared(tx: Transaction, region: str, period_id: str) -> bool:
    """Whether another region may have entries in this month: an entry needs its region's period."""
    others = sa.select(tables.period.c.region).where(
        tables.period.c.id == period_id, tables.period.c.region != region
    )
    return tx.execute(others.limit(1)).first() is not None


def fold_kinds(sums: Sequence[KindBalance]) -> list[Balance]:
    """Add the kinds of each account; an account whose kinds cancel stays, at zero."""
    folded: dict[str, Balance] = {}
    for line in sums:
        known = folded.get(line.account_id)
        amount = line.amount_minor + (known.amount_minor if known else 0)
        folded[line.account_id] = Balance(
            line.account_id, line.type, line.purpose, line.operator, line.member_state, line.currency, amount
        )
    return list(folded.values())


def unbalanced_entries(tx: Transaction, period_id: str, region: str | None = None) -> list[str]:
    """Ids of a period's entries whose postings do not sum to zero per currency: none, whatever happened.

    With a region only its entries are looked at.
    """
    posting, entry = tables.posting, tables.entry
    wrong = (
        sa.select(posting.c.entry_id)
        .where(posting.c.period == period_id)
        .group_by(posting.c.entry_id, posting.c.currency)
        .having(sa.func.sum(posting.c.amount_minor) != 0)
        .subquery()
    )
    query = (
        sa.select(entry.c.id)
        .join(wrong, wrong.c.entry_id == entry.c.id)
        .where(entry.c.period == period_id)
        .distinct()
        .order_by(entry.c.id)
    )
    if region is not None:
        query = query.where(entry.c.region == region)
    return list(tx.execute(query).scalars())


def find_entry_id(tx: Transaction, source_type: str, source_id: str, kind: str) -> str | None:
    """The entry of a source event."""
    table = tables.entry_source
    query = sa.select(table.c.entry_id).where(
        table.c.source_type == source_type, table.c.source_id == source_id, table.c.kind == kind
    )
    return tx.execute(query).scalar_one_or_none()


def stream_statement(
    tx: Transaction, region: str, period_id: str, operator: str
) -> Generator[ShareLine, None, None]:
    """Yield an operator's share lines of a period, oldest first, in bounded memory."""
    table = tables.share
    names = [name for name in ShareLine.__slots__ if name != "document"]
    query = (
        sa.select(*(table.c[name] for name in names), tables.ticket.c.document)
        .join(tables.ticket, tables.ticket.c.jti == table.c.ticket_jti)
        .where(table.c.period == period_id, table.c.region == region, table.c.operator == operator)
        .order_by(table.c.booked_at, table.c.id)
        .execution_options(yield_per=1000)
    )
    row: Any
    with tx.execute(query) as found:
        for row in found:
            yield ShareLine(*row)


def stream_others(
    tx: Transaction, region: str, period_id: str, owed: Account, *, without: Sequence[str], own_kinds: str
) -> Generator[OtherLine, None, None]:
    """Yield what entries of other kinds owe a party: not those `without`, not those that begin with `own_kinds`.

    `owed` names the party's account, whatever its currency.
    """
    posting, entry, account = tables.posting, tables.entry, tables.account
    query = (
        sa.select(
            entry.c.id,
            entry.c.booked_at,
            entry.c.kind,
            entry.c.source_id,
            posting.c.currency,
            (-posting.c.amount_minor).label("amount_minor"),
            entry.c.original_period,
            entry.c.note,
        )
        .join(account, account.c.id == posting.c.account_id)
        .join(entry, sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id))
        .where(posting.c.period == period_id, entry.c.region == region)
        .where(account.c.purpose == owed.purpose, account.c.operator == owed.operator)
        .where(entry.c.kind.not_in(without), sa.not_(entry.c.kind.startswith(own_kinds, autoescape=True)))
        .order_by(entry.c.id)
        .execution_options(yield_per=1000)
    )
    row: Any
    with tx.execute(query) as found:
        for row in found:
            yield OtherLine(*row)


def stream_journal(tx: Transaction, region: str, period_id: str) -> Iterator[JournalLine]:
    """Yield every posting of a period, entry by entry, in bounded memory."""
    posting, entry = tables.posting, tables.entry
    names = ("kind", "source_type", "source_id", "occurred_at")
    query = (
        sa.select(
            posting.c.entry_id,
            *(entry.c[name] for name in names),
            posting.c.account_id,
            posting.c.currency,
            posting.c.amount_minor,
        )
        .join(entry, sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id))
        .where(posting.c.period == period_id, entry.c.region == region)
        .order_by(posting.c.entry_id, posting.c.line)
        .execution_options(yield_per=1000)
    )
    row: Any
    with tx.execute(query) as found:
        for row in found:
            yield JournalLine(*row)


def sum_shares(tx: Transaction, region: str, period_id: str) -> list[dict[str, Any]]:
    """Sum the shares of a period by operator, currency and kind."""
    table = tables.share
    keys = (table.c.operator, table.c.currency, table.c.kind)
    amounts = [
        sa.cast(sa.func.sum(table.c[name]), sa.BigInteger).label(name)
        for name in ("gross_minor", "vat_minor", "fee_minor", "net_minor")
    ]
    query = (
        sa.select(*keys, *amounts, sa.func.count().label("lines"))
        .where(table.c.period == period_id, table.c.region == region)
        .group_by(*keys)
        .order_by(*keys)
    )
    return [dict(row) for row in tx.execute(query).mappings()]


def sum_taxes(tx: Transaction, region: str, period_id: str) -> list[dict[str, Any]]:
    """Sum the VAT rows of a period by Member State, mode, scope, treatment and rate."""
    table = tables.tax
    names = ("member_state", "mode", "scope", "treatment", "rate_bp", "verified", "currency")
    keys = [table.c[name] for name in names]
    amounts = [
        sa.cast(sa.func.sum(table.c[name]), sa.BigInteger).label(name)
        for name in ("gross_minor", "vat_minor")
    ]
    query = (
        sa.select(*keys, *amounts)
        .where(table.c.period == period_id, table.c.region == region)
        .group_by(*keys)
        .order_by(*keys)
    )
    return [dict(row) for row in tx.execute(query).mappings()]


def _period(region: str, period_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return tables.period.c.region == region, tables.period.c.id == period_id


def _insert_once(tx: Transaction, table: sa.Table, row: dict[str, Any]) -> bool:
    """Insert a row unless its key is there; True when it was inserted."""
    return tx.execute(insert_once(tx, table, row).returning(*table.primary_key.columns)).first() is not None


def next_month(period: str) -> str:
    """The month after: `2026-12` is followed by `2027-01`."""
    year, month = int(period[:4]), int(period[5:])
    return f"{year + month // 12:04}-{month % 12 + 1:02}"
