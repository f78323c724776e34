"""The regions as they were: a newer feed takes a region's place at once, and what was offered before still has its price."""

import threading
from datetime import datetime, timedelta

from ticketing.clock import Clock
from ticketing.regions.load import Region

# A search that began just before its region was replaced ends within this.
_SEARCH = timedelta(minutes=1)


class EarlierRegions:
    """Keeps each region that was replaced, and each that was made for an older tariff, until no offer of it holds any more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: list[tuple[datetime, Region]] = []
        self._lock = threading.Lock()

    def keep_replaced(self, region: Region) -> None:
        """Keep a region that makes no offers from now on, for as long as its last ones hold."""
        life = max(timedelta(minutes=region.data.offer_minutes), _SEARCH)
        self.keep(region, self._clock.now() + life + _SEARCH)

    def keep(self, region: Region, until: datetime) -> None:
        """Keep a region until a moment."""
        with self._lock:
            self._kept = [(until, region), *self._needed()]

    def of_version(self, name: str, version: str) -> list[Region]:
        """The kept regions of a name whose tariff is of a version, the newest first."""
        with self._lock:
            self._kept = self._needed()
            return [one for _, one in self._kept if (one.data.id, one.book.version) == (name, version)]

    def _needed(self) -> list[tuple[datetime, Region]]:
        now = self._clock.now()
        return [(until, one) for until, one in self._kept if until > now]
