"""The worker's jobs: each by its name, guarded, counted, with a growing pause after a failure; none ends the worker.

What fails inside a job is one of its items, and the others go on. Where the job itself fails, because the database
is away or the disk is full, it comes again after a pause, and the other jobs are tried all the same.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from ticketing import telemetry
from ticketing.db.trouble import trouble
from ticketing.errors import ThroughfareError

_log = structlog.get_logger(__name__)
_Item = TypeVar("_Item")

_FIRST_PAUSE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 300.0
# A database that was away is asked again soon: everything waits for it.
_LONGEST_PAUSE_WITHOUT_DATABASE_SECONDS = 10.0


@dataclass(slots=True)
class Tally:
    """The result of one round of a job: the number of items, and the failures that nobody had foreseen."""

    done: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Job:
    """One thing that the worker does in every round, and how it fares; `run` answers what was done.

    With `rest` it is left out of the rounds for so long after one that went well.
    """

    name: str
    run: Callable[[], Tally]
    rest: timedelta = timedelta(0)
    failures: int = 0
    failing: int = 0
    detail: str = ""
    ran_at: datetime | None = None
    succeeded_at: datetime | None = None
    not_before: float = 0.0

    def go(self, now: datetime, clock: Callable[[], float] = time.monotonic) -> None:
        """Run it if its pause is over; whatever goes wrong is logged and counted."""
        if clock() < self.not_before or self._rests(now):
            return
        self.ran_at = now
        began = time.monotonic()
        try:
            tally = self.run()
        except Exception as error:  # noqa: BLE001  the worker outlives every fault of a job
            self._failed(error, clock)
            telemetry.job(self.name, time.monotonic() - began, 0, 1)
            return
        telemetry.job(self.name, time.monotonic() - began, tally.done, len(tally.failures))
        self.failing = len(tally.failures)
        self.failures += len(tally.failures)
        self.detail = tally.failures[0] if tally.failures else ""
        self.not_before = 0.0
        self.succeeded_at = self.succeeded_at if tally.failures else now
        if tally.done:
            _log.info(self.name, done=tally.done)

    def _rests(self, now: datetime) -> bool:
        """Tell whether it has done its work a short while ago; a clock that was put back ends the rest."""
        done_at = self.succeeded_at
        return done_at is not None and not self.failing and done_at <= now < done_at + self.rest

    def _failed(self, error: Exception, clock: Callable[[], float]) -> None:
        self.failures += 1
        self.failing += 1
        away = trouble(error)
        self.detail = away or f"{type(error).__name__}: {error}"
        longest = _LONGEST_PAUSE_WITHOUT_DATABASE_SECONDS if away else _LONGEST_PAUSE_SECONDS
        pause = min(_FIRST_PAUSE_SECONDS * 2 ** min(self.failing - 1, 10), longest)
        self.not_before = clock() + pause
        if away:
            _log.warning("job waits", job=self.name, reason=away, again_in_seconds=pause)
        else:
            _log.error("job failed", job=self.name, again_in_seconds=pause, exc_info=error)


@dataclass(slots=True)
class Items:
    """The items of a job: one that fails without a reason that we know rests for a growing time, the others go on."""

    kind: str
    _resting: dict[str, tuple[int, float]] = field(default_factory=dict)
    _before: set[str] = field(default_factory=set)

    def each(
        self,
        items: Iterable[_Item],
        act: Callable[[_Item], object],
        name: Callable[[_Item], str] = str,
        clock: Callable[[], float] = time.monotonic,
    ) -> Tally:
        """Act on each item; a database that is away ends the round, for it concerns them all.

        An item that the round before has acted on and that is here again waits for somebody else: it is not counted anew.
        """
        tally, seen, done = Tally(), set(), set()
        for item in items:
            key = name(item)
            seen.add(key)
            failed, not_before = self._resting.get(key, (0, 0.0))
            if clock() < not_before:
                continue
            try:
                with telemetry.task(self.kind, key):
                    act(item)
            except ThroughfareError as error:
                _log.warning("waits", kind=self.kind, item=key, reason=error.detail)
            except Exception as error:
                if trouble(error):
                    raise
                pause = min(_FIRST_PAUSE_SECONDS * 2 ** min(failed, 10), _LONGEST_PAUSE_SECONDS)
                self._resting[key] = (failed + 1, clock() + pause)
                tally.failures.append(f"{self.kind} {key}: {type(error).__name__}: {error}")
                _log.error("failed", kind=self.kind, item=key, again_in_seconds=pause, exc_info=error)
                continue
            self._resting.pop(key, None)
            done.add(key)
        tally.done = len(done - self._before)
        self._before = done
        self._resting = {key: rest for key, rest in self._resting.items() if key in seen}
        return tally


class Aside:
    """Work that runs in a thread of its own beside the rounds; a round takes up what has come of it. With `wait` it is awaited."""

    def __init__(self, work: Callable[[], Tally], *, wait: bool) -> None:
        self._work, self._wait = work, wait
        self._thread: threading.Thread | None = None
        self._results: queue.SimpleQueue[Tally | Exception] = queue.SimpleQueue()

    def run(self) -> Tally:
        """Begin the work unless it is under way, and answer what has been done since; raises what it raised."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._go, name="aside", daemon=True)
            self._thread.start()
        if self._wait:
            self._thread.join()
        done = Tally()
        while not self._results.empty():
            result = self._results.get_nowait()
            if isinstance(result, Exception):
                raise result
            done.done += result.done
            done.failures += result.failures
        return done

    def _go(self) -> None:
        try:
            self._results.put(self._work())
        except Exception as error:  # noqa: BLE001  it is raised in the round that takes it up
            self._results.put(error)
