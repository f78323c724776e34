"""The guard: a misbehaving operator costs little, is asked again only where that is safe, and is counted."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from operators.breaker import Trip
from operators.errors import BadReply, OutcomeUnknown, Refused, Unavailable
from operators.fake import FakeOperator
from operators.figures import Figure, Figures, level
from operators.guard import Guarded, Patience
from tests.operators.sample import clock, departure, request

QUICK = Patience(wait_initial=0.001, wait_max=0.002, wait_jitter=0.001, queue_seconds=0.05)


class Seconds:
    """Seconds that only grow when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def guarded(
    patience: Patience = QUICK, seconds: Seconds | None = None
) -> tuple[FakeOperator, Guarded, Figures]:
    ferry = FakeOperator("tallink", clock().now)
    seconds = seconds or Seconds()
    figures = Figures(None, seconds)
    return ferry, Guarded("gulf", ferry, clock().now, figures, patience=patience, monotonic=seconds), figures


def test_what_was_surely_not_carried_out_is_tried_three_times() -> None:
    ferry, guard, _ = guarded()
    ferry.fail("hold", "unavailable", "unavailable")
    assert guard.hold(request("k")).key == "k"

    ferry.fail("confirm", "unavailable", "unavailable", "unavailable")
    with pytest.raises(Unavailable):
        guard.confirm("k")

    assert Counter(call for call, _ in ferry.calls) == {"hold": 3, "confirm": 3}


def test_a_lost_answer_is_asked_after_once() -> None:
    ferry, guard, _ = guarded()
    guard.hold(request("k"))
    ferry.fail("confirm", "unknown_after")
    assert guard.confirm("k").reference == "k"

    guard.hold(request("m"))
    ferry.fail("confirm", "unknown_before", "unknown_before")
    with pytest.raises(OutcomeUnknown):
        guard.confirm("m")

    assert ferry.calls.count(("confirm", "m")) == 2


def test_a_refusal_is_an_answer_and_not_repeated() -> None:
    ferry, guard, _ = guarded()
    for _ in range(10):
        ferry.fail("hold", "refused")
        with pytest.raises(Refused):
            guard.hold(request("k"))

    assert len(ferry.calls) == 10
    assert guard.hold(request("k"))


def test_an_operator_that_fails_too_often_is_left_alone_and_probed_once() -> None:
    seconds = Seconds()
    ferry, guard, _ = guarded(replace(QUICK, attempts=1), seconds)
    ferry.fail("hold", *["unavailable"] * 6)
    for _ in range(5):
        with pytest.raises(Unavailable):
            guard.hold(request())

    with pytest.raises(Unavailable, match="too often"):
        guard.hold(request())
    assert len(ferry.calls) == 5
    assert guard.breakers == {"hold": "open"}
    assert guard.availability([departure()])

    seconds.now += 30
    with pytest.raises(Unavailable, match="away"):
        guard.hold(request())
    with pytest.raises(Unavailable, match="too often"):
        guard.hold(request())
    seconds.now += 30
    assert guard.hold(request())
    assert guard.breakers == {}


def test_old_failures_do_not_open_the_breaker() -> None:
    seconds = Seconds()
    ferry, guard, _ = guarded(replace(QUICK, attempts=1), seconds)
    ferry.fail("hold", *["unavailable"] * 8)
    for _ in range(8):
        with pytest.raises(Unavailable):
            guard.hold(request())
        seconds.now += 8

    assert guard.breakers == {}


def test_a_slow_operator_fills_its_own_bulkhead_and_nobody_elses() -> None:
    slow, slow_guard, _ = guarded(replace(QUICK, parallel=2))
    _, other_guard, _ = guarded(replace(QUICK, parallel=2))
    inside, go = threading.Semaphore(0), threading.Event()

    def wait(_: object) -> object:
        inside.release()
        go.wait()
        return ()

    slow.availability = wait
    waiting = [threading.Thread(target=slow_guard.availability, args=([departure()],)) for _ in range(2)]
    for thread in waiting:
        thread.start()
    for _ in waiting:
        inside.acquire()

    with pytest.raises(Unavailable, match="2 calls under way"):
        slow_guard.hold(request())
    assert other_guard.hold(request("k")).key == "k"
    go.set()
    for thread in waiting:
        thread.join()
    assert slow_guard.hold(request("k")).key == "k"


def test_figures_come_from_the_calls_that_were_made() -> None:
    ferry, guard, figures = guarded(replace(QUICK, attempts=1, trip=Trip(failures=2)))
    guard.hold(request("k"))
    ferry.fail("confirm", "unknown_after", "unavailable")
    with pytest.raises(Unavailable):
        guard.confirm("k") if _lost(guard) else None
    with pytest.raises(Unavailable):
        guard.confirm("k")

    found = figures.since(clock().now().replace(minute=0))

    assert found["gulf", "tallink", "confirm"].outcomes == {"unknown": 1, "unavailable": 1, "not_asked": 1}
    assert level(found["gulf", "tallink", "hold"]).availability_bp == 10_000
    assert level(found["gulf", "tallink", "confirm"]).availability_bp == 3_333
    assert level(found["gulf", "tallink", "confirm"]).error_bp == 10_000
    assert figures.since(clock().now() + timedelta(hours=1)) == {}


def _lost(guard: Guarded) -> bool:
    with pytest.raises(OutcomeUnknown):
        guard.confirm("k")
    return True


def test_percentiles_are_the_upper_ends_of_their_classes() -> None:
    figure = Figure()
    for seconds in [0.01] * 90 + [3.0] * 9 + [60.0]:
        figure.count("ok", seconds)

    assert (level(figure).p50_ms, level(figure).p95_ms) == (50, 5000)
    assert level(Figure()).p95_ms is None


@pytest.mark.parametrize(("call", "kind"), [("confirm", OutcomeUnknown), ("find", BadReply)])
def test_a_failure_that_nobody_foresaw_is_an_answer_that_cannot_be_read(
    call: str, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    ferry, guard, _ = guarded()
    guard.hold(request("k"))

    def broken(_key: str) -> None:
        raise TypeError("unhashable type: 'list'")

    monkeypatch.setattr(ferry, call, broken)

    with pytest.raises(kind, match="cannot be read: TypeError"):
        getattr(guard, call)("k")
