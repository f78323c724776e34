"""Two people of finance and an operator's clerk settle a month in the console: a real server, real files, no API key."""

import io
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import openpyxl
import pytest
import sepaxml
from pypdf import PdfReader

from tests.ticketing.console.browser import Browser, Page
from tests.ticketing.console.pages import faults_of
from tests.ticketing.settlement.bank_details import IBANS
from tests.ticketing.settlement.bank_lines import line, statement
from tests.ticketing.settlement.month import office, ride, sell
from ticketing.clock import SystemClock
from ticketing.db import Database
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement.proof import bookkeeping

REGION = "helsinki-tallinn"
PEOPLE = {
    "anna": ("Anna Kask", "finance", None),
    "bertil": ("Bertil Lind", "finance", None),
    "heli": ("Heli Aalto", "operator_finance", "hsl"),
    "tiit": ("Tiit Tamm", "operator_finance", "tlt"),
}


@dataclass
class House:
    """The service in a process of its own, and everybody at their machines."""

    database: Database
    browsers: dict[str, Browser]
    folder: Path


@pytest.fixture
def house(database: Database, database_url: str, tmp_path: Path) -> Iterator[House]:
    sell(database, "ticket-one", {"hsl": 1000, "tlt": 500}, vat=90, fee=15, region=REGION)
    sell(database, "ticket-two", {"hsl": 300}, region=REGION)
    ride(database, "ticket-one", "hsl")
    desk = StaffDesk(database, SystemClock())
    first = {
        name: staff.add(desk, f"{name}@example.org", called, role=role, operator=operator)[1]
        for name, (called, role, operator) in PEOPLE.items()
    }
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "THROUGHFARE_DATABASE_URL": database_url,
        "THROUGHFARE_PUBLIC_URL": base,
        "THROUGHFARE_KEYS_FOLDER": str(tmp_path / "keys"),
        "THROUGHFARE_SETTLEMENT_FOLDER": str(tmp_path / "out"),
        "THROUGHFARE_WARM_UP": "off",  # finance staff make no searches
    }
    words = [
        sys.executable,
        "-m",
        "gunicorn",
        "wsgi:app",
        "--bind",
        f"127.0.0.1:{port}",
        "--no-control-socket",
        "--worker-class",
        "gthread",
        "--threads",
        "4",
    ]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
    try:
        _await(base, server, tmp_path / "log")
        browsers = {name: Browser(base) for name in PEOPLE}
        for name, browser in browsers.items():
            browser.sign_in(f"{name}@example.org", first[name], f"{name} has a long password")
        yield House(database, browsers, tmp_path)
        for browser in browsers.values():
            browser.client.close()
    finally:
        server.terminate()
        server.wait(timeout=20)


