"""A receiver that is away, gone or new to a secret: tried again with the same id, turned off, told why, and sent everything later."""

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.hooking import Hook, hook, is_signed, told
from tests.ticketing.notices.storm import cancel
from ticketing import notices
from ticketing.db.notices import webhooks
from ticketing.identity import list_keys, revoke_key, rotate_key

pytestmark = pytest.mark.usefixtures("quick_hashes")
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DAY = timedelta(days=1)


@pytest.fixture
def runs(town: Town) -> Hook:
    return hook(town, town.api.key("finance"), "run.*")


def key_id_of(town: Town) -> str:
    return list_keys(town.office.database)[-1].id


def ids(town: Town) -> list[str]:
    return [one.headers["webhook-id"] for one in town.receiver.requests]


def test_a_test_event_comes_again_with_the_same_id_until_it_is_taken(town: Town, runs: Hook) -> None:
    town.receiver.statuses = [503]
    sent = runs.post("test")
    tries = [town.work(), town.work()]
    waiting = runs.deliveries(state="waiting")["deliveries"]
    failing = runs.shown()
    town.api.clock.advance(timedelta(seconds=11))
    tries.append(town.work())
    taken = runs.shown()

    assert (sent.status_code, tries, told(town)) == (202, [0, 0, 1], ["webhook.test"] * 2)
    assert set(ids(town)) == {sent.json["id"]} == {waiting[0]["id"]}
    assert (waiting[0]["tries"], waiting[0]["detail"]) == (1, "the receiver answers 503")
    assert failing["last_failure"]["detail"] == waiting[0]["detail"]
    assert failing["failing_since"] is not None
    assert (taken["failing_since"], taken["deliveries"]["delivered"]) == (None, 1)


@pytest.mark.parametrize("status", [301, 401, 404, 429, 500, 503])
@ONE
def test_whoever_runs_a_receiver_reads_the_status_that_it_answered(
    town: Town, runs: Hook, status: int
) -> None:
    town.receiver.statuses = [status]
    runs.post("test")
    town.work()

    assert runs.shown()["last_failure"]["detail"] == f"the receiver answers {status}"


def test_an_answer_that_says_more_than_its_status_is_an_answer(town: Town, runs: Hook) -> None:
    town.receiver.answer_bytes = 3_000_000
    runs.post("test")
    town.work()
    town.api.clock.advance(timedelta(days=1))
    town.work()

    assert len(town.receiver.requests) == 1
    assert runs.shown()["deliveries"]["delivered"] == 1


@ONE
def test_whoever_runs_a_receiver_that_is_away_reads_that_it_cannot_be_reached(town: Town, runs: Hook) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        runs.change(url=f"http://127.0.0.1:{free.getsockname()[1]}/hooks")
    runs.post("test")
    town.work()

    assert runs.shown()["last_failure"]["detail"] == "the receiver cannot be reached"


@ONE
def test_a_receiver_that_answers_410_is_turned_off_at_once(town: Town, runs: Hook) -> None:
    runs.post("test")
    runs.post("test")
    town.receiver.statuses = [410, 410]
    town.work()
    shown = runs.shown()

    assert (shown["enabled"], shown["off_because"]) == (False, "gone")
    assert shown["deliveries"] == {"waiting": 0, "delivered": 0, "unreachable": 2, "dropped": 0}
    assert runs.post("test").status_code == 409


@ONE
def test_three_days_of_failures_turn_a_webhook_off_and_what_was_missed_can_be_had(
    town: Town, runs: Hook
) -> None:
    begun = town.api.clock.now()
    town.receiver.statuses = [500] * 100
    for _ in range(3):
        runs.post("test")
        town.work()
        town.api.clock.advance(DAY)
    before = runs.shown()
    town.work()
    off = runs.shown()
    bought = town.api.buy(depart_at="2026-10-20T06:10:00+03:00")
    cancel(town, bought)
    town.work()
    missed = len(town.receiver.requests)
    town.receiver.statuses = []
    town.receiver.requests.clear()
    town.api.clock.advance(timedelta(minutes=1))
    runs.change(enabled=True)
    town.work()
    assert (before["enabled"], off["enabled"], off["off_because"]) == (True, False, "failing")
    assert (off["deliveries"]["waiting"], off["deliveries"]["unreachable"]) == (0, 3)
    assert (missed > 3, told(town)) == (True, [])

    asked = runs.post("replay", {"since": begun.isoformat()})
    assert (asked.status_code, asked.json) == (202, {"replayed": 3})
    town.work()
    assert sorted(told(town)) == ["run.cancelled", *["webhook.test"] * 3]
    assert runs.shown()["failing_since"] is None


def test_for_a_day_both_secrets_sign(town: Town, runs: Hook) -> None:
    changed = runs.post("secret")
    runs.post("test")
    town.work()
    town.api.clock.advance(DAY)
    runs.post("test")
    town.work()
    during, after = town.receiver.requests

    assert changed.json["secret"] != runs.secret
    assert [is_signed(during, one) for one in (runs.secret, changed.json["secret"])] == [True, True]
    assert [is_signed(after, one) for one in (runs.secret, changed.json["secret"])] == [False, True]
    assert "secret" not in runs.shown()


