"""Read the share lines of a month as somebody works on them: filtered, sorted, a page at a time, with their sums."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from ticketing.db.books.month_books import ShareLine
from ticketing.db.engine import Transaction
from ticketing.db.tables.books import share
from ticketing.db.tables.sale import ticket

SortKey = Literal["booked_at", "gross_minor", "vat_minor", "fee_minor", "net_minor"]
_NAMES = (
    "id",
    "operator",
    "booked_at",
    "kind",
    "ticket_jti",
    "seq",
    "rule",
    "currency",
    "gross_minor",
    "vat_minor",
    "fee_minor",
    "net_minor",
    "original_period",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFilter:
    """The lines of a month that are wanted; what is None or empty does not matter.

    `party` is the owner of the line, `beside` another operator of the ticket; `line` is a route of the ticket.
    `least_minor` and `most_minor` hold for the gross or the net amount, without its sign; where both are one amount, for VAT and fee
    too. `ticket_end` are the last characters of a ticket, `share_id` is the line itself.
    """

    region: str
    period: str
    party: str = ""
    since: date | None = None
    until: date | None = None
    kind: str = ""
    line: str = ""
    beside: str = ""
    least_minor: int | None = None
    most_minor: int | None = None
    ticket_end: str = ""
    share_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLine(ShareLine):
    """A share with its party beside its ticket."""

    operator: str


@dataclass(frozen=True, slots=True)
class FilteredSum:
    """The sums of the lines of a filter in one currency."""

    currency: str
    count: int
    gross_minor: int
    vat_minor: int
    fee_minor: int
    net_minor: int


def list_lines(
    tx: Transaction, wanted: LineFilter, *, sort: SortKey, descending: bool, limit: int, offset: int
) -> list[PartyLine]:
    """List a page of lines in an order; lines that are alike in it come by their ids."""
    column = share.c[sort]
    order = column.desc() if descending else column.asc()
    query = _lines(wanted).order_by(order, share.c.id).limit(limit).offset(offset)
    return [PartyLine(**row) for row in tx.execute(query).mappings()]


def stream_lines(tx: Transaction, wanted: LineFilter) -> Generator[PartyLine, None, None]:
    """Yield every line of a filter, oldest first, in bounded memory."""
    query = _lines(wanted).order_by(share.c.booked_at, share.c.id).execution_options(yield_per=1000)
    with tx.execute(query) as rows:
        for row in rows.mappings():
            yield PartyLine(**row)


def sum_lines(tx: Transaction, wanted: LineFilter) -> list[FilteredSum]:
    """Sum the lines of a filter by currency."""
    amounts = ("gross_minor", "vat_minor", "fee_minor", "net_minor")
    query = (
        _lines(wanted)
        .with_only_columns(
            share.c.currency,
            sa.func.count(),
            *(sa.cast(sa.func.sum(share.c[name]), sa.BigInteger) for name in amounts),
            maintain_column_froms=True,
        )
        .group_by(share.c.currency)
        .order_by(share.c.currency)
    )
    rows: Sequence[Any] = tx.execute(query).all()
    return [FilteredSum(*row) for row in rows]


def _lines(wanted: LineFilter) -> sa.Select[Any]:
    columns = (share.c[name] for name in _NAMES)
    return (
        sa.select(*columns, ticket.c.document)
        .join(ticket, ticket.c.jti == share.c.ticket_jti)
        .where(share.c.period == wanted.period, share.c.region == wanted.region, *_conditions(wanted))
    )


def _conditions(wanted: LineFilter) -> list[sa.ColumnElement[bool]]:
    """The conditions of a filter; a ticket's document is canonical, so that its routes and operators are found as text."""
    written = ticket.c.document.contains
    conditions = [
        (wanted.party, share.c.operator == wanted.party),
        (wanted.kind, share.c.kind == wanted.kind),
        (wanted.line, written(f'"line":"{wanted.line}"', autoescape=True)),
        (wanted.beside, written(f'"operator":"{wanted.beside}"', autoescape=True)),
        (wanted.ticket_end, share.c.ticket_jti.endswith(wanted.ticket_end, autoescape=True)),
        (wanted.share_id, share.c.id == wanted.share_id),
    ]
    wanting = [condition for given, condition in conditions if given]
    if wanted.since is not None:
        wanting.append(share.c.booked_at >= _begin(wanted.since))
    if wanted.until is not None and wanted.until < date.max:
        wanting.append(share.c.booked_at < _begin(wanted.until + timedelta(days=1)))
    gross, net = sa.func.abs(share.c.gross_minor), sa.func.abs(share.c.net_minor)
    if wanted.least_minor is not None or wanted.most_minor is not None:
        amounts = [gross, net]
        if wanted.least_minor == wanted.most_minor:
            amounts += [sa.func.abs(share.c.vat_minor), sa.func.abs(share.c.fee_minor)]
        wanting.append(sa.or_(*(_between(amount, wanted) for amount in amounts)))
    return wanting


def _between(amount: sa.ColumnElement[int], wanted: LineFilter) -> sa.ColumnElement[bool]:
    least = sa.true() if wanted.least_minor is None else amount >= wanted.least_minor
    most = sa.true() if wanted.most_minor is None else amount <= wanted.most_minor
    return sa.and_(least, most)


def _begin(day: date) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00+00:00")
