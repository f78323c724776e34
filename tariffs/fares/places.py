"""Read where rides happen: stops, areas, routes, networks. Each reader reports every fault."""

from collections.abc import Mapping
from dataclasses import replace

from tariffs.fares.tables import Stop
from tariffs.findings import Finding
from tariffs.table import Row, Table, known, unique, warn_of_orphans, zone_name


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
        stops[stop_id] = Stop(stop_id, row.text("parent_station") or None, zone, row.text("zone_id") or None)
        rows.append((row, stop_id))
    for stop_id in warn_of_orphans(rows, stops):
        stops[stop_id] = replace(stops[stop_id], parent=None)
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
