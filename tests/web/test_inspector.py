"""An inspector's day with a phone, in a real browser with a drawn camera, against a real service."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.browser import phone, picture
from tests.web.conftest import Served
from tests.web.inspecting import (
    Camera,
    Inspector,
    buy,
    devices,
    enrolment_code,
    give_back,
    inspector,
    read_code,
    revoke,
)
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.tickets.jws import Signer
from ticketing.tickets.keys import KeyStore

CAMERA = "Start camera"


@pytest.fixture(scope="module")
def bought(served: Served) -> list[dict[str, Any]]:
    """Eight paper tickets for the first tram."""
    order = buy(served, 8)
    return [{**ticket, "order": order} for ticket in order["tickets"]]


def test_an_inspector_reads_codes_by_camera_and_looks_closer(
    camera: Camera, served: Served, bought: list[dict[str, Any]]
) -> None:
    with inspector(camera.browser, served) as kati:
        kati.open()
        kati.check()
        kati.enrol(enrolment_code(served))
        kati.check()
        assert kati.page.url.endswith("/inspect/"), "the code has left the address"
        camera.shows(bought[0]["token"])
        kati.press(CAMERA)
        kati.answer("Valid, look", "no use of this ride is known")
        kati.check()
        small = kati.page.evaluate(
            "[...document.querySelectorAll('button, label:has(input)')].map(e => e.getBoundingClientRect())"
            ".filter(r => r.width && (r.width < 64 || r.height < 64)).length"
        )
        assert small == 0
        kati.press("Look closer")
        kati.sees("No use is known.")
        kati.page.get_by_label("What happened").fill("shouted at me")
        kati.press("Note the incident")
        kati.sees("Noted.")
        kati.check()
        kati.page.get_by_role("link", name="Check tickets").click()
        kati.next()
        kati.page.get_by_role("button", name="Other camera").wait_for()
        kati.board()
        camera.shows("", bought[1]["token"], bought[1]["token"], turn=-8, aztec=True)
        kati.press("Other camera")
        kati.answer("Valid", "Ride counted")
        kati.check()
        expect(kati.page.locator(".result")).to_have_count(0, timeout=6_000)
        kati.page.get_by_role("button", name="Shift").click()
        kati.sees("None: the service has all.")
        expect(kati.page.get_by_role("row", name="Scans 2")).to_be_visible()
        kati.check()


def test_a_day_without_a_network_loses_no_scan_and_finds_the_double_use(
    camera: Camera, served: Served, bought: list[dict[str, Any]]
) -> None:
    tokens = [ticket["token"] for ticket in bought[2:6]]
    with (
        inspector(camera.browser, served) as first,
        inspector(camera.browser, served, language="fi") as second,
    ):
        for one in (first, second):
            one.enrol(enrolment_code(served))
            await_worker(one.page)
        name = first.page.locator(".strip strong").inner_text()
        with served.killed():
            for one in (first, second):
                one.context.set_offline(True)
            first.page.reload()
            first.sees("Offline")
            first.board()
            for token in tokens[:3]:
                first.type_in(token)
                first.answer("Valid")
                first.next()
            first.later(10)
            first.type_in(tokens[1])
            first.answer("Not valid", "already used")
            first.sees("Somebody has travelled on it.")
            first.check()
            second.board()
            second.type_in(tokens[0])
            second.answer("Voimassa")
            crash(first)
            first.open()
            first.sees("4 scans wait")
        first.context.set_offline(False)
        first.page.get_by_role("button", name="Shift").click()
        first.sees("None: the service has all.")
        second.context.set_offline(False)
        second.next()
        second.page.get_by_role("button", name="Vuoro").click()
        second.sees("1 kaksoiskäyttö")
        second.check()
        [told] = [one for one in devices(served) if one["name"] == name]
        assert (told["told"], told["accepted"], told["missing"]) == (4, 3, 0)


def test_a_refund_reaches_the_phone_and_a_lost_phone_forgets_all(
    camera: Camera, served: Served, bought: list[dict[str, Any]]
) -> None:
    ticket = bought[6]
    with inspector(camera.browser, served) as kati:
        kati.enrol(enrolment_code(served))
        give_back(served, ticket["order"], ticket["passenger"])
        kati.fetch_news()
        kati.type_in(ticket["token"])
        kati.answer("Not valid", "cancelled or refunded")
        kati.sees("Ask for the newest one in the app.")
        kati.next()
        [device] = [
            one for one in devices(served) if one["name"] == kati.page.locator(".strip strong").inner_text()
        ]
        revoke(served, "tlt", device["id"])
        kati.page.evaluate("window.dispatchEvent(new Event('online'))")
        kati.sees("This phone is revoked")
        kati.check()
        kati.page.get_by_role("button", name="Set up anew").wait_for()
        kept = kati.page.evaluate(COUNTS)
        assert kept == {"known": 0, "scan": 0, "bundle": 0}
        kati.page.reload()
        kati.sees("This phone is revoked")


COUNTS = """new Promise(done => { const asked = indexedDB.open("tf-inspect");
  asked.onsuccess = () => { const tx = asked.result.transaction(["known", "scan", "state"]);
    const known = tx.objectStore("known").count(), scan = tx.objectStore("scan").count(), bundle = tx.objectStore("state").count("bundle");
    tx.oncomplete = () => { asked.result.close(); done({ known: known.result, scan: scan.result, bundle: bundle.result }); }; }; })"""


def test_a_copied_screen_is_refused_with_what_to_ask_for(
    camera: Camera, browser: Browser, served: Served, tmp_path: Path
) -> None:
    with phone(browser, served.url) as commuter, inspector(camera.browser, served, language="sv") as kati:
        kati.enrol(enrolment_code(served))
        kati.board()
        commuter.buy()
        commuter.page.locator(".ticket-row").click()
        shown = read_code(picture(commuter.page, tmp_path / "code.png"))
        camera.shows(shown.partition("~")[0])
        kati.press("Starta kameran")
        kati.answer("Gäller inte")
        kati.sees("Det här är en bild. Be att få se koden i appen.")
        kati.check()
        kati.open()
        kati.board()
        kati.context.set_offline(True)
        # A code that moves is good for seconds: those of a busy machine have gone by.
        shown = read_code(picture(commuter.page, tmp_path / "code.png"))
        kati.type_in(shown)
        kati.answer("Giltig")
        kati.next()
        kati.later(20)
        kati.type_in(shown)
        kati.answer("Gäller inte")
        kati.sees("Just den här koden har visats.")
        kati.next()
        kati.later(60)
        kati.type_in(shown)
        kati.answer("Gäller inte")
        kati.sees("en bild blir gammal")


def test_an_app_that_cannot_read_the_operators_data_says_so_and_shuts(
    camera: Camera, served: Served, bought: list[dict[str, Any]]
) -> None:
    with inspector(camera.browser, served) as kati:
        kati.enrol(enrolment_code(served))
        newer = later_bundle(kati.page, served)
        kati.context.route(
            "**/gate-bundle?*", lambda route: route.fulfill(body=newer, content_type="application/jose")
        )
        kati.page.evaluate("window.dispatchEvent(new Event('online'))")
        kati.sees("This app is too old")
        kati.check()
        kati.page.reload()
        kati.sees("It cannot read the operator’s data")
        kati.context.unroute("**/gate-bundle?*")
        kati.page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(kati.page.locator(".strip")).to_be_visible()
        kati.type_in(bought[7]["token"])
        kati.answer("Valid, look")


def test_a_second_window_decides_nothing(camera: Camera, served: Served) -> None:
    with inspector(camera.browser, served) as kati:
        kati.enrol(enrolment_code(served))
        first, kati.page = kati.page, kati.context.new_page()
        kati.open()
        kati.sees("Open in another window")
        kati.check()
        first.close()
        kati.press("Use this window")
        expect(kati.page.locator(".strip")).to_be_visible()


def test_a_phone_that_is_kept_from_the_network_forgets_after_two_days_and_can_come_back(
    camera: Camera, served: Served
) -> None:
    with inspector(camera.browser, served) as kati:
        kati.enrol(enrolment_code(served))
        await_worker(kati.page)
        kati.context.set_offline(True)
        kati.later(2 * 86_400 + 3_600)
        kati.page.evaluate("window.dispatchEvent(new Event('online'))")
        kati.sees("This phone has no data to decide by.")
        kept = kati.page.evaluate(COUNTS)
        assert kept == {"known": 0, "scan": 0, "bundle": 0}
        kati.context.set_offline(False)
        kati.page.reload()
        expect(kati.page.get_by_role("button", name=CAMERA)).to_be_enabled()


def test_answers_that_are_not_ours_shut_no_phone(camera: Camera, served: Served) -> None:
    with inspector(camera.browser, served) as kati:
        kati.enrol(enrolment_code(served))
        others = httpx.get(
            f"{served.url}/v1/operators/hsl/gate-bundle?format=2",
            headers={"Authorization": f"Bearer {served.key('hsl')}"},
        )
        for status, body in ((403, "<h1>blocked</h1>"), (200, others.text)):
            kati.context.route("**/gate-bundle?*", _answering(status, body))
            with kati.page.expect_response("**/gate-bundle?*"):
                kati.page.evaluate("window.dispatchEvent(new Event('online'))")
            kati.context.unroute("**/gate-bundle?*")
            kati.fetch_news()
            expect(kati.page.get_by_role("button", name=CAMERA)).to_be_enabled()


def _answering(status: int, body: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body=body)


def test_rows_that_a_hand_has_spoiled_keep_the_app_neither_shut_nor_from_its_uploads(
    camera: Camera, served: Served
) -> None:
    with inspector(camera.browser, served) as kati:
        kati.enrol(enrolment_code(served))
        kati.page.evaluate(SPOIL)
        kati.page.reload()
        expect(kati.page.get_by_role("button", name=CAMERA)).to_be_enabled()
        expect(kati.page.locator(".strip")).not_to_contain_text("wait")


SPOIL = """new Promise(done => { const asked = indexedDB.open("tf-inspect");
  asked.onsuccess = () => { const tx = asked.result.transaction(["known", "scan"], "readwrite");
    tx.objectStore("known").put({ id: "zz", tickets: 5 }); tx.objectStore("scan").put({ scanId: "x", told: 0, jti: "x" });
    tx.oncomplete = () => { asked.result.close(); done(); }; }; })"""


def test_a_look_at_a_phone_that_was_put_away_asks_by_its_control_code(
    camera: Camera, browser: Browser, served: Served, tmp_path: Path
) -> None:
    with phone(browser, served.url) as commuter, inspector(camera.browser, served) as kati:
        kati.enrol(enrolment_code(served))
        commuter.buy()
        commuter.page.locator(".ticket-row").click()
        kati.type_in(read_code(picture(commuter.page, tmp_path / "code.png")))
        kati.answer("Valid, look")
        with kati.page.expect_response("**/v1/inspections") as fresh:
            kati.press("Look closer")
        code = fresh.value.json()["ticket"]["control_code"]
        kati.page.get_by_role("link", name="Check tickets").click()
        kati.context.route("**/v1/inspections", lambda route: _aged(route, fresh.value.json()))
        kati.press("Look closer")
        kati.sees("found by hand")
        kati.sees(code)


def _aged(route: Route, answer: dict[str, object]) -> None:
    """Answer for a token as the service does after a minute; a control code goes through."""
    if "token" in (route.request.post_data_json or {}):
        route.fulfill(json={**answer, "reason": "proof_expired", "decision": "refuse", "staff_sees": "old"})
    else:
        route.continue_()


def test_a_hand_scanner_below_a_yellow_answer_and_a_change_of_mode_are_never_silent(
    camera: Camera, served: Served, bought: list[dict[str, Any]]
) -> None:
    order = buy(served, 2)
    first, second = (ticket["token"] for ticket in order["tickets"])
    with inspector(camera.browser, served) as kati:
        kati.enrol(enrolment_code(served))
        kati.type_in(first)
        kati.answer("Valid, look")
        kati.type_in(second)
        kati.sees("Another code was read and not checked.")
        kati.check()
        kati.next()
        kati.board()
        for _ in range(2):
            kati.type_in(first)
            kati.answer("Valid", "Ride counted")
            kati.next()
        kati.page.get_by_role("button", name="Shift").click()
        expect(kati.page.get_by_role("row", name="Scans 2")).to_be_visible()


def test_letting_in_by_hand_again_after_a_lost_answer_is_one_ride(camera: Camera, served: Served) -> None:
    ticket = buy(served)["tickets"][0]
    with inspector(camera.browser, served) as kati:
        kati.enrol(enrolment_code(served))
        kati.board()
        kati.press("Type code")
        kati.page.locator("input.code").fill(ticket["control_code"])
        sent: list[str] = []
        kati.context.route("**/validations/by-hand", lambda route: _lost(route, sent))
        kati.press("Let in")
        kati.sees("Letting in by hand needs the network.")
        kati.context.unroute("**/validations/by-hand")
        with kati.page.expect_request("**/validations/by-hand") as again:
            kati.press("Let in")
        kati.sees("Valid, look")
        assert [again.value.post_data] == sent


def _lost(route: Route, sent: list[str]) -> None:
    """Let the service act, and lose its answer."""
    sent.append(route.request.post_data or "")
    route.fetch()
    route.abort()


def later_bundle(page: Page, served: Served) -> str:
    """Sign a bundle of a release to come, which has a member that nobody knows yet."""
    keys = KeyStore(served.folder / "keys", "demo-passphrase-not-a-secret")
    now = served.clock.now()
    signer = Signer(*keys.signer_key("bundle"))
    times = {"iat": int(now.timestamp()), "exp": int(now.timestamp()) + 3600, "ver": int(now.timestamp())}
    return signer.sign(bundles.TYP, {"iss": f"x{page.url}", "aud": "tlt", **times, "format": 3})


def crash(one: Inspector) -> None:
    """End the tab as a crash does, and open another one of the same phone."""
    context = one.page.context
    one.page.close(run_before_unload=False)
    one.page = context.new_page()


def await_worker(page: Page) -> None:
    """Wait until the app can do without the service."""
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
