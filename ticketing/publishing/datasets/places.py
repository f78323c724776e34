"""The places by which people are counted, from the timetables of a region: stop groups for rides, zones for journeys. Pure."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from operators.region import RegionData
from ticketing.search.places import index

# A stop that is in no zone of its operator's tariff belongs to the operator's whole network.
NETWORK = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopGroup:
    """A station with its platforms, or the stops of one operator that have one name and are near."""

    id: str
    name: str
    lat: float
    lon: float
    zone: ZoneInfo
    stops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone of an operator's tariff, as `hsl:A`."""

    id: str
    name: str


def stop_groups(data: RegionData) -> list[StopGroup]:
    """List the stop groups of a region by id; a stop is named `<operator>:<stop_id>`."""
    groups = []
    for place in index(data):
        operator, _, stop = place.stops[0].partition(":")
        groups.append(
            StopGroup(
                id=place.id,
                name=place.name,
                lat=place.lat,
                lon=place.lon,
                zone=ZoneInfo(data.timetables[operator].timezone_of(stop)),
                stops=place.stops,
            )
        )
    return sorted(groups, key=lambda group: group.id)


def group_of_stops(groups: list[StopGroup]) -> dict[str, StopGroup]:
    """Find the group of each stop and station by its name."""
    by_stop = {group.id: group for group in groups}
    return by_stop | {stop: group for group in groups for stop in group.stops}


def zones(data: RegionData) -> list[Zone]:
    """List the zones of a region by id, with the network of each operator."""
    known = {Zone(f"{operator}:{NETWORK}", data.operators[operator].name) for operator in data.timetables}
    for operator in data.timetables:
        texts = data.feed_texts[operator]
        known |= {
            Zone(f"{operator}:{row['area_id']}", row.get("area_name") or row["area_id"])
            for row in _rows(texts, "areas.txt")
            if row.get("area_id")
        }
        named = {zone.id for zone in known}
        fares_v1 = {f"{operator}:{row['zone_id']}" for row in _rows(texts, "stops.txt") if row.get("zone_id")}
        known |= {Zone(name, name.partition(":")[2]) for name in fares_v1 - named}
    return sorted(known, key=lambda zone: zone.id)


def zone_of_stops(data: RegionData) -> dict[str, str]:
    """Find the zone of each stop by its name: its first area, its station's, its Fares V1 zone, or its operator's network."""
    by_stop: dict[str, str] = {}
    for operator, timetable in data.timetables.items():
        texts = data.feed_texts[operator]
        areas: dict[str, str] = {}
        for row in _rows(texts, "stop_areas.txt"):
            areas.setdefault(row.get("stop_id", ""), row.get("area_id", ""))
        for row in _rows(texts, "stops.txt"):
            if row.get("zone_id"):
                areas.setdefault(row.get("stop_id", ""), row["zone_id"])
        for stop in timetable.stops.values():
            area = areas.get(stop.id) or areas.get(stop.parent or "") or NETWORK
            by_stop[f"{operator}:{stop.id}"] = f"{operator}:{area}"
    return by_stop


def _rows(texts: Mapping[str, str], name: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(texts.get(name, "")))
