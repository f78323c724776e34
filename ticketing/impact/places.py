"""The places of zones on the map, and the stop that stands for a zone. Pure."""

from collections.abc import Mapping, Sequence

from operators.distance import great_circle_m
from operators.gtfs.timetable import Stop
from operators.region import RegionData
from ticketing.impact.picture import Spot
from ticketing.publishing import zone_of_stops, zones

_ENOUGH_DIGITS = 5


def spots(data: RegionData) -> dict[str, Spot]:
    """Place each zone at the middle of its stops; a zone without stops is nowhere."""
    names = {zone.id: zone.name for zone in zones(data)}
    return {zone: _middle(zone, names.get(zone, zone), stops) for zone, stops in stops_by_zone(data).items()}


def stops_by_zone(data: RegionData) -> dict[str, list[Stop]]:
    """Gather the stops of each zone, stations left out."""
    by_zone: dict[str, list[Stop]] = {}
    for name, zone in zone_of_stops(data).items():
        operator, _, stop_id = name.partition(":")
        stop = data.timetables[operator].stops[stop_id]
        if not stop.is_station:
            by_zone.setdefault(zone, []).append(stop)
    return by_zone


def standing_for(data: RegionData) -> Mapping[str, str]:
    """Choose the stop nearest to the middle of each zone, as `<operator>:<stop_id>`."""
    return {
        zone: f"{zone.partition(':')[0]}:{_nearest(stops, _middle(zone, zone, stops)).id}"
        for zone, stops in stops_by_zone(data).items()
    }


def _middle(zone: str, name: str, stops: Sequence[Stop]) -> Spot:
    lat = sum(stop.lat for stop in stops) / len(stops)
    lon = sum(stop.lon for stop in stops) / len(stops)
    return Spot(zone, name, round(lat, _ENOUGH_DIGITS), round(lon, _ENOUGH_DIGITS))


def _nearest(stops: Sequence[Stop], middle: Spot) -> Stop:
    return min(
        stops, key=lambda stop: (great_circle_m((stop.lat, stop.lon), (middle.lat, middle.lon)), stop.id)
    )
