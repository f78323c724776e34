"""The page of `region check --html` in a browser: no fault by axe, light and dark, on a phone."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser

from tests.web.browser import AXE, faults_of
from ticketing.cli import main


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_for_everybody(browser: Browser, tmp_path: Path, scheme: str) -> None:
    if not AXE.exists():
        pytest.skip("THE APPS ARE NOT TESTED: axe is not installed (make apps)")
    path = tmp_path / "page.html"
    CliRunner().invoke(main, ["region", "check", "regions/oresund", "--html", str(path)])
    context = browser.new_context(viewport={"width": 360, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(path.as_uri())

    faults = faults_of(page)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    context.close()

    assert (faults, wide) == ([], 0)