def _await(base: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    transport = httpx.HTTPTransport(retries=0)
    with httpx.Client(base_url=base, transport=transport, timeout=60) as client:
        while server.poll() is None:
            try:
                if client.get("/readyz").is_success:
                    return
            except httpx.TransportError:
                continue
    raise AssertionError(log.read_text())


def test_a_month_is_settled_in_the_console(house: House) -> None:
    anna, bertil = house.browsers["anna"], house.browsers["bertil"]

    page = anna.open("/console/")
    assert "September 2026 is over: close it" in page.text
    look = anna.follow(page, "September 2026 is over: close it")
    assert "paid − given back = shares + VAT + fee" in look.text
    assert "Without a bank account, so that the export refuses: HSL, the scheme, Tallinna" in look.text
    rejected = anna.press(anna.press(look, "Close September 2026"), "Reject this run", reason="too early")
    stale = anna.follow(
        anna.open("/console/"), "The run of September 2026 was rejected: close the month again"
    )
    form = stale.form("Close September 2026")
    assert "It has changed since you looked" in anna.send(form, {**form.fields, "seen": "0" * 64}).text
    run = anna.press(stale, "Close September 2026")
    assert "Its next version: v2" in anna.open(rejected.response.url.path).text
    assert "The month is closed and its run calculated" in run.text
    assert "Anna Kask has prepared this run" in run.text
    assert not run.has("Approve")
    _somebody_approves(anna, bertil, run)
    _accounts_are_entered_and_approved(anna, bertil)
    look = bertil.press(
        bertil.follow(bertil.open("/console/"), "The run of September 2026"), "Export the files"
    )
    assert "This is about to be done" in look.text
    run = bertil.press(look, "Export the files")
    assert "The files are written" in run.text
    payments = bertil.follow(run, "payments-sepa.xml").response
    _files_are_what_they_should_be(bertil, run, payments, house.folder)
    _the_bank_pays_a_cent_too_much(anna, bertil, run, payments.text)
    _an_operator_disputes_a_line(house, anna)
    _the_books_are_proven(house, anna)
    for browser in house.browsers.values():
        for page in browser.seen:
            assert faults_of(page) == []


def _somebody_approves(anna: Browser, bertil: Browser, run: Page) -> None:
    """The preparer's own form, made up, is refused; the second person reads the digest and approves it."""
    address = str(run.response.url.path)
    seen = bertil.open(address)
    look = bertil.press(seen, "Approve")
    assert "Approve the run of September 2026?" in look.text
    form = look.form("Approve")
    mine = run.form("Reject this run").fields["csrf"]
    refused = anna.send(form, {**form.fields, "csrf": mine})
    assert (refused.status, "another person approves it" in refused.text) == (403, True)
    other = bertil.send(form, {**form.fields, "digest": "0" * 64})
    assert "It has changed since you looked" in other.text
    wrong = bertil.press(other, "Approve")
    assert (wrong.status, "this is not the digest of the run" in wrong.text) == (409, True)
    approved = bertil.press(look, "Approve")
    assert "Now: export the files" in approved.text
    early = bertil.press(bertil.press(approved, "Export the files"), "Export the files")
    assert (early.status, "no approved bank account of scheme, hsl, tlt" in early.text) == (409, True)


def _accounts_are_entered_and_approved(anna: Browser, bertil: Browser) -> None:
    page = anna.open("/console/accounts")
    wrong = anna.press(page, "Enter an account", party="hsl", name="HSL", iban="DE89370400440532013001")
    assert wrong.status == 422
    assert wrong.form("Enter an account").fields["name"] == "HSL"
    assert ("input", "true") in [(tag, told.get("aria-invalid")) for tag, told in wrong.read.tags]
    for party, iban in IBANS.items():
        page = anna.press(page, "Enter an account", party=party, name=party.upper(), iban=iban)
    assert not page.has("Approve")
    page = bertil.open("/console/accounts")
    for _ in IBANS:
        page = bertil.press(page, "Approve")
    assert page.text.count("in force") == len(IBANS) + 1  # and the line that says so


def _files_are_what_they_should_be(
    bertil: Browser, run: Page, payments: httpx.Response, folder: Path
) -> None:
    schema = Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd"
    (folder / "payments.xml").write_bytes(payments.content)
    if shutil.which("xmllint"):
        words = ["xmllint", "--noout", "--schema", str(schema), str(folder / "payments.xml")]
        subprocess.run(words, check=True, timeout=60, capture_output=True)
    assert b"<CtrlSum>16.95</CtrlSum>" in payments.content
    assert 'filename="payments-sepa.xml"' in payments.headers["content-disposition"]
    page = bertil.follow(run, "HSL")
    assert "to be paid 11.95 EUR" in page.text
    action = page.form("PDF").action
    made = {
        form: bertil.open(action, params={"form": form, "language": "fi"}).response
        for form in ("pdf", "xlsx", "csv")
    }
    assert "Tilitys" in PdfReader(io.BytesIO(made["pdf"].content)).pages[0].extract_text()
    book = openpyxl.load_workbook(io.BytesIO(made["xlsx"].content))
    assert 11.95 in [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    assert "Yhteensä EUR" in made["csv"].text
    assert bertil.open(action, params={"form": "exe"}).status == 404
    assert "24 %" in bertil.follow(run, "VAT report").text
    journal = folder / "journal.hledger"
    journal.write_bytes(bertil.follow(run, "journal.hledger").response.content)
    if shutil.which("hledger"):
        subprocess.run(["hledger", "-f", str(journal), "check", "--strict"], check=True, timeout=60)


def _the_bank_pays_a_cent_too_much(anna: Browser, bertil: Browser, run: Page, payments: str) -> None:
    """One wrong amount: told with its reason, booked in two clicks, and the run is reconciled."""
    wrong = bertil.press(run, "The bank has taken it", message_id="another file")
    assert (wrong.status, wrong.form("The bank has taken it").fields["message_id"]) == (422, "another file")
    assert ("details", {}) in wrong.read.tags  # the way to void it stays shut
    void = bertil.press(wrong, "Void this run", reason=" ")
    assert ("details", {"open": ""}) in void.read.tags
    message = re.findall("<MsgId>(.*?)<", payments)[0]
    assert "Marked as sent" in bertil.press(run, "The bank has taken it", message_id=message).text
    references = re.findall("<EndToEndId>(.*?)<", payments)
    taken = [
        line("11.95", references[0]),
        line("5.01", references[1], bank="b2", name="TLT", text="settlement &lt;b&gt;of October&lt;/b&gt;"),
    ]
    page = anna.open("/console/bank")
    empty = anna.press(page, "Import a statement", files={"file": ("nothing", b"")})
    assert (empty.status, "choose the bank's file first" in empty.text) == (422, True)
    page = anna.press(
        page, "Import a statement", files={"file": ("bank.xml", statement(*taken, closing="83.04"))}
    )
    assert "-5.00 EUR expected, -5.01 EUR booked" in page.text
    assert "TLT settlement <b>of October</b>" in page.text
    assert "the operator's reference" not in page.text
    assert "Reference" in anna.follow(page, "Book it …").text
    assert "payment · HSL" in page.text

    page = anna.press(anna.follow(page, "Book it …"), "Book it")

    assert "Every line is booked" in page.text
    assert "payment · Tallinna ühistransport" in page.text
    assert "reconciled" in anna.open("/console/").text
    _another_person_clears_the_cent(anna, bertil, page)


def _another_person_clears_the_cent(anna: Browser, bertil: Browser, page: Page) -> None:
    """The cent stays in sight with its age until somebody else says whose it is; that can be taken back."""
    assert "0 days" in page.text
    assert "Clear it …" not in page.read.links
    mine = anna.follow(page, "Show")
    assert "another person clears its suspense" in mine.text
    assert not mine.has("Clear suspense")
    page = bertil.follow(bertil.open("/console/bank"), "Clear it …")
    none = bertil.press(page, "Clear suspense", reason="tlt has it")
    assert (none.status, "may be bank_fee, scheme or operator:<id>" in none.text) == (422, True)
    page = bertil.press(none, "Clear suspense", **{"as": "operator:tlt"})
    assert "Cleared from suspense" in page.text
    assert re.search(r"0\.01 EUR suspense cleared", page.text)  # the cent, not the payment once more
    assert "Clear it …" not in page.read.links
    page = anna.follow(page, "suspense cleared · Tallinna ühistransport")
    page = anna.press(page, "Take back the last step", why="not tlt after all")
    assert "back on suspense · Tallinna ühistransport" in page.text
    refused = anna.press(
        anna.follow(page, "back on suspense"), "Take back the last step", why="the payment too"
    )
    assert (refused.status, "is reconciled with this line" in refused.text) == (409, True)


def _an_operator_disputes_a_line(house: House, anna: Browser) -> None:
    heli, tiit = house.browsers["heli"], house.browsers["tiit"]
    page = heli.follow(heli.open("/console/"), "Open September 2026")
    assert "Heli Aalto finance of HSL" in page.text
    address = page.response.url.path
    assert heli.open(address.replace("/hsl", "/tlt")).status == 403
    why = heli.follow(page, "Why?")
    assert "agreement test v1" in why.text
    assert "2026-09-14 12:00 UTC, HSL" in why.text
    assert "operator_payable:hsl:EUR" in why.text
    assert "operator_payable:tlt:EUR" not in why.text
    theirs = tiit.open(why.response.url.path)
    assert theirs.status == 403
    case = heli.press(why, "Dispute this line", reason="this tram was <b>ours</b>")
    assert "<b>ours</b>" in case.text
    assert tiit.open(case.response.url.path).status == 404
    page = anna.follow(anna.open("/console/"), "Disputes to be answered: 1")
    page = anna.follow(page, "20")
    form = page.form("Answer")
    assert "verdict" not in form.fields  # nothing is chosen for her
    silent = anna.send(form, {**form.fields, "text": "yes", "amount": "0,50", "against": "tlt"})
    assert (silent.status, "choose whether the line stands" in silent.text) == (422, True)
    both = anna.press(silent, "Answer", verdict="rejected")
    assert (both.status, "choose one" in both.text) == (422, True)
    wrong = anna.press(both, "Answer", text="you are right", verdict="corrected", amount="much")
    assert (wrong.status, wrong.form("Answer").fields["amount"]) == (422, "much")
    look = anna.press(wrong, "Answer", amount="0,50")
    assert "Corrected by 0.50 EUR" in look.text
    assert "Borne by Tallinna ühistransport" in look.text
    page = anna.press(look, "Answer")
    assert "corrected Anna Kask" in page.text
    assert "HSL got 0.50 EUR, borne by Tallinna ühistransport" in page.text
    assert "corrected Anna Kask" in heli.open(case.response.url.path).text
    borne = tiit.follow(tiit.open("/console/disputes"), "20")
    assert "HSL got 0.50 EUR, borne by Tallinna ühistransport" in borne.text
    assert "The line of" not in borne.text  # it is another operator's
    found = anna.press(anna.open("/console/find"), "Find", wanted="ticket-one")
    assert "Found: 3" in found.text
    assert "ticket-one" not in str(found.response.url)
    ours = heli.press(heli.open("/console/find"), "Find", wanted="ticket-one")
    assert "Found: 1" in ours.text
    by_dispute = heli.press(
        heli.open("/console/find"), "Find", wanted=case.response.url.path.rpartition("/")[2]
    )
    assert "Found: 1" in by_dispute.text
    many = anna.press(anna.open("/console/find"), "Find", wanted=why.response.url.path.rpartition("/")[2][:8])
    assert "lines have an id like" in many.text


def _the_books_are_proven(house: House, anna: Browser) -> None:
    page = anna.press(anna.open("/console/books"), "Prove the books")
    assert "under way" in page.text

    for check in bookkeeping.list_asked(office(house.database)):
        bookkeeping.carry_out(office(house.database), check, take_back)

    page = anna.open("/console/books")
    assert "no fault" in page.text
    assert "2 tickets" in page.text
