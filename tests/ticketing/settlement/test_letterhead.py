"""A statement names both parties as the region named them when the month was closed."""

import json
from dataclasses import replace
from pathlib import Path

import openpyxl
from pypdf import PdfReader

from operators.legal_parties import LegalParty
from tests.ticketing.settlement.measured import RUN, lines
from tests.ticketing.settlement.month import office, sell
from ticketing.db import Database
from ticketing.db.settlement.runs import Run
from ticketing.settlement import service
from ticketing.settlement.statement.as_pdf import write_pdf
from ticketing.settlement.statement.as_xlsx import write_xlsx
from ticketing.settlement.statement.letterhead import document_number, letterhead
from ticketing.settlement.terms import Terms

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
