"""Tickets go to another phone by a code that it reads: at no time do two phones have a code that opens a gate."""

from pathlib import Path

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.web.browser import Phone, phone, picture
from tests.web.conftest import Served
from tests.web.gates import shown_at


def test_a_child_takes_its_ticket_on_a_phone_of_its_own_and_the_first_phone_shows_none(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    with phone(browser, served.url) as first, phone(browser, served.url, language="fi", width=320) as second:
        first.quote(child=True)
        first.page.get_by_label("On another phone").nth(1).check()
        first.check()
        first.press("Hold the places")
        first.press("Pay €")
        first.sees("Paid. Your tickets are here")
        first.page.get_by_role("link", name="Give 1 ticket to the other phone").click()
        first.sees("The first phone that reads the code opens this whole order")
        first.check()
        first.press("Show the code")
        link = read(first, tmp_path / "link.png")
        first.check()
        assert link.startswith(f"{served.url}/app/link?from=phone#")

        second.page.goto(link)
        second.sees("Toisen puhelimen tilaus säilyy myös täällä.")
        expect(second.page).to_have_url(f"{served.url}/app/link")
        second.check()
        second.press("Tuo tänne")
        child = second.page.locator("li.card").filter(has_text="Lapsi")
        child.get_by_role("button").click()
        expect(child).to_contain_text("Tässä puhelimessa.")
        second.check()
        first.sees("2. Child: now on the other phone.")
        first.check()

        gate = served.key("tlt")
        second.open("tickets")
        second.page.locator(".ticket-row").filter(has_text="Lapsi").click()
        assert shown_at(served, gate, read(second, tmp_path / "child.png"))["decision"] == "accept"
        first.open("tickets")
        first.page.locator(".ticket-row").filter(has_text="Child").click()
        first.sees("This ticket belongs to another phone")
        expect(first.page.locator(".code svg.qr")).to_have_count(0)
        first.page.get_by_role("link", name="1. Adult").click()
        adult = read(first, tmp_path / "adult.png")
        assert shown_at(served, gate, adult)["reason"] == "ok"


def test_a_bound_ticket_that_moves_leaves_a_code_that_opens_no_gate_and_a_used_link_opens_nothing(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    with phone(browser, served.url) as first, phone(browser, served.url) as second:
        first.buy()
        first.page.locator(".ticket-row").click()
        before = read(first, tmp_path / "before.png")
        first.page.get_by_role("link", name="On another phone").click()
        first.press("Show the code")
        link = read(first, tmp_path / "link.png")
        second.page.goto(link)
        second.press("Bring it here")
        second.press("Move it to this phone")
        second.page.locator(".ticket-row").click()
        after = read(second, tmp_path / "after.png")
        gate = served.key("tlt")

        assert shown_at(served, gate, before)["decision"] == "refuse"
        assert shown_at(served, gate, after)["reason"] == "ok"
        first.page.goto(link)
        first.press("Bring it here")
        first.sees("There is no such order, or the key or link is no longer good.")
        first.check()


def read(holder: Phone, file: Path) -> str:
    """Read the code on a phone's screen."""
    with Image.open(picture(holder.page, file)) as image:
        code = zxingcpp.read_barcode(image)
    assert code is not None
    return code.text
