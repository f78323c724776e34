"""One dataset, many files: every form of a run shows the same totals, and other people's programs accept them."""

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import threading
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import sepaxml
from beancount import loader
from openpyxl.utils import get_column_letter
from pypdf import PdfReader

from tests.ticketing.settlement.bank_details import IBANS, enter_accounts
from tests.ticketing.settlement.month import AT, book, dataset_of, give_back, office, sell
from ticketing.books import postings
from ticketing.db import Database
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict, InvalidRequest, NotAllowed
from ticketing.settlement import service
from ticketing.settlement.month.business_days import easter, is_business_day, next_business_day
from ticketing.settlement.office import Office
from ticketing.settlement.payout import bank_accounts, payment_file, references, sepa, steps
from ticketing.settlement.payout.iban import is_in_sepa
from ticketing.settlement.statement import export
from ticketing.settlement.statement.as_csv import COLUMNS

SUMS = ("gross", "vat", "fee", "net", "net_minor")
EVIL = '=HYPERLINK("http://x")'


@pytest.fixture
def desk(database: Database) -> Office:
    sell(database, "t1", {"hsl": 1000, "tlt": 500}, vat=90, fee=15)
    sold = sell(database, "t2", {"hsl": 300})
    give_back(database, sold, "r1")
    sell(database, "t3", {EVIL: 40}, currency="SEK")
    with database.write() as tx:
        book(tx, postings.compensation("c1", region="r", amount=120, currency="EUR", at=AT, liable="tlt"))
    return office(database)


def exported(desk: Office, folder: Path) -> tuple[Run, Path]:
    run = service.close(desk, "r", "2026-09", "Anna")
    steps.approve(desk, run.id, "Bertil", run.digest)
    enter_accounts(desk)
    run = export.export(desk, run.id, "Bertil", folder)
    return run, folder / "r" / "2026-09-v1"


