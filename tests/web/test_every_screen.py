"""Every screen in every language, theme and width, held against WCAG 2.2 AA; all of them with `SOAK=1`, else one of each."""

import itertools
import os

import pytest
from playwright.sync_api import Browser, expect

from tests.web.browser import Phone, phone
from tests.web.conftest import Served

_ALL = list(itertools.product(("en", "et", "fi", "sv"), (False, True), (320, 390, 1280)))
LOOKS = _ALL if os.environ.get("SOAK") else [("et", True, 1280)]


@pytest.mark.parametrize(("language", "dark", "width"), LOOKS)
def test_every_screen_can_be_read_by_everybody(
    browser: Browser, served: Served, language: str, dark: bool, width: int
) -> None:
    with phone(browser, served.url, language=language, dark=dark, width=width) as reader:
        for path in ("", "passes", "more", "account", "link", "tickets", "nowhere"):
            reader.open(path)
            reader.check()
        walk_through_a_purchase(reader)
        order = reader.page.url.split("/")[-2]
        for screen in ("", "/options", "/delays", "/take-over", "/hand-over"):
            reader.open(f"orders/{order}{screen}")
            reader.page.locator("main .card, main .note").first.wait_for()
            reader.check()
        reader.page.locator("main button.main").click()
        reader.page.locator(".code svg.qr").wait_for()
        reader.check()


def walk_through_a_purchase(reader: Phone) -> None:
    """Buy a ticket without a word of any language, and look at each screen; ends at the ticket."""
    page = reader.page
    reader.look_for_a_way()
    page.locator("article button").first.wait_for()
    reader.check()
    page.locator("article button").first.click()
    page.locator(".why details summary").click()
    reader.check()
    page.locator(".sticky button").click()
    page.locator("fieldset").first.wait_for()
    reader.check()
    page.locator("form button.main").click()
    page.locator("input[name=method]").first.wait_for()
    reader.check()
    page.locator("form button.main").click()
    page.locator(".ticket-row").wait_for()
    reader.check()
    page.locator(".ticket-row").click()
    expect(page.locator(".code svg.qr")).to_be_visible()
    reader.check()
    page.locator(".actions a").first.click()
    page.locator(".big").wait_for()
    reader.check()
    page.go_back()
    expect(page.locator(".code svg.qr")).to_be_visible()
