"""Forms and addresses that nobody means well: too long, with U+0000, days at the end of time, files of strangers."""

import httpx
import pytest

from tests.api import Api
from tests.ticketing.console.browser import Browser
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from tests.ticketing.settlement.bank_details import enter_accounts
from tests.ticketing.settlement.month import sell
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk
from ticketing.settlement import bank, service
from ticketing.settlement.office import Office

pytestmark = pytest.mark.usefixtures("quick_hashes")
REGION = "helsinki-tallinn"
ANSWER = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><OrgnlGrpInfAndSts>'
    "<OrgnlMsgId>NOT-OURS</OrgnlMsgId><GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
)


@pytest.fixture
def office(api: Api) -> Office:
    found: Office = api.client.application.extensions["throughfare"].office
    return found


@pytest.fixture
def browser(desk: StaffDesk, visitor: Visitor) -> Browser:
    first = staff.add(desk, "finance@example.org", "Finance", role="finance", operator=None)[1]
    visiting = visitor()
    visiting.sign_in("finance@example.org", first, "a password that is long")
    return visiting


def send(browser: Browser, path: str, files: dict[str, bytes] | None = None, **fields: str) -> httpx.Response:
    """Send a form past the page's own fields."""
    token = browser.open("/console/find").form("Find").fields["csrf"]
    return browser.client.post(path, data={"csrf": token, **fields}, files=files)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/console/find", {"wanted": "abc\x00def"}),
        ("/console/accounts", {"party": "hsl", "iban": "FI2112345600000785", "name": "H", "town": "a\x00"}),
        ("/console/bank/lines/none/clearing", {"as": "scheme", "reason": "x\x00"}),
        ("/console/orders/none/refund", {"passenger": "p\x00"}),
    ],
)
def test_a_form_with_the_character_u0000_is_refused_by_its_field(
    browser: Browser, path: str, fields: dict[str, str]
) -> None:
    answer = send(browser, path, **fields)

    assert answer.status_code == 400, answer.text
    assert "U+0000" in answer.text


def test_a_form_or_a_file_that_is_too_long_is_told_so_on_a_page(browser: Browser) -> None:
    long = send(browser, "/console/find", wanted="a" * 300_000)
    statement = send(browser, "/console/bank/statements", {"file": b" " * (bank.MAX_BYTES + 200_000)})

    for answer in (long, statement):
        assert (answer.status_code, "larger than this page takes" in answer.text) == (413, True)


def test_the_lines_of_a_filter_go_to_the_end_of_time_and_a_stranger_gets_no_half_file(
    browser: Browser, office: Office
) -> None:
    sell(office.database, "t1", {"hsl": 1000}, region=REGION)
    run = service.close(office, REGION, "2026-09", "Anna")

    for until in ("9999-12-31", "9999-12-30"):
        shown = browser.open(f"/console/runs/{run.id}/lines?since=0001-01-01&until={until}")
        assert (shown.status, "10.00" in shown.text) == (200, True), shown.text
    whole = browser.client.get(f"/console/runs/{run.id}/lines.csv?until=9999-12-31")
    nobodys = browser.client.get(f"/console/runs/{run.id}/lines.csv?party=nobody")

    assert (whole.status_code, "t1" in whole.text) == (200, True)
    assert (nobodys.status_code, "no statement of nobody" in nobodys.text) == (404, True)


def test_what_a_bank_says_about_strangers_is_told_to_whoever_imports_it(
    browser: Browser, office: Office
) -> None:
    enter_accounts(office)
    told = browser.press(
        browser.open("/console/bank"), "Import a statement", {"file": ("answer.xml", ANSWER.encode())}
    )

    assert (told.status, "NOT-OURS" in told.text) == (200, True)
    assert faults_of(told) == []
    assert "NOT-OURS" not in browser.open("/console/bank").text
