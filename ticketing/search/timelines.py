"""The networks of the days that are asked for, made once and kept: as they were planned, and as they run now."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from operators.port import Connector
from operators.region import RegionData
from ticketing.clock import Clock
from ticketing.offers import OfferTokens
from ticketing.regions import LiveBoard, Region, Told, Watch
from ticketing.search import places
from ticketing.search.live import overlay
from ticketing.search.network import ORDINARY, Needs, Network, build, days_around
from ticketing.search.places import Place
from ticketing.search.planner import Timeline

_CACHED_DAYS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """The tools of search: the regions, and the networks of the days that were asked for, as they run now.

    It has no database: a search writes nothing, and hears of live data from the board.
    """

    clock: Clock
    regions: Mapping[str, Region]
    offers: OfferTokens
    watch: Watch | None = None
    board: LiveBoard | None = None
    sale_channel: str | None = None
    connectors: Mapping[str, Mapping[str, Connector]] = field(default_factory=dict)
    _networks: dict[tuple[Any, ...], tuple[RegionData, object, tuple[Timeline, ...]]] = field(
        default_factory=dict
    )
    _places: dict[str, tuple[RegionData, tuple[Place, ...]]] = field(default_factory=dict)
    _making: dict[tuple[Any, ...], threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def told(self, region: RegionData) -> Told:
        """The news of operators, as the worker wrote it down."""
        return self.board.told(region.id) if self.board else Told()

    def planned(self, region: RegionData, at: datetime, needs: Needs = ORDINARY) -> tuple[Timeline, ...]:
        """The networks around a day: all operators, then each cross-border operator without its rivals.

        They are made again when the region has a newer feed.
        """
        days = days_around(at, next(iter(region.timetables.values())).timezone)
        return self._kept((region.id, days, needs), region, 0, lambda: _networks(region, days, needs))

    def timelines(
        self, region: RegionData, at: datetime, needs: Needs = ORDINARY, live: Told | None = None
    ) -> tuple[Timeline, ...]:
        """The networks around a day as they run now: made anew over the same plan when delays have changed."""
        planned = self.planned(region, at, needs)
        live = self.told(region) if live is None else live
        if not live.changes_anything:
            return planned
        days = days_around(at, next(iter(region.timetables.values())).timezone)
        return self._kept(
            (region.id, days, needs, "live"),
            region,
            live.version,
            lambda: tuple(
                _timeline(overlay(region, timeline.forward, live.operators, needs)) for timeline in planned
            ),
        )

    def places(self, region: RegionData) -> tuple[Place, ...]:
        """The places of a region."""
        with self._lock:
            known = self._places.get(region.id)
            if known is None or known[0] is not region:
                known = self._places[region.id] = (region, places.index(region))
            return known[1]

    def _kept(
        self,
        key: tuple[Any, ...],
        region: RegionData,
        version: object,
        make: Callable[[], tuple[Timeline, ...]],
    ) -> tuple[Timeline, ...]:
        """Get what was made for this region and version, or make it now; the oldest gives way.

        Whoever asks for the same waits while it is made, whoever asks for anything else does not.
        """
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            known = self._networks.get(key)
            if known is None or known[0] is not region or known[1] != version:
                known = (region, version, make())
                with self._lock:
                    self._networks.pop(key, None)
                    while len(self._networks) >= _CACHED_DAYS:
                        oldest = next(iter(self._networks))
                        self._networks.pop(oldest)
                        self._making.pop(oldest, None)
                    self._networks[key] = known
            return known[2]


def _networks(region: RegionData, days: tuple[date, ...], needs: Needs) -> tuple[Timeline, ...]:
    crossing = sorted({start.split(":")[0] for start, _ in region.crossings})
    whole = build(region, days, frozenset(), needs)
    alone = [whole.leaving_out(frozenset(crossing) - {one}) for one in crossing if len(crossing) > 1]
    return tuple(map(_timeline, (whole, *alone)))


def _timeline(network: Network) -> Timeline:
    return Timeline(network, network.reversed())
