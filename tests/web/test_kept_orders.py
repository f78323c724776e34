"""Orders that a phone keeps: how they come to it, and how little is sent to keep them up to date."""

import uuid
from datetime import timedelta

from playwright.sync_api import Browser, Page, Response, expect

from tests.web.browser import phone
from tests.web.conftest import Served
from ticketing.config import DEMO_PASSPHRASE
from ticketing.identity import OrderTokens
from ticketing.identity.mac_secrets import MacSecrets
from ticketing.tickets.keys import KeyStore


def test_a_link_is_followed_once_the_holder_says_yes_and_a_poll_is_answered_with_unchanged(
    browser: Browser, served: Served
) -> None:
    with phone(browser, served.url) as buyer, phone(browser, served.url, width=320) as other:
        buyer.buy()
        buyer.page.locator(".ticket-row").click()
        expect(buyer.page.locator(".code svg.qr")).to_be_visible()
        order = buyer.page.url.split("/")[-2]
        code = OrderTokens(
            MacSecrets.of("order", KeyStore(served.folder / "keys", DEMO_PASSPHRASE), served.folder / "none")
        ).issue_link(order, uuid.uuid4().hex, served.clock.now() + timedelta(hours=48))
        posted: list[str] = []
        other.page.on("request", lambda asked: posted.append(asked.url) if asked.method == "POST" else None)

        other.open(f"link#{code}")
        other.sees("Bring this order to this phone?")
        other.check()
        assert posted == []
        assert code not in other.page.url
        other.press("No, leave it")
        other.page.get_by_role("heading", name="By its number and key").wait_for()
        other.open("tickets")
        other.sees("No tickets on this phone yet.")
        other.open(f"link#{code}")
        other.press("Bring it here")
        other.page.get_by_role("heading", name="Disruption").wait_for()
        assert len(posted) == 1

        _go_to_tickets(other.page)
        again = _go_to_tickets(other.page)
        expect(other.page.locator(".ticket-row")).to_have_count(1)
        assert {one.url.rpartition("/")[2]: one.status for one in again} == {order: 304, "tickets": 304}


def _go_to_tickets(page: Page) -> list[Response]:
    """Load the list of tickets anew; answers what the service said of the only order."""
    seen: list[Response] = []

    def note(answer: Response) -> None:
        seen.append(answer)

    page.on("response", note)
    with page.expect_response("**/v1/orders/*/tickets"):
        page.goto(f"{page.url.partition('/app/')[0]}/app/tickets")
    return [one for one in seen if "/v1/orders/" in one.url]
