"""Several currencies settled in one: netted per currency first, each position converted once by a published rate."""

import hashlib
import io
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from tests.ticketing.settlement.bank_details import enter_accounts
from tests.ticketing.settlement.bank_lines import line, statement
from tests.ticketing.settlement.month import AT, book, dataset_of, office, sell
from ticketing.books import postings
from ticketing.cli import shown
from ticketing.db import Database
from ticketing.db.books import month_books
from ticketing.errors import Conflict, InvalidRequest
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement import service
from ticketing.settlement.bank import reconcile, suspense
from ticketing.settlement.claims import show
from ticketing.settlement.month.fx import fixing_day
from ticketing.settlement.office import Office
from ticketing.settlement.payout import payment_file, steps
from ticketing.settlement.proof.verify import verify
from ticketing.settlement.statement import export


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

    positions = {
        (line["operator"], line["currency"]): line["amount"] for line in dataset_of(run)["positions"]
    }
    assert positions == {
        ("hsl", "EUR"): "10.00",
        ("tlt", "EUR"): "5.00",
        ("scheme", "EUR"): "-15.00",
        ("hsl", "SEK"): "250.00",
        ("tlt", "SEK"): "-40.00",
        ("scheme", "SEK"): "-210.00",
    }
    assert [
        (line["operator"], line["to"]["amount"], line["day"]) for line in dataset_of(run)["conversions"]
    ] == [("hsl", "22.25", "2026-09-30"), ("tlt", "-3.56", "2026-09-30")]
    assert [(line["to"], line["amount"], line["currency"]) for line in dataset_of(run)["payments"]] == [
        ("hsl", "32.25", "EUR"),
        ("tlt", "1.44", "EUR"),
    ]
    assert b"<CtrlSum>33.69</CtrlSum>" in (tmp_path / "r/2026-09-v1/payments-sepa.xml").read_bytes()
    assert verify(desk, "r", take_back).faults == []
    with desk.database.read() as tx:
        booked = {line.account_id: line.amount_minor for line in month_books.balances(tx, "r", "2026-10")}
    assert booked == {
        "operator_payable:hsl:EUR": 1000,
        "operator_payable:tlt:EUR": 500,
        "netting_clearing:EUR": -3369,
        "fx_clearing:EUR": 1869,
        "operator_payable:hsl:SEK": 25000,
        "operator_payable:tlt:SEK": -4000,
        "fx_clearing:SEK": -21000,
    }


def test_without_a_rate_a_position_stays_in_its_currency(desk: Office, tmp_path: Path) -> None:
    (tmp_path / "r" / "rates.csv").unlink()

    run = service.close(desk, "r", "2026-09", "Anna")

    assert dataset_of(run)["conversions"] == []
    assert {line["currency"] for line in dataset_of(run)["payments"]} == {"EUR", "SEK"}
    assert {line["because"] for line in dataset_of(run)["unconverted"]} == {"there is no rates.csv"}


@pytest.mark.parametrize(
    ("rates", "fx", "because"),
    [
        (
            "Date,SEK\n2026-09-20,11\n",
            "",
            "the last rate of SEK is of 2026-09-20, more than 7 days before 2026-09-30",
        ),
        ("Date,SEK\n2026-10-01,11\n", "", "there is no rate of SEK up to 2026-09-30"),
        ("Date,ISK\n2026-09-30,140\n", "", "rates.csv has no rate of SEK"),
        (
            "Date,SEK\n2026-09-30,11\n2026-09-20,11\n",
            '[fx]\nmethod = "average"\ndays = 2\n',
            "the days up to 2026-09-30 on which SEK and EUR have a rate are too few or too far apart",
        ),
    ],
)
def test_a_position_that_stays_unconverted_is_told_with_the_reason(
    desk: Office, tmp_path: Path, rates: str, fx: str, because: str
) -> None:
    (tmp_path / "r" / "rates.csv").write_text(rates)
    (tmp_path / "r" / "settlement.toml").write_text(f'settlement_currency = "EUR"\n{fx}')

    run = service.close(desk, "r", "2026-09", "Anna")

    assert dataset_of(run)["conversions"] == []
    assert [
        (line["operator"], line["amount"], line["because"]) for line in dataset_of(run)["unconverted"]
    ] == [
        ("hsl", "250.00", because),
        ("tlt", "-40.00", because),
    ]
    assert verify(desk, "r", take_back).faults == []


