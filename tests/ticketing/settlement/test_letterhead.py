"""A statement names both parties as the region named them when the month was closed."""

import json
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader

from operators.legal_parties import LegalParty
from tariffs.money import Money
from tests.ticketing.settlement.bank_details import IBANS, enter_accounts
from tests.ticketing.settlement.measured import RUN, lines
from tests.ticketing.settlement.month import AT, book, office, sell
from ticketing.books import postings
from ticketing.db import Database
from ticketing.db.settlement.runs import Run
from ticketing.frozen.run_lines import RunPayment
from ticketing.settlement import service
from ticketing.settlement.payout import list_accounts_to_pay
from ticketing.settlement.statement.as_pdf import write_pdf
from ticketing.settlement.statement.as_xlsx import write_xlsx
from ticketing.settlement.statement.letterhead import debts_told, document_number, letterhead
from ticketing.settlement.terms import Terms

NAMED = "EE471000001020145685"
PARTIES = {
    "scheme": LegalParty(legal_name="Gulf Link OÜ", address=("Sadama 1",), vat_number="EE123456789"),
    "hsl": LegalParty(legal_name="HSL -kuntayhtymä", register_number="2274586-3"),
}


def named() -> Run:
    kept = {**RUN.dataset.terms, **Terms(parties=PARTIES).as_dict()}
    return replace(RUN, document=replace(RUN.dataset, terms=json.loads(json.dumps(kept))))


def test_both_parties_stand_on_the_paper_and_in_the_workbook(tmp_path: Path) -> None:
    run = named()

    write_pdf(tmp_path / "s.pdf", run, "hsl", lines(1), "fi")
    write_xlsx(tmp_path / "s.xlsx", run, "hsl", lines(1), "fi")

    text = PdfReader(tmp_path / "s.pdf").pages[0].extract_text()
    said = [
        "Lähettäjä",
        "Gulf Link OÜ",
        "Sadama 1",
        "ALV-tunniste EE123456789",
        "Vastaanottaja",
        "HSL -kuntayhtymä",
        "Rekisterinumero 2274586-3",
        f"Nro {document_number(run, 'hsl')}",
    ]
    assert [line for line in said if line not in text] == []
    sheet = openpyxl.load_workbook(tmp_path / "s.xlsx").worksheets[0]
    head = [(row[0].value, row[1].value) for row in sheet.iter_rows(max_row=12, max_col=2)]
    assert {("Lähettäjä", "Gulf Link OÜ"), ("Vastaanottaja", "HSL -kuntayhtymä")} <= set(head)


def test_a_party_that_nobody_has_named_takes_no_room() -> None:
    assert letterhead(named(), "tlt", "en") == letterhead(RUN, "hsl", "en") == []


@pytest.mark.parametrize(
    ("pay_to", "said"),
    [
        ({"EUR": "FI2112345600000785"}, "Järjestelmän tili, jolle maksetaan: FI21 1234 5600 0007 85"),
        ({}, "Järjestelmä ei ole nimennyt tiliä, jolle maksetaan: kysy ennen kuin maksat"),
    ],
)
def test_a_debtor_reads_on_both_papers_where_to_pay(
    tmp_path: Path, pay_to: dict[str, str], said: str
) -> None:
    debt = RunPayment("hsl", "scheme", Money(50, "EUR"))
    terms = json.loads(json.dumps(Terms().as_dict()))
    run = replace(RUN, document=replace(RUN.dataset, payments=(debt,), terms=terms))

    write_pdf(tmp_path / "s.pdf", run, "hsl", lines(1), "fi", pay_to=pay_to)
    write_xlsx(tmp_path / "s.xlsx", run, "hsl", lines(1), "fi", pay_to=pay_to)

    assert said in PdfReader(tmp_path / "s.pdf").pages[0].extract_text()
    sheet = openpyxl.load_workbook(tmp_path / "s.xlsx").worksheets[0]
    assert said in [row[0].value for row in sheet.iter_rows(max_col=1)]
    assert debts_told(run, "tlt", pay_to, "fi") == []


@pytest.mark.parametrize("is_named", [True, False])
def test_the_account_that_the_region_names_goes_before_the_one_of_the_run(
    database: Database, is_named: bool
) -> None:
    desk = office(database)
    named = {"scheme": LegalParty(legal_name="Gulf Link", account=NAMED)} if is_named else {}
    sell(database, "t1", {"hsl": 1000})
    with database.write() as tx:
        book(tx, postings.compensation("c1", region="r", amount=50, currency="EUR", at=AT, liable="tlt"))
    run = service.close(desk, "r", "2026-09", "Anna")
    run = replace(run, document=replace(run.dataset, terms=Terms(parties=named).as_dict()))
    before = list_accounts_to_pay(desk, run)

    enter_accounts(desk)

    assert before == ({"EUR": NAMED} if is_named else {})
    assert list_accounts_to_pay(desk, run) == {"EUR": NAMED if is_named else IBANS["scheme"]}


def test_a_region_that_changes_its_parties_changes_no_closed_month(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    table = '[[operators]]\nid = "hsl"\nname = "Helsingin seudun liikenne"\nrefund = []\n[parties.scheme]\nlegal_name = "{name}"\n'
    (folder / "region.toml").write_text(table.format(name="Gulf Link"), encoding="utf-8")
    sell(database, "t1", {"hsl": 1000})
    desk = replace(office(database), regions_folder=tmp_path)
    run = service.close(desk, "r", "2026-09", "Anna")

    (folder / "region.toml").write_text(table.format(name="Another"), encoding="utf-8")

    closed = service.get_run(desk, run.id)
    assert letterhead(closed, "scheme", "en") == ["From", "Gulf Link"]
    assert letterhead(closed, "hsl", "en") == ["To", "Helsingin seudun liikenne"]
    assert desk.terms("r").parties["scheme"].legal_name == "Another"
