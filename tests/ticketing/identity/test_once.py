"""A key is claimed with the first thing that its call writes: what is rolled back leaves it free."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from ticketing.clock import FixedClock, SystemClock
from ticketing.db import Database
from ticketing.db.documents import digest as idempotency_digest
from ticketing.db.sale import idempotency
from ticketing.errors import Conflict, IdempotencyKeyInUse, IdempotencyKeyReused
from ticketing.identity import Call, Once, Remember

KEY = "0123456789abcdefghijkl"


@pytest.fixture
def once(database: Database, clock: FixedClock) -> Once:
    return Once(database, clock)


def answering(once: Once, answer: str, body: str = "body") -> Any:
    """Call with an effect that claims, and remembers, in one transaction."""

    def act(call: Call) -> str:
        with once.database.write() as tx:
            call.claim(tx)
            call.remember(tx, answer)
        return answer

    found = once.run_within("anna", "POST", KEY, body, act)
    return found.body, found.replayed


def refused(once: Once, *, after_commit: bool) -> None:
    """Call with an effect that fails in its transaction, or after it."""

    def act(call: Call) -> None:
        with once.database.write() as tx:
            call.claim(tx)
            if not after_commit:
                raise Conflict("no")
        raise Conflict("no")

    with pytest.raises(Conflict):
        once.run_within("anna", "POST", KEY, "body", act)


def test_the_second_call_gets_the_answer_of_the_first(once: Once) -> None:
    assert answering(once, "first") == ("first", False)
    assert answering(once, "second") == ("first", True)
    with pytest.raises(IdempotencyKeyReused):
        answering(once, "third", "another body")


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_call_that_failed_leaves_its_key_free(once: Once, after_commit: bool) -> None:
    refused(once, after_commit=after_commit)

    assert answering(once, "again", "a corrected body") == ("again", False)


def test_a_call_that_failed_does_not_free_the_key_of_another_that_still_runs(once: Once) -> None:
    def act(call: Call) -> str:
        with once.database.write() as tx:
            call.claim(tx)
        refused_by = pytest.raises(IdempotencyKeyInUse)
        with refused_by:
            answering(once, "other")
        with refused_by:
            answering(once, "other")
        return "mine"

    assert once.run_within("anna", "POST", KEY, "body", act).body == "mine"
    assert answering(once, "later") == ("mine", True)


def test_a_key_of_yesterday_is_free_although_nobody_has_deleted_it(once: Once, clock: FixedClock) -> None:
    answering(once, "yesterday")
    clock.advance(timedelta(hours=24, seconds=1))

    assert answering(once, "today", "another body") == ("today", False)
    assert answering(once, "again", "another body") == ("today", True)


def test_a_call_that_runs_long_keeps_its_key_and_a_dead_one_loses_it_within_three_seconds(
    database: Database,
) -> None:
    clock = SystemClock()
    here, elsewhere = Once(database, clock), Once(database, clock)
    ended, began = threading.Event(), threading.Event()

    def long(_remember: Remember) -> str:
        began.set()
        ended.wait(20)
        return "done"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(here.run, "p", "r", "long", {}, long)
        assert began.wait(10)
        time.sleep(4.2)  # longer than a lease
        with pytest.raises(IdempotencyKeyInUse):
            elsewhere.run("p", "r", "long", {}, lambda _: "a second effect")
        ended.set()
        assert first.result(10).body == "done"

    with database.write() as tx:  # a process took the key and was killed
        idempotency.claim(tx, idempotency.Claim("p", "r", "dead", idempotency_digest({})), clock.now())
    with pytest.raises(IdempotencyKeyInUse):
        elsewhere.run("p", "r", "dead", {}, lambda _: "too early")
    time.sleep(3.1)
    assert elsewhere.run("p", "r", "dead", {}, lambda _: "carried on").body == "carried on"
