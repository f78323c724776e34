"""A holder who wants to be told is told once: tickets and receipt by mail, the same news by push and webhook."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from icalendar import Calendar

from tests.api import KOPLI_TO_PASILA
from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.receivers import Browser, files_of, text_of
from tests.ticketing.purchase.exchanging import exchange
from ticketing import notices
from ticketing.db.notices import outbox

pytestmark = pytest.mark.usefixtures("quick_hashes")
ANNA = {"kind": "email", "address": "Anna@Example.org", "language": "et"}
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_tickets_receipt_and_calendar_arrive_by_mail_once(town: Town) -> None:
    bought = town.api.buy()
    told = town.notify(bought, ANNA)

    assert (told.status_code, town.work(), town.work()) == (200, 1, 0)
    mail = town.mailbox.only()
    files = files_of(mail)
    assert town.mailbox.recipients == ["anna@example.org"]
    assert mail["Subject"].startswith("Teie piletid: Kopli")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert bought.order["id"] in text_of(mail)
    assert sorted(files) == ["journey.ics", "receipt.pdf", "ticket-1.pdf", "ticket-2.pdf"]
    assert all(files[name].startswith(b"%PDF") for name in files if name.endswith(".pdf"))


@ONE
def test_a_calendar_entry_stands_for_each_ride_and_keeps_its_name(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, ANNA)
    town.work()
    (rides,) = [Calendar.from_ical(files_of(town.mailbox.only())["journey.ics"])]

    entries = list(rides.walk("VEVENT"))
    legs = bought.tickets[0]["legs"]
    assert len(entries) == len(legs)
    assert [str(one["UID"]) for one in entries] == [
        f"{bought.order['id']}-{at}@throughfare.eu" for at in range(len(legs))
    ]
    assert next(one["DTSTART"].dt.isoformat() for one in entries).endswith("+00:00")


def test_push_and_webhook_carry_ids_and_are_read_by_their_receivers_alone(town: Town) -> None:
    bought, browser = town.api.buy(), Browser(f"{town.receiver.url}/push")
    told = town.notify(bought, browser.subscription, {"kind": "webhook", "url": f"{town.receiver.url}/hook"})
    secret = next(one["secret"] for one in told.json["contacts"] if one["kind"] == "webhook")

    assert town.work() == 2
    by_path = {one.path: one for one in town.receiver.requests}
    pushed, hooked = by_path["/push"], by_path["/hook"]
    assert browser.read(pushed.body)["data"] == {"order_id": bought.order["id"]}
    assert (pushed.headers["ttl"], pushed.headers["urgency"]) == ("3600", "high")
    head = dict(
        part.split("=", 1) for part in pushed.headers["authorization"].removeprefix("vapid ").split(", ")
    )
    point = base64.urlsafe_b64decode(head["k"] + "=")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    assert head["k"] == told.json["web_push_key"]
    options = {"verify_exp": False}  # the clock of the test stands in October
    claims = jwt.decode(head["t"], key, ["ES256"], audience=town.receiver.url, options=options)
    assert claims["sub"] == "https://throughfare.example"

    signed = f"{hooked.headers['webhook-id']}.{hooked.headers['webhook-timestamp']}.".encode() + hooked.body
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert hooked.headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert json.loads(hooked.body)["data"] == {"order_id": bought.order["id"]}
    assert json.loads(hooked.body)["type"] == "order.ticketed"


def test_a_refund_is_told_when_the_money_is_on_its_way(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, {**ANNA, "language": "en"})
    town.work()
    town.mailbox.mails.clear()
    back = town.api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"]}, bought.token)

    assert (back.status_code, town.work(), town.work()) == (201, 1, 0)
    mail = town.mailbox.only()
    assert mail["Subject"].endswith("is on its way back to you")
    assert list(files_of(mail)) == ["receipt.pdf"]


@ONE
def test_a_message_that_does_not_leave_comes_again_with_the_same_id(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, ANNA)
    town.mailbox.answers = ["451 later", "250 taken"]
    tries = [town.work()]
    tries.append(town.work())
    town.api.clock.advance(timedelta(seconds=11))
    tries.append(town.work())

    assert tries == [0, 0, 1]
    assert town.mailbox.only()["Message-ID"].endswith("@throughfare.eu>")


@ONE
def test_an_address_that_nobody_has_is_given_up_and_forgotten(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, ANNA)
    town.mailbox.answers = ["550 no such user"]

    assert town.work() == 0
    with town.office.database.read() as tx:
        assert outbox.count_by_state(tx) == {("email", "unreachable"): 1}
        assert "example.org" not in str(tx.exec_driver_sql("SELECT * FROM notice").all())


@ONE
def test_a_browser_that_has_ended_its_subscription_is_asked_no_more(town: Town) -> None:
    bought, browser = town.api.buy(), Browser(f"{town.receiver.url}/push")
    town.notify(bought, browser.subscription)
    town.receiver.statuses = [410]

    assert town.work() == 0
    assert notices.list_contacts(town.office, bought.order["id"]) == []


def test_who_takes_a_contact_back_is_told_nothing_more(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, ANNA)
    notices.write_due(town.office)
    ended = town.notify(bought)

    assert (ended.json["contacts"], town.work(), town.mailbox.mails) == ([], 0, [])


@ONE
@pytest.mark.parametrize(
    ("contact", "path"),
    [
        ({"kind": "email", "address": "nobody"}, "contacts[0].address"),
        ({"kind": "email"}, "contacts[0].address"),
        ({"kind": "email", "address": "a@b.ee", "url": "https://a.ee"}, "contacts[0].url"),
        ({"kind": "webhook", "url": "ftp://example.org/"}, "contacts[0].url"),
        ({"kind": "pigeon", "address": "a@b.ee"}, "contacts[0].kind"),
        (
            {"kind": "webpush", "endpoint": "https://push.example", "p256dh": "x", "auth": "y"},
            "contacts[0].p256dh",
        ),
    ],
)
def test_a_contact_that_can_be_none_is_refused_by_its_field(
    town: Town, contact: dict[str, str], path: str
) -> None:
    refused = town.notify(town.api.buy(), contact)

    assert refused.status_code == 422
    assert [one["path"] for one in refused.json["errors"]] == [path]


@ONE
def test_contacts_are_opened_by_the_orders_token_and_shown_as_hints(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, ANNA)
    path = f"/v1/orders/{bought.order['id']}/notify"
    shown = town.api.get(path, bought.token).json or {}

    assert [one["hint"] for one in shown["contacts"]] == ["a…@example.org"]
    assert town.api.get(path).status_code == 401
    assert town.api.get(path, "tf_order_wrong").status_code == 404


def test_an_order_tells_its_events_to_those_who_poll(town: Town) -> None:
    bought = town.api.buy()
    path = f"/v1/orders/{bought.order['id']}/events"
    first = town.api.get(path, bought.token)
    head = {"Authorization": f"Bearer {bought.token}", "If-None-Match": first.headers["ETag"]}
    same = town.api.client.get(path, headers=head)
    town.api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"]}, bought.token)
    since = (first.json or {})["next"]
    more = town.api.client.get(f"{path}?since={since}", headers=head)

    assert [one["type"] for one in (first.json or {})["events"]][-1] == "order.ticketed"
    assert (same.status_code, int(first.headers["Retry-After"])) == (304, 30)
    assert "refund.confirmed" in [one["type"] for one in more.json["events"]]


@ONE
def test_contacts_and_codes_are_forgotten_after_the_journey(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, ANNA)
    town.work()
    kept = notices.forget_what_is_due(town.office)["contacts"]
    town.api.clock.advance(timedelta(days=40))

    assert (kept, notices.forget_what_is_due(town.office)["contacts"]) == (0, 1)
    assert notices.list_contacts(town.office, bought.order["id"]) == []


@ONE
def test_an_exchange_takes_the_contacts_along(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, ANNA)
    town.work()
    party = KOPLI_TO_PASILA["passengers"]
    answer = exchange(town.api, bought, party, passengers=[one["ref"] for one in party])
    assert answer.status_code == 201, answer.json
    placed = answer.json or {}
    token = placed["access_token"]
    if placed["state"] != "ticketed":
        town.api.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"}, token)
    town.work()

    assert [text_of(one).count(placed["id"]) for one in town.mailbox.mails][1:] == [1]
    shown = town.api.get(f"/v1/orders/{placed['id']}/notify", token).json or {}
    assert [one["hint"] for one in shown["contacts"]] == ["a…@example.org"]


BO = {"kind": "email", "address": "bo@example.org"}


@ONE
def test_an_address_that_was_corrected_gets_nothing_more(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, {"kind": "email", "address": "stranger@example.org"})
    town.mailbox.answers = ["451 later"]
    town.work()
    town.notify(bought, BO)
    town.api.clock.advance(timedelta(minutes=1))
    town.work()

    assert town.mailbox.recipients == ["bo@example.org"]


@ONE
def test_a_contact_that_goes_and_comes_again_is_told_nothing_twice(town: Town) -> None:
    bought = town.api.buy()
    for _ in range(3):
        town.notify(bought, BO)
        town.work()
        town.notify(bought)

    assert town.mailbox.recipients == ["bo@example.org"]


@ONE
def test_a_browser_that_subscribes_again_reads_what_comes_by_its_new_keys(town: Town) -> None:
    bought = town.api.buy()
    first, second = (Browser(f"{town.receiver.url}/push") for _ in range(2))
    town.notify(bought, first.subscription)
    town.notify(bought, second.subscription)
    town.work()

    assert second.read(town.receiver.requests[0].body)["type"] == "order.ticketed"


@ONE
@pytest.mark.parametrize(
    "address", ["a..b@example.org", ".a@example.org", "õnne@example.org", "a,b@example.org"]
)
def test_an_address_that_no_mail_reaches_is_refused_when_it_is_named(town: Town, address: str) -> None:
    refused = town.notify(town.api.buy(), {"kind": "email", "address": address})

    assert refused.status_code == 422
    assert refused.json["errors"][0]["path"] == "contacts[0].address"


@ONE
def test_a_receiver_that_is_away_takes_no_time_from_the_others(town: Town) -> None:
    """After three failures in a row the rest for its host waits, untried; mail has a queue of its own."""
    orders = [town.api.buy() for _ in range(6)]
    for bought in orders:
        town.notify(bought, {"kind": "webhook", "url": f"{town.receiver.url}/away"}, BO)
    town.receiver.statuses = [503] * 20
    notices.write_due(town.office)
    mailed = notices.deliver_due(town.office, notices.MAIL)
    hooked = notices.deliver_due(town.office, notices.HTTP)

    assert (mailed, hooked) == (6, 0)
    assert len(town.receiver.requests) <= 2 * 3
    with town.office.database.read() as tx:
        tries = [row[0] for row in tx.exec_driver_sql("SELECT tries FROM notice WHERE kind = 'webhook'")]
    assert sum(tries) == len(town.receiver.requests)
