"""Watch the commits that have been sent and not answered: a synchronous standby that stalls lets them wait without end."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_PROBES_EVERY_SECONDS = 5.0


@dataclass(slots=True)
class Commits:
    """The commits of this process that are under way, each with the moment when it was sent."""

    seconds: Callable[[], float] = time.monotonic
    _sent: dict[int, float] = field(default_factory=dict)
    _newest_answered: float = float("-inf")
    _probed_at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def sent(self) -> Iterator[None]:
        """Note that this thread sends a commit now, and what becomes of it."""
        thread, now = threading.get_ident(), self.seconds()
        with self._lock:
            self._sent[thread] = now
        is_done = False
        try:
            yield
            is_done = True
        finally:
            with self._lock:
                del self._sent[thread]
                if is_done:
                    self._newest_answered = max(self._newest_answered, now)

    def waits_seconds(self) -> float:
        """The time for which the oldest commit waits, 0 where none does; one is left out once a later one was answered."""
        with self._lock:
            return self._waits()

    def refuses(self, limit_seconds: float) -> bool:
        """Tell whether nothing more should be written, as a commit waits for longer; now and then one may try."""
        with self._lock:
            now, waits = self.seconds(), self._waits()
            if waits <= limit_seconds:
                return False
            opened = now - waits + limit_seconds
            is_tried = any(sent > opened for sent in self._sent.values())
            if is_tried or now - max(self._probed_at, opened) < _PROBES_EVERY_SECONDS:
                return True
            self._probed_at = now
            return False

    def _waits(self) -> float:
        waiting = [sent for sent in self._sent.values() if sent > self._newest_answered]
        return self.seconds() - min(waiting) if waiting else 0.0
