"""Read a GTFS timetable from the texts of its files; every fault is collected, none is repaired."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple, cast

from operators.gtfs.agencies import read_agencies, translations_of
from operators.gtfs.modes import mode_of
from operators.gtfs.staying import check_staying
from operators.gtfs.timetable import FILES, Allowed, Departure, Pattern, Route, Stop, Timetable
from operators.gtfs.timing import Call, timed
from operators.gtfs.transfers import read_transfers
from operators.plain_text import plain
from tariffs.calendars import Service, read_services
from tariffs.findings import Finding, errors
from tariffs.table import Row, Table, known, unique, warn_of_orphans, zone_name

_LOCATION_TYPES = {"", "0", "1", "2", "3", "4"}
_NOT_POSSIBLE = "1"
# A row of stop_times with one of these is no call at a time, but an area or a window (GTFS-Flex).
_DEMAND = {"location_id", "location_group_id", "start_pickup_drop_off_window", "end_pickup_drop_off_window"}
_TIME = re.compile(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])")
_MAX_TRIPS_OF_A_FREQUENCY = 2000
# Of all rows together: a row of 30 bytes stands for as many trips as the line above says.
_MAX_TRIPS_OF_FREQUENCIES = 1_000_000


@dataclass(slots=True, kw_only=True)
class _Trip:
    id: str
    route: str
    service: str
    headsign: str
    line: int
    wheelchair: Allowed = None
    direction: int | None = None
    bikes: Allowed = None
    cars: Allowed = None
    block: str = ""
    calls: list[Call] = field(default_factory=list)


class _Shape(NamedTuple):
    """The common shape of the trips of one pattern."""

    route: str
    stops: tuple[str, ...]
    arrivals: tuple[int, ...]
    departures: tuple[int, ...]
    boards: tuple[bool, ...]
    alights: tuple[bool, ...]
    sequences: tuple[int, ...]


def load_timetable(operator: str, files: Mapping[str, str]) -> tuple[Timetable | None, list[Finding]]:
    """Read a timetable (GTFS Schedule Reference, 2026-04-27); None when any finding is an error."""
    findings: list[Finding] = []
    findings += [
        Finding(needed, 0, "", "missing_file", f"{needed} is required")
        for needed in ("agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
        if needed not in files
    ]
    tables = {name: Table(name, files.get(name), findings) for name in FILES}
    zone, language = read_agencies(tables["agency.txt"], findings)
    translated = translations_of(tables["translations.txt"])
    stops = _stops(tables["stops.txt"], translated)
    routes, other_routes = _routes(tables["routes.txt"])
    services = read_services(tables["calendar.txt"], tables["calendar_dates.txt"])
    trips, others = _trips(tables["trips.txt"], routes, services, other_routes)
    others |= _calls(tables["stop_times.txt"], trips, stops, others)
    starts = _frequencies(tables["frequencies.txt"], trips, others)
    patterns = _patterns((trip for trip in trips.values() if trip.id not in others), starts, findings)
    transfers, staying = read_transfers(
        tables["transfers.txt"], stops, {*routes, *other_routes}, {*trips, *others}
    )
    findings += check_staying(staying, patterns)
    if errors(findings):
        return None, findings
    return Timetable(
        operator=operator,
        timezone=zone or "UTC",
        stops=stops,
        routes=routes,
        services=services,
        patterns=patterns,
        transfers=transfers,
        language=language,
        staying=staying,
    ), findings


def _stops(table: Table, translated: Mapping[str, Mapping[str, str]]) -> dict[str, Stop]:
    table.require("stop_id", "stop_name", "stop_lat", "stop_lon")
    stops: dict[str, Stop] = {}
    rows: list[tuple[Row, str]] = []
    for row in table.rows():
        stop_id, kind = row.required("stop_id"), row.text("location_type")
        if kind not in _LOCATION_TYPES:
            row.fault("location_type", "invalid_enum", f"{kind!r} is not a location type")
        zone = row.parsed("stop_timezone", zone_name, "invalid_timezone", "an IANA time zone")
        lat, lon = _degrees(row, "stop_lat", 90), _degrees(row, "stop_lon", 180)
        if not unique(row, "stop_id", stop_id, stops):
            continue
        name = row.text("stop_name")
        names = {"": name, **translated.get(name, {}), **translated.get(stop_id, {})}
        names = {language: plain(one) for language, one in names.items()}
        parent = row.text("parent_station") or None
        stops[stop_id] = Stop(
            id=stop_id,
            name=names[""],
            names=names,
            lat=lat,
            lon=lon,
            parent=parent,
            is_station=kind == "1",
            timezone=zone,
            wheelchair=_allowed(row, "wheelchair_boarding"),
        )
        rows.append((row, stop_id))
    for stop_id in warn_of_orphans(rows, stops):
        stops[stop_id] = replace(stops[stop_id], parent=None)
    for _, stop_id in rows:
        stop = stops[stop_id]
        if stop.wheelchair is None and stop.parent in stops:
            # A platform that says nothing is as its station is (GTFS, wheelchair_boarding).
            stops[stop_id] = replace(stop, wheelchair=stops[stop.parent].wheelchair)
    return stops


def _routes(table: Table) -> tuple[dict[str, Route], set[str]]:
    """Read the lines; the second answer are those of a kind of vehicle that is not known, which are left out with a warning."""
    table.require("route_id", "route_type")
    routes: dict[str, Route] = {}
    others: set[str] = set()
    for row in table.rows():
        route_id = row.required("route_id")
        kind = row.parsed("route_type", int, "invalid_integer", "a whole number")
        mode = None if kind is None else mode_of(kind)
        if mode is None:
            if kind is not None:
                _warn(
                    row,
                    "route_type",
                    "invalid_enum",
                    f"{kind} is no route type that is known: {route_id} is left out",
                )
            others.add(route_id)
            continue
        short, long = row.text("route_short_name"), row.text("route_long_name")
        if not short and not long:
            _warn(row, "route_short_name", "missing_value", f"{route_id} has no name: its id stands for it")
            short = route_id
        if unique(row, "route_id", route_id, routes):
            routes[route_id] = Route(route_id, plain(short), plain(long), mode, row.text("agency_id"))
    return routes, others


def _trips(
    table: Table, routes: Mapping[str, Route], services: Mapping[str, Service], other_routes: Collection[str]
) -> tuple[dict[str, _Trip], set[str]]:
    """Read the trips; the second answer are those of lines that are left out."""
    table.require("trip_id", "route_id", "service_id")
    trips: dict[str, _Trip] = {}
    others: set[str] = set()
    for row in table.rows():
        trip_id, route, service = (
            row.required("trip_id"),
            row.required("route_id"),
            row.required("service_id"),
        )
        if route in other_routes:
            others.add(trip_id)
            continue
        known(row, "route_id", route, routes)
        known(row, "service_id", service, services)
        if unique(row, "trip_id", trip_id, trips):
            accessible = _allowed(row, "wheelchair_accessible")
            bikes, cars = _allowed(row, "bikes_allowed"), _allowed(row, "cars_allowed")
            direction = {"0": 0, "1": 1}.get(row.text("direction_id"))
            trips[trip_id] = _Trip(
                id=trip_id,
                route=route,
                service=service,
                headsign=plain(row.text("trip_headsign")),
                line=row.line,
                wheelchair=accessible,
                direction=direction,
                bikes=bikes,
                cars=cars,
                block=row.text("block_id"),
            )
    return trips, others


def _calls(
    table: Table, trips: Mapping[str, _Trip], stops: Mapping[str, Stop], others: Collection[str]
) -> set[str]:
    """Read the calls of the trips; answers the trips on demand (GTFS-Flex), which have no calls by a timetable."""
    on_demand: set[str] = set()
    table.require("trip_id", "stop_sequence")
    if not _DEMAND & table.columns.keys():
        table.require("stop_id", "arrival_time", "departure_time")
    first: Row | None = None
    for row in table.rows():
        trip = trips.get(row.required("trip_id"))
        if trip is None:
            if row.text("trip_id") not in others:
                known(row, "trip_id", row.text("trip_id"), trips)
            continue
        if any(map(row.text, _DEMAND)):
            on_demand.add(trip.id)
            first = first or row
            continue
        stop = row.required("stop_id")
        known(row, "stop_id", stop, stops)
        row.required("stop_sequence")
        sequence = row.parsed("stop_sequence", int, "invalid_integer", "a whole number")
        call = Call(
            sequence=sequence or 0,
            stop=stop,
            arrival=row.parsed("arrival_time", seconds, "invalid_time", "a time like 25:10:00"),
            departure=row.parsed("departure_time", seconds, "invalid_time", "a time like 25:10:00"),
            boards=row.text("pickup_type") != _NOT_POSSIBLE,
            alights=row.text("drop_off_type") != _NOT_POSSIBLE,
            line=row.line,
        )
        trip.calls.append(call)
    if first:
        message = (
            f"{len(on_demand)} trips on demand (GTFS-Flex) are left out: they have no times to be sold by"
        )
        _warn(first, "trip_id", "on_demand", message)
    return on_demand


def _frequencies(table: Table, trips: Mapping[str, _Trip], others: Collection[str]) -> dict[str, list[int]]:
    """Starts of trips that repeat: every headway from start_time, end_time exclusive."""
    table.require("trip_id", "start_time", "end_time", "headway_secs")
    starts: dict[str, list[int]] = {}
    together = 0
    for row in table.rows():
        trip = row.required("trip_id")
        if trip in others:
            continue
        known(row, "trip_id", trip, trips)
        start = row.parsed("start_time", seconds, "invalid_time", "a time like 05:30:00")
        end = row.parsed("end_time", seconds, "invalid_time", "a time like 05:30:00")
        headway = row.parsed("headway_secs", int, "invalid_integer", "a whole number")
        if start is None or end is None or headway is None:
            continue
        if headway <= 0:
            row.fault("headway_secs", "invalid_headway", "headway_secs is a positive number of seconds")
        elif end <= start:
            row.fault("end_time", "end_before_start", "the frequency ends before it starts")
        elif (end - start) // headway > _MAX_TRIPS_OF_A_FREQUENCY:
            row.fault(
                "headway_secs", "too_many_trips", f"more than {_MAX_TRIPS_OF_A_FREQUENCY} trips in one row"
            )
        elif (together := together + len(range(start, end, headway))) > _MAX_TRIPS_OF_FREQUENCIES:
            message = f"more than {_MAX_TRIPS_OF_FREQUENCIES} trips in all rows"
            row.fault("headway_secs", "too_many_trips", message)
        else:
            starts.setdefault(trip, []).extend(range(start, end, headway))
    return starts


def _patterns(
    trips: Iterable[_Trip], starts: Mapping[str, list[int]], findings: list[Finding]
) -> tuple[Pattern, ...]:
    """Group trips that call at the same stops in the same time, sorted by their start."""
    grouped: dict[_Shape, list[Departure]] = {}
    for trip in trips:
        calls = timed(trip.id, trip.line, trip.calls, findings)
        if not calls:
            continue
        first = cast("int", calls[0].departure)
        shape = _shape(trip, calls, first)
        for start in starts.get(trip.id, [first]):
            name = f"{trip.id}@{start}" if trip.id in starts else trip.id
            grouped.setdefault(shape, []).append(_departure(trip, start, name))
    return tuple(
        Pattern(
            *shape[:-1],
            trips=tuple(sorted(found, key=lambda departure: (departure.start, departure.trip_id))),
            sequences=shape.sequences,
        )
        for shape, found in grouped.items()
    )


def _shape(trip: _Trip, calls: Sequence[Call], first: int) -> _Shape:
    """The calls of a trip in seconds after its `first` departure."""
    return _Shape(
        trip.route,
        tuple(call.stop for call in calls),
        tuple(cast("int", call.arrival) - first for call in calls),
        tuple(cast("int", call.departure) - first for call in calls),
        tuple(call.boards for call in calls),
        tuple(call.alights for call in calls),
        tuple(call.sequence for call in calls),
    )


# A day has few different times, and a feed tells each of them thousands of times.
@lru_cache(maxsize=100_000)
def seconds(value: str) -> int:
    """Read `H:MM:SS`, hours beyond 24 included; raises ValueError."""
    found = _TIME.fullmatch(value)
    if not found:
        raise ValueError(value)
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])


def _departure(trip: _Trip, start: int, name: str) -> Departure:
    return Departure(
        start=start,
        trip_id=name,
        service=trip.service,
        headsign=trip.headsign,
        wheelchair=trip.wheelchair,
        direction=trip.direction,
        bikes=trip.bikes,
        cars=trip.cars,
        block=trip.block,
    )


def _warn(row: Row, field_name: str, code: str, message: str) -> None:
    row.findings.append(Finding(row.file, row.line, field_name, code, message, severity="warning"))


def _allowed(row: Row, name: str) -> Allowed:
    """1 is yes, 2 is no, 0 or nothing is not known."""
    value = row.text(name)
    if value not in {"", "0", "1", "2"}:
        row.fault(name, "invalid_enum", f"{value!r} is not 0, 1 or 2")
    return {"1": True, "2": False}.get(value)


def _degrees(row: Row, name: str, limit: int) -> float:
    value = row.parsed(name, float, "invalid_coordinate", "a coordinate in degrees")
    if value is None and row.text("location_type") in {"", "0", "1", "2"} and not row.text(name):
        row.fault(name, "missing_value", f"{name} is required")
    if value is not None and not -limit <= value <= limit:
        row.fault(name, "invalid_coordinate", f"{value} is not between -{limit} and {limit}")
    return value or 0.0
