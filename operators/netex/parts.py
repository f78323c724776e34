"""The parts of a NeTEx delivery that a timetable is made of, as values. Ids are the delivery's own; times are seconds after midnight."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line; `mode` is NeTEx's word for the kind of vehicle, empty where it says none."""

    id: str
    name: str
    code: str
    mode: str
    organisation: str
    on_demand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A StopPlace or one of its quays, `inside` being the place around it. `wheelchair` is None where it is not known.

    `time_zone` is its own one (IANA), empty where it has that of the delivery.
    """

    id: str
    name: str
    names: Mapping[str, str]
    at: tuple[str, str] | None
    inside: str
    wheelchair: bool | None
    zones: tuple[str, ...]
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A ScheduledStopPoint; `at` is latitude and longitude as the delivery writes them."""

    id: str
    name: str
    at: tuple[str, str] | None
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Halt:
    """A StopPointInJourneyPattern: where, and who may get on or off."""

    id: str
    point: str
    boards: bool
    alights: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A JourneyPattern; `direction` is 0 or 1 as in GTFS, None where the delivery says none."""

    id: str
    line: str
    route: str
    display: str
    direction: int | None
    halts: tuple[Halt, ...]


@dataclass(frozen=True, slots=True)
class Passing:
    """A TimetabledPassingTime or Call: `halt` names one of the pattern, `point` a stop point where the journey has no pattern."""

    halt: str
    point: str
    arrival: int | None
    departure: int | None
    boards: bool
    alights: bool


@dataclass(frozen=True, slots=True)
class Headway:
    """A HeadwayJourneyGroup: departures from `first` to `last`, both inclusive."""

    first: int
    last: int
    every: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A ServiceJourney, or a template of one that runs by headways."""

    id: str
    line: str
    mode: str
    pattern: str
    day_types: tuple[str, ...]
    conditions: tuple[str, ...]
    frames: tuple[str, ...]
    passings: tuple[Passing, ...]
    start: int | None
    demand: str
    display: str
    direction: int | None
    block: str
    runs: bool
    on_demand: bool
    headways: tuple[Headway, ...]
    unread: str


@dataclass(frozen=True, slots=True)
class Days:
    """Days from `start` to `end`, both inclusive; with `bits` those days alone whose bit is 1, the first bit being `start`'s."""

    start: date
    end: date
    bits: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """An AvailabilityCondition or ValidBetween: days on which something is there, or is not."""

    days: Days
    day_types: tuple[str, ...]
    available: bool


@dataclass(frozen=True, slots=True)
class DayType:
    """A type of day: weekdays (Monday is 0), in the calendar frame that holds it."""

    id: str
    weekdays: frozenset[int]
    frame: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A DayTypeAssignment: a day, or a period by its id, on which a type of day is, or is not."""

    day_type: str
    day: date | None
    period: str
    available: bool


@dataclass(frozen=True, slots=True)
class Demand:
    """A TimeDemandType: seconds by the id of a timing link, and of waiting by a stop point."""

    runs: Mapping[str, int]
    waits: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Dated:
    """A DatedServiceJourney: the day of a journey, and whether it runs then."""

    journey: str
    operating_day: str
    runs: bool


@dataclass(slots=True, kw_only=True)
class Parts:
    """The objects that were read, by id; assignments and dated journeys by their value, in order. `defaults` are the frames': time zone, language, currency."""

    defaults: dict[str, str] = field(default_factory=dict)
    organisations: dict[str, str] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    routes: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    points: dict[str, Point] = field(default_factory=dict)
    assigned: dict[str, str] = field(default_factory=dict)
    displays: dict[str, str] = field(default_factory=dict)
    patterns: dict[str, Pattern] = field(default_factory=dict)
    journeys: dict[str, Journey] = field(default_factory=dict)
    day_types: dict[str, DayType] = field(default_factory=dict)
    periods: dict[str, Days] = field(default_factory=dict)
    operating_days: dict[str, date] = field(default_factory=dict)
    assignments: dict[Assignment, None] = field(default_factory=dict)
    conditions: dict[str, Condition] = field(default_factory=dict)
    of_frame: dict[str, list[Condition]] = field(default_factory=dict)
    of_calendar: dict[str, list[Condition]] = field(default_factory=dict)
    calendars: dict[str, Days] = field(default_factory=dict)
    demands: dict[str, Demand] = field(default_factory=dict)
    links: dict[str, tuple[str, str]] = field(default_factory=dict)
    dated: dict[Dated, None] = field(default_factory=dict)
    zones: dict[str, set[str]] = field(default_factory=dict)
    connections: dict[tuple[str, str], int] = field(default_factory=dict)
