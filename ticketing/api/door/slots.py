"""The orders that one process has in its hands, and the few who stand at its door until a hand is free."""

import bisect
import threading
from dataclasses import dataclass, field


@dataclass(slots=True, order=True)
class _Standing:
    rank: int
    is_in: bool = field(default=False, compare=False)
    is_out: bool = field(default=False, compare=False)


class Slots:
    """At most `most` are in; at most `seats` stand and wait, in the order of their rank."""

    def __init__(self, most: int, seats: int) -> None:
        self.most, self.seats = most, seats
        self._in = 0
        self._standing: list[_Standing] = []
        self._changed = threading.Condition()

    def enter(self, rank: int, patience_seconds: float) -> bool:
        """Come in, at once or after standing; False where there is no room, or a lower rank took the last seat."""
        with self._changed:
            if self._in < self.most and not self._standing:
                self._in += 1
                return True
            if patience_seconds <= 0 or not self._makes_room(rank):
                return False
            mine = _Standing(rank)
            bisect.insort(self._standing, mine)
            self._changed.wait_for(lambda: mine.is_in or mine.is_out, patience_seconds)
            if not mine.is_in and not mine.is_out:
                self._forget(mine)
            return mine.is_in

    def leave(self) -> None:
        """Go, and let the first of those who stand come in."""
        with self._changed:
            self._in -= 1
            if self._standing:
                first = self._standing.pop(0)
                first.is_in = True
                self._in += 1
                self._changed.notify_all()

    def _makes_room(self, rank: int) -> bool:
        if len(self._standing) < self.seats:
            return True
        if not self._standing or self._standing[-1].rank <= rank:
            return False
        self._standing.pop().is_out = True
        self._changed.notify_all()
        return True

    def _forget(self, mine: _Standing) -> None:
        self._standing = [one for one in self._standing if one is not mine]
