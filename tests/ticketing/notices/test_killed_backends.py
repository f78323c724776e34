"""A worker that is killed at any step loses no event of a backend, and tells none by two ids."""

import os
import signal
import threading
from pathlib import Path

import pytest

from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.hooking import hook, told
from tests.ticketing.notices.rounds import worker
from tests.ticketing.notices.storm import cancel
from ticketing import notices

pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


def test_an_event_in_hand_comes_again_with_the_same_id(town: Town, tmp_path: Path) -> None:
    mine = hook(town, town.api.key("finance"), "run.*")
    mine.post("test")
    town.receiver.hold.clear()
    first = worker(town, tmp_path, 0)
    assert town.receiver.reached.wait(60)
    os.kill(first.pid, signal.SIGKILL)
    first.wait(30)
    town.receiver.hold.set()
    second = worker(town, tmp_path, 300)
    assert second.wait(60) == 0

    assert len({one.headers["webhook-id"] for one in town.receiver.requests}) == 1
    assert mine.shown()["deliveries"] == {"waiting": 0, "delivered": 1, "unreachable": 0, "dropped": 0}


def test_a_round_that_dies_between_writing_and_sending_leaves_each_event_once(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process is gone."""

    hook(town, town.api.key("finance"), "run.*")
    app = hook(town, town.api.key("app"), "order.*", "journey.*", path="/app")
    bought = town.api.buy()
    town.notify(bought, {"kind": "webhook", "webhook": app.id})
    cancel(town, bought)
    steps = (
        "happened.list_untold",
        "outbox.post_all",
        "happened_at_work.list_untold_runs",
        "happened_at_work.list_untold_disputes",
    )
    for step in steps:
        with monkeypatch.context() as killing:
            killing.setattr(f"ticketing.db.notices.{step}", _raising(Killed))
            with pytest.raises(Killed):
                notices.write_due(town.office)
    town.work()

    assert sorted(told(town)) == ["journey.cancelled", "order.ticketed", "run.cancelled"]
    assert len({one.headers["webhook-id"] for one in town.receiver.requests}) == 3


def test_two_workers_at_once_write_each_event_once(town: Town) -> None:
    hook(town, town.api.key("finance"), "run.*")
    cancel(town, town.api.buy())
    both = [threading.Thread(target=notices.write_due, args=[town.office]) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    town.work()

    assert told(town) == ["run.cancelled"]


def _raising(error: type[BaseException]) -> object:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail
