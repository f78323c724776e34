"""The guard around a connector: bulkhead, circuit breaker, patient repetition and figures, the same for every protocol.

A slow operator may fill its own bulkhead, never the service. What was surely not executed is repeated with
jitter; what may have been is repeated once, because the connector then asks the operator by our key first.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import stamina
import structlog

from operators.breaker import Breaker, BreakerState, Trip
from operators.errors import BadReply, NotSupported, OperatorError, OutcomeUnknown, Unavailable
from operators.figures import Figures, Outcome, Slot, outcome_of
from operators.gtfs.timetable import Stop
from operators.port import (
    Availability,
    Booking,
    Cancellation,
    Capabilities,
    Connector,
    Departure,
    Disruptions,
    Hold,
    HoldRequest,
    OfferRequest,
    Offers,
    RefundOffer,
    Release,
    Standing,
    TimetableVersion,
)

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)
_CALLS = (
    "timetable",
    "availability",
    "offers",
    "hold",
    "confirm",
    "release",
    "refund_offer",
    "cancel",
    "find",
    "disruptions",
)

_CHANGES = ("hold", "confirm", "release", "cancel")
_LONGEST_DETAIL = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The patience with a call: its tries and its time; `parallel` calls of one operator run at once."""

    attempts: int = 3
    budget_seconds: float = 20.0
    wait_initial: float = 0.1
    wait_max: float = 2.0
    wait_jitter: float = 0.3
    parallel: int = 8
    queue_seconds: float = 0.5
    trip: Trip = field(default_factory=Trip)


class Guarded:
    """A connector that may be asked by many at once and misbehave as it likes."""

    def __init__(
        self,
        region: str,
        inner: Connector,
        now: Callable[[], datetime],
        figures: Figures,
        *,
        patience: Patience | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.inner = inner
        self._region, self._now, self._figures = region, now, figures
        self._patience = patience or Patience()
        self._monotonic = monotonic
        self.alarms: tuple[str, ...] = ()
        self._places = threading.BoundedSemaphore(self._patience.parallel)
        self._breakers = {call: Breaker(self._patience.trip, monotonic) for call in _CALLS}

    @property
    def operator(self) -> str:
        """The operator's id."""
        return self.inner.operator

    @property
    def capabilities(self) -> Capabilities:
        """The calls that are possible."""
        return self.inner.capabilities

    @property
    def breakers(self) -> dict[str, BreakerState]:
        """The calls whose breaker is not closed."""
        states = {call: breaker.state for call, breaker in self._breakers.items()}
        return {call: state for call, state in states.items() if state != "closed"}

    def timetable(self, known_version: str | None = None) -> TimetableVersion | None:
        """Return the timetable, as the port says."""
        return self._run("timetable", lambda: self.inner.timetable(known_version))

    def kept_timetable(self) -> TimetableVersion | None:
        """Return the timetable that is kept, as the port says."""
        return self.inner.kept_timetable()

    def places(self, text: str) -> Sequence[Stop]:
        """Find stops by their name, as the port says; answered from memory."""
        return self.inner.places(text)

    def availability(self, departures: Sequence[Departure]) -> Sequence[Availability]:
        """Ask for free places, as the port says."""
        return self._run("availability", lambda: self.inner.availability(departures))

    def offers(self, request: OfferRequest) -> Offers:
        """Ask for the operator's own offers, as the port says."""
        return self._run("offers", lambda: self.inner.offers(request))

    def hold(self, request: HoldRequest) -> Hold:
        """Hold a place, as the port says."""
        return self._run("hold", lambda: self.inner.hold(request))

    def confirm(self, key: str) -> Booking:
        """Confirm a hold, as the port says."""
        return self._run("confirm", lambda: self.inner.confirm(key))

    def release(self, key: str) -> Release:
        """Release a hold, as the port says."""
        return self._run("release", lambda: self.inner.release(key))

    def refund_offer(self, key: str) -> RefundOffer:
        """Ask for the refund of a cancellation, as the port says."""
        return self._run("refund_offer", lambda: self.inner.refund_offer(key))

    def cancel(self, key: str) -> Cancellation:
        """Cancel a booking, as the port says."""
        return self._run("cancel", lambda: self.inner.cancel(key))

    def find(self, key: str) -> Standing | None:
        """Find a booking by our key, as the port says."""
        return self._run("find", lambda: self.inner.find(key))

    def disruptions(self) -> Disruptions:
        """Ask for delays and cancellations, as the port says."""
        return self._run("disruptions", self.inner.disruptions)

    def tend(self) -> Sequence[str]:
        """Tend the connector, as the port says; its findings are remembered for whoever asks."""
        self.alarms = tuple(self.inner.tend())
        return self.alarms

    def _run(self, call: str, act: Callable[[], _T]) -> _T:
        patience, lost = self._patience, 0

        def again(error: Exception) -> bool | float:
            nonlocal lost
            if isinstance(error, OutcomeUnknown):
                lost += 1
                return lost == 1
            if isinstance(error, Unavailable) and not isinstance(error, _NotAsked):
                wait = error.retry_after_seconds
                # The caller makes a long pause, and does other work meanwhile.
                return True if wait is None else wait <= patience.wait_max and wait
            return False

        for attempt in stamina.retry_context(
            on=again,
            attempts=patience.attempts,
            timeout=patience.budget_seconds,
            wait_initial=patience.wait_initial,
            wait_max=patience.wait_max,
            wait_jitter=patience.wait_jitter,
        ):
            with attempt:
                return self._once(call, act)
        raise AssertionError("the last attempt raises or returns")

    def _once(self, call: str, act: Callable[[], _T]) -> _T:
        """One attempt inside the bulkhead, past the breaker, counted."""
        if not self._places.acquire(timeout=self._patience.queue_seconds):
            self._count(call, "not_asked", 0.0)
            raise _NotAsked(f"{self.operator} has {self._patience.parallel} calls under way already")
        try:
            breaker = self._breakers[call]
            if not breaker.admits():
                self._count(call, "not_asked", 0.0)
                raise _NotAsked(f"{self.operator} has failed too often; nobody asks it to {call} for a while")
            return self._watched(call, breaker, act)
        finally:
            self._places.release()

    def _watched(self, call: str, breaker: Breaker, act: Callable[[], _T]) -> _T:
        begun = self._monotonic()
        error: OperatorError | None = None
        try:
            return act()
        except OperatorError as failure:
            error = failure
            raise
        except Exception as failure:
            # An answer that nobody had foreseen must not make an order hang: it is an answer that cannot be read.
            _log.exception("a connector failed", operator=self.operator, call=call)
            kind = OutcomeUnknown if call in _CHANGES else BadReply
            error = kind(f"the answer cannot be read: {type(failure).__name__}: {failure}"[:_LONGEST_DETAIL])
            raise error from failure
        finally:
            outcome = outcome_of(error)
            if isinstance(error, Unavailable | OutcomeUnknown | BadReply):
                breaker.failed()
            else:
                breaker.succeeded()
            if not isinstance(error, NotSupported):
                self._count(call, outcome, self._monotonic() - begun)

    def _count(self, call: str, outcome: Outcome, seconds: float) -> None:
        hour = self._hour()
        self._figures.record(Slot(self._region, self.operator, call, hour), outcome, seconds)

    def _hour(self) -> datetime:
        return self._now().replace(minute=0, second=0, microsecond=0)


class _NotAsked(Unavailable):
    """The operator was not asked at all: trying again at once would ask nobody either."""
