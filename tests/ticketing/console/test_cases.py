"""A person deals with what the service could not bring to an end, in the console."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from operators.fake import FakeOperator
from tests.api import Api, Bought
from tests.ticketing.console.browser import Browser
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from ticketing.cli.worker import run_round
from ticketing.db.operators import worker_jobs
from ticketing.db.operators.worker_jobs import WorkerJob
from ticketing.identity import list_keys, staff
from ticketing.identity.staff import StaffDesk

pytestmark = pytest.mark.usefixtures("quick_hashes")
PASSWORD = "a password that is long"


def rooms(api: Api) -> Any:
    return api.client.application.extensions["throughfare"]


def signed_in(desk: StaffDesk, visitor: Visitor, role: str = "finance") -> Browser:
    first = staff.add(desk, f"{role}@example.org", role.title(), role=role, operator=None)[1]
    browser = visitor()
    browser.sign_in(f"{role}@example.org", first, PASSWORD)
    return browser


def stuck(api: Api, ferries: dict[str, FakeOperator]) -> Bought:
    """A refunded journey whose ferry the operator does not take back."""
    for ferry in ferries.values():
        ferry.fail("cancel", "refused")
    bought = api.buy(passengers=[{"ref": "anna"}], depart_at="2026-10-16T06:10:00+03:00")
    api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"]}, bought.token)
    run_round(rooms(api).till)
    return bought


def booking_states(api: Api, bought: Bought) -> list[str]:
    found = api.get(f"/v1/orders/{bought.order['id']}", bought.token).json or {}
    return [one["state"] for one in found["bookings"]]


def test_an_operator_is_asked_again_and_the_case_goes_when_it_lets_go(
    api: Api, ferries: dict[str, FakeOperator], desk: StaffDesk, visitor: Visitor
) -> None:
    bought, browser = stuck(api, ferries), signed_in(desk, visitor)
    before = browser.open("/console/cases")

    asked = browser.press(before, "Ask the operator again")
    run_round(rooms(api).till)
    after = browser.open("/console/cases")

    assert bought.order["id"] in before.text
    assert "The worker asks again at its next round." in asked.text
    assert "Nothing waits." in after.text
    assert booking_states(api, bought) == ["cancelled"]
    assert [faults_of(page) for page in (before, asked, after)] == [[], [], []]


def test_what_was_arranged_with_the_operator_counts_as_cancelled_under_the_persons_name(
    api: Api, ferries: dict[str, FakeOperator], desk: StaffDesk, visitor: Visitor
) -> None:
    bought, browser = stuck(api, ferries), signed_in(desk, visitor)

    page = browser.press(browser.open("/console/cases"), "Arranged with the operator")

    assert "Nothing waits." in page.text
    assert booking_states(api, bought) == ["cancelled"]
    with rooms(api).till.database.read() as tx:
        assert tx.execute(sa.text("SELECT resolved_by FROM alert")).scalars().all() == ["Finance"]


def test_a_case_that_stays_stuck_stays_a_case(
    api: Api, ferries: dict[str, FakeOperator], desk: StaffDesk, visitor: Visitor
) -> None:
    bought, browser = stuck(api, ferries), signed_in(desk, visitor)
    for ferry in ferries.values():
        ferry.fail("cancel", "refused")

    browser.press(browser.open("/console/cases"), "Ask the operator again")
    run_round(rooms(api).till)

    assert "Ask the operator again" in browser.open("/console/cases").text
    assert booking_states(api, bought) == ["stuck"]


def test_a_decision_that_is_not_for_the_case_is_refused_and_a_reader_has_no_buttons(
    api: Api, ferries: dict[str, FakeOperator], desk: StaffDesk, visitor: Visitor
) -> None:
    stuck(api, ferries)
    finance, reader = signed_in(desk, visitor), signed_in(desk, visitor, "admin")
    page = finance.open("/console/cases")

    form = page.form("Ask the operator again")
    refused = finance.send(form, {**form.fields, "doing": "put_away"})

    assert (refused.status, "cannot be put away" in refused.text) == (409, True)
    assert [
        form for form in reader.open("/console/cases").read.forms if form.action.startswith("/console/cases")
    ] == []


def test_what_was_done_with_an_api_key_bears_the_keys_label(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    account = {"party": "hsl", "name": "HSL", "iban": "FI4250001510000023"}
    made = api.post("/v1/bank-accounts", account, api.key("finance"))
    assert made.status_code == 201, made.json
    (key,) = [one for one in list_keys(desk.database) if one.role == "finance"]

    page = signed_in(desk, visitor).open("/console/accounts")

    assert f"API key {key.label}" in page.text
    assert key.id not in page.text


def test_a_case_leads_to_its_orders_facts_and_the_first_page_to_the_case(
    api: Api, ferries: dict[str, FakeOperator], desk: StaffDesk, visitor: Visitor
) -> None:
    bought, browser = stuck(api, ferries), signed_in(desk, visitor)
    first, cases = browser.open("/console/"), browser.open("/console/cases")

    facts = browser.open(f"/console/orders/{bought.order['id']}")
    by_order = browser.press(browser.open("/console/find"), "Find", wanted=bought.order["id"])
    by_ticket = browser.press(browser.open("/console/find"), "Find", wanted=bought.tickets[0]["jti"])

    assert "Cases that wait for a person: 1" in first.text
    assert f"/console/orders/{bought.order['id']}" in cases.read.links.values()
    assert bought.tickets[0]["jti"] in facts.text
    assert bought.order["total"]["amount"] in facts.text
    for page in (by_order, by_ticket):
        assert page.response.url.path == f"/console/orders/{bought.order['id']}"
    assert [faults_of(page) for page in (first, cases, facts)] == [[], [], []]


def test_a_worker_that_does_not_run_is_seen_on_every_page_and_by_health(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    browser = signed_in(desk, visitor)
    never = browser.open("/console/books")
    assert api.get("/healthz").json["worker"] == {"last_seen": None, "silent": True}

    with rooms(api).till.database.write() as tx:
        worker_jobs.put_jobs(
            tx,
            [
                WorkerJob(
                    name="paying back",
                    ran_at=api.clock.now(),
                    succeeded_at=None,
                    failures=0,
                    failing=0,
                    detail="",
                )
            ],
        )
    seen = browser.open("/console/")
    assert api.get("/healthz").json["worker"] == {"last_seen": "2026-10-13T02:10:00Z", "silent": False}
    api.clock.advance(timedelta(minutes=6))
    gone = browser.open("/console/books")

    assert "No worker runs." in never.text
    assert "None has ever been seen here." in never.text
    assert "No worker runs." not in seen.text
    assert "The worker was last seen at 2026-10-13 02:10" in seen.text
    assert "It was last seen at 2026-10-13 02:10" in gone.text
    assert api.get("/healthz").json["worker"]["silent"]
    assert api.get("/readyz").status_code == 200
