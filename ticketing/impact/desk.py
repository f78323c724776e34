"""Read what the map of a region shows: the newest published month, its corridors with the ways that stand for them, its changes."""

import csv
import io
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ticketing.errors import InvalidRequest, NotFound
from ticketing.impact.comparing import Pair
from ticketing.impact.figures import Changes, Corridor, corridors_of, published_flows
from ticketing.impact.ways import Way, morning, ways_of
from ticketing.publishing import Month as Calendar
from ticketing.publishing import PublishingDesk, get_file, journeys_by_corridor
from ticketing.regions import Region
from ticketing.search.service import Planner

# A month is published within weeks of its end.
_MONTHS_BACK = 6
# A way is searched for each corridor once a day: the largest ones are enough for a map.
MOST_CORRIDORS = 40
_CONNECTIONS = "connections"
_Key = tuple[str, str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactDesk:
    """The tools of the map: published numbers, and the search for the ways that stand for corridors, each kept for a day."""

    publishing: PublishingDesk
    planner: Planner
    _ways: dict[_Key, dict[Pair, Way | None]] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def region(self, name: str) -> Region:
        """Find a region; raises NotFound."""
        region = self.planner.regions.get(name)
        if region is None:
            raise NotFound(f"no region {name}")
        return region

    def ways(self, region: Region, flows: Mapping[Pair, int], *, waits: bool) -> dict[Pair, Way] | None:
        """Find the ways of the largest corridors. None where somebody else is searching them, and this caller does not wait."""
        largest = sorted(flows, key=lambda pair: (-flows[pair], pair))[:MOST_CORRIDORS]
        key = (region.data.id, region.book.version, morning(self.planner.clock.now(), region).date())
        if not self._lock.acquire(blocking=waits):
            return None
        try:
            for old in [one for one in self._ways if one[0] == key[0] and one != key]:
                del self._ways[old]
            known = self._ways.setdefault(key, {})
            missing = [pair for pair in largest if pair not in known]
            ways = ways_of(self.planner, region, missing)
            known.update({pair: ways.get(pair) for pair in missing})
            return {pair: way for pair in largest if (way := known[pair]) is not None}
        finally:
            self._lock.release()


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The published numbers of a month: flows by pair of zones, the corridors with their figures, changes between operators.

    No `name`: the region publishes nothing, or nothing yet. `withheld` counts the pairs of zones without a number. No `changes`: those
    of this month are not published. `is_busy`: the ways are being searched for somebody else, and the corridors have no figures yet.
    """

    name: str | None
    flows: Mapping[Pair, int] = field(default_factory=dict)
    corridors: tuple[Corridor, ...] = ()
    withheld: int = 0
    changes: tuple[Changes, ...] | None = None
    is_busy: bool = False


def read_month(
    desk: ImpactDesk, region_name: str, wanted: str | None = None, *, with_ways: bool = True
) -> Month:
    """Read the newest published month, or the one that is wanted; raises InvalidRequest for what is no month, NotFound for a stranger.

    `with_ways` searches the ways that stand for corridors, for their savings and emissions; nobody waits for another's search.
    """
    region = desk.region(region_name)
    if region.data.open_data is None:
        return Month(name=None)
    for name in [Calendar.read(wanted).name] if wanted else _last_months(desk):
        published = journeys_by_corridor(desk.publishing, region_name, name)
        if published is not None:
            flows = published_flows(published)
            ways = desk.ways(region, flows, waits=False) if with_ways else {}
            return Month(
                name=name,
                flows=flows,
                corridors=tuple(corridors_of(flows, ways or {}, region.data.currency)),
                withheld=sum(one.journeys is None for one in published),
                changes=_changes(desk, region_name, name),
                is_busy=ways is None,
            )
    if wanted:
        raise InvalidRequest.at("month", f"nothing of {wanted} is published")
    return Month(name=None)


def _last_months(desk: ImpactDesk) -> list[str]:
    months = [Calendar.of(desk.publishing.clock.now().date()).before]
    while len(months) < _MONTHS_BACK:
        months.append(months[-1].before)
    return [one.name for one in months]


def _changes(desk: ImpactDesk, region: str, month: str) -> tuple[Changes, ...] | None:
    """Read the changes between operators as they were published; pairs of which every number is withheld are left out."""
    try:
        file = get_file(desk.publishing, region, _CONNECTIONS, month, _CONNECTIONS)
    except NotFound:
        return None
    by_pair: dict[Pair, dict[str, int | None]] = {}
    for row in csv.DictReader(io.StringIO(file.content.decode(), newline="")):
        outcomes = by_pair.setdefault((row["from_operator"], row["to_operator"]), {})
        outcomes[row["outcome"]] = int(row["changes"]) if row["changes"] else None
    return tuple(
        Changes(
            before=pair[0],
            after=pair[1],
            kept=outcomes.get("kept"),
            missed=outcomes.get("missed"),
            not_known=outcomes.get("not_known"),
        )
        for pair, outcomes in by_pair.items()
        if any(outcomes.values())
    )