def test_an_average_of_days_is_exact_and_rounded_once(desk: Office, tmp_path: Path) -> None:
    terms = 'settlement_currency = "EUR"\n[fx]\nmethod = "average"\ndays = 2\n'
    (tmp_path / "r" / "settlement.toml").write_text(terms)

    run = service.close(desk, "r", "2026-09", "Anna")

    # (11.2345 + 11) / 2 = 11.11725; 250 / 11.11725 = 22.4875..., 40 / 11.11725 = 3.5980...
    assert [
        (line["operator"], line["to"]["amount"], line["rate"]) for line in dataset_of(run)["conversions"]
    ] == [("hsl", "22.49", "4000/44469"), ("tlt", "-3.60", "4000/44469")]
    assert dataset_of(run)["rates"] == {
        "SEK": {
            "target": "EUR",
            "rate": "4000/44469",
            "day": "2026-09-30",
            "days": ["2026-09-29", "2026-09-30"],
        }
    }
    assert dataset_of(run)["terms"]["fx"] == {"method": "average", "days": 2}
    assert verify(desk, "r", take_back).faults == []


def test_a_run_keeps_where_its_rates_come_from(desk: Office, tmp_path: Path) -> None:
    content = (tmp_path / "r" / "rates.csv").read_bytes()

    run = service.close(desk, "r", "2026-09", "Anna")

    assert dataset_of(run)["rates_from"] == {
        "publisher": "European Central Bank, euro foreign exchange reference rates",
        "file": "rates.csv",
        "sha256": hashlib.sha256(content).hexdigest(),
        "method": "fixed",
        "up_to": "2026-09-30",
    }
    (tmp_path / "r" / "rates.csv").write_text("Date,SEK\n2026-09-30,99\n")
    assert verify(desk, "r", take_back).faults == []


def test_a_run_that_converts_nothing_is_told_as_before(desk: Office, tmp_path: Path) -> None:
    (tmp_path / "r" / "settlement.toml").unlink()

    document = dataset_of(service.close(desk, "r", "2026-09", "Anna"))

    assert document["rates"] == {}
    assert not {"rates_from", "unconverted"} & document.keys()
    assert "fx" not in document["terms"]


def test_a_run_on_a_terminal_shows_its_rates_their_hash_and_what_stays(desk: Office, tmp_path: Path) -> None:
    (tmp_path / "r" / "rates.csv").write_text("Date,SEK\n2026-09-30,11.2345\n")
    sell_in_iceland(desk.database)
    run = show.trail(*service.get_trail(desk, service.close(desk, "r", "2026-09", "Anna").id))
    screen = Console(file=io.StringIO(), width=160, highlight=False)

    shown.show_run(screen, run)

    text = screen.file.getvalue()  # type: ignore[attr-defined]  a StringIO, see above
    sha = hashlib.sha256((tmp_path / "r" / "rates.csv").read_bytes()).hexdigest()
    assert f"rates.csv, SHA-256 {sha}" in text
    assert "reference rates, last day up to 2026-09-30" in text
    assert re.search(r"hsl\s+250\.00\s+SEK\s+22\.25\s+EUR\s+2000/22469\s+2026-09-30", text)
    assert re.search(r"hsl\s+700\s+ISK\s+rates\.csv has no rate of ISK", text)


def sell_in_iceland(database: Database) -> None:
    sell(database, "t9", {"hsl": 700}, currency="ISK")


@pytest.mark.parametrize(
    ("fx", "said"),
    [
        ('method = "guess"', "fx.method: may be fixed, average"),
        ('method = "average"', "fx.days: must be days from 1 to 31"),
        ('method = "average"\ndays = 0', "fx.days: must be days from 1 to 31"),
        ("days = 5", "fx.days: goes with the method average"),
        ("mean = 5", "fx.mean: unknown key"),
    ],
)
def test_a_method_that_is_none_is_refused(desk: Office, tmp_path: Path, fx: str, said: str) -> None:
    (tmp_path / "r" / "settlement.toml").write_text(f"[fx]\n{fx}\n")

    with pytest.raises(InvalidRequest, match=said):
        service.close(desk, "r", "2026-09", "Anna")


def test_an_operator_is_referred_to_differently_in_each_currency(desk: Office) -> None:
    run = service.close(desk, "r", "2026-09", "Anna")

    assert payment_file.end_to_end_id(run, "hsl") != payment_file.end_to_end_id(run, "hsl", "SEK")


