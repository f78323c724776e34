"""A GTFS timetable as values: stops, routes, services, and patterns of trips that differ only in their start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tariffs.calendars import Service

# The feed's word on wheelchairs, bicycles and cars, where it has one.
Allowed = bool | None
Mode = Literal["tram", "metro", "rail", "bus", "ferry"]

FILES = (
    "agency.txt",
    "stops.txt",
    "routes.txt",
    "trips.txt",
    "stop_times.txt",
    "calendar.txt",
    "calendar_dates.txt",
    "frequencies.txt",
    "transfers.txt",
    "translations.txt",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stop or station; `names` by language, `""` being the feed's own. Coordinates are WGS 84.

    `wheelchair` is what the feed says of it or of its station, None where it says nothing.
    """

    id: str
    name: str
    names: Mapping[str, str]
    lat: float
    lon: float
    parent: str | None
    is_station: bool
    timezone: str | None
    wheelchair: Allowed = None


@dataclass(frozen=True, slots=True)
class Route:
    """A line; `agency` is empty where the feed has one agency and does not name it."""

    id: str
    short_name: str
    long_name: str
    mode: Mode
    agency: str = ""

    @property
    def line(self) -> str:
        """The name of the line for passengers."""
        return self.short_name or self.long_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One trip of a pattern: its start in seconds after the origin of the service day (noon minus 12 hours).

    `bikes` and `cars` are `bikes_allowed` and `cars_allowed` of the feed. `direction` is 0 or 1 where the feed says so: with route and start it names the trip to real-time messages.
    `block` are the trips of one vehicle, empty where the feed says nothing.
    """

    start: int
    trip_id: str
    service: str
    headsign: str
    wheelchair: Allowed = None
    direction: int | None = None
    bikes: Allowed = None
    cars: Allowed = None
    block: str = ""

    def takes(self, kind: str) -> Allowed:
        """Tell whether the feed lets a kind of place on board: bicycles and cars; it has no word for any other."""
        return {"bicycle": self.bikes, "car": self.cars}.get(kind)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Trips over the same stops in the same time. Offsets are seconds after the trip's start.

    `sequences` are the feed's own numbers of the calls, by which real-time messages name them.
    """

    route: str
    stops: tuple[str, ...]
    arrivals: tuple[int, ...]
    departures: tuple[int, ...]
    boards: tuple[bool, ...]
    alights: tuple[bool, ...]
    trips: tuple[Departure, ...]
    sequences: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """One operator's timetable.

    `transfers` are its own rules between two stops, stations already taken apart into their stops: the seconds
    that a change needs, the way included, or None where none is possible. `staying` are its rules between two trips: whether
    passengers may stay seated from the one to the other. `language` is that of its texts, where it says so.
    """

    operator: str
    timezone: str
    stops: Mapping[str, Stop]
    routes: Mapping[str, Route]
    services: Mapping[str, Service]
    patterns: tuple[Pattern, ...]
    transfers: Mapping[tuple[str, str], int | None]
    language: str = ""
    staying: Mapping[tuple[str, str], bool] = field(default_factory=dict)

    @property
    def can_stay(self) -> bool:
        """True where some vehicle may go on as another trip with its passengers."""
        return any(self.staying.values()) or any(
            trip.block for pattern in self.patterns for trip in pattern.trips
        )

    def timezone_of(self, stop_id: str) -> str:
        """The time zone in which a stop shows its times: its own, its station's, else the agency's."""
        stop = self.stops[stop_id]
        if stop.timezone:
            return stop.timezone
        parent = self.stops.get(stop.parent) if stop.parent else None
        return (parent.timezone if parent else None) or self.timezone
