"""A commuter with a phone: a page of the browser, looked at the way the commuter and the law would."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.source_tree import ROOT

AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
# What the browser itself reports of an answer that is not 2xx, and of a request that a test cuts.
_OF_ANSWERS = re.compile(r"Failed to load resource: (the server responded with a status of 4\d\d|net::ERR_)")
_WAY = "from=tlt:09005-1&fromName=Kopli&to=hsl:HSL-ST-PASILA&toName=Pasila&at=2026-10-13T06:10"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Phone:
    """A page on a phone-sized screen, and all that went wrong on it."""

    page: Page
    url: str
    wrong: list[str] = field(default_factory=list)

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def open(self, path: str = "") -> None:
        """Open a screen of the app by its address."""
        self.page.goto(f"{self.url}/app/{path}")
        expect(self.page.locator("h1")).to_be_visible()

    def press(self, name: str) -> None:
        """Press a button by the name that is read out."""
        self.page.get_by_role("button", name=name).first.click()

    def sees(self, text: str) -> None:
        """Wait for a text that can be seen."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=10_000)

    def choose_place(self, label: str, typed: str) -> None:
        """Find a place by keyboard alone."""
        field_of = self.page.get_by_role("combobox", name=label)
        field_of.fill(typed)
        expect(self.page.get_by_role("option").first).to_be_visible()
        field_of.press("ArrowDown")
        field_of.press("Enter")

    def look_for_a_way(self, *, child: bool = False) -> None:
        """Search Kopli to Pasila by the address of the search."""
        self.page.goto(f"{self.url}/app/results?{_WAY}&who={'adult.child' if child else 'adult'}")

    def quote(self, *, child: bool = False, number: int = 0) -> None:
        """Choose one of the ways from Kopli to Pasila, in English."""
        self.look_for_a_way(child=child)
        self.page.get_by_role("button", name=re.compile("^Choose")).nth(number).click()
        self.press("Continue")

    def buy(self, *, child: bool = False) -> None:
        """Buy the first way from Kopli to Pasila."""
        self.quote(child=child)
        self.press("Hold the places")
        self.press("Pay €")
        self.sees("Paid. Your tickets are here")

    def check(self, *, width: int | None = None) -> None:
        """Hold a screen against WCAG 2.2 A and AA, and against its own width."""
        found = faults_of(self.page)
        assert found == [], f"{self.page.url}:\n" + "\n".join(found)
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{self.page.url} is {wide} pixels wider than the screen ({width})"


def faults_of(page: Page) -> list[str]:
    """List what axe finds wrong with a page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
    options: dict[str, Any] = {"runOnly": {"type": "tag", "values": _RULES}, "resultTypes": ["violations"]}
    result = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary'][:300]}"
        for one in result["violations"]
    ]


@contextmanager
def phone(
    browser: Browser,
    url: str,
    *,
    language: str = "en",
    width: int = 390,
    dark: bool = False,
    also: tuple[str, ...] = (),
) -> Iterator[Phone]:
    """Lend a phone of its own; afterwards no script, policy or stranger's server may have been at fault.

    `also` are the beginnings of addresses that it may ask beside the service.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        locale=language,
        timezone_id="Europe/Tallinn",
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    lent = Phone(page, url)
    page.on("console", lambda said: _note(lent, said))
    page.on("pageerror", lambda error: lent.wrong.append(str(error)))
    page.on(
        "request", lambda asked: None if _is_ours(asked.url, url, *also) else lent.wrong.append(asked.url)
    )
    yield lent
    context.close()
    assert lent.wrong == []


def _note(lent: Phone, said: ConsoleMessage) -> None:
    if said.type in {"error", "warning"} and not _OF_ANSWERS.match(said.text):
        lent.wrong.append(said.text)


def _is_ours(asked: str, *begins: str) -> bool:
    return asked.startswith((*begins, "data:", "blob:"))


def picture(page: Page, to: Path) -> Path:
    """Photograph the code on the screen as a reader's camera does."""
    code = page.locator(".code svg.qr")
    expect(code).to_be_visible()
    code.screenshot(path=to)
    return to
