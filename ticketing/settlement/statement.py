"""One operator's statement as CSV: each share of each ticket, then the totals; safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator

from tariffs.money import Money
from ticketing.db.books import ShareLine
from ticketing.db.runs import Run

SPECIMEN = "SPECIMEN - NOT PAID: demo payments, no money has moved"
_COLUMNS = (
    "booked_at", "kind", "ticket", "seq", "rule", "original_period",
    "gross", "vat", "fee", "net", "net_minor", "currency",
)  # fmt: skip
_AMOUNTS = ("gross_minor", "vat_minor", "fee_minor", "net_minor")


def to_csv(run: Run, operator: str, lines: Iterable[ShareLine]) -> Iterator[str]:
    """Yield the lines of a statement (RFC 4180, UTF-8, decimal point), without holding them all.

    A statement of demo payments opens with a line that says so. The last lines are the totals by currency.
    """
    if run.document["demo"]:
        yield _row([SPECIMEN])
    yield _row(["statement", operator, run.region, run.period, f"run {run.id}", f"digest {run.digest}"])
    yield _row(_COLUMNS)
    totals: dict[str, dict[str, int]] = {}
    for line in lines:
        sums = totals.setdefault(line.currency, dict.fromkeys(_AMOUNTS, 0))
        for name in _AMOUNTS:
            sums[name] += getattr(line, name)
        yield _row([
            line.booked_at.isoformat(timespec="seconds"), line.kind, line.ticket_jti, line.seq, line.rule,
            line.original_period, *_amounts(line.currency, {name: getattr(line, name) for name in _AMOUNTS}),
        ])  # fmt: skip
    for currency, sums in sorted(totals.items()):
        yield _row([f"total {currency}", "", "", "", "", "", *_amounts(currency, sums)])


def _amounts(currency: str, minor: dict[str, int]) -> list[str | int]:
    return [*(Money(minor[name], currency).text for name in _AMOUNTS), minor["net_minor"], currency]


def _row(cells: Iterable[str | int]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([_inert(cell) for cell in cells])
    return buffer.getvalue()


def _inert(cell: str | int) -> str | int:
    """Keep a text from being read as a formula; amounts stay numbers."""
    if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} and not _is_amount(cell):
        return f"'{cell}"
    return cell


def _is_amount(cell: str) -> bool:
    return cell.removeprefix("-").replace(".", "", 1).isdigit()