def test_the_payment_file_is_valid_and_its_control_sum_is_the_runs_total(
    desk: Office, tmp_path: Path
) -> None:
    run, folder = exported(desk, tmp_path)

    content = (folder / "payments-sepa.xml").read_bytes()
    root = ET.fromstring(content)
    spaces = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
    found = {
        name: [node.text for node in root.iterfind(f".//p:{name}", spaces)]
        for name in ("MsgId", "CtrlSum", "NbOfTxs", "InstdAmt", "IBAN", "EndToEndId", "Nm")
    }
    assert found["MsgId"] == [steps.message_id_of(run)]
    assert found["CtrlSum"] == ["12.75", "12.75"]
    assert found["NbOfTxs"] == ["2", "2"]
    assert found["InstdAmt"] == ["8.95", "3.80"]
    assert found["IBAN"] == [IBANS["scheme"], IBANS["hsl"], IBANS["tlt"]]
    assert all(len(reference or "") <= 35 for reference in found["EndToEndId"])
    assert "HSL Oy + Co" in found["Nm"]
    if shutil.which("xmllint"):
        schema = Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd"
        checked = subprocess.run(
            ["xmllint", "--noout", "--schema", schema, folder / "payments-sepa.xml"],
            capture_output=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stderr


def test_a_payment_file_that_breaks_its_schema_is_not_written(desk: Office) -> None:
    payer = sepa.Party("Scheme", IBANS["scheme"], "", "", "FI")

    with pytest.raises(Conflict, match="breaks its schema"):
        sepa.to_xml("x" * 36, payer, [sepa.Transfer(payer, 5, "e", "r")], AT, date(2026, 10, 15))
    with pytest.raises(InvalidRequest, match="no IBAN"):
        sepa.to_xml("x", replace(payer, iban="FI2112345600000786"), [], AT, date(2026, 10, 15))


def test_statements_in_csv_xlsx_and_pdf_show_the_same_totals(desk: Office, tmp_path: Path) -> None:
    _, folder = exported(desk, tmp_path)

    rows = list(csv.reader((folder / "statements/hsl.csv").read_text(encoding="utf-8").splitlines()))
    told = [dict(zip(COLUMNS, row, strict=True)) for row in rows if len(row) == len(COLUMNS)]
    total = next(row for row in told if row["booked_at"] == "Total EUR")
    workbook = openpyxl.load_workbook(folder / "statements/hsl.xlsx")
    summary = [[cell.value for cell in row] for row in workbook["Statement"]]
    in_workbook = dict(zip(COLUMNS, next(row for row in summary if row[0] == "Total EUR"), strict=True))
    pages = "".join(page.extract_text() for page in PdfReader(folder / "statements/hsl.pdf").pages)
    detail = [dict(zip(COLUMNS, (cell.value for cell in row), strict=True)) for row in workbook["Lines 1"]][
        1:
    ]

    assert [total[name] for name in SUMS] == ["10.00", "0.90", "0.15", "8.95", "895"]
    assert [in_workbook[name] for name in SUMS] == [10, 0.9, 0.15, 8.95, 895]
    assert round(sum(row["net"] for row in detail), 2) == 8.95
    assert re.search(r"Total EUR\s+10\.00\s+0\.90\s+0\.15\s+8\.95", pages)
    assert "2026-09-14 A - B (HSL 1 > TLT 1)" in [row["journey"] for row in told]


def test_a_workbook_is_read_and_filtered_as_it_is(desk: Office, tmp_path: Path) -> None:
    _, folder = exported(desk, tmp_path)

    workbook = openpyxl.load_workbook(folder / "statements/hsl.xlsx")
    detail, first = workbook["Lines 1"], workbook["Statement"]

    last = get_column_letter(len(COLUMNS))
    assert (detail.freeze_panes, detail.auto_filter.ref) == ("A2", f"A1:{last}{detail.max_row}")
    assert [detail["A1"].value, detail["A2"].value] == ["Booked (UTC)", AT.replace(tzinfo=None)]
    assert detail["A2"].number_format == "yyyy-mm-dd hh:mm:ss"
    widths = [(one.min, one.max, int(one.width)) for one in first.column_dimensions.values()]
    assert widths == [(1, 1, 40), (2, 2, 20), (3, len(COLUMNS), 14)]


def test_a_statement_says_who_pays_whom_when_and_by_which_reference(
    database: Database, tmp_path: Path
) -> None:
    sell(database, "t1", {"hsl": 1000})
    with database.write() as tx:
        book(tx, postings.compensation("c1", region="r", amount=50, currency="EUR", at=AT, liable="tlt"))
    run, folder = exported(office(database), tmp_path)
    due, hsl, tlt = (
        payment_file.due_date(run),
        payment_file.end_to_end_id(run, "hsl"),
        references.grouped(payment_file.payer_reference(run, "tlt", "EUR")),
    )
    read = {
        name: "".join(page.extract_text() for page in PdfReader(folder / f"statements/{name}.pdf").pages)
        for name in ("hsl", "tlt")
    }

    assert "Statement: HSL (hsl), September 2026" in read["hsl"]
    assert f"The scheme pays HSL 10.00 EUR, due on {due}, reference {hsl}" in read["hsl"]
    assert f"tlt pays the scheme 0.50 EUR, due on {due}, reference {tlt}" in read["tlt"]
    assert "Account of the scheme to pay to: " not in read["hsl"]
    assert "Account of the scheme to pay to: FI21 1234 5600 0007 85" in read["tlt"]
    assert "Balance: tlt owes the scheme" in read["tlt"]
    assert "To be paid" not in read["tlt"]
    assert "Balance: tlt owes the scheme" in (folder / "statements/tlt.csv").read_text(encoding="utf-8")


def test_no_cell_of_a_statement_is_a_formula(desk: Office, tmp_path: Path) -> None:
    _, folder = exported(desk, tmp_path)

    name = export.file_name(EVIL)
    cells = [
        cell
        for line in csv.reader(io.StringIO((folder / f"statements/{name}.csv").read_text(encoding="utf-8")))
        for cell in line
    ]
    workbook = openpyxl.load_workbook(folder / f"statements/{name}.xlsx")
    types = {cell.data_type for sheet in workbook for row in sheet for cell in row}

    assert "/" not in name
    assert [cell for cell in cells if cell[:1] in "=+@"] == [""] * sum(not cell for cell in cells)
    assert "f" not in types


def test_hledger_accepts_the_journal_and_refuses_it_one_cent_off(desk: Office, tmp_path: Path) -> None:
    _, folder = exported(desk, tmp_path)
    if not shutil.which("hledger"):
        pytest.skip("hledger is not installed")
    path = folder / "journal.hledger"
    text = path.read_text(encoding="utf-8")

    def check(content: str) -> int:
        wrong = tmp_path / "wrong.hledger"
        wrong.write_text(content, encoding="utf-8")
        return subprocess.run(
            ["hledger", "-f", wrong, "check", "--strict"], capture_output=True, check=False
        ).returncode

    assert check(text) == 0
    assert check(text.replace("  15.00 EUR\n", "  15.01 EUR\n", 1)) == 1
    assert check(re.sub(r"= -8\.95 EUR", "= -8.96 EUR", text, count=1)) == 1


def test_beancount_agrees_with_every_balance(desk: Office, tmp_path: Path) -> None:
    _, folder = exported(desk, tmp_path)
    path = folder / "journal.beancount"
    text = path.read_text(encoding="utf-8")

    entries, errors, _ = loader.load_file(str(path))
    path.with_name("wrong.beancount").write_text(
        text.replace("-8.95 ~ 0 EUR", "-8.96 ~ 0 EUR"), encoding="utf-8"
    )
    _, one_cent, _ = loader.load_file(str(path.with_name("wrong.beancount")))

    assert (errors, len(one_cent)) == ([], 1)
    assert sum(type(entry).__name__ == "Transaction" for entry in entries) == 8


def test_the_vat_report_sums_to_the_run_and_names_its_lines(desk: Office, tmp_path: Path) -> None:
    run, folder = exported(desk, tmp_path)

    summary = list(csv.DictReader((folder / "vat.csv").read_text(encoding="utf-8").splitlines()))
    detail = list(csv.DictReader((folder / "vat-lines.csv").read_text(encoding="utf-8").splitlines()))

    euro = [line for line in summary if line["currency"] == "EUR"]
    assert [(line["member_state"], line["rate"], line["vat"], line["lines"]) for line in euro] == [
        ("EE", "24.00", "0.90", "3")
    ]
    assert sum(round(float(line["vat"]) * 100) for line in detail) == 90
    assert {tax["vat"] for tax in dataset_of(run)["taxes"]} == {"0.90", "0.00"}


def test_the_uic_delivery_counts_every_line_with_its_sign(desk: Office, tmp_path: Path) -> None:
    _, folder = exported(desk, tmp_path)

    delivery = json.loads((folder / "uic/hsl.json").read_text(encoding="utf-8"))["uicAccountingDelivery"]
    amounts = [amount for record in delivery["accountingRecords"] for amount in record["accountedAmounts"]]
    gross = sum(
        amount["amount"] * (1 if amount["settlementValueIndicator"] == "CREDIT" else -1)
        for amount in amounts
        if amount["grossAmount"]
    )

    assert gross == 1000
    assert all(
        sum(amount[kind] for kind in ("grossAmount", "afterSaleFee", "commission")) == 1 for amount in amounts
    )
    assert delivery["deliveryDetails"]["endStatementPeriod"] == "2026-10-01T00:00:00Z"


def test_an_account_is_the_schemes_or_an_operators_and_no_two_parties_pay_themselves(desk: Office) -> None:
    real = replace(desk, regions_folder=Path("regions"))
    bank_accounts.approve(
        desk, bank_accounts.enter(real, "scheme", IBANS["scheme"], name="S", by="Clara").id, "David"
    )

    with pytest.raises(InvalidRequest, match="'nobody' is not scheme nor one of"):
        bank_accounts.enter(real, "nobody", IBANS["hsl"], name="N", by="Clara")
    with pytest.raises(InvalidRequest, match="is the account of scheme"):
        bank_accounts.enter(real, "hsl", IBANS["scheme"], name="HSL", by="Clara")


def test_exporting_again_writes_the_same_files(desk: Office, tmp_path: Path) -> None:
    run, folder = exported(desk, tmp_path)
    before = {path: path.read_bytes() for path in folder.rglob("*.*") if path.suffix != ".xlsx"}

    again = export.export(desk, run.id, "Bertil", tmp_path)

    assert again.state == "exported"
    assert {path: path.read_bytes() for path in before} == before


def test_nothing_is_paid_to_an_account_that_one_person_entered_and_approved(
    desk: Office, tmp_path: Path
) -> None:
    run = service.close(desk, "r", "2026-09", "Anna")
    steps.approve(desk, run.id, "Bertil", run.digest)
    made = bank_accounts.enter(desk, "hsl", IBANS["hsl"], name="HSL", by="Clara")

    with pytest.raises(NotAllowed, match="another person"):
        bank_accounts.approve(desk, made.id, "Clara")
    with pytest.raises(Conflict, match="no approved bank account of scheme, hsl, tlt"):
        export.export(desk, run.id, "Bertil", tmp_path)
    for bad, field in (("DE00370400440532013000", "iban"), ("", "iban")):
        with pytest.raises(InvalidRequest) as refusal:
            bank_accounts.enter(desk, "hsl", bad, name="HSL", by="Clara")
        assert refusal.value.faults[0].path == field


def test_who_entered_an_account_does_not_approve_the_run_that_pays_to_it(desk: Office) -> None:
    enter_accounts(desk)
    run = service.close(desk, "r", "2026-09", "Anna")

    with pytest.raises(NotAllowed, match="entered a bank account"):
        steps.approve(desk, run.id, "Clara", run.digest)


def test_a_run_of_pretended_payments_stays_approved_where_specimens_are_not_allowed(
    database: Database, tmp_path: Path
) -> None:
    sell(database, "t1", {"hsl": 1000}, gateway="demo")
    desk = replace(office(database), specimens=False)
    run = service.close(desk, "r", "2026-09", "Anna")
    steps.approve(desk, run.id, "Bertil", run.digest)
    enter_accounts(desk)

    with pytest.raises(Conflict, match="no money has moved"):
        export.export(desk, run.id, "Bertil", tmp_path)
    assert export.export(replace(desk, specimens=True), run.id, "Bertil", tmp_path).state == "exported"
    assert b"SPECIMEN" in (tmp_path / "r/2026-09-v1/payments-sepa.xml").read_bytes()


@pytest.mark.parametrize("language", ["et", "fi", "sv"])
def test_statements_speak_the_languages_of_the_region(desk: Office, language: str) -> None:
    run = service.close(desk, "r", "2026-09", "Anna")

    head = next(line for line in service.statement(desk, run.id, "hsl", language) if "EUR" not in line)

    assert head.split(",")[0] == {"et": "Aruanne", "fi": "Tilitys", "sv": "Avräkning"}[language]


def test_payments_fall_on_days_on_which_the_banks_settle() -> None:
    known = {
        2024: date(2024, 3, 31),
        2026: date(2026, 4, 5),
        2027: date(2027, 3, 28),
        2038: date(2038, 4, 25),
    }

    assert {year: easter(year) for year in known} == known
    assert [is_business_day(date(2026, 4, day)) for day in (2, 3, 6, 7)] == [True, False, False, True]
    assert next_business_day(date(2026, 12, 25)) == date(2026, 12, 28)
    assert next_business_day(date(2027, 5, 1)) == date(2027, 5, 3)


def test_a_run_pays_to_the_accounts_of_its_approval_and_to_no_others(desk: Office, tmp_path: Path) -> None:
    run = service.close(desk, "r", "2026-09", "Anna")
    enter_accounts(desk)
    steps.approve(desk, run.id, "Bertil", run.digest)
    other = bank_accounts.enter(desk, "hsl", "FI5810171000000122", name="Other", by="Bertil", town="Turku")
    bank_accounts.approve(desk, other.id, "Anna")

    with pytest.raises(Conflict, match="the bank account of hsl was changed after this run was approved"):
        export.export(desk, run.id, "Bertil", tmp_path)
    assert not list(tmp_path.rglob("*.xml"))


def test_an_account_that_came_after_the_approval_is_not_the_approvers_own(
    desk: Office, tmp_path: Path
) -> None:
    run = service.close(desk, "r", "2026-09", "Anna")
    steps.approve(desk, run.id, "Bertil", run.digest)
    enter_accounts(desk)
    late = bank_accounts.enter(desk, "hsl", "FI5810171000000122", name="Other", by="BERTIL", town="Turku")
    bank_accounts.approve(desk, late.id, "Anna")

    with pytest.raises(NotAllowed, match="Bertil has approved this run and entered the bank account of hsl"):
        export.export(desk, run.id, "Anna", tmp_path)


def test_an_account_that_changes_while_a_run_is_exported_stops_it(desk: Office, tmp_path: Path) -> None:
    run = service.close(desk, "r", "2026-09", "Anna")
    steps.approve(desk, run.id, "Bertil", run.digest)
    enter_accounts(desk)  # after the approval, so the run is bound to none of them yet

    def changed(what: str, *_: int) -> None:
        if what == "payments-sepa.xml" and len(bank_accounts.list_accounts(desk)) == len(IBANS):
            other = bank_accounts.enter(desk, "hsl", "FI5810171000000122", name="O", by="Clara", town="Turku")
            bank_accounts.approve(desk, other.id, "David")

    with pytest.raises(Conflict, match="was changed meanwhile: export it again"):
        export.export(desk, run.id, "Bertil", tmp_path, progress=changed)
    assert not list((tmp_path / "r").iterdir())
    assert export.export(desk, run.id, "Bertil", tmp_path).state == "exported"
    payments = (tmp_path / "r" / "2026-09-v1" / "payments-sepa.xml").read_text(encoding="utf-8")
    assert "FI5810171000000122" in payments


def test_an_exported_run_is_exported_again_as_it_was_though_an_account_has_changed(
    desk: Office, tmp_path: Path
) -> None:
    run, folder = exported(desk, tmp_path)
    before = {path.name: path.read_bytes() for path in folder.rglob("*.*")}
    other = bank_accounts.enter(desk, "hsl", "FI5810171000000122", name="Other", by="Clara", town="Turku")
    bank_accounts.approve(desk, other.id, "David")
    (folder / "payments-sepa.xml").unlink()

    assert export.export(desk, run.id, "Anna", tmp_path).state == "exported"
    assert {path.name: path.read_bytes() for path in folder.rglob("*.*")} == before


def test_a_refused_export_leaves_the_files_as_they_were(desk: Office, tmp_path: Path) -> None:
    run, folder = exported(desk, tmp_path)
    before = {path.name: path.read_bytes() for path in folder.rglob("*.*")}

    with pytest.raises(Conflict, match=r"\.csv is not what was exported before"):
        export.export(desk, run.id, "Anna", tmp_path, language="fi")
    assert {path.name: path.read_bytes() for path in folder.rglob("*.*")} == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_two_exports_at_once_keep_the_files_of_one(desk: Office, tmp_path: Path) -> None:
    run = service.close(desk, "r", "2026-09", "Anna")
    enter_accounts(desk)
    steps.approve(desk, run.id, "Bertil", run.digest)
    gate, states = threading.Barrier(3), []

    def write() -> None:
        gate.wait()
        states.append(export.export(desk, run.id, "Bertil", tmp_path).state)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert states == ["exported"] * 3
    _, _, files = service.get_trail(desk, run.id)
    folder = tmp_path / "r" / "2026-09-v1"
    kept = {file.name: file.sha256 for file in files}
    found = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*.*")
    }
    assert found == kept


