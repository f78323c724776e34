"""The watch: newer feeds, fetched beside the requests that need them, never in their way.

A search calls `tick`, which at most starts a thread and returns. A feed that is no better than the last good one
changes nothing. Live delays are the worker's to fetch (`polling.py`) and everybody's to read (`live_board.py`).
"""

import threading
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

import structlog

from operators.errors import OperatorError
from operators.guard import Guarded
from ticketing.clock import Clock
from ticketing.config import Settings
from ticketing.regions.connectors import Connectors
from ticketing.regions.earlier import EarlierRegions
from ticketing.regions.load import Region, check_region

_log = structlog.get_logger(__name__)
_FEED_PAUSE_SECONDS = 3600.0


@dataclass(slots=True, kw_only=True)
class Watch:
    """The known regions with their timetables. `regions` is what the whole service reads: a newer version is put into it whole."""

    settings: Settings
    clock: Clock
    regions: MutableMapping[str, Region]
    connectors: Connectors
    earlier: EarlierRegions
    version: int = 0
    _troubles: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _versions: dict[tuple[str, str], str] = field(default_factory=dict)
    _busy: threading.Lock = field(default_factory=threading.Lock)
    _feeds_at: float = float("-inf")

    def tick(self) -> None:
        """Start fetching in the background if it is time and nobody does so already."""
        due = time.monotonic() - self._feeds_at >= _FEED_PAUSE_SECONDS
        if self.settings.live_seconds and due and self._busy.acquire(blocking=False):
            threading.Thread(target=self._work, name="watch", daemon=True).start()

    def fetch_feeds(self) -> None:
        """Ask for newer feeds; a region is rebuilt beside the one in use and replaces it only without a fault."""
        for place, connector in self._all():
            try:
                connector.timetable(self._versions.get(place, "published"))
            except (OperatorError, OSError) as error:
                self._trouble(place, "feed", str(error))
            else:
                self._trouble(place, "feed", None)
        self.adopt()

    def troubles(self, region: str, operator: str) -> list[str]:
        """List the parts of an operator that could not be fetched last time: `feed`."""
        return sorted(self._troubles.get((region, operator), set()))

    def adopt(self) -> None:
        """Put the last good feeds to use, those of an earlier run too."""
        for region in list(self.regions):
            fetched: dict[str, Mapping[str, str]] = {}
            versions: dict[tuple[str, str], str] = {}
            for (of_region, operator), connector in self._all():
                good = connector.kept_timetable() if of_region == region else None
                if good:
                    fetched[operator], versions[region, operator] = good.files, good.version
            if any(self._versions.get(place) != version for place, version in versions.items()):
                self._rebuild(region, fetched, versions)

    def _rebuild(
        self, name: str, fetched: Mapping[str, Mapping[str, str]], versions: Mapping[tuple[str, str], str]
    ) -> None:
        region, findings = check_region(self.settings.regions_folder / name, fetched)
        self._versions.update(versions)  # also where it is refused: the same feed is not tried again
        if region is None:
            _log.error("region not refreshed", region=name, faults=len(findings), first=findings[0].message)
            return
        self.earlier.keep_replaced(self.regions[name])
        self.regions[name] = region
        self.version += 1
        _log.info("region refreshed", region=name, operators=sorted(fetched), tariff=region.book.version)

    def _trouble(self, place: tuple[str, str], what: str, reason: str | None) -> None:
        """Remember whether something could be fetched, and tell it once in the log."""
        known = self._troubles.setdefault(place, set())
        if reason is None:
            known.discard(what)
        else:
            if what not in known:
                _log.warning("not fetched", region=place[0], operator=place[1], what=what, reason=reason)
            known.add(what)

    def _work(self) -> None:
        try:
            self._feeds_at = time.monotonic()
            self.fetch_feeds()
        except Exception:  # noqa: BLE001  a thread of its own: nobody else would hear of it
            _log.exception("the watch failed")
        finally:
            self._busy.release()

    def _all(self) -> list[tuple[tuple[str, str], Guarded]]:
        return [
            ((region, operator), connector)
            for region, operators in self.connectors.regions.items()
            for operator, connector in operators.items()
        ]
