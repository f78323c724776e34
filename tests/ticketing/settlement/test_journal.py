"""The exported journal, checked by a program that is not ours."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from beancount import loader

from ticketing.books import postings
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.errors import InvalidRequest, NotFound
from ticketing.settlement import service
from ticketing.settlement.service import Office
from ticketing.settlement.statement.journal import to_text

AT = datetime(2026, 9, 30, 12, tzinfo=UTC)


@pytest.fixture
def office(database: Database, clock: FixedClock) -> Office:
    from ticketing.db.books import books  # noqa: PLC0415  the fixture alone writes to the books

    taken = {"region": "r", "gateway": "demo", "currency": "EUR", "at": AT}
    with database.write() as tx:
        for entry in (
            postings.capture("p1", amount=3200, **taken),  # type: ignore[arg-type]  keywords of mixed types
            postings.gateway_fee("p1", fee=35, **taken),  # type: ignore[arg-type]  see above
        ):
            assert entry is not None
            books.book(tx, entry, AT)
    return Office(database=database, clock=clock)


def test_beancount_accepts_the_journal_and_agrees_with_every_balance(office: Office, tmp_path: Path) -> None:
    service.close(office, "r", "2026-09", "Anna")
    path = tmp_path / "2026-09.beancount"
    path.write_text("".join(service.write_journal(office, "r", "2026-09", "beancount")), encoding="utf-8")

    entries, errors, _ = loader.load_file(str(path))

    assert (errors, [type(entry).__name__ for entry in entries].count("Transaction")) == ([], 2)


def test_several_months_are_one_journal_that_others_accept(office: Office, tmp_path: Path) -> None:
    from ticketing.db.books import books  # noqa: PLC0415  see the fixture

    service.close(office, "r", "2026-09", "Anna")
    late, november = AT.replace(day=29), AT.replace(month=11)
    with office.database.write() as tx:
        for source, at in (("p2", late), ("p3", november)):
            entry = postings.capture(source, region="r", gateway="demo", amount=100, currency="EUR", at=at)
            assert entry is not None
            books.book(tx, entry, at)
    later = replace(office, clock=FixedClock(datetime(2026, 12, 3, tzinfo=UTC)))
    for month in ("2026-10", "2026-11"):
        service.close(later, "r", month, "Anna")
    closed, left_out = service.list_closed(later, "r", "2026-01", "2026-12")
    assert closed == ["2026-09", "2026-10", "2026-11"]
    assert left_out == [*(f"2026-0{month}" for month in range(1, 9)), "2026-12"]
    with pytest.raises(NotFound, match="no month of r from 2027-01 to 2027-12 is closed"):
        service.list_closed(later, "r", "2027-01", "2027-12")
    path = tmp_path / "autumn.beancount"
    text = "".join(service.write_journal(later, "r", "2026-09", "beancount", until="2026-11"))
    path.write_text(text, encoding="utf-8")

    entries, errors, _ = loader.load_file(str(path))

    assert (errors, [type(entry).__name__ for entry in entries].count("Transaction")) == ([], 4)
    assert "2026-12-01 balance Assets:Demo-clearing:EUR 33.65 ~ 0 EUR" in text
    with pytest.raises(InvalidRequest, match="2026-09 is before 2026-10"):
        list(service.write_journal(later, "r", "2026-10", "beancount", until="2026-09"))


def test_beancount_refuses_a_journal_whose_balance_is_one_cent_off(office: Office, tmp_path: Path) -> None:
    from ticketing.db.books import month_books  # noqa: PLC0415  see the fixture

    with office.database.read() as tx:
        sums = month_books.balances(tx, "r", "2026-09")
        wrong = [replace(sums[0], amount_minor=sums[0].amount_minor + 1), *sums[1:]]
        text = "".join(
            to_text("beancount", "2026-10-01", wrong, month_books.stream_journal(tx, "r", "2026-09"))
        )
    path = tmp_path / "wrong.beancount"
    path.write_text(text, encoding="utf-8")

    assert len(loader.load_file(str(path))[1]) == 1


def test_a_hledger_journal_names_each_account_and_amount(office: Office) -> None:
    service.close(office, "r", "2026-09", "Anna")

    text = "".join(service.write_journal(office, "r", "2026-09", "hledger"))

    assert "account Assets:Demo-clearing:EUR\n" in text
    assert "  Assets:Demo-clearing:EUR  32.00 EUR\n  Liabilities:Unearned:EUR  -32.00 EUR\n" in text


def test_a_month_that_is_not_closed_has_no_journal(office: Office) -> None:
    with pytest.raises(NotFound, match="close it first"):
        list(service.write_journal(office, "r", "2026-09", "beancount"))
