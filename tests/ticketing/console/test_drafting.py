"""The office drafts an incident by hand: each of the eight types, the two lines that are required, and a fault at its field."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import get_args

import pytest

from tests.api import Api
from tests.ticketing.console.browser import Browser, Page
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from tests.ticketing.incidents.records import FACTS
from ticketing.frozen import IncidentType, read_facts
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk
from ticketing.incidents import reporting
from ticketing.incidents.desk import IncidentDesk

pytestmark = pytest.mark.usefixtures("quick_hashes")
TYPES: tuple[IncidentType, ...] = get_args(IncidentType)
BUTTON = "Open the draft"


@pytest.fixture
def office(desk: StaffDesk, visitor: Visitor) -> Browser:
    """The browser of a finance clerk who has signed in."""
    first = staff.add(desk, "f@example.org", "Fanny", role="finance")[1]
    browser = visitor()
    browser.sign_in("f@example.org", first, "a password that is long")
    return browser


def written(value: object) -> object:
    """A fact as a person fills it in: a time in UTC without its offset, a box, the lines or boxes of a list."""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, str) and value.endswith("+00:00"):
        return f"{datetime.fromisoformat(value):%Y-%m-%dT%H:%M}"
    return value if isinstance(value, list) else str(value)


def filled(facts: Mapping[str, object], **more: str) -> dict[str, object]:
    """The fields of a form with facts, beside those that every type has."""
    fields = {f"facts.{name}": written(value) for name, value in facts.items()}
    return {
        "title": "Something went wrong",
        "narrative": "It stopped at six.\nWe are looking.",
        "occurred_at": "2026-10-13T01:00",
        **fields,
        **more,
    }


def form_of(browser: Browser, kind: str) -> Page:
    chooser = browser.follow(browser.open("/console/incidents"), "Draft an incident by hand")
    form = chooser.form("Show the form of this type")
    assert kind in form.choices["type"]
    return browser.open("/console/incidents/new", params={"type": kind})


def send(browser: Browser, page: Page, fields: Mapping[str, object]) -> Page:
    """Send the form of a page; a box that nobody has ticked is not sent."""
    form = page.form(BUTTON)
    boxes = {told["name"] for tag, told in page.read.tags if told.get("type") == "checkbox"}
    kept = {name: value for name, value in form.fields.items() if name not in boxes}
    strange = set(fields) - set(form.fields)
    assert not strange, f"the form does not ask for {strange}"
    return browser.send(form, {**kept, **fields})  # type: ignore[dict-item]


def test_each_type_is_drafted_by_hand(office: Browser, incidents: IncidentDesk) -> None:
    for kind in TYPES:
        page = form_of(office, kind)
        assert faults_of(page) == []

        amounts = {name: "45.00" for name in FACTS[kind] if name.endswith("_minor")}
        done = send(office, page, filled(FACTS[kind] | amounts))

        assert "nobody else sees it" in done.text, (kind, done.text)
        assert faults_of(done) == []
        case = reporting.get_case(incidents, done.response.url.path.rpartition("/")[2])
        assert case.record.facts == read_facts(kind, FACTS[kind])
        assert case.record.narrative == "It stopped at six.\nWe are looking."
        assert (case.last.actor, case.is_shared, case.record.tlp) == ("Fanny", False, "AMBER")
        assert case.record.aware_at == incidents.clock.now()


# The type, the change of a good form, the field that is named, and the words beside it.
FAULTS: tuple[tuple[str, dict[str, str], str, str], ...] = (
    ("personal_data_breach", {"narrative": " "}, "narrative", "say in two lines what happened"),
    ("personal_data_breach", {"narrative": "Call +372 5551 2345"}, "narrative", "a telephone number"),
    ("personal_data_breach", {"narrative": "Ask Fanny."}, "narrative", "the name of a member of staff"),
    ("personal_data_breach", {"title": ""}, "title", "must have 3 to 120 characters"),
    ("personal_data_breach", {"facts.data_set": ""}, "facts.data_set", "is missing"),
    ("personal_data_breach", {"facts.persons": "many"}, "facts.persons", "a whole number"),
    ("personal_data_breach", {"occurred_at": "yesterday"}, "occurred_at", "a day and a time are needed"),
    ("personal_data_breach", {"aware_at": "2026-10-14T01:00"}, "aware_at", "not in the future"),
    ("personal_data_breach", {"money": "1,234"}, "money", "amount"),
    ("wrong_tariff_or_price", {"facts.over_minor": "-5"}, "facts.over_minor", "amount"),
    ("wrong_tariff_or_price", {"facts.currency": "SEK"}, "facts.currency", "choose a currency"),
    ("signing_key_leaked", {"facts.kid": "the old one"}, "facts.kid", "must be the kid of a key"),
    (
        "gate_or_validator_outage",
        {"facts.devices": "12 34"},
        "facts.devices",
        "must be the id of a device",
    ),
    ("supplier_or_software_vulnerability", {"facts.cve": "2026-1"}, "facts.cve", "must be a CVE number"),
)


def test_a_fault_is_shown_at_its_field_and_nothing_is_lost(office: Browser, incidents: IncidentDesk) -> None:
    for kind, change, field, said in FAULTS:
        amounts = {name: "45.00" for name in FACTS[kind] if name.endswith("_minor")}

        refused = send(office, form_of(office, kind), filled(FACTS[kind] | amounts) | change)

        assert (refused.status, faults_of(refused)) == (422, []), (kind, change)
        wrong = next(told for tag, told in refused.read.tags if told.get("id") == field)
        assert wrong.get("aria-invalid") == "true", (kind, change)
        assert f"{field}-wrong" in wrong["aria-describedby"]
        assert said in refused.text, (kind, change)
        kept = refused.form(BUTTON).fields
        assert (kept["type"], kept["title"]) == (kind, change.get("title", "Something went wrong"))
    assert reporting.list_cases(incidents) == []


def test_a_type_that_is_none_is_asked_for_again(office: Browser, incidents: IncidentDesk) -> None:
    page = form_of(office, "other_failure")

    refused = send(office, page, {**filled(FACTS["other_failure"]), "type": "a_bad_day"})

    assert (refused.status, "choose a type" in refused.text) == (422, True)
    assert faults_of(refused) == []
    assert not refused.has(BUTTON)
    assert reporting.list_cases(incidents) == []


def test_the_measures_of_a_draft_give_its_severity(
    api: Api, office: Browser, incidents: IncidentDesk
) -> None:
    before = (api.clock.now() - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    fields = filled(FACTS["other_failure"], passengers="1200", money="15 000,00", aware_at=before)

    done = send(office, form_of(office, "other_failure"), fields | {"is_cross_border": "yes"})

    record = reporting.list_cases(incidents)[0].record
    assert (record.passengers, record.money_minor, record.severity) == (1200, 1_500_000, 4)
    assert (record.operator, record.is_cross_border) == ("tallink", True)
    assert "2026-10-12 23:10 UTC" in done.text
