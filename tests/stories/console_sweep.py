"""Walk every page of the console in Finnish and read what is still English: a word of a short list that Finnish does not have."""

import re
from collections import Counter, deque
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import httpx
from flask import Flask

from tests.ticketing.console.browser import Browser, Page
from ticketing import config
from ticketing.app import create_app
from ticketing.cli.demo.story_month import environment
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk

# Common words of English sentences, and of this field; none of them is a word of Finnish.
ENGLISH = frozenset(
    re.findall(
        r"\w+",
        """
        the of and is to for with by from not was were are be been has have before after between until
        because without nothing only which than less first last again whole given gives takes keeps back
        adult child senior youth rider passenger passengers ticket tickets fare price refund refunded
        operator scheme fee days hours minutes staff account payment payable receivable clearing month row
        rule network zones areas ride rides authorised captured
        """,
    )
)
# Names and words of people, which no language changes: each as the demo's data have it.
NAMES = (
    r"throughfare (staff add|keys create)",
    r"throughfare-gate enrol --code",
    r"The scheme of Helsinki-Tallinn",
    r"demo (gate|operator_staff|finance)(, second person)?",
    r"(city-on-ferry|ninety-minutes|gulf-link)-[a-z-]+",
    r"This ride was another one: look at the tap\.",
    r"SYNTHETIC (standard|peak) foot passenger, (adult|child|infant)",
)
_NAMES = re.compile("|".join(NAMES))
# No part of a name of a file, an address or a number.
_WORD = re.compile(r"(?<![\w.@])[A-Za-z_]+(?![\w@]|\.\w)")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_VALUE = re.compile(r"(?<==)[^&]*|\d{4}-\d\d")
# Two addresses of a shape show its pages; more would be the same page with other amounts.
_OF_A_SHAPE = 2
_NO_PAGE = re.compile(r"/(files|file|lines\.csv|zip)\b|sign-out|\.css$|[?&](sort|page)=")
_FEWEST_PAGES = 40
_OK = 200
_SILENT = {"code", "style", "script", "textarea"}
_VOID = {"br", "hr", "input", "img", "link", "meta", "wbr"}


class Texts(HTMLParser):
    """The texts of a page that its reader reads: no ids, and nothing that says that it is of another language."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note whether what is inside is read."""
        if tag in _VOID:
            return
        other = dict(attrs).get("lang") not in {None, "fi"}
        self._open.append(tag in _SILENT or other)

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        if tag not in _VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        if data.strip() and not any(self._open):
            self.found.append(" ".join(data.split()))


def english_of(page: Page) -> list[str]:
    """List the texts of a page that have an English word."""
    return [text for text in Texts(page.response.text).found if _words(text) & ENGLISH]


def _words(text: str) -> set[str]:
    return {word for found in _WORD.findall(_NAMES.sub("", text)) for word in found.lower().split("_")}


def visit(app: Flask, more: tuple[str, ...]) -> dict[str, Page]:
    """Every page that a person of finance reaches by links from the first one, and `more`, by address."""
    browser = _signed_in(app)
    shapes: Counter[str] = Counter()
    seen: dict[str, Page] = {}
    waiting = deque(["/console/", *more])
    while waiting:
        address = waiting.popleft()
        shape = _VALUE.sub("", _ID.sub("", address))
        if address in seen or shapes[shape] >= _OF_A_SHAPE or _NO_PAGE.search(address):
            continue
        page = browser.open(address)
        if not page.response.headers["content-type"].startswith("text/html"):
            continue
        shapes[shape] += 1
        seen[address] = page
        waiting.extend(
            link.partition("#")[0] for link in page.read.links.values() if link.startswith("/console")
        )
    return seen


def _signed_in(app: Flask) -> Browser:
    office = app.extensions["throughfare"].office
    _, first = staff.add(
        StaffDesk(office.database, office.clock), "sweep@example.org", "Sirkka Lukija", role="finance"
    )
    browser = Browser("https://throughfare.example", httpx.WSGITransport(app))
    browser.sign_in("sweep@example.org", first, "a password that is long")
    browser.client.headers["Accept-Language"] = "fi"
    return browser


def sweep(folder: Path) -> None:
    """Hold every page of the demo in a folder against the list of English words."""
    settings = config.from_environment(environment(folder / "var/demo", folder / "regions/helsinki-tallinn"))
    app = create_app(settings, announces=False)
    tomorrow = app.extensions["throughfare"].office.clock.now() + timedelta(days=1)
    trip = f"/console/tariffs?from=Kopli&to=Pasila&at={tomorrow:%Y-%m-%d}T06:10&rider=adult"

    pages = visit(app, (trip,))

    app.extensions["throughfare"].office.database.close()
    assert len(pages) > _FEWEST_PAGES, sorted(pages)
    assert {address for address, page in pages.items() if page.status != _OK} == set()
    said = {address: found for address, page in pages.items() if (found := english_of(page))}
    assert said == {}
