"""Describe an operator's live data in the service's words whatever its protocol: delays, cancellations, added trips, alerts."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

# An end of a call.
Event = Literal["arrival", "departure"]


@dataclass(frozen=True, slots=True)
class CallChange:
    """The news of one call, by its place among the trip's calls (from 0): seconds late, or not served.

    None is not known, which is not the same as on time. `assigned_stop_id` is the platform at which it calls now.
    """

    place: int
    arrival_delay: int | None = None
    departure_delay: int | None = None
    skipped: bool = False
    assigned_stop_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedCall(CallChange):
    """The news of a call of which an operator tells what has happened: the delays of the ends in `happened` are no forecast."""

    happened: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Disruption:
    """One trip that does not run as planned: cancelled, late as a whole, or call by call.

    A cancelled one that is `replaced` runs with other calls or times: it is among the added trips, under its own id.
    """

    trip_id: str
    service_date: date
    cancelled: bool = False
    delay_seconds: int = 0
    calls: tuple[CallChange, ...] = ()
    replaced: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """The subject of an alert: all that is named must hold of a ride; `mode` is a kind of vehicle.

    A stop may be a station, which means its platforms. `service_date` is of a trip, None for every day.
    """

    agency_id: str = ""
    route_id: str = ""
    mode: str = ""
    direction: int | None = None
    trip_id: str = ""
    service_date: date | None = None
    stop_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message to passengers: texts by language (`""` where none is named), and of what and when it is.

    It is about whatever one of its selectors is about, about the whole operator without any. A period is from and until,
    POSIX seconds, None where it is open; without one it always holds. `effect` and `severity` are the words of
    GTFS-Realtime in small letters, `cause` is one of them or SIRI's own; empty where they are not told.
    """

    header: Mapping[str, str]
    description: Mapping[str, str] = field(default_factory=dict)
    url: Mapping[str, str] = field(default_factory=dict)
    cause: str = ""
    effect: str = ""
    severity: str = ""
    periods: tuple[tuple[int | None, int | None], ...] = ()
    about: tuple[Selector, ...] = ()

    @property
    def text(self) -> str:
        """Its headline where nobody's language is known."""
        return self.header.get("") or next(iter(self.header.values()), "")


@dataclass(frozen=True, slots=True)
class AddedCall:
    """A call of a trip that is not in the timetable; times are POSIX seconds."""

    stop_id: str
    arrives_at: int
    leaves_at: int
    boards: bool = True
    alights: bool = True


@dataclass(frozen=True, slots=True)
class AddedTrip:
    """A trip that runs though the timetable does not have it, with all of its calls in order."""

    trip_id: str
    service_date: date
    route_id: str
    headsign: str
    calls: tuple[AddedCall, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """The vehicle of a run: its position and how full it is, at `as_of`, its own time; None where it does not tell.

    `stop_id` is the stop that its `status` (`incoming_at`, `stopped_at`, `in_transit_to`) is about. `occupancy` is
    GTFS-Realtime's word in small letters, `wheelchair` whether one can ride it.
    """

    trip_id: str
    service_date: date
    lat: float | None = None
    lon: float | None = None
    stop_id: str | None = None
    status: str = "in_transit_to"
    occupancy: str | None = None
    occupancy_percent: int | None = None
    wheelchair: bool | None = None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Matching:
    """The messages about trips that we know: `unmatched` counts the rest by reason."""

    messages: int = 0
    unmatched: Mapping[str, int] = field(default_factory=dict)

    @property
    def matched(self) -> int:
        """The messages that were understood."""
        return self.messages - sum(self.unmatched.values())


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came, to be kept as evidence: `peer` is who it came from, an address or the name of a file."""

    content: bytes = field(repr=False)
    peer: str
    kind: str = "trips"

    @property
    def sha256(self) -> str:
        """The hash of its bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disruptions:
    """The report of an operator at `as_of`, its own time; a trip that is not named is not known to be on time.

    `source` is the way in which it was told: `gtfs_rt`, `siri_et`, `exchange`; `alerts_source` that of the alerts, where it is another. `tells_trips` is False where the word on trips
    was too old to count: then nothing is known of those that are not named. `keeps_past` is True where an operator
    goes on telling of runs that have left, so that one that is missing was taken back. `trips_told_at` is its own time of
    the word on trips, where that is another than `as_of`; `messages` are what all this was read from, as it came, and `said_in`
    names the one (its `peer`) that tells of a trip, by trip and day, where there are several. `trouble` says why a part of it
    could not be had.
    """

    as_of: datetime
    items: tuple[Disruption, ...]
    alerts: tuple[Alert, ...] = ()
    added: tuple[AddedTrip, ...] = ()
    source: str = ""
    matching: Matching = field(default_factory=Matching)
    tells_trips: bool = True
    keeps_past: bool = False
    trips_told_at: datetime | None = None
    messages: tuple[Message, ...] = ()
    said_in: Mapping[tuple[str, date], str] = field(default_factory=dict)
    vehicles: tuple[Vehicle, ...] = ()
    alerts_source: str = ""
    trouble: str = ""
