"""A commuter sees the greenhouse gases of each way, sorts by them, and reads where the figures are from, in four languages."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.web.browser import phone
from tests.web.conftest import Served

SORT = {
    "en": "Least CO2e first",
    "et": "Väikseim CO2e enne",
    "fi": "Vähiten CO2e ensin",
    "sv": "Minst CO2e först",
}


@pytest.mark.parametrize("language", SORT)
def test_a_way_tells_its_emissions_and_the_list_is_sorted_by_them(
    browser: Browser, served: Served, language: str
) -> None:
    with phone(browser, served.url, language=language, width=360) as commuter:
        commuter.look_for_a_way()
        expect(commuter.page.locator(".facts").first).to_contain_text("CO2e")
        commuter.page.get_by_role("link", name=SORT[language]).click()
        expect(commuter.page).to_have_url(re.compile("clean=1"))
        expect(commuter.page.locator(".facts").first).to_contain_text("23")
        commuter.check(width=360)


def test_a_journey_shows_the_sources_before_it_is_bought(browser: Browser, served: Served) -> None:
    with phone(browser, served.url, dark=True) as commuter:
        commuter.look_for_a_way()
        commuter.page.get_by_role("button", name=re.compile("^Choose")).first.click()
        account = commuter.page.get_by_role("region", name="Emissions")
        expect(account).to_contain_text("kg CO2e for each person")
        expect(account).to_contain_text("Alone in a car: at least")
        account.get_by_text("Rides, methods and sources").click()
        expect(account.get_by_role("link", name=re.compile("VTT LIPASTO")).first).to_be_visible()
        commuter.check()
