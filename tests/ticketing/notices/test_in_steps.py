"""Large numbers of messages change in steps: no statement changes more rows than one step has."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.hooking import Hook, hook, told
from ticketing import notices
from ticketing.db.notices import outbox, steps, webhooks
from ticketing.notices.backends import event_notice

pytestmark = pytest.mark.usefixtures("quick_hashes")
AT_ONCE = 3


class Widest:
    """The most rows of messages and contacts that one statement has changed, and how many statements changed some."""

    def __init__(self) -> None:
        self.rows = self.statements = 0

    def note(self, _tx: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("UPDATE notice", "DELETE FROM notice", "DELETE FROM contact")):
            self.rows = max(self.rows, cursor.rowcount)
            self.statements += cursor.rowcount > 0


@pytest.fixture
def app(town: Town) -> Hook:
    return hook(town, town.api.key("app"), "order.*")


@pytest.fixture
def widest(town: Town, app: Hook, monkeypatch: pytest.MonkeyPatch) -> Iterator[Widest]:
    """Ten messages wait for the webhook that three orders name."""
    for _ in range(AT_ONCE + 1):
        town.notify(town.api.buy(), {"kind": "webhook", "webhook": app.id})
    fill(town, app.id, 10)
    monkeypatch.setattr(steps, "AT_ONCE", AT_ONCE)
    seen, engine = Widest(), town.office.database.engine
    sa.event.listen(engine, "after_cursor_execute", seen.note)
    yield seen
    sa.event.remove(engine, "after_cursor_execute", seen.note)


def fill(town: Town, webhook_id: str, count: int) -> None:
    now = town.api.clock.now()
    with town.office.database.write() as tx:
        for at in range(count):
            outbox.post(tx, event_notice(webhook_id, "order.ticketed", f"x{at}", {}, at=now, now=now))


def test_turning_off_gives_up_all(app: Hook, widest: Widest) -> None:
    shown = app.change(enabled=False).json

    assert shown["deliveries"] == {"waiting": 0, "delivered": 0, "unreachable": 10, "dropped": 0}
    assert (widest.rows, widest.statements) == (AT_ONCE, 4)


def test_deleting_leaves_nothing(town: Town, app: Hook, widest: Widest) -> None:
    gone = town.api.client.delete(app.path, headers={"Authorization": f"Bearer {app.key}"})
    with town.office.database.read() as tx:
        states = {tuple(row) for row in tx.exec_driver_sql("SELECT state, document FROM notice")}
        named = tx.exec_driver_sql("SELECT count(*) FROM contact").scalar()

    assert (gone.status_code, widest.rows, states, named) == (204, AT_ONCE, {("dropped", "{}")}, 0)
    assert notices.deliver_due(town.office) == 0


def test_a_deletion_that_was_broken_off_is_asked_for_again(
    town: Town, app: Hook, widest: Widest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise KeyboardInterrupt

    head = {"Authorization": f"Bearer {app.key}"}
    with monkeypatch.context() as patched:
        patched.setattr(webhooks, "forget_deliveries", broken)
        with pytest.raises(KeyboardInterrupt):
            town.api.client.delete(app.path, headers=head)
    between = (app.shown()["off_because"], notices.deliver_due(town.office), told(town))
    widest.rows = 0
    gone = town.api.client.delete(app.path, headers=head)

    assert between == ("by_hand", 0, [])
    assert (gone.status_code, town.api.get(app.path, app.key).status_code) == (204, 404)
    assert widest.rows == AT_ONCE


def test_a_replay_sends_all_once_more(town: Town, app: Hook, widest: Widest) -> None:
    notices.deliver_due(town.office, notices.HTTP)
    since = town.api.clock.now() - timedelta(hours=1)
    town.api.clock.advance(timedelta(seconds=1))
    widest.rows = 0
    asked = app.post("replay", {"since": since.isoformat()})
    again = widest.rows
    notices.deliver_due(town.office, notices.HTTP)
    ids = [one.headers["webhook-id"] for one in town.receiver.requests]

    assert asked.json == {"replayed": 10}
    assert again == AT_ONCE
    # The four orders that name it are told of as well, with ids of their own.
    assert sorted(ids.count(one) for one in set(ids)) == [1] * 4 + [2] * 10


def test_a_receiver_that_ends_its_address_gives_up_the_rest(town: Town, app: Hook, widest: Widest) -> None:
    town.receiver.statuses = [410] * 14
    notices.deliver_due(town.office, notices.HTTP)
    shown = app.shown()

    assert (shown["off_because"], shown["deliveries"]["unreachable"]) == ("gone", 10)
    # Those that were in hand, of four at most.
    assert len(town.receiver.requests) <= 4


def test_messages_that_wait_for_their_next_try_are_given_up_before_it_is_on_again(
    town: Town, app: Hook, widest: Widest
) -> None:
    town.receiver.statuses = [503] * 10
    notices.deliver_due(town.office, notices.HTTP)
    with town.office.database.write() as tx:
        webhooks.turn_off(tx, app.id, "failing", town.api.clock.now())
    town.api.clock.advance(timedelta(hours=1))
    app.change(enabled=True)
    town.receiver.requests.clear()

    assert notices.deliver_due(town.office, notices.HTTP) == 0
    assert town.receiver.requests == []
    assert app.shown()["deliveries"]["unreachable"] == 10


def test_what_is_forgotten_each_day_is_forgotten_in_steps(town: Town, widest: Widest) -> None:
    notices.deliver_due(town.office, notices.HTTP)
    town.api.clock.advance(timedelta(days=401))
    widest.rows = 0
    gone = notices.forget_what_is_due(town.office)

    assert (gone["contacts"], gone["messages"]) == (AT_ONCE + 1, 10)
    assert widest.rows == AT_ONCE
