"""The words of a journey that timetables, tariffs and tickets share."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """One leg: one ride on one trip of one operator, from boarding to alighting.

    Ids are those of the operator's own feed. `departure` and `arrival` are aware, in the time zone of their
    stop. `calls` are the stops called at, boarding and alighting included. `mode` is `tram`, `metro`, `rail`,
    `bus` or `ferry`. `distance_m` pairs a Member State (ISO 3166 alpha-2; `XX` is the sea beyond territorial
    waters) with the metres travelled in it, in order of travel.
    """

    operator: str
    trip_id: str
    route_id: str
    from_stop_id: str
    to_stop_id: str
    departure: datetime
    arrival: datetime
    calls: tuple[str, ...]
    mode: str
    distance_m: tuple[tuple[str, int], ...] = ()
