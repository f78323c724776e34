"""No item and no fault ends a job for the others, and no job ends the worker."""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.api import Api
from ticketing.cli import worker
from ticketing.cli.jobs import Items, Job, Tally
from ticketing.db.operators import worker_jobs
from ticketing.errors import Conflict

NOW = datetime(2026, 10, 13, 6, 0, tzinfo=UTC)
DISK_FULL = sa.exc.OperationalError("COMMIT", {}, sqlite3.OperationalError("database or disk is full"))


class Watch:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_poisoned_item_rests_and_the_others_go_on() -> None:
    watch, items, seen = Watch(), Items("order"), []

    def act(item: str) -> None:
        seen.append(item)
        if item == "poison":
            raise ValueError("does not balance")

    rounds = []
    for after in (0, 4, 1, 9, 1):
        watch.now += after
        rounds.append(items.each(["one", "poison", "two"], act, clock=watch))

    assert seen.count("one") == seen.count("two") == 5
    assert seen.count("poison") == 3  # at once, after 5 s, after another 10 s
    assert [len(tally.failures) for tally in rounds] == [1, 0, 1, 0, 1]
    assert rounds[0].failures == ["order poison: ValueError: does not balance"]


def test_an_item_that_waits_for_somebody_else_is_told_once() -> None:
    items = Items("order")

    tallies = [
        items.each(waiting, str) for waiting in (["one"], ["one"], ["one", "two"], ["two"], [], ["two"])
    ]

    assert [tally.done for tally in tallies] == [1, 0, 1, 0, 0, 1]


def test_what_a_room_says_no_to_is_tried_in_every_round() -> None:
    tried = []

    def wait(item: str) -> None:
        tried.append(item)
        raise Conflict("the operator has not answered")

    items = Items("order")
    tallies = [items.each(["one"], wait) for _ in range(3)]

    assert (len(tried), [tally.failures for tally in tallies]) == (3, [[], [], []])


def test_a_database_that_is_away_ends_the_round_of_items_and_is_asked_again_soon() -> None:
    watch = Watch()

    def act(_: str) -> None:
        raise DISK_FULL

    def run() -> Tally:
        return Items("order").each(["one", "two"], act, clock=watch)

    job = Job(name="advancing orders", run=run)
    pauses = []
    for _ in range(6):
        job.go(NOW, watch)
        pauses.append(job.not_before - watch.now)
        watch.now = job.not_before

    assert (job.failures, job.detail) == (6, "the disk is full")
    assert pauses == [5, 10, 10, 10, 10, 10]


def test_a_job_that_fails_for_no_known_reason_comes_again_after_growing_pauses() -> None:
    watch = Watch()

    def fail() -> Tally:
        raise KeyError("residual")

    job = Job(name="paying back", run=fail)
    pauses = []
    for _ in range(8):
        job.go(NOW, watch)
        pauses.append(job.not_before - watch.now)
        job.go(NOW, watch)  # rests
        watch.now = job.not_before

    assert job.failures == 8
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300]


@pytest.fixture
def rooms(api: Api) -> Any:
    return api.client.application.extensions["throughfare"]


def test_every_job_by_its_name_outlives_a_fault_in_each_of_them(
    rooms: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = worker.list_jobs(rooms, ["helsinki-tallinn"])

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("poison")

    with monkeypatch.context() as patched:
        for name in ("read", "write"):
            patched.setattr(type(rooms.till.database), name, broken)
        for job in jobs:
            job.go(rooms.clock.now())
    failed = [job.name for job in jobs if job.failing]
    for job in jobs:
        job.not_before = 0.0
        job.go(rooms.clock.now())

    assert len({job.name for job in jobs}) == len(jobs) >= 8
    assert set(failed) >= {job.name for job in jobs} - {"tending operators"}
    assert [job.name for job in jobs if job.failing] == []


def test_how_the_jobs_fare_is_written_down_and_told_to_an_administrator(api: Api, rooms: Any) -> None:
    jobs = worker.list_jobs(rooms, ["helsinki-tallinn"])
    for job in jobs:
        job.go(rooms.clock.now())
    jobs[0].failures, jobs[0].failing, jobs[0].detail = 3, 1, "the disk is full"

    worker._Teller(rooms, 30).tell(jobs)

    with rooms.till.database.read() as tx:
        told = {one.name: one for one in worker_jobs.list_jobs(tx)}
    metrics = api.get("/metrics", api.key("admin")).text
    assert set(told) == {job.name for job in jobs}
    assert (told["dealing with reports"].failures, told["dealing with reports"].detail) == (
        3,
        "the disk is full",
    )
    assert 'worker_job_failures{job="dealing with reports"} 3.0' in metrics
    assert 'worker_job_failing{job="dealing with reports"} 1.0' in metrics
    assert 'worker_job_seconds_since_success{job="paying back"} 0.0' in metrics


def test_a_clock_that_was_put_forward_makes_no_worker_seem_silent(api: Api, rooms: Any) -> None:
    """The demo plays a month in a minute, and a laptop sleeps."""
    jobs, teller = worker.list_jobs(rooms, ["helsinki-tallinn"]), worker._Teller(rooms, 30)

    def round_then() -> bool:
        for job in jobs:
            job.go(rooms.clock.now())
        teller.tell(jobs)
        told = (api.get("/healthz").json or {})["worker"]
        return bool(told["silent"])

    first = round_then()
    api.clock.advance(timedelta(days=40))

    assert (first, round_then()) == (False, False)


def test_a_job_with_a_rest_is_left_out_until_it_is_over_unless_it_has_failed() -> None:
    tallies = iter([Tally(), Tally(failures=["poison"]), Tally(), Tally()])
    watch, ran = Watch(), []
    job = Job(name="forgetting", run=lambda: ran.append(at) or next(tallies), rest=timedelta(minutes=1))  # type: ignore[func-returns-value]

    for at in (0, 59, 60, 61, 90, 50, 110):
        job.go(NOW + timedelta(seconds=at), watch)

    assert ran == [0, 60, 61, 50, 110]
