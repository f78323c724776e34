"""One operator's statement as a workbook: written row by row, amounts as numbers, text never as a formula."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from tariffs.money import exponent
from ticketing.db.settlement.runs import Run
from ticketing.settlement.inert import inert, is_amount
from ticketing.settlement.month import SCHEME
from ticketing.settlement.statement.as_csv import COLUMNS, Cell, cells, foot_rows
from ticketing.settlement.statement.letterhead import NOWHERE, debts_told, document_number, letterhead
from ticketing.settlement.statement.lines import Line
from ticketing.settlement.statement.summary import Summary, SummaryRow
from ticketing.settlement.statement.words import kind_word, rule_words, word

# A sheet holds 1,048,576 rows; the next one goes on.
ROWS_A_SHEET = 1_000_000
_WIDTHS = {"booked_at": 20, "ticket": 26, "journey": 52, "rule": 44, "line": 38}
_FIRST_SHEET = {0: 40, 1: 20, **dict.fromkeys(range(2, len(COLUMNS)), 14)}
_BOOKED = COLUMNS.index("booked_at")
_AMOUNTS = ("gross", "vat", "fee", "net")
_PIVOT = ("day", "ride_line", "route", "lines", "gross", "vat", "fee", "net", "currency")


def write_xlsx(
    path: Path,
    run: Run,
    party: str,
    lines: Iterable[Line],
    language: str = "en",
    *,
    pay_to: Mapping[str, str] = NOWHERE,
) -> None:
    """Write a workbook in constant memory: the summary, then the lines on as many sheets as they need.

    The totals are those of the run, as constants: no cell of a statement is a formula.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties(
            {
                "title": f"{word('statement', language)} {party} {run.period}",
                "created": run.created_at.replace(tzinfo=None),
            }
        )
        currencies = sorted({line.amount.currency for line in run.dataset.accounts})
        formats = {currency: book.add_format({"num_format": _decimals(currency)}) for currency in currencies}
        bold = book.add_format({"bold": True})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        _summary(
            book.add_worksheet(word("statement", language)),
            run,
            party,
            language=language,
            notes=debts_told(run, party, pay_to, language),
            formats=formats,
            bold=bold,
        )
        summary = Summary()
        sheet, at, number = None, 0, 0
        for line in summary.watching(lines):
            if sheet is None or at > ROWS_A_SHEET:
                _filtered(sheet, at)
                number += 1
                sheet, at = _sheet(book, number, language, bold), 1
            booked = datetime.fromisoformat(line.booked_at).astimezone(UTC).replace(tzinfo=None)
            sheet.write_datetime(at, _BOOKED, booked, moment)
            _row(sheet, at, _in_words(line, language), formats.get(line.currency), after=_BOOKED)
            at += 1
        _filtered(sheet, at)
        _pivot(book, summary.rows(), language, formats=formats, bold=bold)


def _in_words(line: Line, language: str) -> dict[str, Cell]:
    """The cells of a line with kind and rule in words: a workbook is for people."""
    words = {"kind": kind_word(line.kind, language), "rule": rule_words(line.rule, language)}
    return {**cells(line), **words}


def _pivot(
    book: Any, rows: Sequence[SummaryRow], language: str, *, formats: Mapping[str, Any], bold: Any
) -> None:
    """Write the sums by line, route and day on a sheet of their own."""
    sheet = book.add_worksheet(word("summary_sheet", language))
    sheet.freeze_panes(1, 0)
    for column, width in enumerate((12, 30, 44, 10, 14, 14, 14, 14, 10)):
        sheet.set_column(column, column, width)
    for column, name in enumerate(_PIVOT):
        sheet.write_string(0, column, word(name, language), bold)
    for at, row in enumerate(rows, 1):
        texts = (row.day or word("no_ride", language), row.line, row.route)
        for column, text in enumerate(texts):
            sheet.write_string(at, column, str(inert(text)))
        sheet.write_number(at, 3, row.count)
        for column, money in enumerate((row.gross, row.vat, row.fee, row.net), 4):
            sheet.write_number(at, column, Decimal(money.text), formats.get(money.currency))
        sheet.write_string(at, 8, row.net.currency)
    sheet.autofilter(0, 0, len(rows), len(_PIVOT) - 1)


def _decimals(currency: str) -> str:
    """The workbook's format of an amount: as many decimals as the currency has."""
    return f"0.{'0' * exponent(currency)}" if exponent(currency) else "0"


def _summary(
    sheet: Any,
    run: Run,
    party: str,
    *,
    language: str,
    notes: Sequence[str],
    formats: Mapping[str, Any],
    bold: Any,
) -> None:
    head = [
        ("number", document_number(run, party)),
        *(
            ("issued_by" if at == 0 else "", line)
            for at, line in enumerate(letterhead(run, SCHEME, language)[1:])
        ),
        *(
            ("made_for" if at == 0 else "", line)
            for at, line in enumerate(letterhead(run, party, language)[1:])
        ),
        ("operator", party),
        ("period", run.period),
        ("run", run.id),
        ("digest", run.digest),
    ]
    at = 0
    if run.dataset.demo:
        sheet.write_string(at, 0, word("specimen", language), bold)
        at += 1
    for column, width in _FIRST_SHEET.items():
        sheet.set_column(column, column, width)
    for key, value in head:
        sheet.write_string(at, 0, word(key, language) if key else "", bold)
        sheet.write_string(at, 1, str(inert(value)))
        at += 1
    for column, name in enumerate(("", *COLUMNS[1:])):
        sheet.write_string(at, column, word(name, language) if name else "", bold)
    for foot in foot_rows(run, party, language):
        at += 1
        _row(sheet, at, foot, formats.get(str(foot["currency"])))
    for note in notes:
        at += 1
        sheet.write_string(at, 0, str(inert(note)), bold)


def _sheet(book: Any, number: int, language: str, bold: Any) -> Any:
    sheet = book.add_worksheet(f"{word('lines', language)} {number}")
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(COLUMNS):
        sheet.set_column(column, column, _WIDTHS.get(name, 12))
        zone = " (UTC)" if column == _BOOKED else ""
        sheet.write_string(0, column, f"{word(name, language)}{zone}", bold)
    return sheet


def _filtered(sheet: Any, rows: int) -> None:
    """Let the lines be filtered by any column, now that it is known how many there are."""
    if sheet is not None:
        sheet.autofilter(0, 0, rows - 1, len(COLUMNS) - 1)


def _row(sheet: Any, at: int, cells: Mapping[str, Cell], amount_format: Any, after: int = -1) -> None:
    """Write the cells of a row behind a column."""
    for column, (name, value) in enumerate(cells.items()):
        if column <= after:
            continue
        if isinstance(value, int):
            sheet.write_number(at, column, value)
        elif name in _AMOUNTS and is_amount(value):
            # A workbook stores a number in binary: exact to 15 digits, which no amount exceeds.
            sheet.write_number(at, column, Decimal(value), amount_format)
        elif value:
            sheet.write_string(at, column, str(inert(value)))
