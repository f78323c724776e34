"""Several currencies settled in one: netted per currency first, each position converted once by a published rate."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.ticketing.settlement.month import AT, book, office, sell
from tests.ticketing.settlement.test_export import enter_accounts
from ticketing.books import postings
from ticketing.db import Database, month_books
from ticketing.errors import InvalidRequest
from ticketing.purchase.reversal import take_back
from ticketing.settlement import export, service, steps
from ticketing.settlement.fx import fixing_day
from ticketing.settlement.office import Office
from ticketing.settlement.verify import verify


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Office:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "settlement.toml").write_text('settlement_currency = "EUR"\n')
    (tmp_path / "r" / "rates.csv").write_text("Date,SEK,ISK\n2026-09-30,11.2345,N/A\n2026-09-29,11,140\n")
    sell(database, "t1", {"hsl": 1000, "tlt": 500})
    sell(database, "t2", {"hsl": 25000}, currency="SEK")
    with database.write() as tx:
        book(tx, postings.compensation("c", region="r", amount=4000, currency="SEK", at=AT, liable="tlt"))
    return replace(office(database), regions_folder=tmp_path)


def test_a_position_is_converted_once_and_paid_in_one_amount(desk: Office, tmp_path: Path) -> None:
    run = service.close(desk, "r", "2026-09", "Anna")
    enter_accounts(desk)
    steps.approve(desk, run.id, "Bertil", run.digest)
    export.export(desk, run.id, "Bertil", tmp_path)

    positions = {(line["operator"], line["currency"]): line["amount"] for line in run.document["positions"]}
    assert positions == {
        ("hsl", "EUR"): "10.00", ("tlt", "EUR"): "5.00", ("scheme", "EUR"): "-15.00",
        ("hsl", "SEK"): "250.00", ("tlt", "SEK"): "-40.00", ("scheme", "SEK"): "-210.00",
    }  # fmt: skip
    assert [(line["operator"], line["to"]["amount"], line["day"]) for line in run.document["conversions"]] == [
        ("hsl", "22.25", "2026-09-30"), ("tlt", "-3.56", "2026-09-30")
    ]  # fmt: skip
    assert [(line["to"], line["amount"], line["currency"]) for line in run.document["payments"]] == [
        ("hsl", "32.25", "EUR"), ("tlt", "1.44", "EUR")
    ]  # fmt: skip
    assert b"<CtrlSum>33.69</CtrlSum>" in (tmp_path / "r/2026-09-v1/payments-sepa.xml").read_bytes()
    assert verify(desk, "r", take_back).faults == []
    with desk.database.read() as tx:
        booked = {line.account_id: line.amount_minor for line in month_books.balances(tx, "r", "2026-10")}
    assert booked == {
        "operator_payable:hsl:EUR": 1000, "operator_payable:tlt:EUR": 500, "netting_clearing:EUR": -3369,
        "fx_clearing:EUR": 1869, "operator_payable:hsl:SEK": 25000, "operator_payable:tlt:SEK": -4000,
        "fx_clearing:SEK": -21000,
    }  # fmt: skip


def test_without_a_rate_a_position_stays_in_its_currency(desk: Office, tmp_path: Path) -> None:
    (tmp_path / "r" / "rates.csv").unlink()

    run = service.close(desk, "r", "2026-09", "Anna")

    assert run.document["conversions"] == []
    assert {line["currency"] for line in run.document["payments"]} == {"EUR", "SEK"}


def test_an_operator_is_referred_to_differently_in_each_currency(desk: Office) -> None:
    run = service.close(desk, "r", "2026-09", "Anna")

    assert export.end_to_end_id(run, "hsl") != export.end_to_end_id(run, "hsl", "SEK")


def test_bad_rates_and_currencies_are_told(desk: Office, tmp_path: Path) -> None:
    (tmp_path / "r" / "rates.csv").write_text("Date,SEK\n2026-09-30,cheap\n")
    with pytest.raises(InvalidRequest, match=r"rates\.csv"):
        service.close(desk, "r", "2026-09", "Anna")
    (tmp_path / "r" / "settlement.toml").write_text('settlement_currency = "euro"\n')
    with pytest.raises(InvalidRequest, match="settlement_currency"):
        service.close(desk, "r", "2026-09", "Anna")


def test_the_rate_is_that_of_the_last_day_on_which_banks_settle() -> None:
    assert [fixing_day(month) for month in ("2026-05", "2027-03", "2026-12")] == [
        date(2026, 5, 29), date(2027, 3, 31), date(2026, 12, 31)
    ]  # fmt: skip