def test_the_payments_of_a_voided_run_are_of_no_use(desk: Office, tmp_path: Path) -> None:
    desk = replace(desk, files=tmp_path)
    run, folder = exported(desk, tmp_path)
    steps.void(desk, run.id, "Anna", "the account of hsl is closed")

    assert not (folder / "payments-sepa.xml").exists()
    assert (folder / "payments-sepa.xml.voided").exists()
    (folder / "payments-sepa.xml.voided").rename(folder / "payments-sepa.xml")
    with pytest.raises(Conflict, match="this run was voided: nothing is paid by its files"):
        export.exported_parts(desk, run.id, "payments-sepa.xml")
    assert b"".join(export.exported_parts(desk, run.id, "vat.csv"))


def test_a_run_that_is_voided_while_it_is_exported_leaves_no_files(desk: Office, tmp_path: Path) -> None:
    run = service.close(desk, "r", "2026-09", "Anna")
    enter_accounts(desk)
    steps.approve(desk, run.id, "Bertil", run.digest)

    def voided(what: str, *_: int) -> None:
        if what == "payments-sepa.xml" and service.get_run(desk, run.id).state == "approved":
            steps.void(desk, run.id, "Anna", "the threshold changed")

    with pytest.raises(Conflict, match="the run is voided"):
        export.export(desk, run.id, "Bertil", tmp_path, progress=voided)
    assert not list((tmp_path / "r").iterdir())


