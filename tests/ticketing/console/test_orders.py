"""The office finds an order, gives tickets back by their conditions, and sends them again."""

import pytest

from tests.api import Api
from tests.ticketing.console.browser import Browser
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk

pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def anna(desk: StaffDesk, visitor: Visitor) -> Browser:
    first = staff.add(desk, "anna@example.org", "Anna Kask", role="finance")[1]
    browser = visitor()
    browser.sign_in("anna@example.org", first, "a password that is long")
    return browser


def test_an_order_is_found_by_its_code_and_its_amount_and_given_back_once(api: Api, anna: Browser) -> None:
    bought = api.buy(passengers=[{"ref": "anna"}], depart_at="2026-10-16T06:10:00+03:00")
    order_id, total = bought.order["id"], bought.order["total"]["amount"]
    listed = anna.open("/console/orders")
    assert any(
        words.endswith(order_id[-8:]) for words in listed.read.links
    )  # each link has a name of its own
    page = anna.follow(listed, "2026-")
    assert "Order" in page.text
    code = page.text.partition("Control code ")[2][:10]

    by_code = anna.press(anna.open("/console/find"), "Find", wanted=f"{code[:5]} {code[5:]}".lower())
    assert by_code.response.url.path == f"/console/orders/{order_id}"
    by_amount = anna.press(anna.open("/console/find"), "Find", wanted=f"{total.replace('.', ',')} EUR")
    assert by_amount.response.url.path == f"/console/orders/{order_id}"

    look = anna.press(page, "Look before it is done")
    assert f"Give {total} EUR back?" in look.text
    done = anna.press(look, "Give tickets back")
    assert "Given back: the money is on its way" in done.text
    assert "Nothing of this order can be given back now" in done.text
    assert [faults_of(page) for page in anna.seen] == [[] for _ in anna.seen]


def test_tickets_are_sent_again_to_the_mail_address_of_the_order(api: Api, anna: Browser) -> None:
    bought = api.buy(passengers=[{"ref": "anna"}], depart_at="2026-10-16T06:10:00+03:00")
    address = f"/console/orders/{bought.order['id']}"
    assert "The buyer has named no mail address" in anna.open(address).text
    contacts = [{"kind": "email", "language": "fi", "address": "rider@example.org"}]
    path = f"/v1/orders/{bought.order['id']}/notify"
    answer = api.client.put(
        path, json={"contacts": contacts}, headers={"Authorization": f"Bearer {bought.token}"}
    )
    assert answer.status_code == 200, answer.json

    page = anna.press(anna.open(address), "Send the tickets again")

    assert "The worker sends them at its next round" in page.text
    assert faults_of(page) == []


@pytest.mark.parametrize("wanted", ["no such thing", "99,99", "1999-01-01", "xy"])
def test_finding_nothing_is_an_answer_and_no_fault(anna: Browser, wanted: str) -> None:
    page = anna.press(anna.open("/console/find"), "Find", wanted=wanted)

    assert page.status == 200
    assert "This did not work" not in page.text
    assert faults_of(page) == []
