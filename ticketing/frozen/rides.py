"""Rides as documents keep them: an offer names them, a quote prices the same again, a booking asks for one."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tariffs.journey import Ride
from ticketing.frozen.fields import Document, Unreadable, document, items, text, texts

_NAMES = frozenset(
    {
        "operator",
        "trip_id",
        "route_id",
        "from_stop_id",
        "to_stop_id",
        "departure",
        "departure_zone",
        "arrival",
        "arrival_zone",
        "calls",
        "mode",
        "distance_m",
    }
)


def read_ride(raw: object) -> Ride:
    """Read a ride."""
    ride = document(raw, _NAMES)
    return Ride(
        operator=text(ride, "operator"),
        trip_id=text(ride, "trip_id"),
        route_id=text(ride, "route_id"),
        from_stop_id=text(ride, "from_stop_id"),
        to_stop_id=text(ride, "to_stop_id"),
        departure=zoned(ride, "departure", "departure_zone"),
        arrival=zoned(ride, "arrival", "arrival_zone"),
        calls=texts(ride, "calls"),
        mode=text(ride, "mode"),
        distance_m=tuple(_metres(one, at) for at, one in enumerate(items(ride, "distance_m"))),
    )


def write_ride(ride: Ride) -> dict[str, object]:
    """Write a ride; times keep the name of their zone beside the offset."""
    return {
        "operator": ride.operator,
        "trip_id": ride.trip_id,
        "route_id": ride.route_id,
        "from_stop_id": ride.from_stop_id,
        "to_stop_id": ride.to_stop_id,
        "departure": ride.departure.isoformat(),
        "departure_zone": str(ride.departure.tzinfo),
        "arrival": ride.arrival.isoformat(),
        "arrival_zone": str(ride.arrival.tzinfo),
        "calls": list(ride.calls),
        "mode": ride.mode,
        "distance_m": [list(part) for part in ride.distance_m],
    }


def zoned(found: Document, name: str, zone: str) -> datetime:
    """Read a time in the zone whose name is kept beside it."""
    try:
        return datetime.fromisoformat(text(found, name)).astimezone(ZoneInfo(text(found, zone)))
    except Unreadable:
        raise
    except (ValueError, ZoneInfoNotFoundError):
        raise Unreadable(name, f"must be a time in the zone {found[zone]!r}") from None


def _metres(found: object, at: int) -> tuple[str, int]:
    match found:
        case [str(state), int(metres)]:
            return state, metres
    raise Unreadable(f"distance_m[{at}]", "must be a Member State with its metres")
