"""Read the facts of an audit: tickets with their quotes, allocations and refunds, a page at a time, and one ticket's whole story."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from ticketing.db.books.books import Account, Share, Tax
from ticketing.db.books.entries import KeptEntry, list_entries_of_any
from ticketing.db.engine import Transaction
from ticketing.db.rows import fetch, value
from ticketing.db.tables import books as books_tables
from ticketing.db.tables import gates as gates_tables
from ticketing.db.tables import sale as tables
from ticketing.db.tables.gates import ticket_use
from ticketing.frozen import (
    Leg,
    LineDocument,
    PricedPassenger,
    Unreadable,
    find_promise,
    read_quote,
    read_refund,
)

_PAGE = 500
R = TypeVar("R", Share, Tax)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """A ticket with everything that its allocation must follow from, and the allocation itself.

    `promise` is its passenger's part of the quote; `refunds` are (seq, line of the refund) in the order they were decided.
    `unreadable` says what is wrong with a document of them.
    """

    jti: str
    amount_minor: int
    currency: str
    promise: PricedPassenger | None
    refunds: tuple[tuple[int, LineDocument], ...]
    shares: tuple[Share, ...]
    taxes: tuple[Tax, ...]
    unreadable: str | None = None


@dataclass(frozen=True, slots=True)
class AllocationRow(Generic[R]):
    """A row of an allocation as it lies in the books, with its id, its month and when it was booked."""

    id: str
    period: str
    original_period: str
    booked_at: datetime
    row: R


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """A judged use of a ticket, with the stop of its scan."""

    at: datetime
    operator: str
    leg: int
    stop_id: str | None
    kind: str
    gate: str
    scan_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One ticket from its quote to its entries; `promise` is None where its quote does not know its passenger."""

    order: str
    region: str
    quote: str
    tariff_version: str
    issued_at: datetime
    promise: PricedPassenger | None
    legs: tuple[Leg, ...]
    shares: tuple[AllocationRow[Share], ...]
    taxes: tuple[AllocationRow[Tax], ...]
    uses: tuple[Tap, ...]
    entries: tuple[KeptEntry, ...]


def stream_tickets(tx: Transaction, region: str) -> Iterator[Audited]:
    """Yield every ticket of a region, a page at a time."""
    ticket, order, quote = tables.ticket, tables.order, tables.quote
    behind = ""
    while True:
        query = (
            sa.select(
                ticket.c.jti,
                ticket.c.passenger_ref,
                ticket.c.amount_minor,
                ticket.c.currency,
                order.c.id.label("order_id"),
                quote.c.document,
            )
            .join(order, order.c.id == ticket.c.order_id)
            .join(quote, quote.c.id == order.c.quote_id)
            .where(order.c.region == region, ticket.c.jti > behind)
            .order_by(ticket.c.jti)
            .limit(_PAGE)
        )
        page = tx.execute(query).all()
        if not page:
            return
        behind = page[-1].jti
        jtis, orders = [row.jti for row in page], list({row.order_id for row in page})
        shares = _by_ticket(fetch(tx, _rows(books_tables.share, jtis), Share))
        taxes = _by_ticket(fetch(tx, _rows(books_tables.tax, jtis), Tax))
        refunds, faults = _refunds(tx, orders)
        for row in page:
            promise, unreadable = _promise(row.document, row.passenger_ref)
            yield Audited(
                jti=row.jti,
                amount_minor=row.amount_minor,
                currency=row.currency,
                promise=promise,
                refunds=tuple(refunds.get(row.jti, ())),
                shares=tuple(shares.get(row.jti, ())),
                taxes=tuple(taxes.get(row.jti, ())),
                unreadable=unreadable or faults.get(row.order_id),
            )


def _promise(document: str, ref: str) -> tuple[PricedPassenger | None, str | None]:
    """Read the promise of a quote to a passenger, or why it cannot be read."""
    try:
        return find_promise(json.loads(document), ref), None
    except Unreadable as fault:
        return None, f"its quote cannot be read: {fault}"


def count_tickets(tx: Transaction, region: str) -> int:
    """Count the tickets that `stream_tickets` yields."""
    query = sa.select(sa.func.count()).select_from(tables.ticket)
    mine = query.join(tables.order, tables.order.c.id == tables.ticket.c.order_id)
    return int(tx.execute(mine.where(tables.order.c.region == region)).scalar_one())


