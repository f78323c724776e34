"""A ship does not go, and no agreement opens another one: its holder orders another way on the phone, told first what it costs when."""

import re
import uuid

import httpx
from playwright.sync_api import Browser, expect

from tests.api import KOPLI_TO_PASILA
from tests.web.browser import phone
from tests.web.conftest import Served


def ask(served: Served, path: str, body: dict[str, object], token: str | None = None) -> dict[str, object]:
    """Send a call of the API, once."""
    headers = {"Idempotency-Key": uuid.uuid4().hex, **({"Authorization": f"Bearer {token}"} if token else {})}
    answer = httpx.post(f"{served.url}/v1/{path}", json=body, headers=headers, timeout=30)
    assert answer.is_success, answer.text
    return dict(answer.json())


def buys(served: Served) -> tuple[str, str, tuple[str, str, str]]:
    """Buy a journey for two with Eckerö elsewhere; answers the order, its token and the departure of the ship."""
    two = [{"ref": ref, "rider_category": "adult"} for ref in ("anna", "bo")]
    wish = {**KOPLI_TO_PASILA, "passengers": two, "depart_at": "2026-10-13T07:00:00+03:00"}
    ways = ask(served, "journeys", wish)["itineraries"]
    assert isinstance(ways, list)
    way, ship = next((way, leg) for way in ways for leg in way["legs"] if leg.get("operator") == "eckero")
    quote = ask(served, "quotes", {"offer_id": way["offer_id"]})
    order = ask(served, "orders", {"quote_id": quote["id"]})
    ask(served, f"orders/{order['id']}/payments", {"method": "demo_ok"}, str(order["access_token"]))
    return str(order["id"]), str(order["access_token"]), ("eckero", ship["trip_id"], "2026-10-13")


def test_the_link_of_a_message_leads_to_another_way_that_is_paid_first_and_repaid_later(
    browser: Browser, served: Served
) -> None:
    order, token, departure = buys(served)
    served.cancel(*departure, "Strong wind")
    try:
        with phone(browser, served.url) as commuter:
            page = commuter.page
            link = ask(served, f"orders/{order}/links", {}, token)
            commuter.open(f"link#{link['code']}")
            commuter.press("Bring it here")
            first = page.locator("section.card").first
            expect(first).to_contain_text(
                re.compile(r"You pay .* first\. It comes back a day after the journey")
            )
            expect(first).to_contain_text("For 2 passengers together.")
            commuter.check()
            first.get_by_role("button", name=re.compile("^Go this way")).click()
            expect(page).to_have_url(re.compile("/app/who$"))
            commuter.sees("It comes back a day after the journey")
            commuter.check()
            commuter.press("Hold the places")
            pay = page.get_by_role("button", name=re.compile("^Pay €"))
            expect(pay).to_be_visible()
            commuter.sees("It comes back a day after the journey")
            commuter.check()
            pay.click()
            commuter.sees("Paid. Your tickets are here")
            page.goto(f"{served.url}/app/orders/{order}/options")
            commuter.sees("Every ride goes as your ticket says.")
    finally:
        served.cancel(*departure, None)


def test_a_way_that_is_there_no_more_says_so_beside_the_others(browser: Browser, served: Served) -> None:
    order, token, departure = buys(served)
    served.cancel(*departure, "Strong wind")
    try:
        with phone(browser, served.url) as commuter:
            page = commuter.page
            link = ask(served, f"orders/{order}/links", {}, token)
            commuter.open(f"link#{link['code']}")
            commuter.press("Bring it here")
            go = page.get_by_role("button", name=re.compile("^Go this way")).first
            expect(go).to_be_visible()
            page.route("**/v1/quotes", lambda route: route.fulfill(status=410, json={"detail": "over"}))
            go.click()
            expect(page.get_by_role("alert")).to_contain_text("over")
            expect(go).to_be_visible()
            page.unroute("**/v1/quotes")
            go.click()
            served.sell_out("tallink", "viking")
            commuter.press("Hold the places")
            expect(page.get_by_role("alert")).to_be_visible()
            page.get_by_role("link", name="See other journeys").click()
            expect(page).to_have_url(f"{served.url}/app/orders/{order}/options")
    finally:
        served.sell_out()
        served.cancel(*departure, None)
