"""The watch: newer feeds, fetched beside the requests that need them, never in their way.

A search calls `tick`, which at most starts a thread and returns. A feed that is no better than the last good one
changes nothing. Live delays are the worker's to fetch (`polling.py`) and everybody's to read (`live_board.py`).
"""

import threading
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from operators.errors import OperatorError
from operators.guard import Guarded
from ticketing.clock import Clock
from ticketing.config import Settings
from ticketing.regions.cache import kept_region
from ticketing.regions.connectors import Connectors
from ticketing.regions.earlier import EarlierRegions
from ticketing.regions.load import Region
from ticketing.regions.reload import asked, digest, needs_restart

_log = structlog.get_logger(__name__)
_FEED_PAUSE_SECONDS = 3600.0
_BEGAN = time.time()
# Between two looks for a mark: a few files are asked whether they are there.
_MARK_PAUSE_SECONDS = 5.0


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
    _marks: dict[str, str] = field(default_factory=dict)
    _marks_at: float = float("-inf")

    def __post_init__(self) -> None:
        """Take marks from before this process began as done: it has loaded what they name."""
        self._marks = {name: asked(self._folder(name), before=_BEGAN) for name in self.regions}

    def tick(self) -> None:
        """Start fetching and reloading in the background if it is time and nobody does so already."""
        now = time.monotonic()
        fetches = bool(self.settings.live_seconds) and now - self._feeds_at >= _FEED_PAUSE_SECONDS
        reloads = now - self._marks_at >= _MARK_PAUSE_SECONDS and self._is_asked()
        if (fetches or reloads) and self._busy.acquire(blocking=False):
            threading.Thread(target=self._work, args=(fetches,), name="watch", daemon=True).start()

    def _is_asked(self) -> bool:
        self._marks_at = time.monotonic()
        return any(asked(self._folder(name)) != mark for name, mark in self._marks.items())

    def reload(self) -> None:
        """Load the folders that were asked for; one with a fault, or that asks for a restart, changes nothing."""
        for name, mark in list(self._marks.items()):
            wanted = asked(self._folder(name))
            if wanted and wanted != mark:
                self._marks[name] = wanted
                if digest(self._folder(name)) == wanted:
                    self._reload(name)
                else:
                    _log.error("region not reloaded", region=name, reason="changed since it was checked")

    def _reload(self, name: str) -> None:
        good = {
            place[1]: kept
            for place, connector in self._all()
            if place[0] == name and (kept := connector.kept_timetable())
        }
        region, findings = kept_region(
            self._folder(name),
            self.settings.cache_folder,
            {operator: kept.files for operator, kept in good.items()},
        )
        if region is None:
            _log.error("region not reloaded", region=name, faults=len(findings), first=findings[0].message)
            return
        changed = list(needs_restart(self.regions[name].data, region.data))
        if changed:
            _log.error("region not reloaded", region=name, reason="needs a restart", changed=changed)
            return
        self._put(name, region)
        _log.info("region reloaded", region=name, tariff=region.book.version)

    def _put(self, name: str, region: Region) -> None:
        self.earlier.keep_replaced(self.regions[name])
        self.regions[name] = region
        self.version += 1

    def _folder(self, name: str) -> Path:
        return self.settings.regions_folder / name

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
        region, findings = kept_region(self._folder(name), self.settings.cache_folder, fetched)
        self._versions.update(versions)  # also where it is refused: the same feed is not tried again
        if region is None:
            _log.error("region not refreshed", region=name, faults=len(findings), first=findings[0].message)
            return
        self._put(name, region)
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

    def _work(self, fetches: bool) -> None:
        try:
            self.reload()
            if fetches:
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
