"""Draw a region's map as SVG text: the coast, its zones, and a line for each corridor. Pure; classes only, no tiles, no script.

Widths and colours are classes, which style sheets fill for light and dark. The page has the same figures as a table, so that the
picture is one image with a name.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

# Five widths of lines and five sizes of circles, by class.
STEPS = 5
_WIDTH = 800
_MARGIN, _LEAST_DEGREES = 0.12, 0.05
_LOWEST, _TALLEST = 420, 900
_BEND = 0.08
_THOUSANDTHS = 1000
_FONT = 26
# Two zones of one name beside each other have it once.
_NEAR = 80

Coast = Mapping[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Spot:
    """A zone at its place (WGS 84)."""

    id: str
    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A line between two zones, or a circle at one where both are the same: its step from 1 to 5, its kind, its name in words."""

    origin: str
    destination: str
    step: int
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """The part of the world that is drawn: a plain projection, narrowed to the middle of the map."""

    west: float
    north: float
    scale: float
    narrow: float
    height: int

    def at(self, lat: float, lon: float) -> tuple[int, int]:
        """The place on the picture."""
        return round((lon - self.west) * self.narrow * self.scale), round((self.north - lat) * self.scale)


def steps_of(numbers: Sequence[int]) -> list[int]:
    """Sort numbers into five steps by their share of the largest one; the sign does not count."""
    most = max((abs(one) for one in numbers), default=0)
    return [1 if not most else max(1, math.ceil(STEPS * abs(one) / most)) for one in numbers]


def draw(
    spots: Mapping[str, Spot], marks: Iterable[Mark], coasts: Coast, *, title: str, about: str
) -> Markup:
    """Draw the zones with their marks over the coast that holds them all; without a coast on a plain ground."""
    places = list(spots.values())
    if not places:
        return Markup("")
    frame = _frame(places)
    parts = [_coast(coasts, places, frame), *(_mark(one, spots, frame) for one in marks)]
    parts += [_zone(one, frame) for one in places]
    parts += _names(places, frame)
    head = (
        f'<svg class="map" viewBox="0 0 {_WIDTH} {frame.height}" role="img" aria-labelledby="map-title map-about">'
        f'<title id="map-title">{escape(title)}</title><desc id="map-about">{escape(about)}</desc>'
        f'<rect class="sea" width="{_WIDTH}" height="{frame.height}"/>'
    )
    return Markup(head + "".join(parts) + "</svg>")  # noqa: S704  every text in it is escaped above and below


def _frame(places: Sequence[Spot]) -> _Frame:
    lats, lons = [one.lat for one in places], [one.lon for one in places]
    narrow = math.cos(math.radians((max(lats) + min(lats)) / 2))
    wide = max((max(lons) - min(lons)) * narrow, _LEAST_DEGREES) * (1 + 2 * _MARGIN)
    tall = max(max(lats) - min(lats), _LEAST_DEGREES) * (1 + 2 * _MARGIN)
    # A tall region would be a ribbon: it gets sea at its sides.
    wide = max(wide, tall * _WIDTH / _TALLEST)
    tall = max(tall, wide * _LOWEST / _WIDTH)
    scale = _WIDTH / wide
    middle = ((max(lats) + min(lats)) / 2, (max(lons) + min(lons)) / 2)
    return _Frame(
        west=middle[1] - wide / narrow / 2,
        north=middle[0] + tall / 2,
        scale=scale,
        narrow=narrow,
        height=round(tall * scale),
    )


def _coast(coasts: Coast, places: Sequence[Spot], frame: _Frame) -> str:
    rings = next((coast[1] for coast in coasts.values() if _holds(coast[0], places)), None)
    if not isinstance(rings, list):
        return f'<rect class="land" width="{_WIDTH}" height="{frame.height}"/>'
    return f'<path class="land" d="{"".join(_ring(ring, frame) for ring in rings)}"/>'


def _ring(ring: Iterable[tuple[int, int]], frame: _Frame) -> str:
    points = (frame.at(y / _THOUSANDTHS, x / _THOUSANDTHS) for x, y in ring)
    return "M" + "L".join(f"{x} {y}" for x, y in points) + "Z"


def _holds(box: object, places: Sequence[Spot]) -> bool:
    if not isinstance(box, list):
        return False
    west, south, east, north = box
    return all(west < one.lon < east and south < one.lat < north for one in places)


def _mark(mark: Mark, spots: Mapping[str, Spot], frame: _Frame) -> str:
    """A bent line, so that the way there and the way back lie beside each other; a circle within a zone."""
    if mark.origin not in spots or mark.destination not in spots:
        return ""
    (x, y), (u, v) = (frame.at(spots[one].lat, spots[one].lon) for one in (mark.origin, mark.destination))
    titled = f"<title>{escape(mark.title)}</title>"
    if mark.origin == mark.destination:
        return f'<circle class="within {mark.kind} s{mark.step}" cx="{x}" cy="{y}" r="{6 + 4 * mark.step}">{titled}</circle>'
    bend = round((x + u) / 2 + (v - y) * _BEND), round((y + v) / 2 - (u - x) * _BEND)
    return f'<path class="flow {mark.kind} s{mark.step}" d="M{x} {y}Q{bend[0]} {bend[1]} {u} {v}">{titled}</path>'


def _zone(spot: Spot, frame: _Frame) -> str:
    x, y = frame.at(spot.lat, spot.lon)
    return f'<circle class="zone" cx="{x}" cy="{y}" r="5"><title>{escape(spot.name)}</title></circle>'


def _names(places: Sequence[Spot], frame: _Frame) -> list[str]:
    """Write the names that have room: one that would lie over another is left out, the table has it."""
    taken: list[tuple[int, int, int]] = []
    written: list[tuple[str, int]] = []
    names: list[str] = []
    for spot in places:
        x, y = frame.at(spot.lat, spot.lon)
        if any(spot.name == name and abs(y - v) < _NEAR for name, v in written):
            continue
        length = round(len(spot.name) * _FONT * 0.6)
        start = x + 10 if x + 10 + length < _WIDTH else x - 10 - length
        if any(abs(y - v) < _FONT and start < u + w and u < start + length for u, v, w in taken):
            continue
        taken.append((start, y, length))
        written.append((spot.name, y))
        names.append(f'<text class="name" x="{start}" y="{y + 6}">{escape(spot.name)}</text>')
    return names
