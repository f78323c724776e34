"""Read the books of one month: its sums, its lines, and entries that do not balance. Nothing is written."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.books.books import Account, AccountType
from ticketing.db.books.in_parts import Grouping, grouped
from ticketing.db.books.months import through
from ticketing.db.engine import Transaction
from ticketing.db.tables import books as books_tables
from ticketing.db.tables import sale as tables
from ticketing.progress import Far, silent

# So many rows are read between one word of how far it is and the next.
_TOLD = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The sum of one account's postings in one period."""

    account_id: str
    type: AccountType
    purpose: str
    operator: str | None
    member_state: str | None
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareTotal:
    """The sum of the shares of one party, currency and kind over so many lines."""

    operator: str
    currency: str
    kind: str
    gross_minor: int
    vat_minor: int
    fee_minor: int
    net_minor: int
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxTotal:
    """The sum of the VAT rows of one kind."""

    member_state: str
    mode: str
    scope: str
    treatment: str
    rate_bp: int
    verified: int
    currency: str
    gross_minor: int
    vat_minor: int


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
    """A debt to an operator by an entry without allocations; `note` says why, as JSON text."""

    id: str
    booked_at: datetime
    kind: str
    source_id: str
    currency: str
    amount_minor: int
    original_period: str
    note: str


def balances(tx: Transaction, region: str, period_id: str) -> list[Balance]:
    """Sum the postings of a period by account."""
    return fold_kinds(balances_by_kind(tx, region, period_id))


def balances_by_kind(tx: Transaction, region: str, period_id: str, far: Far = silent) -> list[KindBalance]:
    """Sum the postings of a period by account and kind of entry; everyday kinds (books_tables.EVERYDAY) are told as `allocation`.

    One pass over the postings, and the entries of other kinds apart. A month that is this region's alone is summed
    without looking at its entries at all.
    """
    posting, entry, account = books_tables.posting, books_tables.entry, books_tables.account
    amounts = (
        sa.cast(sa.func.sum(posting.c.amount_minor), sa.BigInteger).label("amount_minor"),
        sa.func.count().label("postings"),
    )
    behind = sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id)
    whole = sa.select(posting.c.account_id)
    if _is_shared(tx, region, period_id):
        whole = whole.join(entry, behind).where(entry.c.region == region)
    # Not the bare column: SQLite would walk all postings in its index's order to save itself a sort of few rows.
    account_id = sa.func.coalesce(posting.c.account_id, "")
    rare = (
        sa.select(account_id, *amounts, entry.c.kind)
        .select_from(entry)
        .join(posting, behind)
        .where(entry.c.period == period_id, entry.c.region == region, sa.text(f"entry.{books_tables.RARE}"))
        .group_by(account_id, entry.c.kind)
    )
    by_account = Grouping(
        (account_id if tx.dialect.name == "sqlite" else posting.c.account_id,),
        amounts,
        posting.c.period,
        posting.c.entry_id,
    )
    sums = {row[0]: (row[1], row[2]) for row in grouped(tx, by_account, whole, period_id, far)}
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
            account_id=name,
            type=known[name]["type"],
            purpose=known[name]["purpose"],
            operator=known[name]["operator"],
            member_state=known[name]["member_state"],
            currency=known[name]["currency"],
            kind=kind,
            amount_minor=amount,
            postings=count,
        )
        for name, amount, count, kind in sorted([*parts, *apart], key=lambda part: (part[0], part[3]))
    ]


def _is_shared(tx: Transaction, region: str, period_id: str) -> bool:
    """Tell whether another region may have entries in this month: an entry needs its region's period."""
    others = sa.select(books_tables.period.c.region).where(
        books_tables.period.c.id == period_id, books_tables.period.c.region != region
    )
    return tx.execute(others.limit(1)).first() is not None


def fold_kinds(sums: Sequence[KindBalance]) -> list[Balance]:
    """Add the kinds of each account; an account whose kinds cancel stays, at zero."""
    folded: dict[str, Balance] = {}
    for line in sums:
        known = folded.get(line.account_id)
        amount = line.amount_minor + (known.amount_minor if known else 0)
        folded[line.account_id] = Balance(
            account_id=line.account_id,
            type=line.type,
            purpose=line.purpose,
            operator=line.operator,
            member_state=line.member_state,
            currency=line.currency,
            amount_minor=amount,
        )
    return list(folded.values())


