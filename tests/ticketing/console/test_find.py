"""Find takes what a finance clerk has at hand: amounts of every kind, a MsgId, the end of an id, a short day."""

from typing import Any

import pytest

from tariffs.money import Money
from tests.api import Api
from tests.ticketing.console.browser import Browser, Page
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from tests.ticketing.settlement.bank_details import enter_accounts
from tests.ticketing.settlement.bank_lines import line, statement
from tests.ticketing.settlement.month import AT, book, sell
from ticketing.books import settling
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk
from ticketing.settlement import bank, payout, service
from ticketing.settlement.statement import export

REGION = "helsinki-tallinn"


@pytest.fixture
def month(api: Api, desk: StaffDesk, visitor: Visitor, quick_hashes: None) -> tuple[Browser, service.Run]:
    """A month that was paid with a cent too much, with a continuation, and the browser of a clerk who reads Finnish."""
    office: Any = api.client.application.extensions["throughfare"].office
    sell(office.database, "ticket-one", {"hsl": 1000, "tlt": 500}, vat=91, fee=17, region=REGION)
    with office.database.write() as tx:
        moved = settling.correction(
            "d1", "hsl", "tlt", region=REGION, amount=123, currency="EUR", at=AT, original_period="2026-08",
            note={"text": "a correction"},
        )  # fmt: skip
        book(tx, moved)
    enter_accounts(office)
    run = service.close(office, REGION, "2026-09", "Anna Kask")
    run = payout.approve(office, run.id, "Bertil Lind", run.digest)
    export.export(office, run.id, "Bertil Lind", office.files)
    run = payout.mark_sent(office, run.id, "Bertil Lind", payout.message_id_of(run))
    reference = payout.end_to_end_id(run, "tlt")
    due = next(one.amount for one in run.dataset.payments if one.creditor == "tlt")
    taken, left = Money(due.minor + 1, "EUR"), Money(10000 - due.minor - 1, "EUR")
    content = statement(line(taken.text, reference, bank="b1", name="TLT"), closing=left.text)
    bank.take_file(office, REGION, content, "Anna Kask")
    first = staff.add(desk, "bertil@example.org", "Bertil Lind", role="finance")[1]
    browser = visitor()
    browser.sign_in("bertil@example.org", first, "a password that is long")
    browser.client.headers["Accept-Language"] = "fi"
    return browser, run


def find(browser: Browser, wanted: str) -> Page:
    return browser.press(browser.open("/console/find"), "Etsi", wanted=wanted)


def test_find_knows_the_amounts_of_payments_of_vat_and_of_fees(month: tuple[Browser, service.Run]) -> None:
    browser, run = month
    for payment in run.dataset.payments:
        page = find(browser, payment.amount.text.replace(".", ","))
        assert "Tilitysajojen maksut" in page.text, page.text
    for wanted in ("0,91", "0,17"):
        page = find(browser, wanted)
        assert "syyskuu 2026: 1 riviä" in page.text, page.text


def test_find_knows_a_line_of_no_ticket_on_both_statements(month: tuple[Browser, service.Run]) -> None:
    browser, _ = month
    page = find(browser, "1,23")

    hits = [words for words in page.read.links if "Oikaisu" in words]
    assert sorted(words.replace("\u00a0", " ").split(" · ")[0] for words in hits) == ["-1,23 EUR", "1,23 EUR"]
    why = browser.follow(page, hits[0])
    assert (why.status, "1,23 EUR" in why.text) == (200, True)


def test_find_knows_the_cent_on_suspense(month: tuple[Browser, service.Run], api: Api) -> None:
    browser, run = month
    office: Any = api.client.application.extensions["throughfare"].office
    finding = bank.review(office, REGION)[0][0]
    bank.book_line(
        office, REGION, finding.line.id, "payment", by="Anna Kask", reason="liikaa",
        reference=payout.end_to_end_id(run, "tlt"),
    )  # fmt: skip
    waiting = bank.list_suspense(office, REGION)[0]
    cents = f"{abs(waiting.amount_minor) / 100:.2f}".replace(".", ",")

    page = find(browser, cents)

    assert "Selvittelytilillä" in page.text, page.text
    assert faults_of(page) == []


def test_find_knows_a_file_by_its_msgid_and_days_without_a_year(month: tuple[Browser, service.Run]) -> None:
    browser, run = month
    assert "Tilitysajo" in find(browser, payout.message_id_of(run)).text
    for wanted in ("14.9.", "14.9.26", "14.09.2026", "14.9."):
        page = find(browser, wanted)
        assert "syyskuu 2026: 2 riviä" in page.text, (wanted, page.text)


def test_find_knows_the_end_of_an_orders_id(
    api: Api, desk: StaffDesk, visitor: Visitor, quick_hashes: None
) -> None:
    bought = api.buy(passengers=[{"ref": "anna"}], depart_at="2026-10-16T06:10:00+03:00")
    first = staff.add(desk, "anna@example.org", "Anna Kask", role="finance")[1]
    browser = visitor()
    browser.sign_in("anna@example.org", first, "a password that is long")
    browser.client.headers["Accept-Language"] = "fi"

    page = find(browser, bought.order["id"][-8:])

    assert page.response.url.path == f"/console/orders/{bought.order['id']}"


def test_a_line_says_amount_kind_and_day_and_leads_to_the_other_shares(
    month: tuple[Browser, service.Run],
) -> None:
    browser, _ = month
    page = find(browser, "ticket-one")
    hit = next(words for words in page.read.links if words.startswith("10,00 EUR · "))
    assert "Myynti · HSL · 14.9.2026" in hit.replace("\u00a0", " ")

    why = browser.follow(page, "10,00")

    assert "Tarkistuskoodi" in why.text
    assert "ticket-one" in why.text
    other = browser.follow(why, "Tallinna ühistransport")
    assert other.status == 200
    assert "HSL" in other.read.links
    assert [fault for seen in browser.seen for fault in faults_of(seen)] == []
