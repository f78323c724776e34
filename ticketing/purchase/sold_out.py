"""Say no to an order of a full sailing before anything is written: a look at our own places, and a no that is kept for a second.

Of two thousand who want a hundred places nineteen hundred get a no. It must cost next to nothing, or those wait longest
who get nothing.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from operators.errors import WORDS, OperatorError
from operators.port import Connector, Departure

_KEPT_SECONDS = 1.0
_MOST = 10_000


@dataclass(slots=True)
class Full:
    """The sailings of which an operator said within the last second that they have no place left.

    It is kept in each process alone; a place that this process gives back ends it at once.
    """

    seconds: Callable[[], float] = time.monotonic
    _until: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, sailing: str | None) -> None:
        """Keep an operator's no."""
        with self._lock:
            if len(self._until) >= _MOST:
                self._until.clear()
            if sailing:
                self._until[sailing] = self.seconds() + _KEPT_SECONDS

    def forget(self, sailing: str | None) -> None:
        """Ask again from now on: a place came back."""
        with self._lock:
            self._until.pop(sailing or "", None)

    def holds(self, sailing: str) -> bool:
        """Tell whether nobody need ask."""
        return self._until.get(sailing, 0.0) > self.seconds()


@dataclass(frozen=True, slots=True)
class Asked:
    """Places of one kind that an order wants on one sailing."""

    operator: str
    sailing: str
    kind: str
    departure: Departure


def refusal(full: Full, wanted: Counter[Asked], connectors: Mapping[str, Connector]) -> str | None:
    """The words of a no, None where an order may be tried; operators' own systems are not asked."""
    for asked in wanted:
        if full.holds(asked.sailing):
            return _words(asked)
    for asked, count in wanted.items():
        left = _left(connectors[asked.operator], asked)
        if left is not None and left < count:
            if left == 0:
                full.note(asked.sailing)
            return _words(asked)
    return None


def _left(connector: Connector, asked: Asked) -> int | None:
    """The places left where they are counted in our own database; None where they are not, or cannot be told."""
    if not connector.capabilities.counted_here:
        return None
    try:
        told = connector.availability((asked.departure,))
    except OperatorError:
        return None
    return next((one.free.get(asked.kind) for one in told), None)


def _words(asked: Asked) -> str:
    return f"{asked.operator} has no place: {WORDS['sold_out']}; nothing was booked"
