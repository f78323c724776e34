"""A buyer in a rush sees the place in the queue and the time, and goes on without a tap; an order keeps it over a reload."""

import re

from playwright.sync_api import Browser, expect

from tests.web.browser import phone
from tests.web.conftest import Served

# On a busy machine those before have been passed over by the time that somebody looks.
WAITING = re.compile("You are in the queue: (3 people are|2 people are|1 person is|you are next)")


def test_a_buyer_waits_in_the_queue_over_a_reload_and_comes_to_pay(browser: Browser, served: Served) -> None:
    with phone(browser, served.url) as commuter:
        commuter.quote()
        served.crowd()
        try:
            with commuter.page.expect_request(lambda sent: "queue-ticket" in sent.headers) as again:
                commuter.press("Hold the places")
                waiting = commuter.page.get_by_text(WAITING)
                expect(waiting).to_contain_text("We try again at ")
                commuter.check()
            commuter.page.reload()
            expect(waiting).to_be_visible()
        finally:
            served.crowd(goes=True)

        commuter.sees("Pay €32.00")
        assert again.value.url.endswith("/v1/orders")


def test_a_buyer_waits_for_a_price_and_comes_to_the_journey(browser: Browser, served: Served) -> None:
    with phone(browser, served.url) as commuter:
        commuter.look_for_a_way()
        served.crowd("/v1/quotes")
        try:
            with commuter.page.expect_request(lambda sent: "queue-ticket" in sent.headers) as again:
                commuter.page.get_by_role("button", name=re.compile("^Choose")).first.click()
                waiting = commuter.page.get_by_text(WAITING)
                expect(waiting).to_contain_text("We try again at ")
                commuter.check()
        finally:
            served.crowd("/v1/quotes", goes=True)

        commuter.sees("Continue")
        expect(waiting).to_have_count(0)
        assert again.value.url.endswith("/v1/quotes")
