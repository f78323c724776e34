"""Find the places where the operators of a region meet, and the rides that an agreement speaks of. Pure."""

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any

from operators.gtfs.timetable import Pattern, Stop, Timetable
from operators.region import RegionData
from tariffs.agreements import sets_no_price
from tariffs.findings import Finding

_EARTH_M = 6_371_000
_METRES_A_DEGREE = 111_195
_ASIDE = 4  # enough up to 75 degrees north
_CHANGE_SECONDS = 300
_AGREEMENTS = "agreements.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One operator's part of a wanted way; an empty field matches anything."""

    operator: str
    network: str | None = None
    from_area: str | None = None
    to_area: str | None = None
    mode: str | None = None
    stops: frozenset[str] = frozenset()
    turn: bool = False


@dataclass(slots=True)
class Meetings:
    """A region's timetables, as the search for ways reads them."""

    region: RegionData
    areas: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    networks: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    near: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    cells: dict[str, dict[tuple[int, int], list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for operator, texts in self.region.feed_texts.items():
            self.areas[operator] = _grouped(texts.get("stop_areas.txt", ""), "stop_id", "area_id")
            self.networks[operator] = _grouped(texts.get("route_networks.txt", ""), "route_id", "network_id")

    def timetable(self, operator: str) -> Timetable:
        """The timetable of an operator."""
        return self.region.timetables[operator]

    def metres(self, one: tuple[str, str], other: tuple[str, str]) -> float:
        """Metres between two stops, each an operator and a stop id."""
        here, there = (self.timetable(operator).stops[stop] for operator, stop in (one, other))
        return metres_between(here, there)

    def meeting_stops(self, before: str, after: str) -> list[tuple[str, str]]:
        """Stops of two operators between which people walk."""
        near = self.near.get((before, after))
        if near is None:
            reach = self.region.walking.max_m * 100 / self.region.walking.detour_percent
            around = (
                (one, other)
                for one in self._served(before)
                for other in self._around(after, self.timetable(before).stops[one], reach)
            )
            near = self.near[before, after] = [
                (one, other) for one, other in around if self.metres((before, one), (after, other)) <= reach
            ]
        return near

    def walk_seconds(self, one: tuple[str, str], other: tuple[str, str]) -> int:
        """Compute the time of a walk between two stops, with the time kept free at a change and at a terminal."""
        walking = self.region.walking
        seconds = self.metres(one, other) * walking.detour_percent / 100 / walking.speed_m_per_s
        leaving, boarding = (
            self.region.terminals.get(f"{operator}:{stop}") for operator, stop in (one, other)
        )
        kept = (leaving.exit_seconds if leaving else 0) + (boarding.check_in_seconds if boarding else 0)
        return round(seconds) + self.region.interchange_seconds + _CHANGE_SECONDS + kept

    def _around(self, operator: str, stop: Stop, reach: float) -> Iterator[str]:
        """The stops of an operator in the same cell of a grid or in one beside it; a cell is as wide as the reach."""
        size = max(reach, 1) / _METRES_A_DEGREE
        cells = self.cells.get(operator)
        if cells is None:
            cells = self.cells[operator] = {}
            for served in self._served(operator):
                cells.setdefault(_cell(self.timetable(operator).stops[served], size), []).append(served)
        row, column = _cell(stop, size)
        for step in range(-1, 2):
            # A degree of longitude is shorter than one of latitude: as many more cells lie within reach.
            for aside in range(-_ASIDE, _ASIDE + 1):
                yield from cells.get((row + step, column + aside), ())

    def _served(self, operator: str) -> list[str]:
        return sorted({stop for pattern in self.timetable(operator).patterns for stop in pattern.stops})


def metres_between(here: Stop, there: Stop) -> float:
    """Metres between two stops as the crow flies, over distances that people walk."""
    lat, lon = math.radians(there.lat - here.lat), math.radians(there.lon - here.lon)
    lon *= math.cos(math.radians((here.lat + there.lat) / 2))
    return _EARTH_M * math.hypot(lat, lon)


def parts_of(document: Mapping[str, Any]) -> list[Part]:
    """The parts of an agreement's pattern; those of a time window are its parties, one after the other."""
    pattern = document.get("pattern") or [{"operator": party} for party in document.get("parties", [])]
    return [
        Part(
            operator=element["operator"],
            network=element.get("network"),
            from_area=element.get("from_area"),
            to_area=element.get("to_area"),
            mode=element.get("mode"),
            stops=frozenset(element.get("stops", ())),
            turn=bool(element.get("turn")),
        )
        for element in pattern
    ]


def _cell(stop: Stop, size: float) -> tuple[int, int]:
    return math.floor(stop.lat / size), math.floor(stop.lon / size)


def _grouped(text: str, key: str, value: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))):
        found.setdefault(row.get(key) or "", set()).add(row.get(value) or "")
    return found


