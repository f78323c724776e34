"""The second factor in the console: enrolled at the first sign-in, asked at each, and again before what moves money."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.api import Api
from tests.ticketing.console.browser import Browser, Page
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from tests.ticketing.identity.authenticator_app import PASSWORD, App, enrolled
from ticketing.config import Settings
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk

pytestmark = pytest.mark.usefixtures("quick_hashes")
IBAN = "FI2112345600000785"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, second_factor="required")


@pytest.fixture
def desk(api: Api) -> StaffDesk:
    found: StaffDesk = api.client.application.extensions["throughfare"].staff_desk
    return found


def password_given(browser: Browser, name: str) -> Page:
    return browser.press(browser.open("/console/"), "Sign in", email=f"{name}@example.org", password=PASSWORD)


def entered(browser: Browser) -> Page:
    page = browser.open("/console/accounts")
    return browser.press(page, "Enter", party="hsl", iban=IBAN, name="HSL")


def test_a_new_account_enrols_an_app_and_sees_nothing_before(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    _, first = staff.add(desk, "anna@example.org", "Anna", role="finance")
    browser = visitor()
    page = browser.sign_in("anna@example.org", first, PASSWORD)
    assert "authenticator app" in page.text
    assert browser.open("/console/accounts").response.url.path == "/console/second-factor"
    secret = page.text.split("Key to type:")[1].split("Code of the app")[0].replace(" ", "")

    wrong = browser.press(page, "Confirm", code="000000")
    page = browser.press(wrong, "Confirm", code=App(secret).code(api.clock.now()))

    assert (wrong.status, "not the present code" in wrong.text) == (422, True)
    assert page.status == 200
    assert browser.open("/console/accounts").response.url.path == "/console/accounts"
    assert "Key to type" not in browser.open("/console/second-factor").text
    assert [faults_of(seen) for seen in browser.seen] == [[]] * len(browser.seen)


def test_a_password_alone_reaches_no_page_and_no_form(api: Api, desk: StaffDesk, visitor: Visitor) -> None:
    app = enrolled(desk, api.clock, "anna")
    browser = visitor()
    page = password_given(browser, "anna")
    assert page.response.url.path == "/console/second-factor"
    token = page.form("Confirm").fields["csrf"]
    posted = browser.client.post(
        "/console/accounts", data={"csrf": token, "party": "hsl"}, follow_redirects=False
    )
    assert (posted.status_code, posted.headers["location"]) == (303, "/console/second-factor")

    used = app.code(api.clock.now())
    browser.press(page, "Confirm", code=used)

    thief = visitor("198.51.100.9")
    page = password_given(thief, "anna")
    assert (
        thief.press(page, "Confirm", code=used).status == 422
    )  # a code that somebody looked at over a shoulder
    assert thief.open("/console/accounts").response.url.path == "/console/second-factor"


def test_after_ten_minutes_an_account_asks_for_a_code_and_keeps_what_was_typed(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    app = enrolled(desk, api.clock, "anna")
    browser = visitor()
    browser.press(password_given(browser, "anna"), "Confirm", code=app.code(api.clock.now()))
    api.clock.advance(timedelta(minutes=11))

    page = entered(browser)

    assert (page.status, "Confirm that it is you" in page.text) == (403, True)
    wrong = browser.press(page, "Confirm", second_factor_code="123456")
    assert (wrong.status, IBAN in browser.open("/console/accounts").text.replace(" ", "")) == (422, False)
    done = browser.press(wrong, "Confirm", second_factor_code=app.code(api.clock.now()))
    assert done.status == 200
    assert IBAN in done.text.replace(" ", "")
    assert entered(browser).status == 200  # and for ten minutes no more
    assert [faults_of(seen) for seen in browser.seen] == [[]] * len(browser.seen)


def test_a_download_asks_too_and_leads_on_to_the_file(api: Api, desk: StaffDesk, visitor: Visitor) -> None:
    app = enrolled(desk, api.clock, "anna")
    browser = visitor()
    browser.press(password_given(browser, "anna"), "Confirm", code=app.code(api.clock.now()))
    api.clock.advance(timedelta(minutes=11))

    page = browser.open("/console/runs/none/files?name=journal.csv")

    assert page.status == 403
    after = browser.press(page, "Confirm", code=app.code(api.clock.now()))
    assert (after.status, str(after.response.url.raw_path)) == (
        404,
        str(b"/console/runs/none/files?name=journal.csv"),
    )


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/console/cases/none", {"doing": "give_back"}),
        ("/console/claims/none/ruling", {"ruling": "pay", "confirmed": "yes", "reason": "seen"}),
        ("/console/disputes/none/answer", {"verdict": "corrected", "amount": "5.00", "text": "yes"}),
        ("/console/orders/none/refund", {"passenger": "p1"}),
        ("/console/day/runs/none/again", {"reason": "again"}),
    ],
)
def test_every_way_to_give_money_asks_for_a_code_again(
    api: Api, desk: StaffDesk, visitor: Visitor, path: str, fields: dict[str, str]
) -> None:
    app = enrolled(desk, api.clock, "anna")
    browser = visitor()
    browser.press(password_given(browser, "anna"), "Confirm", code=app.code(api.clock.now()))
    api.clock.advance(timedelta(minutes=11))
    token = browser.open("/console/find").form("Find").fields["csrf"]

    asked = browser.client.post(path, data={"csrf": token, **fields})

    assert (asked.status_code, "Confirm that it is you" in asked.text) == (403, True)
    code = app.code(api.clock.now())
    assert browser.client.post(
        path, data={"csrf": token, **fields, "second_factor_code": code}
    ).status_code in {404, 409}


def test_a_lost_app_is_forgotten_by_command_and_ends_every_session(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    from ticketing.identity import second_factor  # noqa: PLC0415  only here

    app = enrolled(desk, api.clock, "anna")
    browser = visitor()
    browser.press(password_given(browser, "anna"), "Confirm", code=app.code(api.clock.now()))

    second_factor.forget(desk, "anna@example.org")

    assert browser.open("/console/accounts").has("Sign in")
    assert "Key to type" in password_given(browser, "anna").text


def test_a_code_gives_the_browser_another_cookie_and_the_one_before_opens_nothing(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    """ASVS V7.2.4: a cookie that was copied before a code was given is worth nothing after it."""
    app, browser, copied = enrolled(desk, api.clock, "anna"), visitor(), visitor()
    page = password_given(browser, "anna")
    before = browser.client.cookies["__Host-throughfare"]

    browser.press(page, "Confirm", code=app.code(api.clock.now()))

    copied.client.cookies.set("__Host-throughfare", before)
    assert browser.open("/console/accounts").response.url.path == "/console/accounts"
    assert copied.open("/console/accounts").has("Sign in")
