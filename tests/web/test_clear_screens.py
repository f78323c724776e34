"""Words that a commuter needs to read on a screen before the next tap."""

from playwright.sync_api import Browser, expect

from tests.web.browser import phone
from tests.web.conftest import Served


def test_a_purchase_for_two_says_what_is_paid_and_who_goes_on_how(browser: Browser, served: Served) -> None:
    with phone(browser, served.url) as commuter:
        page = commuter.page
        commuter.quote(child=True)
        commuter.press("Hold the places")
        page.get_by_role("heading", name="Pay").wait_for()
        expect(page.locator(".card").first).to_contain_text("Kopli – Pasila")
        expect(page.locator(".card").first).to_contain_text("06:24–10:18")
        commuter.check()
        commuter.press("Pay €")
        page.locator(".ticket-row").first.click()
        served.cancel("tallink", "TAL-TH-0730", "2026-10-13", "Strong wind")
        try:
            page.reload()
            page.get_by_role("link", name="What can I do?").click()
            cards = page.locator("main .card")
            expect(cards).to_have_count(2)
            expect(cards.nth(0)).to_contain_text("1. Adult")
            expect(cards.nth(1)).to_contain_text("2. Child")
            commuter.check()
            cards.nth(1).get_by_role("button", name="Give back").click()
            page.get_by_role("button", name="Give back for").click()
            page.locator(".note.good").get_by_role("link", name="Tickets").click()
            expect(page.locator(".ticket-row").filter(has_text="Child")).to_contain_text("Given back")
        finally:
            served.cancel("tallink", "TAL-TH-0730", "2026-10-13", None)


def test_the_first_screen_follows_the_services_clock_and_its_tabs_fit_a_small_phone(
    browser: Browser, served: Served
) -> None:
    with phone(browser, served.url, language="sv", width=320) as commuter:
        commuter.open("passes")
        tabs = [tab.bounding_box() for tab in commuter.page.locator(".tabs a").all()]
        assert [box and round(box["height"]) for box in tabs] == [56] * 4
        commuter.open("nowhere")
        commuter.page.get_by_role("link", name="Vart ska du?").click()
        expect(commuter.page.get_by_label("Datum")).to_have_value("2026-10-13")
        commuter.page.get_by_label("Datum").fill("2026-10-20")
        commuter.page.get_by_label("Vuxen").first.wait_for()
        expect(commuter.page.get_by_label("Datum")).to_have_value("2026-10-20")