def find_ticket_of_share(tx: Transaction, period_id: str, share_id: str) -> tuple[str, str] | None:
    """The ticket and the operator of a share row."""
    query = sa.select(books_tables.share.c.ticket_jti, books_tables.share.c.operator).where(
        books_tables.share.c.period == period_id, books_tables.share.c.id == share_id
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else (row[0], row[1])


def find_shares(tx: Transaction, region: str, wanted: str) -> list[tuple[str, str, str]]:
    """Find the share rows of a ticket, or the one of this id: (period, operator, id)."""
    table = books_tables.share
    months = tx.execute(
        sa.select(books_tables.period.c.id).where(books_tables.period.c.region == region)
    ).scalars()
    by_id = sa.tuple_(table.c.period, table.c.id).in_([(month, wanted) for month in months])
    query = sa.select(table.c.period, table.c.operator, table.c.id)
    rows = tx.execute(query.where(by_id)).all() or tx.execute(
        query.where(table.c.ticket_jti == wanted, table.c.region == region).order_by(
            table.c.period, table.c.id
        )
    )
    return [(row[0], row[1], row[2]) for row in rows]


def find_lines_like(
    tx: Transaction,
    part: str,
    *,
    ends: bool,
    region: str | None = None,
    period_id: str | None = None,
    operator: str | None = None,
    without: Sequence[str],
    own_kinds: str,
) -> list[tuple[str, str, str]]:
    """Lines of statements whose ids end so, or begin so: (period, operator, id), at most a hundred.

    A beginning is found by the key; an end is looked for in every line of the months.

    Shares, and entries that owe an operator something: none of a kind in `without`, nor of those that begin with `own_kinds`.
    """
    share, entry, posting, account = (
        books_tables.share,
        books_tables.entry,
        books_tables.posting,
        books_tables.account,
    )
    every = sa.select(books_tables.period.c.id)
    months = [period_id] if period_id else tx.execute(every.distinct()).scalars().all()

    def mine(table: sa.Table, by: sa.ColumnElement[str]) -> list[sa.ColumnElement[bool]]:
        found = [table.c.period.in_(months), *_is_like(table.c.id, part, ends=ends)]
        found += [table.c.region == region] if region else []
        return found + ([by == operator] if operator else [])

    shares = sa.select(share.c.period, share.c.operator, share.c.id).where(*mine(share, share.c.operator))
    entries = (
        sa.select(entry.c.period, account.c.operator, entry.c.id)
        .join(posting, sa.and_(posting.c.period == entry.c.period, posting.c.entry_id == entry.c.id))
        .join(account, account.c.id == posting.c.account_id)
        .where(*mine(entry, account.c.operator), account.c.purpose == "operator_payable")
        .where(entry.c.kind.not_in(without), ~entry.c.kind.startswith(own_kinds, autoescape=True))
    )
    rows = [*tx.execute(shares.limit(100)), *tx.execute(entries.limit(100))]
    return sorted({(row[0], row[1], row[2]) for row in rows})[:100]


def _is_like(column: sa.ColumnElement[str], part: str, *, ends: bool) -> list[sa.ColumnElement[bool]]:
    """Tell whether an id ends so, or begins so: then between two ids, so that the key finds it; no digit is as great as a `g`."""
    if ends:
        return [column.endswith(part, autoescape=True)]
    return [column >= part, column < f"{part}g", column.startswith(part, autoescape=True)]


def list_chart(tx: Transaction) -> list[tuple[str, Account]]:
    """Every account of the books, each beside the id under which it is kept."""
    names = ("type", "purpose", "currency", "operator", "member_state")
    query = sa.select(books_tables.account.c.id, *(books_tables.account.c[name] for name in names))
    return [(row[0], Account(*row[1:])) for row in tx.execute(query.order_by(books_tables.account.c.id))]


def list_unsourced(tx: Transaction, region: str, period_id: str, limit: int = 20) -> list[str]:
    """The first entries of a month that are not the one which their source names."""
    entry, source = books_tables.entry, books_tables.entry_source
    alike = [entry.c[name] == source.c[name] for name in ("source_type", "source_id", "kind")]
    query = (
        sa.select(entry.c.id)
        .outerjoin(source, sa.and_(*alike))
        .where(entry.c.period == period_id, entry.c.region == region)
        .where(sa.or_(source.c.entry_id.is_(None), source.c.entry_id != entry.c.id))
    )
    return list(tx.execute(query.order_by(entry.c.id).limit(limit)).scalars())


def find_story(tx: Transaction, jti: str) -> Story | None:
    """One ticket from its quote to its entries; None when there is no such ticket."""
    ticket, order, quote = tables.ticket, tables.order, tables.quote
    query = (
        sa.select(
            ticket.c.passenger_ref,
            ticket.c.issued_at,
            order.c.id.label("order"),
            order.c.region,
            quote.c.id.label("quote"),
            quote.c.tariff_version,
            quote.c.document,
        )
        .join(order, order.c.id == ticket.c.order_id)
        .join(quote, quote.c.id == order.c.quote_id)
        .where(ticket.c.jti == jti)
    )
    row = tx.execute(query).mappings().one_or_none()
    if row is None:
        return None
    quoted = read_quote(json.loads(row["document"]))
    return Story(
        order=row["order"],
        region=row["region"],
        quote=row["quote"],
        tariff_version=row["tariff_version"],
        issued_at=row["issued_at"],
        promise=quoted.find_passenger(row["passenger_ref"]),
        legs=quoted.legs,
        shares=_allocated(tx, books_tables.share, jti, Share),
        taxes=_allocated(tx, books_tables.tax, jti, Tax),
        uses=tuple(_uses(tx, jti)),
        entries=tuple(list_entries_of_any(tx, _sources(tx, jti, row["order"]))),
    )


def _sources(tx: Transaction, jti: str, order_id: str) -> list[tuple[str, str]]:
    """The sources of a ticket's entries: itself, and each refund of its order."""
    refunds = tx.execute(sa.select(tables.refund.c.id).where(tables.refund.c.order_id == order_id)).scalars()
    mine = [("ticket", jti), ("carnet", jti)]
    return mine + [(kind, f"{refund_id}/{jti}") for refund_id in refunds for kind in ("refund", "exchange")]


def _uses(tx: Transaction, jti: str) -> list[Tap]:
    """The judged uses of a ticket with the stop of each scan, oldest first."""
    same = sa.and_(
        gates_tables.scan.c.gate_key_id == ticket_use.c.gate_key_id,
        gates_tables.scan.c.scan_id == ticket_use.c.scan_id,
    )
    query = (
        sa.select(ticket_use, gates_tables.scan.c.stop_id)
        .outerjoin(gates_tables.scan, same)
        .where(ticket_use.c.jti == jti)
    )
    order = query.order_by(ticket_use.c.at, ticket_use.c.scan_id)
    return [
        Tap(
            at=row.at,
            operator=row.operator,
            leg=row.leg,
            stop_id=row.stop_id,
            kind=row.kind,
            gate=row.gate or row.gate_key_id,
            scan_id=row.scan_id,
        )
        for row in tx.execute(order)
    ]


def _allocated(tx: Transaction, table: sa.Table, jti: str, kind: type[R]) -> tuple[AllocationRow[R], ...]:
    query = sa.select(table).where(table.c.ticket_jti == jti).order_by(*table.primary_key.columns)
    return tuple(
        AllocationRow(row["id"], row["period"], row["original_period"], row["booked_at"], value(row, kind))
        for row in tx.execute(query).mappings()
    )


def _rows(table: sa.Table, jtis: Sequence[str]) -> sa.Select[Any]:
    return sa.select(table).where(table.c.ticket_jti.in_(jtis)).order_by(table.c.seq, table.c.id)


def _by_ticket(rows: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.ticket_jti, []).append(row)
    return found


def _refunds(
    tx: Transaction, orders: Sequence[str]
) -> tuple[dict[str, list[tuple[int, LineDocument]]], dict[str, str]]:
    """Read how much was decided to go back of each ticket, and by order why a refund cannot be read."""
    refund = tables.refund
    refunds: dict[str, list[tuple[int, LineDocument]]] = {}
    faults: dict[str, str] = {}
    query = sa.select(refund.c.order_id, refund.c.seq, refund.c.document).where(refund.c.order_id.in_(orders))
    for order_id, seq, document in tx.execute(query.order_by(refund.c.order_id, refund.c.seq)):
        try:
            lines = read_refund(json.loads(document)).lines
        except Unreadable as fault:
            faults[order_id] = f"its refund no. {seq} cannot be read: {fault}"
            continue
        for line in lines:
            refunds.setdefault(line.jti, []).append((seq, line))
    return refunds, faults
