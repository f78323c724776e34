"""A run by a clerk who reads Finnish: its language, its file at hand where it is paid, its end looked at before."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.console.browser import Browser, Page
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from tests.ticketing.settlement.bank_details import IBANS, enter_accounts
from tests.ticketing.settlement.month import sell
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk
from ticketing.settlement import payout, service

REGION = "helsinki-tallinn"


@pytest.fixture
def bertil(api: Api, desk: StaffDesk, visitor: Visitor, quick_hashes: None) -> Browser:
    first = staff.add(desk, "bertil@example.org", "Bertil Lind", role="finance")[1]
    browser = visitor()
    browser.sign_in("bertil@example.org", first, "a password that is long")
    browser.client.headers["Accept-Language"] = "fi"
    return browser


@pytest.fixture
def run_page(api: Api, bertil: Browser) -> Page:
    office: Any = api.client.application.extensions["throughfare"].office
    sell(office.database, "ticket-one", {"hsl": 1000, "tlt": 500}, region=REGION)
    enter_accounts(office)
    run = service.close(office, REGION, "2026-09", "Anna Kask")
    return bertil.open(f"/console/runs/{run.id}")


def test_the_second_person_sees_the_accounts_that_are_paid(run_page: Page, bertil: Browser) -> None:
    look = bertil.press(run_page, "Hyväksy")

    for page in (run_page, look):
        plain = page.text.replace(" ", "")
        assert IBANS["hsl"] in plain
        assert IBANS["tlt"] in plain
    assert faults_of(look) == []


def test_statements_are_written_in_the_language_of_the_page(run_page: Page, bertil: Browser) -> None:
    approved = bertil.press(bertil.press(run_page, "Hyväksy"), "Hyväksy")
    assert approved.form("Vie tiedostot").fields["language"] == "fi"

    look = bertil.press(approved, "Vie tiedostot", language="sv")
    again = bertil.press(look, "Ei nyt")

    assert again.form("Vie tiedostot").fields["language"] == "sv"


def test_the_file_is_at_hand_where_it_is_paid_and_gone_where_it_is_void(
    run_page: Page, bertil: Browser, api: Api, tmp_path: Path
) -> None:
    approved = bertil.press(bertil.press(run_page, "Hyväksy"), "Hyväksy")
    exported = bertil.press(bertil.press(approved, "Vie tiedostot"), "Vie tiedostot")
    box = re.search(r'<section class="act".*?</section>', exported.response.text, re.DOTALL)
    assert box is not None
    assert "name=payments-sepa.xml" in box[0]

    look = bertil.press(exported, "Mitätöi tämä tilitysajo", reason="väärä kuukausi")
    assert "väärä kuukausi" in look.text
    assert "Tämä ollaan" not in look.text
    assert bertil.press(look, "Ei nyt").form("Mitätöi").fields["reason"] == "väärä kuukausi"
    void = bertil.press(look, "Mitätöi tämä tilitysajo")
    assert "payments-sepa.xml" not in void.read.links
    task = bertil.follow(bertil.open("/console/"), "Tilitysajo mitätöitiin")
    assert task.has("Päätä syyskuu 2026")
    assert [fault for seen in bertil.seen for fault in faults_of(seen)] == []


def test_a_run_at_the_bank_says_its_next_step(run_page: Page, bertil: Browser, api: Api) -> None:
    office: Any = api.client.application.extensions["throughfare"].office
    approved = bertil.press(bertil.press(run_page, "Hyväksy"), "Hyväksy")
    exported = bertil.press(bertil.press(approved, "Vie tiedostot"), "Vie tiedostot")
    run = service.get_run(office, str(exported.response.url.path).rpartition("/")[2])

    sent = bertil.press(exported, "Pankki", message_id=payout.message_id_of(run))

    assert "Nyt: tuo pankin tiliote" in sent.text
    assert "Nyt: tuo pankin tiliote" in sent.read.links
