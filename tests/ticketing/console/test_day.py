"""The page of a day's money: what it shows, and a returned payment that is made again by one button."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.api import Api
from tests.ticketing.console.browser import Browser
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from tests.ticketing.settlement.bank_details import enter_accounts
from tests.ticketing.settlement.bank_lines import line, statement
from tests.ticketing.settlement.month import AT, book, sell
from ticketing.books import postings, settling
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk
from ticketing.settlement import bank, payout, service
from ticketing.settlement.office import Office
from ticketing.settlement.statement import export

REGION = "helsinki-tallinn"
pytestmark = pytest.mark.usefixtures("quick_hashes")


def signed_in(desk: StaffDesk, visitor: Visitor) -> Browser:
    first = staff.add(desk, "finance@example.org", "Finance", role="finance", operator=None)[1]
    browser = visitor()
    browser.sign_in("finance@example.org", first, "a password that is long")
    return browser


def test_the_page_of_a_day_tells_where_the_money_is(api: Api, desk: StaffDesk, visitor: Visitor) -> None:
    api.buy()
    browser = signed_in(desk, visitor)

    shown = browser.open("/console/day")
    other = browser.open("/console/day?day=2026-01-01")
    wrong = browser.open("/console/day?day=yesterday")

    finnish = browser.open("/console/day", headers={"Accept-Language": "fi"})
    named = [
        tag for tag in shown.read.tags if tag[0] in {"section", "div"} and tag[1].get("role") == "region"
    ]

    assert "At the gateway" in shown.text
    assert re.search(r"Maksunvälittäjällä \d+,\d\d EUR", finnish.text), finnish.text
    assert named == []  # the section has that name already
    assert "Owed to operators" in shown.text
    assert "Nothing is unexplained." in other.text
    assert "no day like 2026-11-26" in wrong.text
    assert faults_of(shown) == []


def test_a_loss_is_named_as_one_and_all_places_together_are_nothing(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    office: Office = api.client.application.extensions["throughfare"].office
    with office.database.write() as tx:
        borne = settling.correction(
            "d1", "hsl", None, region=REGION, amount=186, currency="EUR", at=AT, original_period="2026-09",
            note={},
        )  # fmt: skip
        taken = settling.correction(
            "d2", "tlt", "hsl", region=REGION, amount=-500, currency="EUR", at=AT, original_period="2026-09",
            note={},
        )  # fmt: skip
        book(tx, borne, taken)
    browser = signed_in(desk, visitor)

    loss = browser.open("/console/day", headers={"Accept-Language": "fi"})

    assert "Järjestelmän tappio 1,86 EUR" in loss.text.replace("\u00a0", " ")
    assert "Järjestelmän omaa" not in loss.text
    assert "Kaikki paikat yhteensä 0,00 EUR" in loss.text.replace("\u00a0", " ")
    assert faults_of(loss) == []


def test_a_refused_payment_is_made_again_by_one_button(
    api: Api, desk: StaffDesk, visitor: Visitor, tmp_path: Path
) -> None:
    office: Office = api.client.application.extensions["throughfare"].office
    sell(office.database, "t1", {"hsl": 1000}, region=REGION, at=datetime(2026, 9, 14, tzinfo=UTC))
    run = service.close(office, REGION, "2026-09", "Anna")
    enter_accounts(office)
    payout.approve(office, run.id, "Bertil", run.digest)
    run = export.export(office, run.id, "Bertil", tmp_path)
    payout.mark_sent(office, run.id, "Bertil", payout.message_id_of(run))
    reference = payout.end_to_end_id(run, "hsl")
    back = line("10.00", reference, way="CRDT", bank="b2").replace("<Sts>", "<RvslInd>true</RvslInd><Sts>")
    content = statement(line("10.00", reference), back, closing="100.00")
    bank.take_statement(office, REGION, content, "Clara")
    browser = signed_in(desk, visitor)

    before = browser.open("/console/day")
    after = browser.press(before, "Pay again", reason="the bank gave no reason")

    assert "returned: RVSL" in before.text
    assert faults_of(before) == []
    assert not after.has("Pay again")
    content_again = browser.client.get(f"/console/day/runs/{run.id}/again/1/payments-again-1-sepa.xml")
    assert payout.end_to_end_id(run, "hsl", "EUR", 1) in content_again.text
    assert faults_of(after) == []


def test_a_payment_that_the_terms_hold_back_asks_why_it_goes_out(
    api: Api, desk: StaffDesk, visitor: Visitor, tmp_path: Path
) -> None:
    office: Office = api.client.application.extensions["throughfare"].office
    september = datetime(2026, 9, 14, tzinfo=UTC)
    sell(office.database, "t1", {"hsl": 1000}, region=REGION, at=september)
    with office.database.write() as tx:
        owed = postings.compensation(
            "c1", region=REGION, amount=70, currency="EUR", at=september, liable="tlt"
        )
        book(tx, owed, at=september)
    run = service.close(office, REGION, "2026-09", "Anna")
    enter_accounts(office)
    payout.approve(office, run.id, "Bertil", run.digest)
    run = export.export(office, run.id, "Bertil", tmp_path)
    payout.mark_sent(office, run.id, "Bertil", payout.message_id_of(run))
    sell(office.database, "t2", {"tlt": 900}, region=REGION, at=datetime(2026, 10, 20, tzinfo=UTC))
    api.clock.set(datetime(2026, 11, 20, 8, tzinfo=UTC))
    run = service.close(office, REGION, "2026-10", "Anna")
    payout.approve(office, run.id, "Bertil", run.digest)
    browser = signed_in(desk, visitor)

    look = browser.press(browser.open(f"/console/runs/{run.id}"), "Export the files")
    silent = browser.press(look, "Export the files")
    done = browser.press(look, "Export the files", despite="they have called")

    assert "Held back by the terms Tallinna ühistransport owes 0.70 EUR, 36 days late" in look.text
    assert faults_of(look) == []
    assert silent.status == 409
    assert done.status == 200
    assert "paid despite late debts (1): they have called" in done.text
    assert service.get_run(office, run.id).state == "exported"
