"""Stores that live in memory: for tests, simulators and the command line; the service keeps its own in the database."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from operators.inventory import Reservation, Sailing
from operators.journal import Entry, Stale


class MemorySailings:
    """Reservations in memory; one lock for all sailings."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._kept: dict[tuple[str, str], Reservation] = {}

    @contextmanager
    def opened(self, sailing: Sailing) -> Iterator["_OpenInMemory"]:
        """Lock; what was put is lost when the block raises."""
        with self._lock:
            draft = _OpenInMemory(sailing, dict(self._kept))
            yield draft
            self._kept = draft.kept

    def find(self, operator: str, key: str) -> Reservation | None:
        """The reservation under a key."""
        with self._lock:
            return self._kept.get((operator, key))

    def taken(self, sailing: Sailing, now: datetime) -> Mapping[str, int]:
        """The places taken now."""
        with self._lock:
            return _OpenInMemory(sailing, self._kept).taken(now)

    def sold(self, operator: str, since: date) -> Sequence[Reservation]:
        """Every reservation that is or was confirmed."""
        with self._lock:
            return [
                one
                for (owner, _), one in sorted(self._kept.items())
                if owner == operator
                and one.state in {"confirmed", "cancelled"}
                and one.sailing.service_date >= since
            ]

    def all(self) -> list[Reservation]:
        """Return all entries, for inspection."""
        with self._lock:
            return list(self._kept.values())


class _OpenInMemory:
    def __init__(self, sailing: Sailing, kept: dict[tuple[str, str], Reservation]) -> None:
        self._sailing = sailing
        self.kept = kept

    def taken(self, now: datetime) -> Mapping[str, int]:
        taken: Counter[str] = Counter()
        for one in self.kept.values():
            if one.sailing == self._sailing and one.takes_places(now):
                taken.update(one.places)
        return taken

    def find(self, key: str) -> Reservation | None:
        return self.kept.get((self._sailing.operator, key))

    def put(self, reservation: Reservation) -> None:
        self.kept[reservation.sailing.operator, reservation.key] = reservation


class MemoryJournal:
    """A journal in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], Entry] = {}

    def find(self, operator: str, key: str) -> Entry | None:
        """The entry under a key."""
        with self._lock:
            return self._kept.get((operator, key))

    def put(self, entry: Entry) -> Entry:
        """Write an entry if nobody wrote in between; raises Stale."""
        with self._lock:
            known = self._kept.get((entry.operator, entry.key))
            if (known.version if known else 0) != entry.version:
                raise Stale(entry.key)
            written = entry.next()
            self._kept[entry.operator, entry.key] = written
            return written
