"""Staff say in the console that a ship does not sail, see who has heard of it, and correct and end it; nothing is said by one click."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from tests.api import Api, Bought
from tests.ticketing.console.browser import Browser, Page
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from tests.waiting import until_it_waits
from ticketing import notices
from ticketing.db.disruption import choices
from ticketing.db.disruption.choices import Choice
from ticketing.db.sale import gateway_events
from ticketing.errors import Conflict
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk
from ticketing.purchase.gateway import alerts
from ticketing.regions import by_staff

pytestmark = pytest.mark.usefixtures("quick_hashes")
REGION = "helsinki-tallinn"
EN = "The engine is broken."


def rooms(api: Api) -> Any:
    return api.client.application.extensions["throughfare"]


def signed_in(desk: StaffDesk, visitor: Visitor, role: str = "finance") -> Browser:
    first = staff.add(desk, f"{role}@example.org", role.title(), role=role, operator=None)[1]
    browser = visitor()
    browser.sign_in(f"{role}@example.org", first, "a password that is long")
    return browser


def ship_of(bought: Bought) -> dict[str, Any]:
    legs: list[dict[str, Any]] = bought.tickets[0]["legs"]
    return next(leg for leg in legs if leg["mode"] == "ferry")


def form_of(browser: Browser, ship: dict[str, Any]) -> Page:
    """Find the ship as a person does: operator and day, then its departure."""
    page = browser.follow(browser.open("/console/disruptions"), "Say something of a departure")
    form = page.form("Show departures")
    wanted = {**form.fields, "operator": ship["operator"], "day": ship["service_date"]}
    page = browser.open(page.response.url.path, params=wanted)
    (link,) = (to for to in page.read.links.values() if f"trip={ship['trip_id']}&" in f"{to}&")
    return browser.open(link)


def say(browser: Browser, page: Page, **filled: str) -> Page:
    looked = browser.press(page, "Look at it before", **filled)
    return browser.press(looked, "Say it")


def events_of(api: Api, bought: Bought) -> list[tuple[str, str | None]]:
    told = (api.get(f"/v1/orders/{bought.order['id']}/events", bought.token).json or {})["events"]
    return [(one["type"], one["data"].get("note")) for one in told if one["type"].startswith("journey.")]


def test_a_ship_is_cancelled_seen_by_its_holders_and_runs_after_all(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    bought, later = api.buy(), api.buy()
    head = {"Authorization": f"Bearer {bought.token}"}
    contact = {"kind": "email", "address": "anna@example.org"}
    api.client.put(f"/v1/orders/{bought.order['id']}/notify", json={"contacts": [contact]}, headers=head)
    people = len(bought.tickets)
    browser, ship = signed_in(desk, visitor), ship_of(bought)
    form = form_of(browser, ship)

    looked = browser.press(
        form, "Look at it before", way="cancelled", note_en=EN, note_et="Mootor on rikkis."
    )
    before = events_of(api, bought)
    said = browser.press(looked, "Say it")

    assert before == []
    assert f"{2 * people} tickets are for this departure now" in looked.text
    assert "Said: it is cancelled." in said.text
    assert f"Tickets concerned {2 * people} in 2 orders" in said.text
    assert f"Told 0 Waiting to hear {people} No contact named {people}" in said.text
    assert events_of(api, bought) == events_of(api, later) == [("journey.cancelled", EN)]
    notices.write_due(rooms(api).post_office)
    notices.deliver_due(rooms(api).post_office)
    refs = [one["passenger"] for one in later.tickets]
    api.post(f"/v1/orders/{later.order['id']}/refunds", {"passengers": refs}, later.token)
    told = browser.open(said.response.url.path)
    assert f"Told {people} Waiting to hear 0" in told.text
    assert f"Tickets given back or exchanged {people}" in told.text
    assert "1 refunds of these orders" in told.text
    assert "Next departure" in told.text
    assert "Places left on it On foot: " in told.text

    api.clock.advance(timedelta(minutes=5))
    again = browser.follow(told, "Say something of this departure")
    ended = say(browser, again, way="runs", note_en="It is mended.")

    assert "Said: it runs after all." in ended.text
    assert events_of(api, bought)[1:] == [("journey.service_restored", "It is mended.")]
    listed = browser.open("/console/disruptions")
    assert "As planned again" in listed.text
    assert [faults_of(page) for page in browser.seen] == [[]] * len(browser.seen)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_words_that_are_corrected_are_read_by_holders_and_stand_beside_the_form(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    bought = api.buy()
    browser, ship = signed_in(desk, visitor), ship_of(bought)
    first = say(browser, form_of(browser, ship), way="cancelled", note_en=EN)
    api.clock.advance(timedelta(minutes=5))

    form = browser.follow(first, "Say something of this departure")
    page = say(browser, form, way="cancelled", note_en="Take the ship at nine.")

    assert EN in form.text
    assert "Minutes late" not in form.text
    assert "Written to holders English Take the ship at nine." in page.text
    assert events_of(api, bought) == [
        ("journey.cancelled", EN),
        ("journey.cancelled", "Take the ship at nine."),
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_delay_is_corrected_by_a_new_one_under_the_persons_name(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    bought = api.buy()
    browser, ship = signed_in(desk, visitor), ship_of(bought)
    first = say(browser, form_of(browser, ship), way="late", minutes="40", note_en=EN)
    api.clock.advance(timedelta(minutes=5))

    form = browser.follow(first, "Say something of this departure")
    page = say(browser, form, way="late", minutes="80", note_en=EN)

    assert "late by 40 min" in form.text
    assert "Late at most about 80 min" in page.text
    said = by_staff.list_said(rooms(api).live, REGION, ship["operator"])
    assert [(one.by, one.seconds) for one in said] == [("Finance", 4800), ("Finance", 2400)]
    assert "Late by 80 min Finance" in page.text


@pytest.mark.parametrize(
    ("filled", "wrong"),
    [
        ({"way": "late", "minutes": "", "note_en": EN}, "a number of minutes from 1 to 1440 is needed"),
        ({"way": "late", "minutes": "٣", "note_en": EN}, "a number of minutes from 1 to 1440 is needed"),
        ({"way": "cancelled", "note_en": " "}, "two lines in English at most are needed"),
        ({"way": "cancelled", "note_en": "a\nb\nc"}, "at most 2 lines"),
        ({"way": "cancelled", "note_en": EN, "note_fi": "<i>"}, "plain text only"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_stored(
    api: Api, desk: StaffDesk, visitor: Visitor, filled: dict[str, str], wrong: str
) -> None:
    bought = api.buy()
    browser = signed_in(desk, visitor)

    page = browser.press(form_of(browser, ship_of(bought)), "Look at it before", **filled)

    assert (page.status, faults_of(page)) == (422, [])
    assert f"This did not work: {wrong}" in page.text
    assert page.form("Look at it before").fields["note_en"].strip() == filled["note_en"].strip()
    assert events_of(api, bought) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_reads_only_sees_a_disruption_and_says_nothing(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    """A word that a ship does not sail owes its price to each holder: an auditor's account gives no such word."""
    bought = api.buy()
    ship = ship_of(bought)
    run = (ship["operator"], ship["trip_id"], date.fromisoformat(ship["service_date"]))
    by_staff.delay_departure(rooms(api).live, REGION, *run, seconds=5400, by="mari")
    reader = signed_in(desk, visitor, "admin")
    listed = reader.open("/console/disruptions")
    event = reader.open(f"/console/disruptions/of?operator={run[0]}&trip={run[1]}&day={run[2]}")
    ours = {"csrf": listed.form("Sign out").fields["csrf"], "region": REGION, "note_en": EN}
    word = {"operator": run[0], "trip": run[1], "day": str(run[2]), "way": "cancelled"}
    said = reader.client.post("/console/disruptions/say", data={**ours, **word})

    assert (listed.status, event.status, said.status_code) == (200, 200, 403)
    assert [link for page in (listed, event) for link in page.read.links if link.startswith("Say")] == []
    assert [kind for kind, _ in events_of(api, bought)] == ["journey.delayed"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_addresses_that_name_no_departure_are_refused(desk: StaffDesk, visitor: Visitor) -> None:
    browser = signed_in(desk, visitor)

    for address in (
        "say?operator=eckero&trip=none&day=2026-10-13",
        "say?operator=none&trip=none&day=2026-10-13",
        "say?operator=eckero&trip=ECK-TH-0600&day=soon",
        "departures?operator=eckero&day=9999-12-31",
        "departures?operator=none",
        "none",
    ):
        page = browser.open(f"/console/disruptions/{address}")
        assert page.status in {404, 422}, address
        assert faults_of(page) == []


def test_where_two_words_contradict_a_person_chooses_one_with_a_reason(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    subject = f"{REGION}/eckero/ECK-TH-0600/2026-10-13/0"
    with rooms(api).live.database.write() as tx:
        gateway_events.raise_alert(tx, "evidence_contradicted", subject, "40 or 10 minutes", api.clock.now())
    browser = signed_in(desk, visitor)
    page = browser.open("/console/cases")

    without = browser.press(page, "The observed time holds", reason=" ")
    chosen = browser.press(page, "The observed time holds", reason="the log of the ship")

    assert (without.status, "a reason of 1 to 500 letters is needed" in without.text) == (422, True)
    assert "the observed time proves the delay" in chosen.text
    assert "Nothing waits." in chosen.text
    assert [faults_of(one) for one in (page, without, chosen)] == [[], [], []]
    with rooms(api).live.database.read() as tx:
        row = tx.exec_driver_sql("SELECT chosen, reason, chosen_by FROM evidence_choice").one()
    assert tuple(row) == ("seen", "the log of the ship", "Finance")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_two_people_who_choose_at_once_the_second_hears_that_it_was_too_late(
    api: Api, desk: StaffDesk
) -> None:
    run, now = ("eckero", "ECK-TH-0600", date(2026, 10, 13)), api.clock.now()
    here, subject = rooms(api), f"{REGION}/eckero/ECK-TH-0600/2026-10-13/0"
    with here.live.database.write() as tx:
        gateway_events.raise_alert(tx, "evidence_contradicted", subject, "40 or 10 minutes", now)
    (case,) = alerts.list_cases(here.till)
    with ThreadPoolExecutor(1) as second:
        with here.live.database.write() as tx:
            choices.put_choice(tx, REGION, run, 0, Choice("own_word", "the log", "Kadri", now))
            gateway_events.resolve_alert(tx, case.alert.id, "Kadri", now)
            act = second.submit(alerts.act, here.till, case.alert.id, "seen", "Bo", "the quay's camera")
            until_it_waits(tx, act)
        with pytest.raises(Conflict, match="somebody has decided this case"):
            act.result(30)

    with here.live.database.read() as tx:
        notes = tx.exec_driver_sql("SELECT actor FROM audit WHERE action LIKE 'case_%%'").all()
    assert notes == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_departure_that_nobody_holds_is_said_and_leads_back_to_the_list(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    browser = signed_in(desk, visitor)
    day = (api.clock.now() + timedelta(days=2)).date()
    page = browser.open(f"/console/disruptions/say?operator=eckero&trip=ECK-TH-0600&day={day}")

    said = say(browser, page, way="cancelled", note_en=EN)

    assert said.response.url.path == "/console/disruptions"
    assert "Said: it is cancelled." in said.text
    assert date.fromisoformat(str(day)) > api.clock.now().date()
