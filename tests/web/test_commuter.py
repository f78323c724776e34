"""A commuter's days with the app, in a real browser against a real service."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.browser import phone, picture
from tests.web.conftest import Served
from tests.web.gates import shown_at

NEXT_GATE = "Another gate? Next ride"


def test_a_commuter_buys_in_finnish_by_keyboard_and_pays_after_a_decline(
    browser: Browser, served: Served
) -> None:
    with phone(browser, served.url, language="fi", width=320, dark=True) as commuter:
        commuter.open()
        commuter.check()
        commuter.choose_place("Mistä", "kopl")
        commuter.choose_place("Minne", "bole")  # Pasila, in Swedish and without accents
        commuter.page.get_by_label("Päivä").fill("2026-10-13")
        commuter.page.get_by_label("Kello").fill("06:10")
        commuter.page.get_by_role("button", name="Hae", exact=True).press("Enter")
        chosen = commuter.page.get_by_role(
            "button", name=re.compile(r"^Valitse 06:24–10:18, 3 vaihtoa, 32,00")
        )
        chosen.wait_for()
        commuter.check()
        chosen.press("Enter")
        expect(commuter.page.locator("h1")).to_be_focused()
        commuter.sees("Yksi lippu maksaa 32,00 €. Erikseen ostettuna 34,20 €.")
        commuter.page.get_by_text("Kenelle mitäkin, ja alv").press("Enter")
        commuter.check()
        commuter.page.get_by_role("button", name="Jatka").press("Enter")
        commuter.page.get_by_role("button", name="Varaa paikat").wait_for()
        commuter.check()
        commuter.page.get_by_role("button", name="Varaa paikat").press("Enter")
        commuter.page.get_by_label("Kortti, jonka pankki hylkää").press("Space")
        commuter.page.get_by_role("button", name="Maksa 32,00 €").press("Enter")
        commuter.sees("Pankki hylkäsi maksun. Mitään ei veloitettu.")
        commuter.check()
        commuter.page.get_by_label("Kortti, joka maksaa").press("Space")
        commuter.page.get_by_role("button", name="Maksa 32,00 €").press("Enter")
        commuter.sees("Maksettu. Lippusi ovat tässä")
        commuter.check()


def test_a_ticket_opens_a_gate_without_a_network_and_its_picture_opens_no_other(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    with phone(browser, served.url) as commuter:
        commuter.buy()
        commuter.page.locator(".ticket-row").click()
        _await_worker(commuter.page)
        with served.killed():
            commuter.context.set_offline(True)
            commuter.page.reload()
            commuter.sees("You are offline. Your ticket works without a network.")
            commuter.check()
            first = _read(picture(commuter.page, tmp_path / "first.png"))
            commuter.press(NEXT_GATE)
            commuter.sees("At the gates of Tallink")
            ship = _other(commuter.page, first, tmp_path)
        tram, ferry = served.key("tlt"), served.key("tallink")

        assert shown_at(served, tram, first, "09005-1")["reason"] == "ok"
        assert shown_at(served, tram, first, "09005-1")["reason"] == "proof_replayed"
        assert shown_at(served, tram, first.partition("~")[0], "09005-1")["reason"] == "proof_missing"
        assert shown_at(served, tram, ship, "09005-1")["reason"] == "proof_wrong_operator"
        assert shown_at(served, ferry, ship, "TLL-D")["reason"] != "proof_invalid"


def test_one_ride_is_given_back_and_the_others_stay_under_a_new_code(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    with phone(browser, served.url) as commuter:
        commuter.buy(child=True)
        commuter.page.locator(".ticket-row").filter(has_text="Child").click()
        before = _read(picture(commuter.page, tmp_path / "before.png"))
        commuter.page.get_by_role("link", name="Give back").click()
        commuter.sees("You get €8.00 back.")
        for ride in ("07:30", "09:54", "10:14"):
            commuter.page.get_by_role("checkbox", name=re.compile(ride)).uncheck()
        commuter.sees("You get €0.70 back.")
        commuter.check()
        commuter.press("Give back for €0.70")
        commuter.sees("€0.70 on its way to you")
        commuter.page.get_by_role("link", name="Tickets").first.click()
        commuter.page.locator(".ticket-row").filter(has_text="Child").click()
        after = _read(picture(commuter.page, tmp_path / "after.png"))

        expect(commuter.page.locator("h1")).to_have_text("Tallinn D-terminal – Pasila")
        assert before.partition("~")[0] != after.partition("~")[0]
        commuter.page.get_by_role("link", name="Order and receipt").click()
        commuter.sees("€0.70")
        commuter.check()


def test_a_ship_that_sells_out_between_price_and_order_is_told_before_anything_is_paid(
    browser: Browser, served: Served
) -> None:
    with phone(browser, served.url) as commuter:
        commuter.quote()
        served.sell_out("tallink")
        try:
            commuter.press("Hold the places")
            commuter.sees("The places could not be held. Nothing was charged.")
            commuter.check()
            commuter.page.get_by_role("link", name="See other journeys").click()
            ship = commuter.page.get_by_role("article").filter(has_text="Tallink")
            expect(ship.first).to_contain_text("This departure is sold out.")
            expect(ship.get_by_role("button")).to_have_count(0)
            commuter.check()
        finally:
            served.sell_out()


def test_a_lost_answer_charges_once_also_after_the_page_was_loaded_anew(
    browser: Browser, served: Served
) -> None:
    with phone(browser, served.url) as commuter:
        commuter.quote()
        commuter.press("Hold the places")
        commuter.page.route("**/payments", _lose_the_answer)
        commuter.press("Pay €32.00")
        commuter.sees("We do not know yet whether you were charged. You will not be charged twice.")
        commuter.check()
        commuter.page.unroute("**/payments")
        commuter.page.reload()
        commuter.press("Check the payment")
        commuter.sees("Paid. Your tickets are here")
        commuter.page.locator(".ticket-row").click()
        commuter.page.get_by_role("link", name="Order and receipt").click()

        expect(commuter.page.get_by_text("Payment of €32.00: paid")).to_have_count(1)


def test_a_new_version_waits_until_the_ticket_is_no_longer_shown(browser: Browser, served: Served) -> None:
    with phone(browser, served.url) as commuter:
        commuter.buy()
        commuter.page.locator(".ticket-row").click()
        _await_worker(commuter.page)
        old = commuter.page.evaluate("caches.keys()")
        _publish_another(served.folder / "built/app/sw.js")
        commuter.page.evaluate(
            "navigator.serviceWorker.ready.then(found => found.update()).then(() => undefined)"
        )
        expect(commuter.page.locator(".code svg.qr")).to_be_visible()
        expect(commuter.page.get_by_text("A new version is ready.")).to_have_count(0)
        commuter.page.get_by_role("link", name="Tickets").first.click()
        commuter.sees("A new version is ready.")
        commuter.check()
        with commuter.page.expect_navigation():
            commuter.press("Restart")
        expect(commuter.page.locator(".ticket-row")).to_be_visible()

        assert len(old) == 1
        assert commuter.page.evaluate("caches.keys()") != old


def test_a_journey_is_changed_to_a_cheaper_ship(browser: Browser, served: Served) -> None:
    with phone(browser, served.url) as commuter:
        commuter.buy()
        commuter.page.locator(".ticket-row").click()
        commuter.page.get_by_role("link", name="Change", exact=True).click()
        expect(commuter.page.get_by_role("combobox", name="From")).to_have_value("Kopli")
        commuter.page.get_by_label("Date").fill("2026-10-14")
        commuter.page.get_by_label("Time", exact=True).fill("06:10")
        commuter.check()
        commuter.press("Search")
        commuter.page.get_by_role("button", name=re.compile("^Choose 07:38")).first.click()
        commuter.press("Continue")
        commuter.sees("What the old ticket is worth pays for it.")
        commuter.check()
        commuter.press("Hold the places")
        commuter.page.get_by_role("heading", name=re.compile("Pay|Tickets")).wait_for()
        if commuter.page.get_by_role("button", name="Pay €").count():
            commuter.press("Pay €")
        commuter.page.get_by_role("heading", name="Past").wait_for()

        old, new = (commuter.page.locator(".ticket-row").filter(has_text=one) for one in ("06:24", "07:38"))
        expect(old).to_contain_text("Changed")
        expect(new).to_contain_text("Not yet")
        old.click()
        commuter.sees("You changed this ticket.")
        commuter.check()


def test_a_ship_that_does_not_sail_is_told_and_another_taken_with_one_tap(
    browser: Browser, served: Served
) -> None:
    with phone(browser, served.url) as commuter:
        commuter.buy()
        commuter.page.locator(".ticket-row").click()
        served.cancel("tallink", "TAL-TH-0730", "2026-10-13", "Strong wind: this ship stays in harbour.")
        try:
            commuter.page.reload()
            commuter.sees("This departure is cancelled.")
            commuter.sees("Strong wind")
            commuter.check()
            commuter.page.get_by_role("link", name="Order and receipt").click()
            commuter.page.get_by_role("link", name="Delays and compensation").click()
            commuter.sees("07:30 Tallinn D-terminal – Helsinki")
            commuter.press("Show the confirmation")
            expect(commuter.page.get_by_role("img", name="Confirmation of the delay")).to_be_visible()
            commuter.check()
            commuter.page.go_back()
            commuter.page.go_back()
            commuter.page.get_by_role("link", name="What can I do?").click()
            commuter.press("Take this departure")
            commuter.sees("Your ticket is now for")
            commuter.check()
        finally:
            served.cancel("tallink", "TAL-TH-0730", "2026-10-13", None)


def test_the_bank_asks_and_a_pass_makes_the_tram_cost_nothing(browser: Browser, served: Served) -> None:
    with phone(browser, served.url) as commuter:
        commuter.open("passes")
        commuter.check()
        commuter.press("Adult €30.00")
        commuter.press("Hold the places")
        commuter.page.get_by_label("Card whose bank asks you").check()
        commuter.press("Pay €30.00")
        commuter.sees("Your bank asks you to confirm the payment.")
        commuter.check()
        with commuter.context.expect_page() as opened:
            commuter.page.get_by_role("link", name="To the bank").click()
        opened.value.get_by_role("button", name="Approve").click()
        # The bank has answered: a page that is closed while it sends may never close.
        opened.value.get_by_role("heading", name="Payment").wait_for()
        opened.value.close()
        commuter.press("I have confirmed")
        commuter.sees("Paid. Your tickets are here")
        commuter.page.locator(".ticket-row").click()
        expect(commuter.page.locator(".code svg.qr")).to_be_visible()
        commuter.check()
        commuter.quote()
        expect(commuter.page.locator("legend .amount")).to_have_text("€30.60")


def test_settings_speak_another_language_and_forget_the_phone(browser: Browser, served: Served) -> None:
    with phone(browser, served.url) as commuter:
        commuter.open("more")
        commuter.check()
        commuter.page.get_by_label("Svenska").check()
        commuter.sees("Glöm den här telefonen")
        commuter.page.reload()
        commuter.press("Glöm allt")
        commuter.press("Ja, glöm dem")
        commuter.page.get_by_role("heading", name="Where to?").wait_for()
        commuter.open("tickets")
        commuter.sees("No tickets on this phone yet.")
        commuter.check()


def test_an_account_takes_an_order_to_another_phone_where_a_passkey_opens_it(
    browser: Browser, served: Served
) -> None:
    with phone(browser, served.url) as first, phone(browser, served.url, language="sv") as second:
        first.buy()
        first.open("account")
        first.check()
        first.page.get_by_label("New account").check()
        first.page.get_by_label("E-mail").fill("anna@example.org")
        first.page.get_by_label("Password").fill("correct horse battery")
        first.page.get_by_role("button", name="New account").click()
        first.press("Keep them in the account")
        first.sees("The orders are in your account now.")
        authenticator = _give_authenticator(first.page)
        first.press("Make a passkey")
        first.sees("The passkey is made.")
        first.check()

        _give_authenticator(second.page, authenticator())
        second.open("account")
        second.press("Logga in med en nyckel")
        second.press("Hämta till telefonen")
        second.sees("Beställningen finns nu i telefonen.")
        second.open("tickets")
        second.page.locator(".ticket-row").click()
        second.press("Flytta till den här telefonen")
        expect(second.page.locator(".code svg.qr")).to_be_visible()
        second.check()
        first.open("tickets")
        first.page.locator(".ticket-row").click()
        first.sees("This ticket belongs to another phone")
        first.check()


def test_an_order_goes_to_a_mail_and_comes_back_by_its_number_and_key(
    browser: Browser, served: Served
) -> None:
    with phone(browser, served.url) as first, phone(browser, served.url, width=320) as second:
        first.buy()
        first.page.locator(".ticket-row").click()
        first.page.get_by_role("link", name="Order and receipt").click()
        first.page.get_by_label("E-mail").fill("mari@example.org")
        first.press("Send")
        first.sees("Mails go to m…@example.org.")
        first.check()
        kept = first.page.evaluate(_FIRST_ORDER)
        second.open("link")
        second.check()
        second.page.get_by_label("Order", exact=True).fill(kept["id"])
        second.page.get_by_label("Key").fill("wrong")
        second.press("Bring it here")
        second.sees("There is no such order")
        second.page.get_by_label("Key").fill(kept["token"])
        second.press("Bring it here")
        expect(second.page.locator(".ticket-row")).to_have_count(1)


_FIRST_ORDER = """() => new Promise(done => {
    const opened = indexedDB.open("tf")
    opened.onsuccess = () => {
        const asked = opened.result.transaction("order").objectStore("order").getAll()
        asked.onsuccess = () => done({id: asked.result[0].id, token: asked.result[0].token})
    }
})"""


def _give_authenticator(page: Page, *credentials: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Give a page a device for passkeys, with those of another one; answers how to read its passkey."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    for one in credentials:
        devices.send("WebAuthn.addCredential", {"authenticatorId": made, "credential": one})
    return lambda: dict(devices.send("WebAuthn.getCredentials", {"authenticatorId": made})["credentials"][0])


def test_the_landing_page_opens_the_doors_in_four_languages(browser: Browser, served: Served) -> None:
    with phone(browser, served.url, width=320) as stranger:
        for language in ("en", "et", "fi", "sv"):
            stranger.page.goto(f"{served.url}/?lang={language}")
            stranger.check()
        stranger.page.get_by_role("link", name="Jag reser").click()
        expect(stranger.page.get_by_role("heading", level=1)).to_have_text("Where to?")


def _publish_another(worker: Path) -> None:
    """Put a newer service worker where the service serves it."""
    text, listed = worker.read_text(encoding="utf-8"), worker.parents[1] / "manifest.json"
    newer = re.sub(r"tf-app-[\w-]{16}", "tf-app-newer", text)
    assert newer != text
    worker.write_text(newer, encoding="utf-8")
    built = json.loads(listed.read_text(encoding="utf-8"))
    built["app"]["files"]["sw.js"]["pressed"] = False
    listed.write_text(json.dumps(built), encoding="utf-8")


def _await_worker(page: Page) -> None:
    """Wait until the service worker has the app: then a network is no longer needed."""
    page.evaluate(
        "async () => { if (!navigator.serviceWorker.controller) await new Promise(done => "
        "navigator.serviceWorker.addEventListener('controllerchange', () => done(), {once: true})) }"
    )


def _read(file: Path) -> str:
    with Image.open(file) as image:
        code = zxingcpp.read_barcode(image)
    assert code is not None
    return code.text


def _other(page: Page, than: str, folder: Path) -> str:
    """Read the code once it has changed."""
    for number in range(50):
        code = _read(picture(page, folder / f"{number}.png"))
        if code != than:
            return code
    pytest.fail("the code stays as it was")


def _lose_the_answer(route: Route) -> None:
    """Let the service do its work, and cut the line before its answer arrives."""
    route.fetch()
    route.abort()
