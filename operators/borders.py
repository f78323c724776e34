"""Tell the state of a place, and how far a line runs in each, by the borders of Natural Earth: to begin a region, not to tax it.

The borders are those of 1:10,000,000: a place within two kilometres of one may be on its other side.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path

from operators.distance import great_circle_m

FILE = Path(__file__).with_name("borders.json")
# The accuracy of the source, and how far a pier or an island that it does not have may lie off a coast.
DOUBT_M, _OFF_COAST_M = 2_000, 25_000
_METRES_A_DEGREE = 111_195
_STEP_M = 200
_ROWS_A_DEGREE = 20
_MOST_STEPS = 2_000

Place = tuple[float, float]
_Side = tuple[Place, Place]
_Ring = list[Place]


@dataclass(frozen=True, slots=True)
class _State:
    """A state's sides, by each row of latitudes that they reach; places are (longitude, latitude)."""

    name: str
    rows: Mapping[int, Sequence[_Side]]

    def around(self, lat: float, degrees: float) -> Iterator[_Side]:
        """Yield the sides that may lie within some degrees of a latitude, one of several rows more than once."""
        for row in range(_row(lat - degrees), _row(lat + degrees) + 1):
            yield from self.rows.get(row, ())

    def holds(self, lon: float, lat: float) -> bool:
        """Cast a ray to the east: a place is inside where it crosses the sides an odd number of times."""
        crossed = 0
        for (x1, y1), (x2, y2) in self.around(lat, 0):
            if (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) * (x2 - x1) / (y2 - y1):
                crossed += 1
        return crossed % 2 == 1

    def is_within(self, lat: float, lon: float, metres: float) -> bool:
        """Tell whether some side lies within a distance of a place."""
        return self.metres_to(lat, lon, metres) <= metres

    def metres_to(self, lat: float, lon: float, at_most: float) -> float:
        """The metres from a place to the nearest side, endless where none is that near."""
        across, reach = math.cos(math.radians(lat)), at_most / _METRES_A_DEGREE
        aside, nearest = reach / across, math.inf
        for (x1, y1), (x2, y2) in self.around(lat, reach):
            if min(x1, x2) - aside <= lon <= max(x1, x2) + aside:
                ends = ((x1 - lon) * across, y1 - lat), ((x2 - lon) * across, y2 - lat)
                nearest = min(nearest, _off(*ends))
        return nearest * _METRES_A_DEGREE


def state_at(lat: float, lon: float) -> str | None:
    """The state (ISO 3166 alpha-2) at a WGS 84 coordinate, off a coast the nearest one; None out of Europe and far at sea."""
    inside = next((state.name for state in _states() if state.holds(lon, lat)), None)
    if inside is not None:
        return inside
    near = [(state.metres_to(lat, lon, _OFF_COAST_M), state.name) for state in _states()]
    metres, name = min(near)
    return name if metres <= _OFF_COAST_M else None


def is_doubtful(lat: float, lon: float) -> bool:
    """Tell whether a place lies so near another state that the borders are not exact enough for it."""
    here = state_at(lat, lon)
    return any(state.name != here and state.is_within(lat, lon, DOUBT_M) for state in _states())


def metres_by_state(start: Place, end: Place) -> list[tuple[str, int]]:
    """The metres of a straight line over land in each state, in the order of travel; empty where a part of it is in none.

    Coordinates are (latitude, longitude).
    """
    whole = great_circle_m(start, end)
    steps = min(_MOST_STEPS, max(1, math.ceil(whole / _STEP_M)))
    met = [state_at(*_between(start, end, (at + 0.5) / steps)) for at in range(steps)]
    if None in met:
        return []
    runs: list[list[str]] = []
    for state in filter(None, met):
        if not runs or runs[-1][0] != state:
            runs.append([])
        runs[-1].append(state)
    ends = [0, *accumulate(len(run) for run in runs)]
    return [
        (run[0], round(whole * last / steps) - round(whole * first / steps))
        for run, (first, last) in zip(runs, pairwise(ends), strict=True)
    ]


def _between(start: Place, end: Place, share: float) -> Place:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _off(start: Place, end: Place) -> float:
    """The distance of a side from the origin."""
    along = end[0] - start[0], end[1] - start[1]
    length = along[0] ** 2 + along[1] ** 2
    share = 0.0 if length == 0 else -(start[0] * along[0] + start[1] * along[1]) / length
    near = _between(start, end, min(1.0, max(0.0, share)))
    return math.hypot(*near)


@cache
def _states() -> Sequence[_State]:
    document = json.loads(FILE.read_text(encoding="utf-8"))
    arcs = [list(_points(arc, document["scale"])) for arc in document["arcs"]]
    return [_State(name, _by_row(arcs, rings)) for name, rings in document["states"].items()]


def _by_row(arcs: Sequence[_Ring], rings: Iterable[Iterable[int]]) -> dict[int, list[_Side]]:
    rows: dict[int, list[_Side]] = {}
    for ring in rings:
        for side in pairwise(_ring(arcs, ring)):
            lats = side[0][1], side[1][1]
            for row in range(_row(min(lats)), _row(max(lats)) + 1):
                rows.setdefault(row, []).append(side)
    return rows


def _row(lat: float) -> int:
    return math.floor(lat * _ROWS_A_DEGREE)


def _points(arc: Sequence[int], scale: int) -> Iterator[Place]:
    """The points of an arc, of which each is written as its distance from the one before."""
    lons, lats = accumulate(arc[::2]), accumulate(arc[1::2])
    return ((lon / scale, lat / scale) for lon, lat in zip(lons, lats, strict=True))


def _ring(arcs: Sequence[_Ring], numbers: Iterable[int]) -> _Ring:
    """The arcs of a ring one after the other; a number below zero is an arc in its other direction (TopoJSON)."""
    ring: _Ring = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring += arc[1:] if ring else arc
    return ring
