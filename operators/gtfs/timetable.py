"""A GTFS timetable as values: stops, routes, services, and patterns of trips that differ only in their start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tariffs.calendars import Service

Mode = Literal["tram", "metro", "rail", "bus", "ferry"]

FILES = (
    "agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt", "calendar.txt",
    "calendar_dates.txt", "frequencies.txt", "transfers.txt", "translations.txt",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop or station; `names` by language, `""` being the feed's own. Coordinates are WGS 84."""

    id: str
    name: str
    names: Mapping[str, str]
    lat: float
    lon: float
    parent: str | None
    is_station: bool
    timezone: str | None


@dataclass(frozen=True, slots=True)
class Route:
    """A line."""

    id: str
    short_name: str
    long_name: str
    mode: Mode

    @property
    def line(self) -> str:
        """What a passenger calls it."""
        return self.short_name or self.long_name


@dataclass(frozen=True, slots=True)
class Departure:
    """One trip of a pattern: its start in seconds after the origin of the service day (noon minus 12 hours)."""

    start: int
    trip_id: str
    service: str
    headsign: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """Trips over the same stops in the same time. Offsets are seconds after the trip's start."""

    route: str
    stops: tuple[str, ...]
    arrivals: tuple[int, ...]
    departures: tuple[int, ...]
    boards: tuple[bool, ...]
    alights: tuple[bool, ...]
    trips: tuple[Departure, ...]


@dataclass(frozen=True, slots=True)
class Timetable:
    """One operator's timetable.

    `transfers` are its own rules between two stops, stations already taken apart into their stops: the seconds
    that a change needs, the way included, or None where none is possible.
    """

    operator: str
    timezone: str
    stops: Mapping[str, Stop]
    routes: Mapping[str, Route]
    services: Mapping[str, Service]
    patterns: tuple[Pattern, ...]
    transfers: Mapping[tuple[str, str], int | None]

    def timezone_of(self, stop_id: str) -> str:
        """The time zone in which a stop shows its times: its own, its station's, else the agency's."""
        stop = self.stops[stop_id]
        if stop.timezone:
            return stop.timezone
        parent = self.stops.get(stop.parent) if stop.parent else None
        return (parent.timezone if parent else None) or self.timezone
