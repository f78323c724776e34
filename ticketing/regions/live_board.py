"""The live board: what operators have told, read from the database by everybody who needs it.

The worker polls operators and writes (`polling.py`); no search and no sale asks anybody. A process keeps what it has
read until one of the versions changes, so a search costs one short query. A delay counts for as long as its operator's
last word holds; a cancellation holds until it is taken back, because silence does not make a ship sail.
"""

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import timedelta

from operators.guard import Guarded
from operators.port import AddedTrip, Alert, Disruption, Disruptions, Vehicle
from operators.region import RegionData
from tariffs.journey import Ride
from ticketing.clock import Clock
from ticketing.db import Database, Transaction
from ticketing.db.operators import run_states
from ticketing.db.operators.run_states import LiveFeed, RunKey, RunState
from ticketing.regions.load import Region
from ticketing.regions.run_news import (
    KeptRuns,
    News,
    added_in,
    alerts_in,
    disruption_of,
    key_of,
    news_of,
    vehicles_in,
)

__all__ = ["LiveBoard", "News", "Told", "news_of_rides"]

# A run of the day before yesterday may still be under way.
_DAYS_BACK = timedelta(days=2)
_Version = tuple[tuple[str, int, bool], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """The live data of a region's operators; `version` changes whenever anything of it does."""

    version: _Version = ()
    operators: Mapping[str, Disruptions] = field(default_factory=dict)

    @property
    def changes_anything(self) -> bool:
        """True where any run does not go as planned."""
        return any(one.items or one.added for one in self.operators.values())

    @property
    def cancelled(self) -> frozenset[RunKey]:
        """The runs that are cancelled."""
        items = ((operator, item) for operator, told in self.operators.items() for item in told.items)
        return frozenset(
            (operator, item.trip_id, item.service_date)
            for operator, item in items
            if item.cancelled and not item.replaced
        )


@dataclass(frozen=True, slots=True)
class _Kept:
    region: RegionData
    version: _Version
    items: Mapping[str, tuple[Disruption, ...]]
    documents: Mapping[str, tuple[tuple[Alert, ...], tuple[AddedTrip, ...]]]


@dataclass(frozen=True, slots=True)
class LiveBoard:
    """The live data as a process has read it; `regions` are its own, whose timetables say how late a run is."""

    database: Database
    clock: Clock
    regions: MutableMapping[str, Region]
    connectors: Mapping[str, Mapping[str, Guarded]]
    _kept: dict[str, _Kept] = field(default_factory=dict)
    _runs: KeptRuns = field(default_factory=KeptRuns)

    def told(self, region: str) -> Told:
        """Return the present live data of a region's operators."""
        now = self.clock.now()
        with self.database.read() as tx:
            feeds = [one for one in run_states.list_feeds(tx, region) if one.as_of is not None]
            fresh = {one.operator: self._is_fresh(region, one) for one in feeds}
            version = tuple((one.operator, one.version, fresh[one.operator]) for one in feeds)
            if not version:
                return Told()
            data = self.regions[region].data
            kept = self._kept.get(region)
            if kept is None or kept.version != version or kept.region is not data:
                since = (now - _DAYS_BACK).date()
                states = run_states.list_told(tx, region, list(fresh), since)
                documents = {one.operator: (alerts_in(one.document), added_in(one.document)) for one in feeds}
                items = self._items(data, states, fresh)
                kept = self._kept[region] = _Kept(data, version, items, documents)
            vehicles = run_states.find_vehicles(tx, region) if self._tells_vehicles(region) else {}
        operators = {
            one.operator: _told(
                one,
                kept.items.get(one.operator, ()),
                kept.documents[one.operator],
                vehicles_in(vehicles.get(one.operator, "[]")),
                fresh=fresh[one.operator],
            )
            for one in feeds
        }
        return Told(version, {name: states for name, states in operators.items() if states is not None})

    def troubles(self, region: str) -> dict[str, LiveFeed]:
        """The live data of a region's operators as a whole, by operator."""
        with self.database.read() as tx:
            return {one.operator: one for one in run_states.list_feeds(tx, region)}

    def _items(
        self, data: RegionData, states: Iterable[RunState], fresh: Mapping[str, bool]
    ) -> dict[str, tuple[Disruption, ...]]:
        by_operator: dict[str, list[Disruption]] = {}
        for state in states:
            runs = self._runs.of(data, state.operator)
            item = (
                disruption_of(state, runs)
                if runs and (state.cancelled or state.replaced or fresh[state.operator])
                else None
            )
            if item is not None:
                by_operator.setdefault(state.operator, []).append(item)
        return {operator: tuple(items) for operator, items in by_operator.items()}

    def _tells_vehicles(self, region: str) -> bool:
        return any(one.capabilities.vehicles for one in self.connectors.get(region, {}).values())

    def _is_fresh(self, region: str, feed: LiveFeed) -> bool:
        connector = self.connectors.get(region, {}).get(feed.operator)
        if connector is None or feed.as_of is None:
            return False
        age = self.clock.now() - feed.as_of
        return age <= timedelta(seconds=connector.capabilities.told_for_seconds)


def news_of_rides(tx: Transaction, data: RegionData, rides: Iterable[Ride]) -> dict[int, News]:
    """Read the news of the runs of some rides, by their place; a ride without news is left out."""
    wanted = dict(enumerate(rides))
    keys = {at: key_of(ride, data.timetables.get(ride.operator)) for at, ride in wanted.items()}
    known = run_states.find_runs(tx, data.id, set(keys.values()))
    return {at: news_of(wanted[at], known[key]) for at, key in keys.items() if key in known}


def _told(
    feed: LiveFeed,
    items: tuple[Disruption, ...],
    document: tuple[tuple[Alert, ...], tuple[AddedTrip, ...]],
    vehicles: tuple[Vehicle, ...],
    *,
    fresh: bool,
) -> Disruptions | None:
    """An operator's word; None where it is old and nothing of it lasts."""
    if feed.as_of is None or not (fresh or items):
        return None
    if not fresh:
        return Disruptions(as_of=feed.as_of, items=items)
    alerts, added = document
    return Disruptions(as_of=feed.as_of, items=items, alerts=alerts, added=added, vehicles=vehicles)
