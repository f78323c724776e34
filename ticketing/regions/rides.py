"""Rides as JSON, so that an offer can keep them and a quote can price them again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tariffs.journey import Ride


def to_json(ride: Ride) -> dict[str, Any]:
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


def from_json(document: Mapping[str, Any]) -> Ride:
    """Read a ride that `to_json` wrote."""
    return Ride(
        operator=document["operator"],
        trip_id=document["trip_id"],
        route_id=document["route_id"],
        from_stop_id=document["from_stop_id"],
        to_stop_id=document["to_stop_id"],
        departure=datetime.fromisoformat(document["departure"]).astimezone(
            ZoneInfo(document["departure_zone"])
        ),
        arrival=datetime.fromisoformat(document["arrival"]).astimezone(ZoneInfo(document["arrival_zone"])),
        calls=tuple(document["calls"]),
        mode=document["mode"],
        distance_m=tuple((state, metres) for state, metres in document["distance_m"]),
    )