@ONE
def test_two_changes_within_a_day_take_no_secret_from_receivers(town: Town, runs: Hook) -> None:
    """A receiver that was not changed yet still checks with the first one; nobody needs a fourth."""
    second = runs.post("secret").json["secret"]
    town.api.clock.advance(DAY / 2)
    third = runs.post("secret").json["secret"]
    refused = runs.post("secret")
    runs.post("test")
    town.work()
    town.api.clock.advance(DAY / 2)
    runs.post("test")
    town.work()
    fourth = runs.post("secret").json["secret"]
    runs.post("test")
    town.work()
    signed = [
        [is_signed(request, secret) for secret in (runs.secret, second, third, fourth)]
        for request in town.receiver.requests
    ]

    assert refused.status_code == 409
    assert signed == [
        [True, True, True, False],
        [False, True, True, False],
        [False, True, True, True],
    ]


@ONE
def test_a_delivery_in_hand_when_its_webhook_is_turned_off_is_delivered(town: Town, runs: Hook) -> None:
    runs.post("test")
    town.receiver.hold.clear()
    with ThreadPoolExecutor(1) as worker:
        sending = worker.submit(notices.deliver_due, town.office, notices.HTTP)
        assert town.receiver.reached.wait(30)
        runs.post("test")
        with town.office.database.write() as tx:
            webhooks.turn_off(tx, runs.id, "gone", town.api.clock.now())
        given_up = runs.shown()["deliveries"]
        town.receiver.hold.set()
        assert sending.result(30) == 1

    assert given_up == {"waiting": 0, "delivered": 0, "unreachable": 2, "dropped": 0}
    assert runs.shown()["deliveries"] == {"waiting": 0, "delivered": 1, "unreachable": 1, "dropped": 0}


@ONE
def test_a_webhook_goes_with_its_line_of_keys_and_stays_with_a_successor(town: Town) -> None:
    app = hook(town, town.api.key("app"), "order.*")
    database, clock = town.office.database, town.api.clock
    successor, secret = rotate_key(database, clock, key_id_of(town), overlap=timedelta(0))
    clock.advance(timedelta(seconds=1))
    heir = Hook(town, secret, app.id, app.secret)
    first = heir.shown()
    heir.post("test")
    town.work()
    bought = town.api.buy()
    town.notify(bought, {"kind": "webhook", "webhook": app.id})
    heir.post("test")
    revoke_key(database, clock, successor.id)
    town.work()
    refused = town.notify(town.api.buy(), {"kind": "webhook", "webhook": app.id})

    assert (first["enabled"], told(town)) == (True, ["webhook.test"])
    assert refused.status_code == 422


@ONE
def test_a_deleted_webhook_is_told_nothing_and_its_orders_name_it_no_more(town: Town) -> None:
    app = hook(town, town.api.key("app"), "order.*")
    bought = town.api.buy()
    town.notify(bought, {"kind": "webhook", "webhook": app.id})
    notices.write_due(town.office)
    gone = town.api.client.delete(app.path, headers={"Authorization": f"Bearer {app.key}"})

    assert (gone.status_code, town.work(), told(town)) == (204, 0, [])
    assert notices.list_contacts(town.office, bought.order["id"]) == []
    assert town.api.get(app.path, app.key).status_code == 404


@ONE
def test_a_line_of_keys_has_ten_webhooks_at_most(town: Town) -> None:
    key = town.api.key("app")
    statuses = [
        town.api.post(
            "/v1/webhooks", {"url": f"{town.receiver.url}/{at}", "types": ["order.*"]}, key, once=None
        ).status_code
        for at in range(11)
    ]

    assert statuses == [201] * 10 + [409]


def test_deliveries_come_in_pages_by_state_and_are_sent_again_with_the_same_id(
    town: Town, runs: Hook
) -> None:
    sent = []
    for _ in range(5):
        sent.append(runs.post("test").json["id"])
        town.api.clock.advance(timedelta(seconds=1))
    town.work()
    first = runs.deliveries(limit=3)
    second = runs.deliveries(limit=3, after=first["next"])
    again = runs.post(f"deliveries/{sent[2]}/replay")
    town.receiver.requests.clear()
    town.work()

    listed = [one["id"] for one in first["deliveries"] + second["deliveries"]]
    assert (listed, second["next"]) == (sent[::-1], None)
    assert (again.status_code, ids(town)) == (202, [sent[2]])
    assert runs.deliveries(state="waiting")["deliveries"] == []
    assert runs.post("deliveries/none/replay").status_code == 404


@ONE
def test_deliveries_are_kept_for_thirty_days(town: Town, runs: Hook) -> None:
    sent = runs.post("test").json["id"]
    town.work()
    begun = town.api.clock.now()
    town.api.clock.advance(timedelta(days=31))
    forgotten = notices.forget_what_is_due(town.office)["contents"]

    assert (forgotten, runs.deliveries()["deliveries"]) == (1, [])
    assert runs.post(f"deliveries/{sent}/replay").status_code == 404
    assert runs.post("replay", {"since": begun.isoformat()}).status_code == 422
