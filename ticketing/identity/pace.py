"""Limit the pace of a caller, counted without a write for every call: in strides, which all processes share.

A process counts by itself and adds to the shared counter a stride at a time. What the others have counted is learnt then,
so of a limit at most one stride for each process is overlooked. A stride of a small limit is one call: it is counted and
compared in one statement, and nobody is overlooked.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from ticketing.identity.counters import Counters

WINDOW_SECONDS = 60
_STRIDES = 20
_MOST_CALLERS = 10_000


@dataclass(slots=True)
class _Count:
    pending: int = 0
    shared: int = 0
    ends_at: int = 0


@dataclass(slots=True)
class Pace:
    """The calls of this process, from all its threads; `now` in POSIX seconds."""

    _counts: OrderedDict[str, _Count] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_seconds(
        self,
        counters: Counters,
        bucket: str,
        most: int,
        now: int,
        window_seconds: int = WINDOW_SECONDS,
        *,
        calls: int = 1,
    ) -> int:
        """Count a call, or one that costs as much as several, against `most` in a window.

        Answers how long this caller has to wait, 0 for not at all.
        """
        with self._lock:
            count = self._count_of(bucket, now, window_seconds)
            if count.shared + count.pending >= most:
                return max(1, count.ends_at - now)
            count.pending += calls
            if count.pending * _STRIDES < most:
                return 0
            stride, count.pending = count.pending, 0
        shared, ends_at = counters.increase(bucket, stride, window_seconds, now)
        with self._lock:
            count.shared, count.ends_at = shared, ends_at
        return max(1, ends_at - now) if shared - stride >= most else 0

    def _count_of(self, bucket: str, now: int, window_seconds: int) -> _Count:
        count = self._counts.setdefault(bucket, _Count(ends_at=now + window_seconds))
        if not now < count.ends_at <= now + window_seconds:
            count.pending = count.shared = 0
            count.ends_at = now + window_seconds
        while len(self._counts) > _MOST_CALLERS:
            self._counts.popitem(last=False)
        return count
