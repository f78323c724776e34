"""One operator's statement as PDF: the totals, and the first lines; the whole detail is in the CSV and the workbook."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal

from babel.numbers import format_decimal
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from tariffs.money import Money
from ticketing.db.settlement.runs import Run
from ticketing.settlement.inert import is_amount
from ticketing.settlement.month import SCHEME
from ticketing.settlement.payout import (
    due_date,
    end_to_end_id,
    grouped,
    national_reference,
    payer_reference,
)
from ticketing.settlement.statement.as_csv import COLUMNS, Cell, cells, foot_rows
from ticketing.settlement.statement.dates import day_in, month_in
from ticketing.settlement.statement.letterhead import NOWHERE, debts_told, document_number, letterhead
from ticketing.settlement.statement.lines import Line
from ticketing.settlement.statement.summary import Summary, SummaryRow
from ticketing.settlement.statement.words import kind_word, rule_words, word
from ticketing.settlement.terms import parties_of

LINES_PRINTED = 200
SUMMARY_PRINTED = 300
_AMOUNTS = ("gross", "vat", "fee", "net")
_SUMMARY = ("day", "ride_line", "route", "lines", "gross", "vat", "fee", "net", "currency")
_SUMMARY_WIDTHS = (22, 50, 80, 16, 22, 20, 20, 22, 16)
_SUMMARY_ALIGNED: tuple[Literal["L", "R"], ...] = ("L", "L", "L", "R", "R", "R", "R", "R", "L")
_COLUMNS = ("booked_at", "kind", "journey", "rule", "gross", "vat", "fee", "net", "currency", "line")
_WIDTHS = (20, 20, 76, 52, 19, 16, 16, 19, 16, 18)
_ALIGNED: tuple[Literal["L", "R"], ...] = ("L", "L", "L", "L", "R", "R", "R", "R", "L", "L")
# So many of a line's last letters are enough to find it.
_SHORT = 8
_ROW = 4


def write_pdf(
    path: Path,
    run: Run,
    party: str,
    lines: Iterable[Line],
    language: str = "en",
    *,
    pay_to: Mapping[str, str] = NOWHERE,
) -> None:
    """Write the statement; lines beyond the first 200 are counted and named, not printed.

    `pay_to` are the scheme's accounts by currency, for a party that owes.
    """
    document = _Statement(run, party, language)
    printed: list[Line] = []
    left = 0
    summary = Summary()
    for line in summary.watching(lines):
        if len(printed) < LINES_PRINTED:
            printed.append(line)
        else:
            left += 1
    document.add_page()
    document.head(next((line.party_name for line in printed if line.party_name), ""))
    document.totals()
    document.payments(pay_to)
    document.summary(summary.rows())
    document.lines(printed, left)
    document.output(str(path))


class _Statement(FPDF):
    def __init__(self, run: Run, party: str, language: str) -> None:
        super().__init__(orientation="landscape", format="A4")
        self._run, self._party, self._language = run, party, language
        known = parties_of(run.dataset.terms).get(party)
        self._name = known.legal_name if known else party
        self.set_lang(language)
        self.set_title(_latin(f"{word('statement', language)} {party} {run.period}"))
        self.alias_nb_pages()
        self.set_creation_date(run.created_at)
        self.set_auto_page_break(True, margin=15)

    def footer(self) -> None:
        """Every page names the run, its digest and, for pretended payments, that it is a specimen."""
        self.set_y(-12)
        self.set_font("helvetica", size=7)
        specimen = f"{word('specimen', self._language)}   " if self._run.dataset.demo else ""
        page = word("page", self._language, number=self.page_no(), of="{nb}")
        self.cell(0, 4, _latin(f"{specimen}{self._run.id}   {self._run.digest}   {page}"), align="C")

    def head(self, name: str) -> None:
        """Write the head of a statement: the id of its operator, and the name on its tickets."""
        if self._run.dataset.demo:
            self.set_font("helvetica", "B", 11)
            self._line(word("specimen", self._language))
        self.set_font("helvetica", "B", 16)
        self._name = name or self._name
        called = f"{self._name} ({self._party})" if self._name != self._party else self._party
        month = month_in(self._run.period, self._language)
        self._line(f"{word('statement', self._language)}: {called}, {month}")
        self.set_font("helvetica", size=9)
        number = document_number(self._run, self._party)
        self._line(
            f"{word('number', self._language)} {number}   {word('run', self._language)} {self._run.id}, v{self._run.version}"
        )
        self._line(f"{word('digest', self._language)} {self._run.digest}")
        self.ln(2)
        self._blocks(
            [
                letterhead(self._run, SCHEME, self._language),
                letterhead(self._run, self._party, self._language),
            ]
        )
        self.ln(3)

    def _blocks(self, blocks: Sequence[Sequence[str]]) -> None:
        """Write the parties beside each other, each with its lines; nothing where nobody has given any."""
        top, width = self.get_y(), self.epw / len(blocks)
        for at, lines in enumerate(blocks):
            self.set_y(top)
            for line in lines:
                self.set_x(self.l_margin + at * width)
                self.cell(width, _ROW + 1, _latin(line), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_y(top + (_ROW + 1) * max(map(len, blocks)))

    def totals(self) -> None:
        self.set_font("helvetica", size=9)
        names = ("gross", "vat", "fee", "net", "currency")
        with self.table(
            width=170,
            col_widths=(60, 24, 20, 20, 26, 20),
            align="LEFT",
            text_align=("LEFT", "RIGHT", "RIGHT", "RIGHT", "RIGHT", "LEFT"),
        ) as table:
            head = table.row()
            for name in ("", *names):
                head.cell(_latin(word(name, self._language)) if name else "")
            for foot in foot_rows(self._run, self._party, self._language):
                row = table.row()
                for name in (COLUMNS[0], *names):
                    row.cell(_latin(self._number(name, foot[name])))
        self.ln(4)

    def payments(self, pay_to: Mapping[str, str]) -> None:
        """Write the payments: both parties, due date, the reference by which the bank's statement will find them, a debt's account."""
        mine = [
            payment
            for payment in self._run.dataset.payments
            if self._party in {payment.debtor, payment.creditor}
        ]
        self.set_font("helvetica", "B", 9)
        for payment in mine:
            amount = Money(abs(payment.amount.minor), payment.amount.currency)
            line = word(
                "pays" if payment.debtor == self._party else "is_paid",
                self._language,
                party=self._name,
                amount=f"{self._number('net', amount.text)} {amount.currency}",
                due=day_in(due_date(self._run), self._language),
                reference=self._reference(payment.debtor == self._party, amount.currency),
            )
            self._line(line)
        for account in debts_told(self._run, self._party, pay_to, self._language):
            self._line(account)
        if mine:
            self.ln(3)

    def _reference(self, pays: bool, currency: str) -> str:
        """The reference of a payment; one who pays the scheme may enter it in the RF form or in the Finnish one."""
        if not pays:
            return end_to_end_id(self._run, self._party, currency)
        forms = (make(self._run, self._party, currency) for make in (payer_reference, national_reference))
        return " / ".join(grouped(form) for form in forms)

    def lines(self, printed: list[Line], left: int) -> None:
        if printed:
            heading = [word(name, self._language) for name in _COLUMNS]
            self._row(heading, style="B")
            for line in printed:
                cells_by_name = {
                    **cells(line),
                    "booked_at": day_in(line.booked_at, self._language),
                    "kind": kind_word(line.kind, self._language),
                    "journey": line.journey or line.ticket,
                    "rule": rule_words(line.rule, self._language),
                    "line": line.id[-_SHORT:],
                }
                self._row([self._number(name, cells_by_name[name]) for name in _COLUMNS], again=heading)
        if left:
            self.ln(2)
            self._line(word("rest", self._language, count=left))

    def summary(self, rows: Sequence[SummaryRow]) -> None:
        """Write the sums by line, route and day, where they are few enough to be read."""
        if not 0 < len(rows) <= SUMMARY_PRINTED:
            return
        self.set_font("helvetica", "B", 9)
        self._line(word("summary", self._language))
        heading = [word(name, self._language) for name in _SUMMARY]
        self._row(heading, style="B", widths=_SUMMARY_WIDTHS, aligned=_SUMMARY_ALIGNED)
        for row in rows:
            amounts = (row.gross, row.vat, row.fee, row.net)
            cells_of_row = [
                day_in(row.day, self._language) if row.day else word("no_ride", self._language),
                row.line,
                row.route,
                str(row.count),
                *(self._number("net", money.text) for money in amounts),
                row.net.currency,
            ]
            self._row(cells_of_row, again=heading, widths=_SUMMARY_WIDTHS, aligned=_SUMMARY_ALIGNED)
        self.ln(4)

    def _number(self, name: str, cell: Cell) -> str:
        """An amount as the language writes it; any other cell stays as it is."""
        if name not in _AMOUNTS or not is_amount(str(cell)):
            return str(cell)
        digits = len(str(cell).partition(".")[2])
        pattern = "#,##0" + (f".{'0' * digits}" if digits else "")
        return format_decimal(Decimal(cell), format=pattern, locale=self._language)

    def _row(
        self,
        cells: Sequence[str],
        *,
        style: Literal["", "B"] = "",
        again: Sequence[str] | None = None,
        widths: Sequence[int] = _WIDTHS,
        aligned: Sequence[Literal["L", "R"]] = _ALIGNED,
    ) -> None:
        """Draw one row between two rules; where it no longer fits on the page the heading is drawn again.

        The library's own tables lay every cell out twice, which made a month's statements a matter of minutes.
        """
        self.set_font("helvetica", style, 7)
        scale = self.epw / sum(widths)
        wide = [width * scale for width in widths]
        texts = [self._wrapped(_latin(cell), width) for cell, width in zip(cells, wide, strict=True)]
        height = _ROW * max(map(len, texts))
        if self.will_page_break(height):
            self.add_page()
            if again is not None:
                self._row(again, style="B", widths=widths, aligned=aligned)
                self.set_font("helvetica", style, 7)
        top, left = self.get_y(), self.l_margin
        for lines, width, align in zip(texts, wide, aligned, strict=True):
            for at, text in enumerate(lines):
                self.set_xy(left, top + at * _ROW)
                self.cell(width, _ROW, text, align=align)
            left += width
        self.set_draw_color(160)
        self.line(self.l_margin, top + height, left, top + height)
        self.set_xy(self.l_margin, top + height)

    def _wrapped(self, text: str, width: float) -> list[str]:
        """The lines of a cell: broken between words, and within a word that is longer than the cell."""
        room = width - 2 * self.c_margin
        if self.get_string_width(text) <= room:
            return [text]
        lines, held = [], ""
        for piece in re.findall(r"\S+\s*|\s+", text):
            for letter in piece if self.get_string_width(piece.rstrip()) > room else (piece,):
                if held and self.get_string_width((held + letter).rstrip()) > room:
                    lines.append(held.rstrip())
                    held = ""
                held += letter
        return [*lines, held.rstrip()]

    def _line(self, text: str) -> None:
        self.cell(0, 6, _latin(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _latin(text: str) -> str:
    """The text in the letters of the built-in fonts (Windows-1252): an accent that they lack falls off."""
    latin = ""
    for letter in text:
        try:
            letter.encode("latin-1")
            latin += letter
        except UnicodeEncodeError:
            bare = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
            latin += bare or "?"
    return latin
