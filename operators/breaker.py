"""A circuit breaker: after too many failures in a short time nobody is asked for a while, then one probe is let through."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

BreakerState = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class Trip:
    """Open after so many failures within a time, for a time."""

    failures: int = 5
    within_seconds: float = 30.0
    open_seconds: float = 30.0


class Breaker:
    """One call of one operator. `monotonic` is seconds that only grow."""

    def __init__(self, trip: Trip, monotonic: Callable[[], float]) -> None:
        self._trip, self._monotonic = trip, monotonic
        self._lock = threading.Lock()
        self._failures: deque[float] = deque(maxlen=trip.failures)
        self._opened_at: float | None = None
        self._probing = False

    def admits(self) -> bool:
        """Tell whether a call may be made now; a half-open breaker admits one until its result is told."""
        with self._lock:
            state = self._state()
            if state == "half_open" and not self._probing:
                self._probing = True
                return True
            return state == "closed"

    def succeeded(self) -> None:
        """The operator answered, whatever it said."""
        with self._lock:
            self._failures.clear()
            self._opened_at, self._probing = None, False

    def failed(self) -> None:
        """The operator was away, or its answer was lost or unreadable."""
        with self._lock:
            now = self._monotonic()
            self._failures.append(now)
            recent = len(self._failures) == self._trip.failures and (
                now - self._failures[0] <= self._trip.within_seconds
            )
            if self._probing or (recent and self._opened_at is None):
                self._opened_at, self._probing = now, False

    @property
    def state(self) -> BreakerState:
        """The breaker's answer to the next call."""
        with self._lock:
            return self._state()

    def _state(self) -> BreakerState:
        if self._opened_at is None:
            return "closed"
        waited = self._monotonic() - self._opened_at >= self._trip.open_seconds
        return "half_open" if waited else "open"