def patterns(seen: Meetings, part: Part) -> Iterator[Pattern]:
    """The patterns whose line is of this part."""
    timetable, networks = seen.timetable(part.operator), seen.networks[part.operator]
    for pattern in timetable.patterns:
        if part.mode and timetable.routes[pattern.route].mode != part.mode:
            continue
        if part.network and networks and part.network not in networks.get(pattern.route, ()):
            continue
        yield pattern


def spans(seen: Meetings, part: Part, pattern: Pattern) -> Iterator[tuple[int, int]]:
    """The pairs of calls between which one may ride, and the part allows it."""
    areas = seen.areas[part.operator]
    for i, start in enumerate(pattern.stops[:-1]):
        if not pattern.boards[i] or (part.from_area and part.from_area not in areas.get(start, ())):
            continue
        for j in range(i + 1, len(pattern.stops)):
            end = pattern.stops[j]
            if not pattern.alights[j] or (part.to_area and part.to_area not in areas.get(end, ())):
                continue
            if not part.stops or {start, end} <= part.stops:
                yield i, j


def unusable_agreements(region: RegionData) -> Iterator[Finding]:
    """Agreements that no ride and no change of the region can ever fit, each with its row and the reason.

    They are warnings: nothing wrong is sold, and a newer feed of one operator must not stop the service because it
    no longer meets another.
    """
    seen = Meetings(region)
    documents = region.agreements if isinstance(region.agreements, list) else []
    for row, document in enumerate(documents, 1):
        is_priced = isinstance(document, dict) and not sets_no_price(document)
        why = _why_unusable(seen, document) if is_priced else None
        if why:
            yield Finding(
                file=_AGREEMENTS,
                row=row,
                field="pattern",
                code="unusable",
                message=f"nobody can use it: {why}",
                severity="warning",
            )


def _why_unusable(seen: Meetings, document: Mapping[str, Any]) -> str | None:
    parts = parts_of(document)
    if any(part.operator not in seen.region.timetables for part in parts):
        return None  # a fault of its own
    for part in parts:
        if not part.turn and not _has_ride(seen, part):
            return f"{part.operator} has no ride that fits its part of the pattern"
    if document.get("kind") == "highest_fare_window":
        return _why_no_pair_meets(seen, parts)
    for before, after in pairwise(parts):
        if not _meet(seen, before, after):
            return f"no stop of {before.operator} is within a walk of one where {after.operator} goes on"
    return None


def _has_ride(seen: Meetings, part: Part) -> bool:
    return next(iter(_ends(seen, part, last=False)), None) is not None


def _meet(seen: Meetings, before: Part, after: Part) -> bool:
    if before.operator == after.operator:
        return True
    ends, starts = _ends(seen, before, last=True), _ends(seen, after, last=False)
    return any(
        one in ends and other in starts for one, other in seen.meeting_stops(before.operator, after.operator)
    )


def _why_no_pair_meets(seen: Meetings, parts: list[Part]) -> str | None:
    pairs = [(one, other) for one, other in product(parts, repeat=2) if one != other]
    return None if any(_meet(seen, *pair) for pair in pairs) else "no two of its parties meet"


def _ends(seen: Meetings, part: Part, *, last: bool) -> set[str]:
    """The stops where rides of a part end (`last`) or begin."""
    return {
        pattern.stops[span[last]] for pattern in patterns(seen, part) for span in spans(seen, part, pattern)
    }
