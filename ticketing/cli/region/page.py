"""Write what `region check` found as one page: a map, the operators with their days and prices, VAT, riders. Pure."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from math import cos, radians
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from operators.gtfs.timetable import Timetable
from operators.region import RegionData
from tariffs.findings import Finding
from ticketing.regions import Region
from ticketing.regions.coverage import Coverage, coverage

_WIDTH, _MARGIN = 960, 12
_COLOURS = 6
_MOST_STOPS, _MOST_LINKS = 4_000, 20_000
_Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one kind: the first of them, and how many more there are."""

    first: Finding
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRow:
    """An operator as the page shows it; its days are those between which something runs."""

    id: str
    name: str
    colour: int
    lines: int
    stops: int
    trips: int
    first_day: date | None
    last_day: date | None
    zone: str
    currencies: tuple[str, ...]
    riders: tuple[tuple[str, str], ...]
    covered: Coverage | None


class Link(NamedTuple):
    """A line on the map between two stops."""

    start: _Point
    end: _Point
    colour: int


class Dot(NamedTuple):
    """A stop on the map."""

    at: _Point
    title: str
    colour: int


@dataclass(frozen=True, slots=True)
class Map:
    """The map in its own coordinates; `crossings` are links over a border or the sea with their states."""

    width: int
    height: int
    links: Sequence[Link]
    stops: Sequence[Dot]
    crossings: Sequence[tuple[_Point, _Point, str]]


def write_page(name: str, region: Region | None, findings: Sequence[Finding], today: date) -> str:
    """The page of a region; without a map and tables where the region could not be loaded."""
    groups = _grouped(findings)
    rider = next(iter(region.data.riders), None) if region else None
    covered = {row.operator: row for row in coverage(region, rider, today)} if region and rider else {}
    return _template().render(
        name=region.data.name if region else name,
        data=region.data if region else None,
        today=today,
        errors=[group for group in groups if group.first.severity == "error"],
        warnings=[group for group in groups if group.first.severity != "error"],
        operators=list(_operators(region, covered)) if region else [],
        rider=rider,
        map=draw(region.data) if region else None,
        taxes=_taxes(region.data) if region else [],
        agreements=region.book.agreements if region else [],
    )


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("page.html")


def _grouped(findings: Sequence[Finding]) -> list[Group]:
    """Findings of the same file, field and kind as one, errors first."""
    kinds: dict[tuple[str, str, str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        kinds[finding.severity, finding.file, finding.field, finding.code].append(finding)
    return [Group(alike[0], len(alike) - 1) for _, alike in sorted(kinds.items())]


def _operators(region: Region, covered: Mapping[str, Coverage]) -> Iterator[OperatorRow]:
    for number, operator in enumerate(region.data.operators.values()):
        timetable = region.data.timetables.get(operator.id)
        days = list(_days(timetable)) if timetable else []
        currencies = {
            price.price.currency for feed in region.book.feeds_of(operator.id) for price in feed.prices()
        }
        mapped = region.data.categories.items()
        yield OperatorRow(
            id=operator.id,
            name=operator.name,
            colour=number % _COLOURS,
            lines=len(timetable.routes) if timetable else 0,
            stops=sum(not stop.is_station for stop in timetable.stops.values()) if timetable else 0,
            trips=sum(len(pattern.trips) for pattern in timetable.patterns) if timetable else 0,
            first_day=min(days, default=None),
            last_day=max(days, default=None),
            zone=timetable.timezone if timetable else "",
            currencies=tuple(sorted(currencies)),
            riders=tuple((category, own[operator.id]) for category, own in mapped if operator.id in own),
            covered=covered.get(operator.id),
        )


def _days(timetable: Timetable) -> Iterator[date]:
    """The first and last days of the services that trips use."""
    used = {trip.service for pattern in timetable.patterns for trip in pattern.trips}
    for name in used:
        yield from timetable.services[name].ends


def _taxes(data: RegionData) -> list[list[str]]:
    return [row for row in csv.reader(data.tax_text.splitlines()) if row]


def draw(data: RegionData) -> Map | None:
    """Place the stops and lines of a region; None where no stop has a position."""
    used = {operator: _called_at(timetable) for operator, timetable in data.timetables.items()}
    places = {
        (operator, stop): (
            data.timetables[operator].stops[stop].lon,
            data.timetables[operator].stops[stop].lat,
        )
        for operator, stops in used.items()
        for stop in stops
    }
    if not places:
        return None
    scale = _Scale.of(list(places.values()))
    points = {key: scale.place(at) for key, at in places.items()}
    colours = {operator: number % _COLOURS for number, operator in enumerate(data.operators)}
    links = dict.fromkeys(_links(data, points, colours))
    dots = [
        Dot(
            points[operator, stop],
            f"{data.timetables[operator].stops[stop].name} ({operator}:{stop})",
            colours[operator],
        )
        for operator, stop in points
    ]
    return Map(
        scale.width,
        scale.height,
        list(links)[:_MOST_LINKS],
        dots[:_MOST_STOPS],
        list(_crossings(data, points)),
    )


def _called_at(timetable: Timetable) -> list[str]:
    """The stops at which something calls."""
    return list(dict.fromkeys(stop for pattern in timetable.patterns for stop in pattern.stops))


def _links(
    data: RegionData, points: Mapping[tuple[str, str], _Point], colours: Mapping[str, int]
) -> Iterator[Link]:
    for operator, timetable in data.timetables.items():
        for pattern in timetable.patterns:
            for start, end in pairwise(pattern.stops):
                first, last = sorted((points[operator, start], points[operator, end]))
                yield Link(first, last, colours[operator])


def _crossings(
    data: RegionData, points: Mapping[tuple[str, str], _Point]
) -> Iterator[tuple[_Point, _Point, str]]:
    for ends, metres in data.crossings.items():
        known = [points.get((end.partition(":")[0], end.partition(":")[2])) for end in ends]
        if known[0] and known[1]:
            states = ", ".join(f"{state} {distance / 1000:.1f} km" for state, distance in metres)
            yield known[0], known[1], f"{' to '.join(ends)}: {states}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """Longitudes are as short as they are in the middle of the region."""

    west: float
    north: float
    across: float
    per_degree: float
    width: int
    height: int

    @classmethod
    def of(cls, places: Sequence[_Point]) -> "_Scale":
        west, east = min(lon for lon, _ in places), max(lon for lon, _ in places)
        south, north = min(lat for _, lat in places), max(lat for _, lat in places)
        across = cos(radians((south + north) / 2)) or 1.0
        wide, high = max((east - west) * across, 1e-4), max(north - south, 1e-4)
        per_degree = min((_WIDTH - 2 * _MARGIN) / wide, (_WIDTH - 2 * _MARGIN) / high)
        return cls(
            west=west,
            north=north,
            across=across,
            per_degree=per_degree,
            width=round(wide * per_degree) + 2 * _MARGIN,
            height=round(high * per_degree) + 2 * _MARGIN,
        )

    def place(self, at: _Point) -> _Point:
        lon, lat = at
        x = (lon - self.west) * self.across * self.per_degree + _MARGIN
        return round(x, 1), round((self.north - lat) * self.per_degree + _MARGIN, 1)
