"""The phone tells its holder what happens to a journey, by the real service worker; its push service is a stand-in."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, CDPSession, Worker, expect

from tests.ticketing.notices.receivers import Browser as Subscription
from tests.ticketing.notices.receivers import receiver
from tests.web.browser import Phone, phone
from tests.web.conftest import Served

_SHIP = ("tallink", "TAL-TH-0730", "2026-10-13")
# Debian's Chromium has no push service: a page gets a subscription of the test's own, and everything behind it is real.
_SUBSCRIBES = """
(() => {{
  let held = null;
  const given = {subscription};
  PushManager.prototype.subscribe = async options => {{
    if (!options.userVisibleOnly || !options.applicationServerKey) throw new TypeError("options");
    return held = {{endpoint: given.endpoint, toJSON: () => given, unsubscribe: async () => {{ held = null; return true }}}};
  }};
  PushManager.prototype.getSubscription = async () => held;
}})()
"""
# What the holder sees: notifications of the page's registration.
_SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
    .map(one => ({title: one.title, body: one.body, lang: one.lang, data: one.data}))"""


@pytest.fixture(scope="module")
def browser(whole_browser: Browser) -> Browser:
    """Notifications are shown by the whole browser alone."""
    return whole_browser


@contextmanager
def reachable(browser: Browser, served: Served, endpoint: str) -> Iterator[tuple[Phone, Subscription]]:
    """A phone whose browser lets the app show messages."""
    subscription = Subscription(endpoint)
    keys = {name: subscription.subscription[name] for name in ("p256dh", "auth")}
    with phone(browser, served.url) as commuter:
        commuter.context.grant_permissions(["notifications"], origin=served.url)
        script = _SUBSCRIBES.format(subscription=json.dumps({"endpoint": endpoint, "keys": keys}))
        commuter.page.add_init_script(script)
        yield commuter, subscription


class PushService:
    """Delivers to the service worker of a page, as a browser's own push service does."""

    def __init__(self, commuter: Phone) -> None:
        self._url = commuter.url
        self._session: CDPSession = commuter.context.new_cdp_session(commuter.page)
        self._registrations: list[str] = []
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._note)
        self._session.send("ServiceWorker.enable")
        while not self._registrations:
            commuter.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")

    def _note(self, told: dict[str, list[dict[str, str]]]) -> None:
        self._registrations += [one["registrationId"] for one in told["registrations"]]

    def deliver(self, message: dict[str, object]) -> None:
        """Hand a message over."""
        known = {"origin": self._url, "registrationId": self._registrations[-1]}
        self._session.send("ServiceWorker.deliverPushMessage", {**known, "data": json.dumps(message)})


def test_a_cancelled_ship_is_told_on_the_phone_and_a_tap_opens_the_way_on(
    browser: Browser, served: Served
) -> None:
    with (
        receiver() as receives,
        reachable(browser, served, f"{receives.url}/push") as (commuter, subscription),
    ):
        page = commuter.page
        commuter.buy()
        commuter.sees("This phone can tell you when a ride of this journey is cancelled")
        commuter.check()
        commuter.press("Yes, tell me")
        commuter.sees("This phone tells you about this journey.")
        commuter.check()
        pushed = PushService(commuter)
        served.work()
        receives.requests.clear()
        served.cancel(*_SHIP, "Strong wind: this ship stays in harbour.")
        try:
            served.work()
            (sent,) = receives.requests
            message = subscription.read(sent.body)
            pushed.deliver(message)
            (shown,) = _shown(commuter)
            order = message["data"]["order_id"]

            assert (shown["title"], shown["lang"]) == (message["title"], "en")
            assert "Strong wind" in str(shown["body"])
            assert shown["data"] == f"orders/{order}/options"
            _tap(commuter)
            expect(page).to_have_url(f"{served.url}/app/orders/{order}/options")
            expect(page.get_by_role("heading", level=1)).to_have_text("Disruption")
            commuter.press("Take this departure")
            commuter.sees("Your ticket is now for")
        finally:
            served.cancel(*_SHIP, None)


def test_being_told_is_ended_with_one_tap_and_mail_goes_on(browser: Browser, served: Served) -> None:
    with receiver() as receives, reachable(browser, served, f"{receives.url}/push") as (commuter, _):
        page = commuter.page
        commuter.buy()
        commuter.press("Yes, tell me")
        commuter.sees("This phone tells you about this journey.")
        page.locator(".ticket-row").click()
        page.get_by_role("link", name="Order and receipt").click()
        page.get_by_label("E-mail").fill("mari@example.org")
        commuter.press("Send")
        commuter.sees("Mails go to m…@example.org.")
        commuter.sees("This phone tells you about this journey.")
        served.work()
        assert len(receives.requests) == 1
        commuter.press("Tell me no more")
        commuter.sees("Yes, tell me")
        commuter.check()
        page.reload()
        commuter.sees("Mails go to m…@example.org.")
        served.cancel(*_SHIP, "Strong wind")
        try:
            served.work()
            assert len(receives.requests) == 1
        finally:
            served.cancel(*_SHIP, None)


def test_who_says_no_is_not_asked_after_the_next_purchase(browser: Browser, served: Served) -> None:
    with reachable(browser, served, "https://push.example/1") as (commuter, _):
        commuter.open()
        expect(commuter.page.get_by_role("button", name=re.compile("tell me"))).to_have_count(0)
        commuter.buy()
        commuter.press("No, do not ask again")
        expect(commuter.page.get_by_role("button", name="Yes, tell me")).to_have_count(0)
        commuter.buy()
        expect(commuter.page.locator(".ticket-row")).to_have_count(2)
        expect(commuter.page.get_by_role("button", name="Yes, tell me")).to_have_count(0)


def _shown(commuter: Phone) -> list[dict[str, object]]:
    """The notifications that the phone shows, once there is one."""
    for _ in range(100):
        found: list[dict[str, object]] = commuter.page.evaluate(_SHOWN)
        if found:
            return found
        commuter.page.wait_for_timeout(50)
    return []


def _tap(commuter: Phone) -> None:
    """Tap the notification: the worker is told as the system tells it, which no interface of the browser can do."""
    worker: Worker = next(one for one in commuter.context.service_workers if one.url.endswith("/app/sw.js"))
    worker.evaluate(
        """async () => {
            const [notification] = await registration.getNotifications();
            self.dispatchEvent(new NotificationEvent("notificationclick", {notification}));
        }"""
    )
