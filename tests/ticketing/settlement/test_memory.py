"""Exports do not grow with the month: a hundred thousand lines need no more memory than a thousand."""

import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.ticketing.settlement.measured import AT, RUN, lines
from ticketing.db.books.month_books import Balance, JournalLine
from ticketing.settlement.statement import uic
from ticketing.settlement.statement.as_csv import to_csv
from ticketing.settlement.statement.as_pdf import write_pdf
from ticketing.settlement.statement.as_xlsx import write_xlsx
from ticketing.settlement.statement.journal import to_text


def postings(count: int) -> Iterator[JournalLine]:
    for at in range(count):
        for amount in (at % 100 + 1, -(at % 100) - 1):
            account = "bank:EUR" if amount > 0 else "unearned:EUR"
            yield JournalLine(
                entry_id=f"e{at}",
                kind="capture",
                source_type="payment",
                source_id=f"p{at}",
                occurred_at=AT,
                account_id=account,
                currency="EUR",
                amount_minor=amount,
            )


def _csv(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.writelines(to_csv(RUN, "hsl", lines(count)))


def _uic(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.writelines(uic.to_json(RUN, "hsl", lines(count)))


def _journal(path: Path, count: int) -> None:
    balances = [
        Balance(
            account_id=f"{name}:EUR",
            type="asset",
            purpose=name,
            operator=None,
            member_state=None,
            currency="EUR",
            amount_minor=0,
        )
        for name in ("bank", "unearned")
    ]
    with path.open("w") as file:
        file.writelines(to_text("hledger", "2026-10-01", balances, postings(count)))


def _xlsx(path: Path, count: int) -> None:
    write_xlsx(path, RUN, "hsl", lines(count))


@pytest.mark.parametrize(
    ("write", "many"), [(_csv, 15_000), (_uic, 10_000), (_journal, 10_000), (_xlsx, 4_000)]
)
def test_memory_does_not_grow_with_the_lines(
    tmp_path: Path, write: Callable[[Path, int], None], many: int
) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        write(tmp_path / f"{count}", count)
        _, found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found

    write(tmp_path / "warm", 10)
    few = peak(1_000)

    # Measured: each form keeps under half a megabyte; holding the lines would cost several.
    assert peak(many) < few + 1_500_000


def test_a_pdf_prints_the_first_lines_and_counts_the_rest(tmp_path: Path) -> None:
    write_pdf(tmp_path / "s.pdf", RUN, "hsl", lines(1_234), "sv")

    pages = "".join(page.extract_text() for page in PdfReader(tmp_path / "s.pdf").pages)
    assert "Ytterligare 1034 rader finns i CSV- och XLSX-filerna" in pages


def test_a_pdf_says_what_kind_a_line_is_in_its_language(tmp_path: Path) -> None:
    write_pdf(tmp_path / "s.pdf", RUN, "hsl", lines(1), "fi")

    assert "Myynti" in PdfReader(tmp_path / "s.pdf").pages[0].extract_text()