def unbalanced_entries(tx: Transaction, period_id: str, region: str | None = None) -> list[str]:
    """Ids of a period's entries whose postings do not sum to zero per currency: none, whatever happened.

    With a region only its entries are looked at.
    """
    posting, entry = books_tables.posting, books_tables.entry
    # Materialised, because without statistics PostgreSQL may sum the whole month again for every entry.
    wrong = (
        sa.select(posting.c.entry_id)
        .where(posting.c.period == period_id)
        .group_by(posting.c.entry_id, posting.c.currency)
        .having(sa.func.sum(posting.c.amount_minor) != 0)
        .cte("wrong")
        .prefix_with("MATERIALIZED")
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


def stream_statement(
    tx: Transaction, region: str, period_id: str, operator: str
) -> Generator[ShareLine, None, None]:
    """Yield an operator's share lines of a period, oldest first, in bounded memory."""
    in_order = _statement(region, period_id, operator).order_by(
        books_tables.share.c.booked_at, books_tables.share.c.id
    )
    query = in_order.execution_options(yield_per=1000)
    row: Any
    with tx.execute(query) as found:
        for row in found:
            yield ShareLine(*row)


def page_statement(
    tx: Transaction, region: str, period_id: str, operator: str, *, after: str, limit: int
) -> list[ShareLine]:
    """An operator's share lines of a period behind an id, in the order of ids: a page, however long the statement is."""
    behind = _statement(region, period_id, operator).where(books_tables.share.c.id > after)
    rows: Sequence[Any] = tx.execute(behind.order_by(books_tables.share.c.id).limit(limit)).all()
    return [ShareLine(*row) for row in rows]


def _statement(region: str, period_id: str, operator: str) -> sa.Select[Any]:
    """An operator's share lines of a period, each with its ticket's document."""
    table = books_tables.share
    names = [name for name in ShareLine.__slots__ if name != "document"]
    return (
        sa.select(*(table.c[name] for name in names), tables.ticket.c.document)
        .join(tables.ticket, tables.ticket.c.jti == table.c.ticket_jti)
        .where(table.c.period == period_id, table.c.region == region, table.c.operator == operator)
    )


def stream_others(
    tx: Transaction, region: str, period_id: str, owed: Account, *, without: Sequence[str], own_kinds: str
) -> Generator[OtherLine, None, None]:
    """Yield what entries of other kinds owe a party: not those `without`, not those that begin with `own_kinds`.

    `owed` names the party's account, whatever its currency.
    """
    posting, entry, account = books_tables.posting, books_tables.entry, books_tables.account
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
    with tx.execute(query) as rows:
        for row in rows:
            yield OtherLine(*row)


def stream_journal(tx: Transaction, region: str, period_id: str, far: Far = silent) -> Iterator[JournalLine]:
    """Yield every posting of a period, entry by entry, in bounded memory."""
    posting, entry = books_tables.posting, books_tables.entry
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
    with tx.execute(query) as rows:
        for at, row in enumerate(rows):
            if at % _TOLD == 0:
                far(*through(period_id, row[0]))
            yield JournalLine(*row)


def sum_shares(tx: Transaction, region: str, period_id: str, far: Far = silent) -> list[ShareTotal]:
    """Sum the shares of a period by operator, currency and kind."""
    names, amounts = ("operator", "currency", "kind"), ("gross_minor", "vat_minor", "fee_minor", "net_minor")
    table, told = books_tables.share, (*names, *amounts, "lines")
    found = _summed(tx, table, names, amounts, region=region, period_id=period_id, far=far, is_counted=True)
    return [ShareTotal(**dict(zip(told, row, strict=True))) for row in found]


def sum_taxes(tx: Transaction, region: str, period_id: str, far: Far = silent) -> list[TaxTotal]:
    """Sum the VAT rows of a period by Member State, mode, scope, treatment and rate."""
    names = ("member_state", "mode", "scope", "treatment", "rate_bp", "verified", "currency")
    amounts = ("gross_minor", "vat_minor")
    found = _summed(tx, books_tables.tax, names, amounts, region=region, period_id=period_id, far=far)
    return [TaxTotal(**dict(zip((*names, *amounts), row, strict=True))) for row in found]


def _summed(
    tx: Transaction,
    table: sa.Table,
    names: Sequence[str],
    amounts: Sequence[str],
    *,
    region: str,
    period_id: str,
    far: Far,
    is_counted: bool = False,
) -> list[tuple[Any, ...]]:
    """Sum some amounts of a region's rows of a period by some columns, and count the rows where that is wanted."""
    sums: list[sa.ColumnElement[int]] = [
        sa.cast(sa.func.sum(table.c[name]), sa.BigInteger).label(name) for name in amounts
    ]
    wanted = Grouping(
        [table.c[name] for name in names],
        [*sums, *([sa.func.count()] if is_counted else [])],
        table.c.period,
        table.c.id,
    )
    return list(grouped(tx, wanted, sa.select(table.c.id).where(table.c.region == region), period_id, far))
