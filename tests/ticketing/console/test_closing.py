"""A month is looked at before it is closed: hindrances ask for reasons, and a large month is closed by the worker."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.api import Api
from tests.ticketing.console.browser import Browser
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from tests.ticketing.settlement.month import sell
from ticketing.console.month import closing
from ticketing.db.operators import worker_jobs
from ticketing.db.operators.worker_jobs import WorkerJob
from ticketing.db.tables.sale import order
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk
from ticketing.settlement import outlook

pytestmark = pytest.mark.usefixtures("quick_hashes")
REGION = "helsinki-tallinn"
SEPTEMBER = datetime(2026, 9, 14, 12, tzinfo=UTC)


def rooms(api: Api) -> Any:
    return api.client.application.extensions["throughfare"]


@pytest.fixture
def anna(api: Api, desk: StaffDesk, visitor: Visitor) -> Browser:
    sell(rooms(api).office.database, "ticket-one", {"hsl": 1000, "tlt": 500}, vat=90, fee=15, region=REGION)
    first = staff.add(desk, "anna@example.org", "Anna Kask", role="finance")[1]
    browser = visitor()
    browser.sign_in("anna@example.org", first, "a password that is long")
    return browser


def leave_an_order_under_way(api: Api) -> str:
    with rooms(api).office.database.write() as tx:
        order_id = tx.execute(sa.select(order.c.id)).scalars().first()
        change = sa.update(order).where(order.c.id == order_id)
        tx.execute(change.values(state="authorised", created_at=SEPTEMBER))
    return str(order_id)


def test_a_hindrance_asks_for_a_reason_that_the_run_keeps(api: Api, anna: Browser) -> None:
    leave_an_order_under_way(api)
    look = anna.follow(anna.open("/console/"), "September 2026 is over: close it")
    assert "Orders whose money is under way: 1" in look.text

    refused = anna.press(look, "Close September 2026")
    assert (refused.status, "give the reason to close all the same" in refused.text) == (422, True)
    run = anna.press(refused, "Close September 2026", reason_unfinished_orders="the bank answers tomorrow")

    assert "unfinished_orders: the bank answers tomorrow" in run.text
    assert [faults_of(page) for page in anna.seen] == [[] for _ in anna.seen]


def test_a_large_month_is_closed_by_the_worker_and_a_page_tells_how_far_it_is(
    api: Api, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "LONG", 0)
    office = rooms(api).office
    with office.database.write() as tx:
        worker_jobs.put_jobs(tx, [WorkerJob("any", api.clock.now(), None, 0, 0, "")])
    look = anna.open("/console/months/2026-09/close")

    waits = anna.press(look, "Close September 2026")
    assert "It waits for its turn" in waits.text
    assert waits.response.headers["refresh"] == "2"
    again = anna.press(anna.open("/console/months/2026-09/close"), "Close September 2026")
    assert again.response.url == waits.response.url
    for work in outlook.list_asked_work(office):
        outlook.carry_out_work(office, work)
    run = anna.open(str(waits.response.url.path))

    assert "The month is closed and its run calculated" in run.text
    assert outlook.list_asked_work(office) == []
    assert [faults_of(page) for page in anna.seen] == [[] for _ in anna.seen]


def test_work_that_is_refused_says_why(api: Api, anna: Browser) -> None:
    office = rooms(api).office
    api.clock.advance(-timedelta(days=40))
    work = outlook.ask_work(office, "close", REGION, "2026-09", by="Anna Kask", wishes={})

    outlook.carry_out_work(office, work)

    assert "is not over yet" in outlook.get_work(office, work.id).fault


def test_the_first_page_shows_a_month_in_figures_and_pictures(anna: Browser) -> None:
    page = anna.open("/console/")

    assert "September 2026 in figures" in page.text
    assert (
        "paid 15.00 EUR − given back 0.00 EUR = shares 13.95 EUR + VAT 0.90 EUR + fee 0.15 EUR" in page.text
    )
    pictures = [told for tag, told in page.read.tags if tag == "svg"]
    assert [picture["role"] for picture in pictures] == ["img", "img"]
    assert faults_of(page) == []
