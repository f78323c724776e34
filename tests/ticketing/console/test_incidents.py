"""The office shares an incident, looks first, answers a partner's, and takes its key out of the gates by one button."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.api import Api
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from tests.ticketing.incidents.records import FACTS, KID, record
from throughfare_gate.ids import new_id
from throughfare_gate.tickets.jws import Signer
from ticketing.config import DEMO_PASSPHRASE
from ticketing.frozen import write_incident
from ticketing.gate import publish
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk
from ticketing.incidents import exchange, partnership, reporting
from ticketing.incidents.desk import IncidentDesk
from ticketing.tickets.keys import KeyStore

pytestmark = pytest.mark.usefixtures("quick_hashes")
PASSWORD = "a password that is long"


@pytest.fixture
def partner_keys(api: Api, incidents: IncidentDesk, tmp_path: Path) -> KeyStore:
    """The keys of a partner, which is known here."""
    keys = KeyStore(tmp_path / "partner", DEMO_PASSPHRASE)
    keys.create_missing(api.clock.now())
    wanted = partnership.NewPartner(
        issuer="malmo.example", name="Malmö", relation="community", jwks=json.dumps(keys.jwks("incident"))
    )
    partnership.add(incidents, wanted, "Anna")
    return keys


def draft(api: Api, incidents: IncidentDesk) -> str:
    now = api.clock.now()
    wanted = replace(record(tlp="AMBER", status="suspected"), aware_at=now, occurred_at=now)
    opened = reporting.open_draft(incidents, wanted, "worker")
    assert opened
    return opened


@pytest.mark.usefixtures("partner_keys")
def test_the_office_looks_then_shares_and_closes_with_lessons(
    api: Api, desk: StaffDesk, visitor: Visitor, incidents: IncidentDesk
) -> None:
    incident = draft(api, incidents)
    first = staff.add(desk, "f@example.org", "Fanny", role="finance")[1]
    browser = visitor()
    browser.sign_in("f@example.org", first, PASSWORD)
    listed = browser.open("/console/incidents")
    assert faults_of(listed) == []
    assert "draft, not shared" in listed.response.text
    page = browser.open(f"/console/incidents/{incident}")
    assert faults_of(page) == []
    assert "NIS2: early warning, 24 hours" in page.response.text

    refused = browser.press(
        page, "Look, then share", tlp="GREEN", status="confirmed", narrative="Call +372 5551 2345"
    )
    look = browser.press(
        page, "Look, then share", tlp="GREEN", status="confirmed", narrative="A laptop was stolen."
    )
    assert "Malmö" in look.response.text, "who will read it is said before"
    assert not reporting.get_case(incidents, incident).is_shared
    shared = browser.press(look, "Share the incident")

    assert "holds a telephone number" in browser.press(refused, "Share the incident").response.text
    assert "the worker brings it to the partners" in shared.response.text
    case = reporting.get_case(incidents, incident)
    assert (case.record.tlp, case.record.narrative, case.last.actor) == (
        "GREEN",
        "A laptop was stolen.",
        "Fanny",
    )
    assert case.record.is_significant, "a box that was ticked stays so through the look"

    told = browser.press(
        shared, "An authority was told", duty="nis2_early_warning", reference="CERT-2026-0042"
    )
    assert "CERT-2026-0042" in told.response.text
    without = browser.press(browser.press(told, "Look, then share", status="closed"), "Share the incident")
    assert "to close it takes the lessons" in without.response.text
    lessons = "Keys stay on the signing host."
    closed = browser.press(
        browser.press(told, "Look, then share", status="closed", lessons=lessons), "Share the incident"
    )
    assert lessons in closed.response.text
    assert faults_of(closed) == []


def test_a_partners_key_leaves_our_gates_by_one_button_after_a_look(
    api: Api, desk: StaffDesk, visitor: Visitor, incidents: IncidentDesk, partner_keys: KeyStore
) -> None:
    incident = new_id()
    payload = {
        "iss": "malmo.example",
        "aud": incidents.issuer,
        "iat": int(api.clock.now().timestamp()),
        "jti": new_id(),
        "sub": incident,
        "content": {**write_incident(record()), "facts": {**FACTS["signing_key_leaked"]}},
    }
    exchange.take_in(incidents, Signer(*partner_keys.signer_key("incident")).sign("incident+jwt", payload))
    first = staff.add(desk, "f@example.org", "Fanny", role="finance")[1]
    browser = visitor()
    browser.sign_in("f@example.org", first, PASSWORD)
    page = browser.open(f"/console/incidents/{incident}")
    assert faults_of(page) == []

    look = browser.press(page, "Take the key out of our gates")
    assert KID in look.response.text
    house = api.client.application.extensions["throughfare"].gatehouse
    assert KID not in publish.prepare(house, "hsl").facts.removed
    done = browser.press(look, "Take the key out of our gates")

    assert "The key is out" in done.response.text
    assert KID in publish.prepare(house, "hsl").facts.removed
    api.clock.advance(timedelta(minutes=2))
    answered = browser.press(done, "Answer the partner", affected="no", done_here="yes")
    assert "Answered" in answered.response.text
    assert faults_of(answered) == []


def test_a_time_with_an_offset_is_told_in_utc(
    api: Api, desk: StaffDesk, visitor: Visitor, incidents: IncidentDesk
) -> None:
    at = api.clock.now().astimezone(ZoneInfo("Europe/Tallinn"))
    wanted = replace(record(), aware_at=at, occurred_at=at)
    incident = reporting.open_draft(incidents, wanted, "worker")
    first = staff.add(desk, "f@example.org", "Fanny", role="finance")[1]
    browser = visitor()
    browser.sign_in("f@example.org", first, PASSWORD)

    page = browser.open(f"/console/incidents/{incident}")

    assert page.response.text.count("2026-10-13 02:10 UTC") >= 3
    assert "05:10" not in page.response.text


def test_a_draft_that_is_none_is_put_away(
    api: Api, desk: StaffDesk, visitor: Visitor, incidents: IncidentDesk
) -> None:
    incident = draft(api, incidents)
    first = staff.add(desk, "f@example.org", "Fanny", role="finance")[1]
    browser = visitor()
    browser.sign_in("f@example.org", first, PASSWORD)

    done = browser.press(
        browser.open(f"/console/incidents/{incident}"), "It is no incident: put the draft away"
    )

    assert "partners have not heard of it" in done.response.text
    case = reporting.get_case(incidents, incident)
    assert (case.record.status, case.is_shared) == ("false_alarm", False)
    assert "Look, then share" not in done.response.text


def test_who_reads_only_has_no_buttons(
    api: Api, desk: StaffDesk, visitor: Visitor, incidents: IncidentDesk
) -> None:
    incident = draft(api, incidents)
    first = staff.add(desk, "a@example.org", "Aino", role="admin")[1]
    browser = visitor()
    browser.sign_in("a@example.org", first, PASSWORD)

    page = browser.open(f"/console/incidents/{incident}")

    assert page.status == 200
    assert "Look, then share" not in page.response.text
