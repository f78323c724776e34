"""A city's officer reads the map of impacts by keyboard, on a phone and by day and night: no script, no fault of axe, a table for each picture."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.ticketing.impact.published import MONTH, publish
from tests.web.browser import phone
from tests.web.conftest import Served
from ticketing.db import Database

LAYERS = {
    "journeys": "Journeys sold",
    "saved": "Saved against separate tickets",
    "connections": "Connections kept and missed",
    "co2": "CO2e",
    "access": "Accessibility",
}


@pytest.fixture(scope="module")
def mapped(served: Served) -> Iterator[Served]:
    """The service with a published month."""
    database = Database(f"sqlite:///{served.folder / 'test.db'}")
    publish(database)
    yield served
    database.close()


@pytest.mark.parametrize(("width", "dark"), [(360, False), (360, True), (1280, False), (1280, True)])
def test_every_layer_is_read_by_day_and_night_on_small_and_large_screens(
    browser: Browser, mapped: Served, width: int, *, dark: bool
) -> None:
    with phone(browser, mapped.url, width=width, dark=dark) as officer:
        for layer, name in LAYERS.items():
            officer.page.goto(f"{mapped.url}/map?layer={layer}")
            expect(officer.page.get_by_role("heading", level=2, name=name).first).to_be_visible()
            expect(officer.page.get_by_role("img", name=name)).to_be_visible()
            expect(officer.page.get_by_role("table", name=name)).to_be_visible()
            officer.check(width=width)
            if folder := os.environ.get("PICTURES"):
                theme = "dark" if dark else "light"
                officer.page.screenshot(path=Path(folder, f"map-{layer}-{width}-{theme}.png"), full_page=True)


def test_layers_are_reached_in_order_by_the_keyboard_alone(browser: Browser, mapped: Served) -> None:
    with phone(browser, mapped.url) as officer:
        officer.page.goto(f"{mapped.url}/map")
        names = []
        for _ in range(16):
            officer.page.keyboard.press("Tab")
            names.append(officer.page.evaluate("document.activeElement.textContent.trim()"))

        assert names[0] == "Skip to content"
        at = names.index("Journeys sold")
        assert names[at : at + 5] == list(LAYERS.values())
        assert names[at + 5].startswith("Journeys sold, Helsinki-Tallinn")  # the table, which scrolls

        officer.page.goto(f"{mapped.url}/map")
        officer.page.keyboard.press("Tab")
        officer.page.keyboard.press("Enter")
        assert officer.page.evaluate("document.activeElement.id") == "main"


def test_the_map_is_read_in_the_language_of_its_reader(browser: Browser, mapped: Served) -> None:
    for language, title in (
        ("et", "Mõjude kaart"),
        ("fi", "Vaikutusten kartta"),
        ("sv", "Karta över effekter"),
    ):
        with phone(browser, mapped.url, language=language) as officer:
            officer.page.goto(f"{mapped.url}/map")
            expect(officer.page.get_by_role("heading", level=1)).to_contain_text(title)
            expect(officer.page.get_by_role("heading", level=2).first).to_contain_text(MONTH)
            officer.check()
