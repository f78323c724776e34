"""A commuter with an account reads how far the week is paid: at the offer, at the order, and beside the passes."""

import httpx
from playwright.sync_api import Browser, expect

from tests.web.browser import Phone, phone
from tests.web.conftest import Served

_TRAM = (
    "results?from=tlt:09005-1&fromName=Kopli&to=tlt:21102-1&toName=Balti+jaam&at=2026-10-13T{at}&who=adult"
)


def test_two_trams_and_the_week_is_free_is_said_where_money_is_spoken_of(
    browser: Browser, served: Served
) -> None:
    with phone(browser, served.url) as commuter:
        commuter.open("account")
        commuter.page.get_by_label("New account").check()
        commuter.page.get_by_label("E-mail").fill("liis@example.org")
        commuter.page.get_by_label("Password").fill("correct horse battery")
        commuter.page.get_by_role("button", name="New account").click()
        commuter.sees("Orders of the account")
        _offer(commuter, "06:10")
        commuter.sees("1 more ride and the week is free.")
        commuter.check()
        _pay(commuter)
        commuter.page.locator(".ticket-row").click()
        commuter.page.get_by_role("link", name="Order and receipt").click()
        commuter.sees("1 more ride and the week is free.")
        commuter.check()
        _offer(commuter, "07:10")
        commuter.sees("From here the week is free.")
        _pay(commuter)
        _offer(commuter, "08:10")
        commuter.sees("From here the week is free.")
        expect(commuter.page.locator(".sticky strong")).to_have_text("€0.00")

        _sign_out_elsewhere(served)
        commuter.page.goto(f"{served.url}/app/{_TRAM.format(at='09:10')}")
        commuter.sees("You are signed out on this phone.")
        commuter.check()
        commuter.press("Try again")
        expect(commuter.page.get_by_role("article").first).to_contain_text("€2.00")


def test_a_guest_is_promised_no_free_week(browser: Browser, served: Served) -> None:
    with phone(browser, served.url) as commuter:
        _offer(commuter, "06:10")
        expect(commuter.page.get_by_role("heading", name="Why this price")).to_be_visible()
        expect(commuter.page.get_by_text("the week is free")).to_have_count(0)


def _sign_out_elsewhere(served: Served) -> None:
    """End every session of the account, as its owner does on another device."""
    known = {"email": "liis@example.org", "password": "correct horse battery", "label": "laptop"}
    entered = httpx.post(f"{served.url}/v1/sessions", json=known).json()
    head = {"Authorization": f"Bearer {entered['access_token']}"}
    assert httpx.delete(f"{served.url}/v1/sessions", headers=head).is_success


def _offer(commuter: Phone, at: str) -> None:
    commuter.open(_TRAM.format(at=at))
    commuter.page.get_by_role("article").get_by_role("button").first.click()
    commuter.page.get_by_role("heading", name="Why this price").wait_for()


def _pay(commuter: Phone) -> None:
    commuter.press("Continue")
    commuter.press("Hold the places")
    commuter.press("Pay €")
    commuter.sees("Paid. Your tickets are here")
