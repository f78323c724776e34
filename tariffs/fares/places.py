"""Read where rides happen: stops, areas, routes, networks, calendars. Each reader reports every fault."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tariffs.fares.table import Row, Table
from tariffs.fares.tables import Service, Stop
from tariffs.findings import Finding

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ADDED, _REMOVED = "1", "2"


def read_stops(table: Table) -> dict[str, Stop]:
    """Read `stops.txt` as far as pricing needs it; parents must exist."""
    table.require("stop_id")
    stops: dict[str, Stop] = {}
    rows: list[tuple[Row, str]] = []
    for row in table.rows():
        stop_id = row.required("stop_id")
        if not unique(row, "stop_id", stop_id, stops):
            continue
        zone = row.parsed("stop_timezone", zone_name, "invalid_timezone", "an IANA time zone")
        stops[stop_id] = Stop(stop_id, row.text("parent_station") or None, zone)
        rows.append((row, stop_id))
    for row, stop_id in rows:
        known(row, "parent_station", stops[stop_id].parent, stops)
    return stops


def read_agency_zone(table: Table) -> str | None:
    """Read the feed's time zone from `agency.txt`: the first agency's."""
    zones = [
        row.parsed("agency_timezone", zone_name, "invalid_timezone", "an IANA time zone")
        for row in table.rows()
    ]
    return next((zone for zone in zones if zone), None)


def read_areas(
    areas: Table, stop_areas: Table, stops: Mapping[str, Stop]
) -> tuple[set[str], dict[str, frozenset[str]]]:
    """Read the area ids, and each stop's own areas; a stop id may be unknown only where there is no stops.txt."""
    areas.require("area_id")
    ids: set[str] = set()
    for row in areas.rows():
        if unique(row, "area_id", row.required("area_id"), ids):
            ids.add(row.text("area_id"))
    stop_areas.require("area_id", "stop_id")
    assigned: dict[str, set[str]] = {}
    for row in stop_areas.rows():
        area, stop = row.required("area_id"), row.required("stop_id")
        known(row, "area_id", area, ids)
        if stops:
            known(row, "stop_id", stop, stops)
        if area in assigned.setdefault(stop, set()):
            row.fault("stop_id", "duplicate_key", f"the stop {stop} is in the area {area} twice")
        assigned[stop].add(area)
    return ids, {stop: frozenset(found) for stop, found in assigned.items()}


def read_networks(
    networks: Table, route_networks: Table, routes: Table, findings: list[Finding]
) -> tuple[set[str], dict[str, str | None]]:
    """Read the network ids, and each route's network, from one of the two sources that GTFS allows."""
    networks.require("network_id")
    ids: set[str] = set()
    for row in networks.rows():
        if unique(row, "network_id", row.required("network_id"), ids):
            ids.add(row.text("network_id"))
    by_route: dict[str, str | None] = {}
    inline = "network_id" in routes.columns
    if inline and (networks.present or route_networks.present):
        both = "routes.network_id and networks.txt or route_networks.txt exclude each other"
        findings.append(Finding(routes.file, 1, "network_id", "two_network_sources", both))
    routes.require("route_id")
    for row in routes.rows():
        route = row.required("route_id")
        if unique(row, "route_id", route, by_route):
            by_route[route] = (row.text("network_id") or None) if inline else None
            ids.update(filter(None, [by_route[route]]))
    route_networks.require("network_id", "route_id")
    assigned: set[str] = set()
    for row in route_networks.rows():
        network, route = row.required("network_id"), row.required("route_id")
        known(row, "network_id", network, ids)
        if routes.present:
            known(row, "route_id", route, by_route)
        if unique(row, "route_id", route, assigned):
            assigned.add(route)
            by_route[route] = network
    return ids, by_route


def read_services(calendar: Table, dates: Table) -> dict[str, Service]:
    """Read calendars with their exceptions; a service may live in `calendar_dates.txt` alone."""
    patterns: dict[str, tuple[frozenset[int], date, date]] = {}
    calendar.require("service_id", "start_date", "end_date", *_WEEKDAYS)
    for row in calendar.rows():
        service = row.required("service_id")
        days = frozenset(at for at, name in enumerate(_WEEKDAYS) if _flag(row, name))
        start, end = _date(row, "start_date"), _date(row, "end_date")
        if not unique(row, "service_id", service, patterns) or not start or not end:
            continue
        if end < start:
            row.fault("end_date", "end_before_start", "the calendar ends before it starts")
        patterns[service] = (days, start, end)
    added: dict[str, set[date]] = {}
    removed: dict[str, set[date]] = {}
    dates.require("service_id", "date", "exception_type")
    for row in dates.rows():
        service, day, kind = row.required("service_id"), _date(row, "date"), row.required("exception_type")
        if kind not in {_ADDED, _REMOVED}:
            row.fault("exception_type", "invalid_enum", f"{kind!r} is neither 1 nor 2")
        elif day:
            if day in added.get(service, ()) or day in removed.get(service, ()):
                row.fault("date", "duplicate_key", f"a second exception of {service} on {day}")
            (added if kind == _ADDED else removed).setdefault(service, set()).add(day)
    never = (frozenset[int](), date.max, date.min)
    return {
        service: Service(
            *patterns.get(service, never),
            frozenset(added.get(service, ())),
            frozenset(removed.get(service, ())),
        )
        for service in patterns.keys() | added.keys() | removed.keys()
    }


def unique(row: Row, field: str, key: object, seen: "Mapping[str, object] | set[str]") -> bool:
    """Whether a key is new; a repeated one is a fault, an empty one has been reported."""
    if key in seen:
        row.fault(field, "duplicate_key", f"{key!r} is repeated")
        return False
    return bool(key)


def known(row: Row, field: str, value: str | None, ids: "Mapping[str, object] | set[str]") -> None:
    """Report a reference to nothing."""
    if value and value not in ids:
        row.fault(field, "unknown_reference", f"{value!r} is not defined")


def zone_name(value: str) -> str:
    """Check an IANA time zone; raises ValueError."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(value) from error
    return value


def _flag(row: Row, field: str) -> bool:
    value = row.text(field)
    if value not in {"0", "1"}:
        row.fault(field, "invalid_enum", f"{value!r} is neither 0 nor 1")
    return value == "1"


def _date(row: Row, field: str) -> date | None:
    row.required(field)
    return row.parsed(field, _parse_date, "invalid_date", "a date like 20260131")


def _parse_date(value: str) -> date:
    if not re.fullmatch(r"[0-9]{8}", value):
        raise ValueError(value)
    return datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007  a calendar day has no zone