def test_bad_rates_and_currencies_are_told(desk: Office, tmp_path: Path) -> None:
    (tmp_path / "r" / "rates.csv").write_text("Date,SEK\n2026-09-30,cheap\n")
    with pytest.raises(InvalidRequest, match=r"rates\.csv"):
        service.close(desk, "r", "2026-09", "Anna")
    (tmp_path / "r" / "settlement.toml").write_text('settlement_currency = "euro"\n')
    with pytest.raises(InvalidRequest, match="settlement_currency"):
        service.close(desk, "r", "2026-09", "Anna")


def test_the_rate_is_that_of_the_last_day_on_which_banks_settle() -> None:
    assert [fixing_day(month) for month in ("2026-05", "2027-03", "2026-12")] == [
        date(2026, 5, 29),
        date(2027, 3, 31),
        date(2026, 12, 31),
    ]


def approved_and_two_lines(desk: Office, euro: str) -> tuple[str, str]:
    """The run of September is approved, and the bank has exchanged what it converted: (krona out, euro in)."""
    run = service.close(desk, "r", "2026-09", "Anna")
    enter_accounts(desk)
    steps.approve(desk, run.id, "Bertil", run.digest)
    krona = statement(line("210.00", bank="k1"), closing="-110.00").replace(b'Ccy="EUR"', b'Ccy="SEK"')
    krona = krona.replace(b"-110.00</Amt><CdtDbtInd>CRDT", b"110.00</Amt><CdtDbtInd>DBIT")
    euros = statement(line(euro, way="CRDT", bank="e1"), closing=f"{100 + float(euro):.2f}")
    ids = []
    for content in (krona, euros):
        reconcile.import_statement(desk, "r", content, "Clara")
        ids.append(reconcile.review(desk, "r")[0][-1].line.id)
    return ids[0], ids[1]


def standing(desk: Office) -> dict[str, int]:
    with desk.database.read() as tx:
        found = month_books.balances(tx, "r", "2026-10")
    return {
        one.account_id: one.amount_minor
        for one in found
        if one.account_id.startswith(("fx_", "bank:", "suspense"))
    }


def test_the_banks_exchange_settles_what_was_converted_and_shows_the_difference(desk: Office) -> None:
    krona, euro = approved_and_two_lines(desk, "18.50")
    assert [str(one) for one in reconcile.list_converted(desk, "r")] == ["18.69 EUR", "-210.00 SEK"]

    for one in (krona, euro):
        reconcile.book_line(desk, "r", one, "fx", by="Clara", reason="exchanged on 15 October")

    assert standing(desk) == {
        "bank:SEK": -21000,
        "fx_clearing:SEK": 0,
        "bank:EUR": 1850,
        "fx_clearing:EUR": 0,
        "fx_difference:EUR": 19,
    }
    assert (suspense.list_suspense(desk, "r"), reconcile.list_converted(desk, "r")) == ([], [])
    assert verify(desk, "r", take_back).faults == []


def test_an_exchange_that_was_booked_by_mistake_is_taken_back_and_waits_again(desk: Office) -> None:
    _, euro = approved_and_two_lines(desk, "19.00")
    reconcile.book_line(desk, "r", euro, "fx", by="Clara", reason="exchanged")
    assert standing(desk)["fx_difference:EUR"] == -31

    suspense.unbook_line(desk, "r", euro, by="Clara", reason="of another month")

    assert standing(desk) == {
        "fx_clearing:SEK": -21000,
        "bank:EUR": 0,
        "fx_clearing:EUR": 1869,
        "fx_difference:EUR": 0,
    }
    reconcile.book_line(desk, "r", euro, "fx", by="Clara", reason="it was this one")
    assert verify(desk, "r", take_back).faults == []


def test_a_line_that_is_not_the_exchange_of_what_was_converted_is_not_booked_as_one(desk: Office) -> None:
    krona, half = approved_and_two_lines(desk, "9.00")

    with pytest.raises(Conflict, match=r"18\.69 EUR was converted .* 9\.00 EUR is not that"):
        reconcile.book_line(desk, "r", half, "fx", by="Clara", reason="half of it")
    with pytest.raises(Conflict, match=r"0\.00 SEK was converted by the runs of q"):
        reconcile.book_line(desk, "q", krona, "fx", by="Clara", reason="not of this region")
