"""One receiver, order or caller in trouble holds up nobody else's messages."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.api import Bought
from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.hooking import Hook, hook, make, told
from tests.ticketing.notices.receivers import receiver
from tests.ticketing.notices.storm import cancel
from tests.waiting import until_it_waits
from throughfare_gate.ids import new_id
from ticketing import notices
from ticketing.db.notices import outbox, webhooks
from ticketing.db.notices.outbox import Notice
from ticketing.notices.backends import event_notice

pytestmark = pytest.mark.usefixtures("quick_hashes")
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def runs(town: Town) -> Hook:
    return hook(town, town.api.key("finance"), "run.*")


def fill(town: Town, webhook_id: str, count: int) -> None:
    """Let so many events wait for a webhook."""
    now = town.api.clock.now()
    with town.office.database.write() as tx:
        for at in range(count):
            topic = f"{webhook_id}:{at}"
            outbox.post(tx, event_notice(webhook_id, "run.cancelled", topic, {}, at=now, now=now))


def write_mail(town: Town, bought: Bought, address: str, **more: str) -> None:
    """Let a mail about an order wait for an address; `row_id` makes it one that cannot be composed."""
    now = town.api.clock.now()
    letter = Notice(
        id=new_id(),
        topic=f"{address}",
        kind="email",
        template="claim_needs_account" if more else "tickets_ready",
        language="en",
        document={"to": {"address": address}, **more},
        order_id=str(bought.order["id"]) if not more else "gone",
        created_at=now,
        due_at=now,
    )
    with town.office.database.write() as tx:
        outbox.post(tx, letter)


def tries(town: Town) -> list[int]:
    with town.office.database.read() as tx:
        return [row[0] for row in tx.exec_driver_sql("SELECT tries FROM notice")]


@ONE
def test_many_messages_for_a_receiver_that_is_away_keep_no_other_one_waiting(town: Town, runs: Hook) -> None:
    """More of them than are claimed at once; those that were not tried come again, and it was no try."""
    with receiver() as away:
        away.statuses = [503] * 1000
        body = {"url": f"{away.url}/away", "types": ["run.*"]}
        gone = town.api.post("/v1/webhooks", body, town.api.key("finance"), once=None).json or {}
        fill(town, gone["id"], 450)
        town.api.clock.advance(timedelta(seconds=1))
        runs.post("test")
        town.work()

        assert told(town) == ["webhook.test"]
        assert len(away.requests) <= 2 * 3
        assert sum(tries(town)) == len(away.requests) + 1
        town.api.clock.advance(timedelta(seconds=31))
        town.work()
        assert 2 * 3 < len(away.requests) <= 4 * 3


@ONE
def test_a_host_by_another_spelling_is_the_same_host(town: Town) -> None:
    """Its share of the threads does not grow with the spellings of its name."""
    port, key = town.receiver.url.rpartition(":")[2], town.api.key("finance")
    town.receiver.statuses = [503] * 100
    for host in ("localhost", "LOCALHOST", "localhost."):
        body = {"url": f"http://{host}:{port}/hook", "types": ["run.*"]}
        made = town.api.post("/v1/webhooks", body, key, once=None).json or {}
        fill(town, made["id"], 10)
    notices.deliver_due(town.office, notices.HTTP)

    assert 3 <= len(town.receiver.requests) <= 4


@ONE
def test_addresses_that_the_mail_server_does_not_know_keep_no_other_mail_waiting(town: Town) -> None:
    """Anybody may name such addresses for an order; a server asks to try again until their domain is found.

    They are two more than the failures in a row for which a host rests.
    """
    town.mailbox.unknown = "nowhere.example"
    bought = town.api.buy()
    for at in range(10):
        write_mail(town, bought, f"{at}@nowhere.example")
    town.api.clock.advance(timedelta(seconds=1))
    write_mail(town, bought, "anna@example.org")
    notices.deliver_due(town.office, notices.MAIL)

    assert town.mailbox.recipients == ["anna@example.org"]
    assert tries(town) == [1] * 11


@ONE
def test_letters_that_cannot_be_composed_keep_no_other_mail_waiting(town: Town) -> None:
    bought = town.api.buy()
    for at in range(40):
        write_mail(town, bought, f"{at}@example.org", row_id="gone")
    town.api.clock.advance(timedelta(seconds=1))
    write_mail(town, bought, "anna@example.org")
    notices.deliver_due(town.office, notices.MAIL)

    assert town.mailbox.recipients == ["anna@example.org"]


@ONE
@pytest.mark.parametrize("status", [400, 403, 404])
def test_addresses_that_a_shared_host_does_not_know_keep_no_other_receiver_waiting(
    town: Town, runs: Hook, status: int
) -> None:
    """Integrators serve all their customers under one name."""
    strange = hook(town, town.api.key("finance"), "run.*", path="/nobody")
    fill(town, strange.id, 40)
    town.api.clock.advance(timedelta(seconds=1))
    runs.post("test")
    town.receiver.unknown = {"/nobody": status}
    town.work()

    assert sorted(told(town)) == ["run.cancelled"] * 40 + ["webhook.test"]
    assert runs.shown()["deliveries"]["delivered"] == 1


@ONE
def test_an_order_that_cannot_be_read_any_more_keeps_no_other_message_waiting(town: Town, runs: Hook) -> None:
    """Its region was taken out of the service, with a message about its journey still to be sent."""
    app = hook(town, town.api.key("app"), "journey.*", path="/app")
    bought = town.api.buy()
    town.notify(bought, {"kind": "webhook", "webhook": app.id})
    cancel(town, bought)
    notices.write_due(town.office)
    runs.post("test")
    without = replace(town.office, till=replace(town.office.till, regions={}))
    notices.deliver_due(without)

    assert sorted(told(town)) == ["run.cancelled", "webhook.test"]
    assert app.deliveries()["deliveries"][0]["detail"] == "it could not be composed: KeyError"


@ONE
def test_what_is_sent_again_while_it_is_in_hand_waits_no_longer_for_that(town: Town, runs: Hook) -> None:
    fill(town, runs.id, 20)
    town.receiver.statuses = [503] * 20
    town.receiver.hold.clear()
    sending = threading.Thread(target=notices.deliver_due, args=[town.office, notices.HTTP])
    sending.start()
    assert town.receiver.reached.wait(30)
    since = town.api.clock.now() - timedelta(hours=1)
    runs.post("replay", {"since": since.isoformat()})
    town.receiver.hold.set()
    sending.join(30)
    assert min(tries(town)) >= 0

    for _ in range(10):
        town.api.clock.advance(timedelta(seconds=61))
        notices.deliver_due(town.office, notices.HTTP)
    assert runs.shown()["deliveries"]["delivered"] == 20


@POSTGRESQL
def test_a_webhook_that_is_turned_off_while_its_messages_end_stops_no_worker(town: Town, runs: Hook) -> None:
    """Both hold the webhook before its messages: neither waits for the other."""
    runs.post("test")
    with ThreadPoolExecutor(1) as worker:
        with town.office.database.write() as tx:
            webhooks.find_webhook(tx, runs.id, hold=True)
            sending = worker.submit(notices.deliver_due, town.office)
            until_it_waits(tx, sending)
            webhooks.turn_off(tx, runs.id, "by_hand", town.api.clock.now())
        assert sending.result(30) == 1

    assert runs.shown()["off_because"] == "by_hand"


@POSTGRESQL
def test_calls_at_once_make_no_more_webhooks_than_a_line_of_keys_may_have(town: Town) -> None:
    key = town.api.key("app")
    first = [make(town, key, "order.*").status_code for _ in range(9)]
    with ThreadPoolExecutor(1) as other:
        with town.office.database.write() as tx:
            (nine, *_) = webhooks.list_webhooks(tx)
            webhooks.hold_line(tx, nine.key_line)
            webhooks.insert_webhook(tx, replace(nine, id="the-tenth"))
            call = other.submit(make, town, key, "order.*")
            until_it_waits(tx, call)
        late = call.result(30)

    assert (set(first), late.status_code) == ({201}, 409)
