"""Divide a worker's threads between hosts, so that no receiver holds up the messages for another one.

A host has two messages in hand at most, four while it is quick, and rests once it has failed too often. Hosts that have not lately taken a message at
once share half of the threads: however many of them let us wait, the other half serves those that do not.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ticketing.db.notices.outbox import Notice
from ticketing.notices.channels import Delivery

THREADS = 8
# Our own server, and messages without an address.
OWN_HOST = ""
_OF_DOUBTFUL_HOST, _OF_QUICK_HOST = 2, 4
_OF_DOUBTFUL_HOSTS = THREADS // 2
# A host that takes longer is doubtful until it is quick again.
_QUICK_SECONDS = 3.0
# After so many failures in a row a host rests; one that was quick is believed for longer.
_PATIENCE, _PATIENCE_WITH_QUICK = 3, 8
# So many messages wait in memory for a doubtful host, and for all hosts before more are claimed.
_MOST_OF_DOUBTFUL_HOST, _FEW = 100, 16
_MOST_HOSTS_KNOWN = 10_000
# A push service that is slow once has taken so many in a few seconds.
_OWED_FOR_SLOW, _MOST_OWED = 64, 256


@dataclass(slots=True)
class Paces:
    """The hosts that take their messages at once, as this process has seen them.

    A host that lets us wait has to take many at once before it is quick again: one that is quick by turns would hold more
    threads with fewer messages than one that is always slow.
    """

    # The messages that a host still has to take at once until it is quick.
    _owed: dict[str, int] = field(default_factory=dict)

    def note(self, host: str, *, quick: bool) -> None:
        """Remember how a host took a message."""
        if host not in self._owed and len(self._owed) >= _MOST_HOSTS_KNOWN:
            self._owed.clear()
        owed = self._owed.get(host, 0)
        self._owed[host] = max(0, owed - 1) if quick else min(owed + _OWED_FOR_SLOW, _MOST_OWED)

    def is_quick(self, host: str) -> bool:
        """Tell whether a host may use every thread."""
        return host == OWN_HOST or self._owed.get(host) == 0


class Lanes:
    """Threads that send messages until a moment of `time.monotonic()`, or until sending one has raised `trouble`."""

    def __init__(self, paces: Paces, until: float) -> None:
        self.delivered = 0
        self.trouble: Exception | None = None
        self.resting: set[str] = set()
        self._paces, self._until = paces, until
        self._waiting: dict[str, deque[tuple[Notice, Callable[[Notice], Delivery]]]] = {}
        self._busy, self._failed = Counter[str](), Counter[str]()
        self._running = 0
        self._changed = threading.Condition()
        self._threads = ThreadPoolExecutor(THREADS)

    def take(self, host: str, notices: Iterable[Notice], send: Callable[[Notice], Delivery]) -> list[Notice]:
        """Let messages for a host wait for a thread; answers those that are too many for a doubtful host."""
        too_many = []
        with self._changed:
            # Those of a host that rests are taken out together (`left`).
            is_open = self._paces.is_quick(host) or host in self.resting
            queue = self._waiting.setdefault(host, deque())
            for notice in notices:
                # The push service of a browser has thousands in a storm, and takes them as fast as they come.
                if is_open or len(queue) < _MOST_OF_DOUBTFUL_HOST:
                    queue.append((notice, send))
                else:
                    too_many.append(notice)
            for _ in range(min(THREADS - self._running, len(queue))):
                self._running += 1
                self._threads.submit(self._lane)
        return too_many

    def await_room(self, seconds: float) -> None:
        """Wait until a thread is free or few messages wait, at most so long."""
        with self._changed:
            self._changed.wait_for(self._has_room, seconds)

    def await_idle(self, seconds: float) -> None:
        """Wait until nothing is sent any more, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running, seconds)

    @property
    def is_open(self) -> bool:
        """True while messages are sent."""
        return time.monotonic() < self._until and self.trouble is None

    @property
    def is_idle(self) -> bool:
        """True where nothing is sent and nothing waits."""
        with self._changed:
            return not self._running

    def left(self) -> list[Notice]:
        """Take out the messages of hosts that rest."""
        with self._changed:
            return [notice for host in self.resting for notice, _ in self._waiting.pop(host, ())]

    def close(self) -> list[Notice]:
        """Wait for those that are being sent; answers those that nobody has begun to send."""
        with self._changed:
            left = [notice for queue in self._waiting.values() for notice, _ in queue]
            self._waiting.clear()
        self._threads.shutdown()
        return left

    def _has_room(self) -> bool:
        return self._running < THREADS or sum(map(len, self._waiting.values())) <= _FEW

    def _lane(self) -> None:
        """Send one message after the other, for whichever host may be sent one."""
        with self._changed:
            host = self._choose()
            while host is not None:
                notice, send = self._waiting[host].popleft()
                self._busy[host] += 1
                self._changed.release()
                began = time.monotonic()
                try:
                    result = send(notice)
                except Exception as error:  # noqa: BLE001  it is raised by the round, which ends
                    self.trouble, result = error, Delivery("later")
                seconds = time.monotonic() - began
                self._changed.acquire()
                self._busy[host] -= 1
                self._judge(host, result, seconds)
                self._changed.notify_all()
                host = self._choose()
            self._running -= 1
            self._changed.notify_all()

    def _choose(self) -> str | None:
        """Choose the host that has waited longest of those that may be sent a message; it goes to the end of the line."""
        if not self.is_open:
            return None
        doubtful = sum(count for host, count in self._busy.items() if not self._paces.is_quick(host))
        for host, queue in self._waiting.items():
            if not queue or host in self.resting:
                continue
            is_quick = self._paces.is_quick(host)
            most = _OF_QUICK_HOST if is_quick else _OF_DOUBTFUL_HOST
            may_more = host == OWN_HOST or self._busy[host] < most
            if may_more and (is_quick or doubtful < _OF_DOUBTFUL_HOSTS):
                self._waiting[host] = self._waiting.pop(host)
                return host
        return None

    def _judge(self, host: str, result: Delivery, seconds: float) -> None:
        """Note how a host took a message."""
        self.delivered += result.outcome == "delivered"
        is_later = result.outcome == "later"
        if result.is_of_host:
            self._failed[host] = self._failed[host] + 1 if is_later else 0
        if not is_later or seconds >= _QUICK_SECONDS:
            self._paces.note(host, quick=seconds < _QUICK_SECONDS)
        patience = _PATIENCE_WITH_QUICK if self._paces.is_quick(host) else _PATIENCE
        if self._failed[host] >= patience:
            self.resting.add(host)
            self._paces.note(host, quick=False)
