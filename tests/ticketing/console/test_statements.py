"""A statement is a table to work with: filtered, sorted, summed, as CSV; an operator's staff reach their own lines alone."""

import csv
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.console.browser import Browser, Page
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from tests.ticketing.settlement.month import sell
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk

pytestmark = pytest.mark.usefixtures("quick_hashes")
REGION = "helsinki-tallinn"


@pytest.fixture
def run(api: Api, desk: StaffDesk, visitor: Visitor) -> tuple[Browser, str]:
    """A closed month of sixty tickets, one of them a cent dearer, and the browser of whoever closed it."""
    office: Any = api.client.application.extensions["throughfare"].office
    for number in range(60):
        sell(
            office.database,
            f"ticket-{number:02}",
            {"hsl": 201 if number == 41 else 200, "tlt": 100},
            region=REGION,
        )
    browser = signed_in(desk, visitor, "anna", "finance")
    closed = browser.press(browser.open("/console/months/2026-09/close"), "Close September 2026")
    return browser, str(closed.response.url.path)


def signed_in(
    desk: StaffDesk, visitor: Visitor, name: str, role: str, operator: str | None = None
) -> Browser:
    first = staff.add(desk, f"{name}@example.org", name.title(), role=role, operator=operator)[1]
    browser = visitor()
    browser.sign_in(f"{name}@example.org", first, "a password that is long")
    return browser


def clean(*pages: Page) -> bool:
    return [fault for page in pages for fault in faults_of(page)] == []


def test_a_wrong_cent_is_found_by_its_amount_and_by_the_order_of_amounts(run: tuple[Browser, str]) -> None:
    anna, address = run
    page = anna.open(f"{address}/statements/hsl")
    assert "60 lines, page 1 of 2" in page.text
    assert "Sum of 60 lines 120.01" in page.text

    dear = anna.follow(anna.follow(page, "Gross"), "Gross")
    assert dear.text.index("2.01") < dear.text.index("2.00 ")
    only = anna.open(f"{address}/statements/hsl", params={"least": "2,01", "most": "2.01"})
    assert "1 lines, page 1 of 1" in only.text
    assert "Sum of 1 lines 2.01" in only.text
    found = anna.press(anna.open("/console/find"), "Find", wanted="2.01")
    assert "1 lines" in anna.follow(found, "2.01 EUR").text
    assert clean(*anna.seen)


def test_the_csv_has_what_is_filtered_and_its_sum(run: tuple[Browser, str]) -> None:
    anna, address = run
    lines = anna.open(
        f"{address}/lines", params={"party": "tlt", "since": "2026-09-14", "until": "2026-09-14"}
    )
    rows = list(csv.reader(anna.follow(lines, "These lines as CSV").response.text.splitlines()))

    assert len(rows) == 1 + 60 + 1
    assert {row[0] for row in rows[1:-1]} == {"tlt"}
    assert rows[-1][7] == "60.00"
    assert "No line fits" in anna.open(f"{address}/lines", params={"ticket": "nothing"}).text
    wrong = anna.open(f"{address}/lines", params={"least": "much", "since": "soon"})
    assert "such as" in wrong.text
    assert clean(*anna.seen)


def test_an_operators_staff_filter_and_take_their_own_lines_alone(
    run: tuple[Browser, str], desk: StaffDesk, visitor: Visitor
) -> None:
    _, address = run
    heli = signed_in(desk, visitor, "heli", "operator_finance", "hsl")

    assert heli.open(f"{address}/statements/hsl", params={"least": "2.01"}).status == 200
    assert heli.open(f"{address}/lines.csv", params={"party": "hsl"}).status == 200
    assert heli.open(f"{address}/lines.csv", params={"party": "tlt"}).status == 403
    assert heli.open(f"{address}/lines.csv").status == 403
    assert heli.open(f"{address}/lines").status == 403
    assert heli.open(f"{address}/files.zip").status == 403


def test_a_run_without_files_has_no_zip(run: tuple[Browser, str]) -> None:
    anna, address = run

    assert anna.open(f"{address}/files.zip").status == 409
