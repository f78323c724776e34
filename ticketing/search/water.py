"""Water that nobody walks over: what the routes of ferries tell of it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from operators.distance import great_circle_m
from operators.region import RegionData

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Water:
    """The water that a region knows of: where its ferries cross from call to call.

    Nothing else is known of coasts and rivers, so it is an approximation: between two landings the water lies half
    way, and who is near one of them and goes to where the other is nearer would go over it. A bridge beside a ferry
    is told by the operator's own rule for the change (`transfers.txt`), a basin without a ferry is not seen.
    """

    links: tuple[tuple[Point, Point], ...]
    reach_m: int

    def is_between(self, start: Point, end: Point) -> bool:
        """Tell whether the straight line leads over water."""
        return any(
            (self._is_at(start, left, right) and self._is_at(end, right, left))
            or (self._is_at(start, right, left) and self._is_at(end, left, right))
            for left, right in self.links
        )

    def _is_at(self, place: Point, landing: Point, other: Point) -> bool:
        far = great_circle_m(place, landing)
        return far <= self.reach_m and far < great_circle_m(place, other)


def water_of(region: RegionData) -> Water:
    """The waters that ferries of the region cross; a crossing longer than two walks and another between them bars no walk."""
    longest = 3 * region.walking.max_m
    links = {link for link in _ferry_links(region) if great_circle_m(*link) <= longest}
    return Water(tuple(sorted(links)), region.walking.max_m)


def _ferry_links(region: RegionData) -> Iterator[tuple[Point, Point]]:
    for timetable in region.timetables.values():
        for pattern in timetable.patterns:
            if timetable.routes[pattern.route].mode == "ferry":
                calls = (timetable.stops[stop] for stop in pattern.stops)
                yield from pairwise((call.lat, call.lon) for call in calls)
