"""The network is cut in the middle of every step of a purchase: nothing is paid twice or without a ticket, and each screen tells what to do."""

import re
import sqlite3
import time

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.browser import Phone, phone
from tests.web.conftest import Served

_ORDER = r"/v1/orders/[\w-]+"
# Each call of a purchase, in its order.
CALLS = (
    ("POST", r"/v1/journeys"),
    ("POST", r"/v1/quotes"),
    ("POST", r"/v1/orders"),
    ("POST", rf"{_ORDER}/payments"),
    ("GET", _ORDER),
    ("GET", rf"{_ORDER}/tickets"),
)
_TOLD = re.compile(r"There was no answer\. Try again|We do not know yet whether you were charged")
_OFFLINE = re.compile(r"You are offline\. This needs a network; nothing was lost\.|We do not know yet")
_PATIENCE_SECONDS = 10
# What a commuter presses, the way out of trouble first.
_ON = re.compile(r"^(Try again|Check the payment|Choose .*|Continue|Hold the places|Pay €.*)$")


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_a_purchase_whose_every_call_is_cut_once_ends_with_one_payment_and_its_ticket(
    browser: Browser, served: Served, lost: str
) -> None:
    with phone(browser, served.url) as commuter:
        before = _bought(served)
        cuts = _Cuts(lost)
        commuter.page.route("**/v1/**", cuts)
        commuter.look_for_a_way()
        _walk(commuter, cuts)

        assert cuts.told == list(CALLS)
        paid = {name: count - before[name] for name, count in _bought(served).items()}
        assert paid == {"orders": 1, "ticketed": 1, "captured": 1, "tickets": 1}


def test_every_screen_of_a_purchase_is_there_after_a_reload_without_a_network(
    browser: Browser, served: Served
) -> None:
    with phone(browser, served.url) as commuter:
        page = commuter.page
        commuter.quote()
        page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        for heading, button in (("Passengers and phone", "Hold the places"), ("Pay", "Pay €32.00")):
            page.get_by_role("heading", name=heading, level=1).wait_for()
            commuter.context.set_offline(True)
            page.reload()
            commuter.press(button)
            expect(page.get_by_text(_OFFLINE).first).to_be_visible()
            commuter.check()
            commuter.context.set_offline(False)
            page.get_by_role("button", name=_ON).last.click()
        commuter.sees("Paid. Your tickets are here")


def test_a_screen_that_cannot_be_fetched_says_so_and_comes_with_one_tap(
    browser: Browser, served: Served
) -> None:
    with phone(browser, served.url) as commuter:
        # A first visit: the phone does not have the app yet.
        commuter.page.add_init_script("delete Navigator.prototype.serviceWorker")
        commuter.open()
        commuter.page.route("**/assets/passes-*", lambda route: route.abort())
        commuter.page.get_by_role("link", name="Passes").click()
        commuter.sees("There was no answer. Try again; nothing is done twice.")
        commuter.check()
        commuter.page.unroute("**/assets/passes-*")
        commuter.press("Try again")
        commuter.page.get_by_role("heading", name="Passes", level=1).wait_for()


class _Cuts:
    """Cuts the line once in each call of a purchase: before it reaches the service, or before its answer is back.

    `fresh` is the call that was cut last, until a screen has `told` of it.
    """

    def __init__(self, lost: str) -> None:
        self.told: list[tuple[str, str]] = []
        self.fresh: tuple[str, str] | None = None
        self._waiting, self._lost = list(CALLS), lost

    def __call__(self, route: Route) -> None:
        asked = route.request
        for method, path in self._waiting:
            if asked.method == method and re.search(f"{path}$", asked.url):
                break
        else:
            route.continue_()
            return
        self._waiting.remove((method, path))
        self.fresh = (method, path)
        if self._lost == "answer":
            route.fetch()
        route.abort()


def _walk(commuter: Phone, cuts: _Cuts) -> None:
    """Press what leads on until the ticket is there; each cut has to be told before the next press."""
    page = commuter.page
    paid = page.get_by_text("Paid. Your tickets are here")
    for _ in range(30):
        on = page.get_by_role("button", name=_ON, disabled=False).first
        expect(paid.or_(on).first).to_be_visible()
        if paid.count():
            return
        if cuts.fresh:
            expect(page.get_by_text(_TOLD).first).to_be_visible()
            commuter.check()
            cuts.told.append(cuts.fresh)
            cuts.fresh = None
        _press(page, cuts)
    pytest.fail("the purchase comes to no end")


def _press(page: Page, cuts: _Cuts) -> None:
    """Press the first way out of trouble, else the first way on, and wait until the screen is another one, or cut again."""
    before = _screen(page)
    again = page.get_by_role("button", name=re.compile("^(Try again|Check the payment)$"), disabled=False)
    button = again if again.count() else page.get_by_role("button", name=_ON, disabled=False)
    button.first.click()
    until = time.monotonic() + _PATIENCE_SECONDS
    while (_screen(page) == before and not cuts.fresh) or page.locator("main button:disabled").count():
        assert time.monotonic() < until, f"nothing happens after a press: {before}"


def _screen(page: Page) -> str:
    """Read the words of a screen in its heading, its notes and its buttons."""
    words = "[...document.querySelectorAll('h1, .note, button')].map(one => one.textContent).join()"
    return str(page.evaluate(words))


def _bought(served: Served) -> dict[str, int]:
    """Count orders, those with tickets, payments that were taken, and tickets."""
    queries = {
        "orders": "SELECT count(*) FROM ticket_order",
        "ticketed": "SELECT count(*) FROM ticket_order WHERE state = 'ticketed'",
        "captured": "SELECT count(*) FROM payment WHERE state = 'captured'",
        "tickets": "SELECT count(*) FROM ticket",
    }
    database = sqlite3.connect(f"file:{served.folder / 'test.db'}?mode=ro", uri=True)
    try:
        return {name: int(database.execute(query).fetchone()[0]) for name, query in queries.items()}
    finally:
        database.close()