@pytest.mark.parametrize("party", ["hsl", "scheme"])
def test_a_run_that_pays_from_or_to_an_account_outside_of_sepa_is_not_exported_and_names_the_party(
    desk: Office, tmp_path: Path, party: str
) -> None:
    enter_accounts(desk)
    other = bank_accounts.enter(desk, party, "AE070331234567890123456", name="Gulf", by="Clara", town="Dubai")
    bank_accounts.approve(desk, other.id, "David")
    run = service.close(desk, "r", "2026-09", "Anna")
    steps.approve(desk, run.id, "Bertil", run.digest)

    with pytest.raises(Conflict, match=f"{party}: its account is in AE, outside of SEPA") as refusal:
        export.export(desk, run.id, "Bertil", tmp_path)

    assert [fault.path for fault in refusal.value.faults] == [party]
    assert service.get_run(desk, run.id).state == "approved"


def test_one_transfer_of_more_than_sepa_carries_is_refused_by_its_partys_name(
    database: Database, tmp_path: Path
) -> None:
    sell(database, "t1", {"hsl": 99_999_999_999, "tlt": 100_000_000_000})
    desk = office(database)

    with pytest.raises(Conflict) as refusal:
        exported(desk, tmp_path)

    assert refusal.value.detail == (
        "tlt: 1000000000.00 EUR is more than the 999999999.99 EUR of one SEPA credit transfer"
    )


def test_the_countries_of_sepa_are_those_of_the_epcs_list() -> None:
    inside = {"AT", "FI", "EE", "GI", "RS", "VA", "GB", "CH"}

    assert {
        country for country in (*inside, "AE", "FO", "GL", "TR", "US", "XK") if is_in_sepa(country)
    } == inside


def test_an_address_without_a_town_is_left_out_of_the_payment_file() -> None:
    payer = sepa.Party("Scheme", IBANS["scheme"], "", "", "FI")
    payee = replace(payer, iban=IBANS["hsl"], town="Köln", country="DE")

    content = sepa.to_xml("m", payer, [sepa.Transfer(payee, 5, "e", "r")], AT, date(2026, 10, 15)).decode()

    assert content.count("<PstlAdr>") == 1
    assert re.search(r"<PstlAdr>\s*<TwnNm>Koln</TwnNm>\s*<Ctry>DE</Ctry>\s*</PstlAdr>", content)
