"""The office reads tariffs and terms, prices a trip, tries other terms, and ends accounts and keys."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.console.browser import Browser
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from tests.ticketing.settlement.month import sell
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk

pytestmark = pytest.mark.usefixtures("quick_hashes")
REGION = "helsinki-tallinn"


def signed_in(desk: StaffDesk, visitor: Visitor, name: str) -> Browser:
    first = staff.add(desk, f"{name}@example.org", f"{name.title()} Kask", role="finance")[1]
    browser = visitor()
    browser.sign_in(f"{name}@example.org", first, "a password that is long")
    return browser


@pytest.fixture
def anna(desk: StaffDesk, visitor: Visitor) -> Browser:
    return signed_in(desk, visitor, "anna")


def faults_seen(browser: Browser) -> list[str]:
    return [fault for page in browser.seen for fault in faults_of(page)]


def test_tariffs_and_agreements_are_read_and_a_trip_is_priced(anna: Browser) -> None:
    page = anna.open("/console/tariffs")
    assert "through fare" in page.text
    trip = {"from": "Kopli", "to": "Pasila", "at": "2026-10-13T06:10", "rider": "adult", "region": REGION}

    priced = anna.open("/console/tariffs", params=trip)
    assert "32.00 EUR" in priced.text
    assert "agreement gulf-link" in priced.text
    wrong = anna.open("/console/tariffs", params={**trip, "at": "soon"})
    assert "a day and a time are needed" in wrong.text
    assert faults_seen(anna) == []


def test_a_closed_month_is_shown_by_other_terms_and_nothing_is_stored(api: Api, anna: Browser) -> None:
    office: Any = api.client.application.extensions["throughfare"].office
    at = datetime(2026, 9, 14, 12, tzinfo=UTC)
    sell(office.database, "ticket-one", {"hsl": 1000, "tlt": 500}, at=at, region=REGION)
    anna.press(anna.open("/console/months/2026-09/close"), "Close September 2026")
    page = anna.open("/console/terms")
    other = '[[guarantees]]\noperator = "hsl"\ncurrency = "EUR"\nfloor = "20.00"\nborne_by = "scheme"\n'

    shown = anna.press(page, "Try other terms", wanted=other)

    assert "nothing was booked or stored" in shown.text, shown.text
    assert "HSL 10.00 EUR 20.00 EUR 10.00 EUR" in shown.text
    broken = anna.press(anna.open("/console/terms"), "Try other terms", wanted="no = = toml")
    assert broken.status == 422
    assert faults_seen(anna) == []


def test_an_account_and_a_key_are_ended_after_a_look(
    api: Api, desk: StaffDesk, anna: Browser, visitor: Visitor
) -> None:
    bertil = signed_in(desk, visitor, "bertil")
    secret = api.key("finance")
    look = anna.press(anna.open("/console/people"), "End the account Bertil Kask")
    assert "End the account of Bertil Kask?" in look.text
    assert bertil.open("/console/").has("Sign out")

    ended = anna.press(look, "End the account")
    assert "The account is ended" in ended.text
    assert bertil.open("/console/").has("Sign in")
    gone = anna.press(anna.press(ended, "Revoke the key test"), "Revoke the key")
    assert "The key is revoked" in gone.text
    assert api.get("/v1/settlement-runs", secret).status_code == 401
    assert faults_seen(anna) == []
