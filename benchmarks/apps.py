"""Measure the commuter's app in a browser on a slowed machine, beside the budgets of docs/apps.md: `python -m benchmarks.apps`.

Debian's Chromium, a phone of 390 x 844 without anything kept from before. The first screen: 4 times slower, 1.6 Mbit/s, 150 ms.
The ticket: 6 times slower, without a network. Each figure is the median of some runs, with the slowest.
"""

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from tests.web.browser import phone
from tests.web.conftest import BROWSERS, serving
from ticketing.db import Database
from ticketing.db.migrate import upgrade

_RUNS = 9
_GOALS = {"LCP of the first screen": 1.5, "a ticket without a network": 1.0}
_OBSERVER = """new Promise(done => new PerformanceObserver(list => done(list.getEntries().at(-1).startTime / 1000))
    .observe({type: "largest-contentful-paint", buffered: true}))"""


def main() -> None:
    """Measure and print; exit 1 if a median is beyond its budget."""
    with tempfile.TemporaryDirectory() as name, _chromium() as browser:
        folder = Path(name)
        template = folder / "template.db"
        database = Database(f"sqlite:///{template}")
        upgrade(database)
        database.close()
        (folder / "served").mkdir()
        with serving(folder / "served", template) as served:
            found = {
                "LCP of the first screen": [_first_screen(browser, served.url) for _ in range(_RUNS)],
                "a ticket without a network": _tickets(browser, served.url),
            }
    table = Table("figure", "median s", "slowest s", "budget s", box=None)
    for what, seconds in found.items():
        table.add_row(what, f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}", f"{_GOALS[what]:.1f}")
    console = Console()
    console.print(table)
    console.print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    sys.exit(any(statistics.median(seconds) > _GOALS[what] for what, seconds in found.items()))


@contextmanager
def _chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit("no browser here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def _slowed(page: Page, rate: int) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": rate})


def _first_screen(browser: Browser, url: str) -> float:
    with phone(browser, url) as commuter:
        page = commuter.page
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        line = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
        session.send("Network.emulateNetworkConditions", line)
        _slowed(page, 4)
        page.goto(f"{url}/app/", wait_until="networkidle")
        seconds: float = page.evaluate(_OBSERVER)
        return seconds


def _tickets(browser: Browser, url: str) -> list[float]:
    """The time from the address to the code of a ticket that was bought before the network went away."""
    seconds = []
    with phone(browser, url) as commuter:
        commuter.buy()
        page = commuter.page
        page.locator(".ticket-row").first.click()
        page.locator(".code svg.qr").wait_for()
        address = page.url
        commuter.context.set_offline(True)
        for _ in range(_RUNS):
            page.goto("about:blank")
            _slowed(page, 6)
            begin = time.monotonic()
            page.goto(address, wait_until="commit")
            page.locator(".code svg.qr").wait_for()
            seconds.append(time.monotonic() - begin)
    return seconds


if __name__ == "__main__":
    main()
