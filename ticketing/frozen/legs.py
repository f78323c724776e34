"""Legs as quotes and tickets keep them: a ride as people read it, and whether it has been given back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ticketing.frozen.fields import (
    day_or_none,
    document,
    moment,
    moment_or_none,
    number,
    part,
    text,
    text_or_none,
    texts,
    truth,
    whole,
)

_STOP = frozenset({"stop_id", "name", "lat", "lon", "member_state"})
_LEG = frozenset(
    {
        "kind",
        "mode",
        "operator",
        "operator_name",
        "line",
        "headsign",
        "trip_id",
        "service_date",
        "from",
        "to",
        "departure",
        "arrival",
        "time_zone",
        "arrival_time_zone",
        "distance_m",
        "check_in_until",
        "live_departure",
        "live_arrival",
        "alerts",
        "wheelchair",
        "given_back_at",
        "waiting_seconds",
        "excluded",
    }
)


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of an operator, with its name and its place on the map."""

    stop_id: str
    name: str
    lat: float
    lon: float
    member_state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One ride of a journey as its buyer reads it; times are local to their stops.

    `service_date` is the day of the timetable that its trip counts from: of a ship that leaves at 24:15 the day before. None
    where no timetable has it, and on what was sold before it was told.
    `live_*` are what was expected when it was offered; `given_back_at` is when it has gone from a ticket. Offers that
    earlier releases have stored said `waiting_seconds` before it, and `is_excluded` where another ride has no price.
    """

    mode: str
    operator: str
    operator_name: str
    line: str
    headsign: str
    trip_id: str
    start: Stop
    end: Stop
    departure: datetime
    arrival: datetime
    time_zone: str
    arrival_time_zone: str
    distance_m: int
    check_in_until: datetime | None
    live_departure: datetime | None
    live_arrival: datetime | None
    alerts: tuple[str, ...]
    wheelchair: str
    given_back_at: datetime | None = None
    waiting_seconds: int | None = None
    service_date: date | None = None
    is_excluded: bool | None = None

    @property
    def is_left(self) -> bool:
        """True where it has not been given back."""
        return self.given_back_at is None


def left_of(legs: Sequence[Leg]) -> tuple[int, ...]:
    """The places of the legs that have not been given back."""
    return tuple(at for at, leg in enumerate(legs) if leg.is_left)


def read_leg(raw: object) -> Leg:
    """Read a leg; the first ones named the zone of their departure alone."""
    leg = document(raw, _LEG)
    return Leg(
        mode=text(leg, "mode"),
        operator=text(leg, "operator"),
        operator_name=text_or_none(leg, "operator_name") or "",
        line=text(leg, "line"),
        headsign=text(leg, "headsign"),
        trip_id=text_or_none(leg, "trip_id") or "",
        start=part(leg, "from", _stop),
        end=part(leg, "to", _stop),
        departure=moment(leg, "departure"),
        arrival=moment(leg, "arrival"),
        time_zone=text(leg, "time_zone"),
        arrival_time_zone=text_or_none(leg, "arrival_time_zone") or text(leg, "time_zone"),
        distance_m=whole(leg, "distance_m"),
        check_in_until=moment_or_none(leg, "check_in_until"),
        live_departure=moment_or_none(leg, "live_departure"),
        live_arrival=moment_or_none(leg, "live_arrival"),
        alerts=texts(leg, "alerts"),
        wheelchair=text(leg, "wheelchair"),
        given_back_at=moment_or_none(leg, "given_back_at"),
        waiting_seconds=whole(leg, "waiting_seconds") if "waiting_seconds" in leg else None,
        service_date=day_or_none(leg, "service_date"),
        is_excluded=truth(leg, "excluded") if "excluded" in leg else None,
    )


def write_leg(leg: Leg) -> dict[str, object]:
    """Write a leg."""
    return {
        "kind": "ride",
        "mode": leg.mode,
        "operator": leg.operator,
        "operator_name": leg.operator_name,
        "line": leg.line,
        "headsign": leg.headsign,
        "trip_id": leg.trip_id,
        **({"service_date": leg.service_date.isoformat()} if leg.service_date else {}),
        "from": _written(leg.start),
        "to": _written(leg.end),
        "departure": leg.departure.isoformat(),
        "arrival": leg.arrival.isoformat(),
        "time_zone": leg.time_zone,
        "arrival_time_zone": leg.arrival_time_zone,
        "distance_m": leg.distance_m,
        "check_in_until": _told(leg.check_in_until),
        "live_departure": _told(leg.live_departure),
        "live_arrival": _told(leg.live_arrival),
        "alerts": list(leg.alerts),
        "wheelchair": leg.wheelchair,
        **({"given_back_at": leg.given_back_at.isoformat()} if leg.given_back_at else {}),
        **({"waiting_seconds": leg.waiting_seconds} if leg.waiting_seconds is not None else {}),
        **({"excluded": leg.is_excluded} if leg.is_excluded is not None else {}),
    }


def _stop(found: object) -> Stop:
    stop = document(found, _STOP)
    return Stop(
        text(stop, "stop_id"),
        text(stop, "name"),
        number(stop, "lat"),
        number(stop, "lon"),
        text(stop, "member_state"),
    )


def _written(stop: Stop) -> dict[str, object]:
    return {
        "stop_id": stop.stop_id,
        "name": stop.name,
        "lat": stop.lat,
        "lon": stop.lon,
        "member_state": stop.member_state,
    }


def _told(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
