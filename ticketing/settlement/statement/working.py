"""A statement as a table to work with: filtered, sorted, in pages, with the sums of what is filtered, and as CSV."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from typing import get_args

from tariffs.money import Money
from ticketing.db.books import statement_lines
from ticketing.db.books.statement_lines import FilteredSum, LineFilter, PartyLine, SortKey
from ticketing.db.patience import take_time
from ticketing.db.settlement.runs import Run
from ticketing.errors import NotFound
from ticketing.frozen import TicketDocument, read_ticket
from ticketing.settlement.inert import row
from ticketing.settlement.office import Office
from ticketing.settlement.statement.lines import parties
from ticketing.settlement.statement.words import kind_word, word

SORTS: tuple[SortKey, ...] = get_args(SortKey)


@dataclass(frozen=True, slots=True)
class Ride:
    """A ride of a journey: with whom, and on which line."""

    operator: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingLine:
    """A line with its journey in parts; a ticket without rides (a pass) has none."""

    id: str
    party: str
    booked_at: str
    kind: str
    ticket: str
    rule: str
    original_period: str
    gross: Money
    vat: Money
    fee: Money
    net: Money
    day: date | None = None
    start: str = ""
    end: str = ""
    rides: tuple[Ride, ...] = ()


@dataclass(frozen=True, slots=True)
class LineSum:
    """The sums of the lines of a filter in one currency."""

    count: int
    gross: Money
    vat: Money
    fee: Money
    net: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingPage:
    """A page of lines, the number of the page and of all, and the sums of all lines of the filter."""

    lines: tuple[WorkingLine, ...]
    number: int
    pages: int
    count: int
    sums: tuple[LineSum, ...]


def page_of(
    office: Office,
    run: Run,
    wanted: LineFilter,
    *,
    sort: SortKey = "booked_at",
    descending: bool = False,
    number: int = 1,
    size: int = 50,
) -> WorkingPage:
    """A page of the lines of a filter; a page behind the last is the last. Raises NotFound for a party without a statement."""
    mine = _of_run(run, wanted)
    with office.database.read() as tx:
        sums = statement_lines.sum_lines(tx, mine)
        count = sum(one.count for one in sums)
        pages = max(1, -(-count // size))
        at = min(max(1, number), pages)
        lines = statement_lines.list_lines(
            tx, mine, sort=sort, descending=descending, limit=size, offset=(at - 1) * size
        )
    return WorkingPage(
        lines=tuple(map(_line, lines)),
        number=at,
        pages=pages,
        count=count,
        sums=tuple(map(_sum, sums)),
    )


def csv_of(office: Office, run: Run, wanted: LineFilter, language: str = "en") -> Iterator[str]:
    """Yield the lines of a filter as CSV (RFC 4180, UTF-8, decimal point), and their sums at the end."""
    mine = _of_run(run, wanted)
    heads = ("operator", "booked_at", "kind", "ticket", "journey", "rule", "original_period")
    amounts = ("gross", "vat", "fee", "net")
    yield row([*(word(name, language) for name in (*heads, *amounts, "currency", "line"))])
    with office.database.read() as tx:
        take_time(tx)
        with closing(statement_lines.stream_lines(tx, mine)) as shares:
            for share in shares:
                yield _csv_row(_line(share), language)
        sums = statement_lines.sum_lines(tx, mine)
    for total in map(_sum, sums):
        label = f"{word('total', language)} {total.net.currency}"
        yield row([label, "", "", "", "", "", "", *_cells(total), ""])


def _csv_row(line: WorkingLine, language: str) -> str:
    way = f"{line.day} {line.start} - {line.end}" if line.day else ""
    told = (line.party, line.booked_at, kind_word(line.kind, language), line.ticket, way)
    return row([*told, line.rule, line.original_period, *_cells(line), line.id])


def _cells(of: WorkingLine | LineSum) -> list[str]:
    return [of.gross.text, of.vat.text, of.fee.text, of.net.text, of.net.currency]


def _of_run(run: Run, wanted: LineFilter) -> LineFilter:
    if wanted.party and wanted.party not in parties(run):
        raise NotFound(f"the run {run.id} has no statement of {wanted.party}")
    return replace(wanted, region=run.region, period=run.period)


def _sum(one: FilteredSum) -> LineSum:
    def money(minor: int) -> Money:
        return Money(minor, one.currency)

    return LineSum(
        one.count, money(one.gross_minor), money(one.vat_minor), money(one.fee_minor), money(one.net_minor)
    )


def _line(share: PartyLine) -> WorkingLine:
    def money(minor: int) -> Money:
        return Money(minor, share.currency)

    line = WorkingLine(
        id=share.id,
        party=share.operator,
        booked_at=share.booked_at.isoformat(timespec="seconds"),
        kind=share.kind,
        ticket=share.ticket_jti,
        rule=share.rule,
        original_period=share.original_period,
        gross=money(share.gross_minor),
        vat=money(share.vat_minor),
        fee=money(share.fee_minor),
        net=money(share.net_minor),
    )
    return _with_journey(line, read_ticket(json.loads(share.document)))


def _with_journey(line: WorkingLine, document: TicketDocument) -> WorkingLine:
    legs = document.legs
    if not legs:
        return line
    return replace(
        line,
        day=legs[0].departure.date(),
        start=legs[0].start.name,
        end=legs[-1].end.name,
        rides=tuple(Ride(leg.operator, leg.line) for leg in legs),
    )
