"""How often a gate may call, counted without a write for every call: in strides, which all processes share.

A process counts by itself and adds to the shared counter a stride at a time. What the others have counted is learnt then,
so of a limit at most one stride for each process is overlooked.
"""

from collections import OrderedDict
from dataclasses import dataclass

from ticketing.identity.counters import Counters

WINDOW_SECONDS = 60
_STRIDES = 20
_MOST_CALLERS = 10_000


@dataclass(slots=True)
class _Count:
    pending: int = 0
    shared: int = 0
    ends_at: int = 0


class Pace:
    """The calls of this process; `now` in POSIX seconds."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def wait_seconds(self, counters: Counters, bucket: str, most: int, now: int) -> int:
        """Count a call against `most` a minute; how long this caller has to wait, 0 for not at all."""
        count = self._counts.setdefault(bucket, _Count(ends_at=now + WINDOW_SECONDS))
        if not now < count.ends_at <= now + WINDOW_SECONDS:
            count.pending = count.shared = 0
            count.ends_at = now + WINDOW_SECONDS
        if count.shared + count.pending >= most:
            return max(1, count.ends_at - now)
        count.pending += 1
        if count.pending * _STRIDES >= most:
            stride, count.pending = count.pending, 0
            count.shared = counters.increase(bucket, stride, WINDOW_SECONDS, now)
            count.ends_at = counters.read(bucket, now)[1]
        while len(self._counts) > _MOST_CALLERS:
            self._counts.popitem(last=False)
        return 0
