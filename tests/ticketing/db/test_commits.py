"""A commit that waits: what writes is refused, what reads goes on, and one try now and then finds that it is over."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from ticketing.db import Database
from ticketing.db.commits import Commits


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def one_that_waits(commits: Commits) -> Iterator[None]:
    """A commit of another thread, which is answered in the end."""
    began, ends = threading.Event(), threading.Event()

    def commit() -> None:
        with commits.sent():
            began.set()
            ends.wait(10)

    thread = threading.Thread(target=commit)
    thread.start()
    began.wait(10)
    yield
    ends.set()
    thread.join()


def test_nothing_is_refused_until_a_commit_waits_longer_than_the_limit() -> None:
    clock = Clock()
    commits = Commits(clock)
    with commits.sent():
        clock.now += 2
        early = commits.refuses(2)
        clock.now += 0.1
        late, waits = commits.refuses(2), commits.waits_seconds()

    assert (early, late) == (False, True)
    assert waits == pytest.approx(2.1)
    assert not commits.refuses(2)


def test_one_may_try_every_five_seconds_and_its_answer_ends_it_for_all() -> None:
    clock = Clock()
    commits = Commits(clock)
    with one_that_waits(commits):
        refused = []
        for _ in range(16):
            clock.now += 0.5
            refused.append(commits.refuses(2))
        with commits.sent():
            still = [commits.refuses(2) for _ in range(20)]
        after = commits.refuses(2)

    assert refused.count(False) == 4 + 1  # before the limit, and one try
    assert still == [True] * 20
    assert not after


def test_a_commit_that_fails_tells_nothing_of_those_that_wait() -> None:
    clock = Clock()
    commits = Commits(clock)
    with one_that_waits(commits):
        clock.now += 3
        with pytest.raises(OSError, match="gone"), commits.sent():
            raise OSError("gone")
        refused = commits.refuses(2)

    assert refused


def test_a_write_is_watched_while_it_commits_and_its_work_is_kept(database: Database) -> None:
    watched: list[float] = []
    seconds = iter(range(100))
    database.commits.seconds = lambda: watched.append(next(seconds)) or 0.0  # type: ignore[func-returns-value]
    with database.read() as tx:
        tx.exec_driver_sql("SELECT 1")
    reads = len(watched)
    with database.write(is_lasting=False) as tx:
        tx.exec_driver_sql("CREATE TABLE kept (id INTEGER)")
    with database.read() as tx:
        kept = tx.exec_driver_sql("SELECT count(*) FROM kept").scalar_one()

    assert (reads, len(watched), kept) == (0, 1, 0)
