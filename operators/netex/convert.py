"""Write a NeTEx delivery as the tables of GTFS that timetables and fares are read from. Pure.

European Passenger Information Profile (CEN/TS 16614-4), Nordic and Swiss profiles, and the standard's own way to write GTFS.
What has no place in the tables is counted and told, and so is every journey that cannot be sold.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from operators.netex.calls import Call, Unusable, calls_of
from operators.netex.days import Calendar
from operators.netex.delivery import NotNetex, Skipped
from operators.netex.fare_parts import Fares
from operators.netex.fares import FareTables
from operators.netex.parts import Journey, Line, Parts
from operators.netex.reading import read
from operators.netex.stops import STOPS, TRANSLATIONS, Stops
from operators.netex.written import table
from tariffs.findings import Finding

# The route types of GTFS, by the kinds of vehicles of NeTEx.
_KINDS = {
    0: ("tram",),
    1: ("metro", "underground"),
    2: ("rail", "intercityRail", "urbanRail"),
    3: ("bus",),
    4: ("water", "ferry"),
    6: ("cableway",),
    7: ("funicular",),
    11: ("trolleyBus", "trolley"),
    200: ("coach",),
    1300: ("lift",),
    1500: ("taxi",),
}
_ROUTE_TYPES = {mode: kind for kind, modes in _KINDS.items() for mode in modes}
_EXAMPLES = 3
_MOST_KINDS = 12
# The standard's example of GTFS keeps the headways of a journey in a template of this name.
_HEADWAYS_OF = "@frequencies"
_NOTHING = "the delivery has no journey and no fare product of a single trip"
_ADDED = "1"
_NO = "1"


@dataclass(frozen=True, slots=True)
class Converted:
    """The tables of a delivery by file name, and what was found on the way. An error means that nothing can be sold by it."""

    tables: Mapping[str, str]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Trip:
    journey: Journey
    line: Line
    service: str
    calls: Sequence[Call]


def convert(files: Mapping[str, bytes], time_zone: str = "") -> Converted:
    """Convert all files of a delivery together: common objects and lines refer to each other across files.

    `time_zone` (IANA) is for a delivery that tells none.
    """
    skipped = Skipped()
    try:
        parts, fares, unread = read(files, skipped)
    except NotNetex as error:
        return Converted({}, (_error(str(error)),))
    if time_zone:
        parts.defaults.setdefault("timezone", time_zone)
    left: dict[str, list[str]] = {}
    services: dict[frozenset[date], str] = {}
    trips = list(_trips(parts, Calendar(parts), services, left))
    stops = Stops(parts)
    times = [row for trip in trips for row in _stop_times(trip, stops)]
    priced = FareTables(parts, fares, stops.of_point)
    priced.gather()
    routes: dict[str, list[str]] = {}
    for route, line in dict.fromkeys((_route_id(trip), trip.line.id) for trip in trips):
        routes.setdefault(line, []).append(route)
    tables = {"stops.txt": table(STOPS, stops.rows()), **priced.tables(routes)}
    if trips:
        tables |= _timetable(parts, trips, stops, services)
        tables["stop_times.txt"] = table(_TIMES, times)
    findings = [*_left_out(left), *_unread([*unread, *priced.left]), *_skipped(skipped)]
    if trips and not parts.defaults.get("timezone"):
        message = (
            "no FrameDefaults and no organisation tells a TimeZone; say it by --time-zone Europe/Zurich, or in region.toml by "
            '`feed = { time_zone = "Europe/Zurich" }`'
        )
        findings.append(_error(message))
    if not trips and (parts.journeys or not priced.products):
        findings.append(_error(_nothing_of(parts, fares)))
    return Converted(tables, (*findings, *_without_place(stops)))


def _nothing_of(parts: Parts, fares: Fares) -> str:
    """Say that a delivery has nothing to use, by the objects that it has."""
    there = {"journeys": len(parts.journeys), "fare products of a single trip": len(fares.products)}
    counted = " and ".join(f"{count} {what}" for what, count in there.items() if count)
    return f"none of {counted} can be used; the warnings say why" if counted else _NOTHING


def _timetable(
    parts: Parts, trips: Sequence[_Trip], stops: Stops, services: Mapping[frozenset[date], str]
) -> dict[str, str]:
    return {
        "agency.txt": _agencies(parts, trips),
        "translations.txt": table(TRANSLATIONS, stops.translations()),
        "routes.txt": table(_ROUTES, _routes(trips)),
        "trips.txt": table(_TRIPS, (_trip(trip, parts) for trip in trips)),
        "calendar_dates.txt": table(_DATES, _dates(services)),
        "frequencies.txt": table(_FREQUENCIES, _frequencies(trips, parts)),
        "transfers.txt": table(_TRANSFERS, _transfers(parts, stops)),
    }


def _trips(
    parts: Parts, calendar: Calendar, services: dict[frozenset[date], str], left: dict[str, list[str]]
) -> Iterator[_Trip]:
    """The journeys that can be used; `left` gains the others by the reason."""
    for journey in parts.journeys.values():
        if _is_of_headways(journey, parts):
            continue
        line = parts.lines.get(_line_of(journey, parts))
        reason = _why_not(journey, line)
        if reason or line is None:
            left.setdefault(reason, []).append(journey.id)
            continue
        days = calendar.days_of(journey)
        if not days:
            left.setdefault("they run on no day that the delivery tells", []).append(journey.id)
            continue
        try:
            calls = calls_of(journey, parts)
        except Unusable as error:
            left.setdefault(str(error), []).append(journey.id)
            continue
        # Types of days that come to the same days are one service, named after the first of its journeys.
        service = services.setdefault(days, journey.id)
        yield _Trip(journey, line, service, calls)


def _why_not(journey: Journey, line: Line | None) -> str:
    """The reason for which a journey is no trip of a timetable; empty where it is one."""
    if not journey.runs:
        return "they are cancelled or replaced (ServiceAlteration)"
    if line is None:
        return "their line is not in the delivery"
    if journey.on_demand or line.on_demand:
        return "they run on demand, without times to be sold by"
    mode = journey.mode or line.mode
    return "" if mode in _ROUTE_TYPES else f"TransportMode {mode!r} is none that is sold"


def _line_of(journey: Journey, parts: Parts) -> str:
    pattern = parts.patterns.get(journey.pattern)
    if journey.line or pattern is None:
        return journey.line
    return pattern.line or parts.routes.get(pattern.route, ("", None))[0]


def _is_of_headways(journey: Journey, parts: Parts) -> bool:
    """Tell whether a template has only the headways of another journey."""
    return not journey.passings and journey.id.removesuffix(_HEADWAYS_OF) in parts.journeys.keys() - {
        journey.id
    }


def _agencies(parts: Parts, trips: Sequence[_Trip]) -> str:
    """The organisations of the lines; one for all where the delivery names none."""
    ids = list(dict.fromkeys(trip.line.organisation for trip in trips))
    zone, language = parts.defaults.get("timezone", ""), parts.defaults.get("language", "")
    tag = language if 2 <= len(language) <= 3 or "-" in language else ""  # noqa: PLR2004  a tag of BCP 47
    rows = [(agency, parts.organisations.get(agency) or agency or "Operator", zone, tag) for agency in ids]
    return table(("agency_id", "agency_name", "agency_timezone", "agency_lang"), rows)


def _routes(trips: Sequence[_Trip]) -> Iterator[Sequence[str]]:
    written: set[str] = set()
    for trip in trips:
        route = _route_id(trip)
        if route not in written:
            written.add(route)
            line = trip.line
            kind = _ROUTE_TYPES[trip.journey.mode or line.mode]
            code = line.code or ("" if line.name else line.id)
            yield (route, line.organisation, code, line.name, str(kind))


def _route_id(trip: _Trip) -> str:
    """The line; a line's journeys by another kind of vehicle, as a bus that replaces a train, are a route of their own."""
    mode = trip.journey.mode
    return trip.line.id if mode in {"", trip.line.mode} or not trip.line.mode else f"{trip.line.id}:{mode}"


def _trip(trip: _Trip, parts: Parts) -> Sequence[str]:
    journey = trip.journey
    pattern = parts.patterns.get(journey.pattern)
    direction = journey.direction
    display = journey.display
    if pattern is not None:
        direction = pattern.direction if direction is None else direction
        direction = parts.routes.get(pattern.route, ("", None))[1] if direction is None else direction
        display = display or parts.displays.get(pattern.display, "")
    way = "" if direction is None else str(direction)
    return (_route_id(trip), trip.service, journey.id, display, way, journey.block)


def _stop_times(trip: _Trip, stops: Stops) -> Iterator[Sequence[str]]:
    for number, call in enumerate(trip.calls, start=1):
        times = (_time(call.arrival), _time(call.departure))
        flags = ("" if call.boards else _NO, "" if call.alights else _NO)
        yield (trip.journey.id, str(number), stops.of_point(call.point), *times, *flags)


def _time(seconds: int) -> str:
    """A time of GTFS; one before the operating day has none, and the reader will say so."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}"


def _dates(services: Mapping[frozenset[date], str]) -> Iterator[Sequence[str]]:
    for days, service in services.items():
        yield from ((service, f"{day:%Y%m%d}", _ADDED) for day in sorted(days))


def _frequencies(trips: Sequence[_Trip], parts: Parts) -> Iterator[Sequence[str]]:
    """Headways. NeTEx's last departure is one, and GTFS's end time is none."""
    for trip in trips:
        template = parts.journeys.get(f"{trip.journey.id}{_HEADWAYS_OF}")
        for headway in trip.journey.headways or (template.headways if template else ()):
            yield (trip.journey.id, _time(headway.first), _time(headway.last + 1), str(headway.every))


def _transfers(parts: Parts, stops: Stops) -> Iterator[Sequence[str]]:
    """The connections between stops that are called at; nobody needs the others."""
    known = {row[0] for row in stops.rows()}
    for (start, end), seconds in parts.connections.items():
        pair = tuple(stops.of_point(point) for point in (start, end) if point in parts.points)
        if len(pair) == 2 and known.issuperset(pair):  # noqa: PLR2004  both ends
            yield (*pair, "2", str(seconds))


def _left_out(left: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    for reason, journeys in sorted(left.items(), key=lambda one: -len(one[1])):
        examples = ", ".join(journeys[:_EXAMPLES]) + (", …" if len(journeys) > _EXAMPLES else "")
        yield _warning("left_out", f"{len(journeys)} journeys are left out: {reason} ({examples})")


def _unread(unread: Sequence[str]) -> Iterator[Finding]:
    for message in unread[:_EXAMPLES]:
        yield _warning("unreadable_value", message)
    if len(unread) > _EXAMPLES:
        yield _warning("unreadable_value", f"{len(unread) - _EXAMPLES} more objects could not be read")


def _skipped(skipped: Skipped) -> Iterator[Finding]:
    kinds: Counter[str] = skipped.kinds
    if kinds:
        most = ", ".join(f"{kind} × {count}" for kind, count in kinds.most_common(_MOST_KINDS))
        more = f" and {len(kinds) - _MOST_KINDS} more kinds" if len(kinds) > _MOST_KINDS else ""
        yield _warning("not_read", f"objects that a timetable has no use for: {most}{more}")


def _without_place(stops: Stops) -> Iterator[Finding]:
    points = list(stops.unplaced)
    if points:
        examples = ", ".join(points[:_EXAMPLES])
        message = (
            f"{len(points)} stop points have no place: neither they nor their StopPlace have a position in the delivery "
            f"({examples}). Put the file with the stop places beside the others"
        )
        # One that has no stop at all is refused for this alone.
        yield _warning("no_place", message) if stops.are_there else replace(_error(message), code="no_place")


def _warning(code: str, message: str) -> Finding:
    return Finding("netex", 0, "", code, message, severity="warning")


def _error(message: str) -> Finding:
    return Finding("netex", 0, "", "unreadable_netex", message)


_ROUTES = ("route_id", "agency_id", "route_short_name", "route_long_name", "route_type")
_TRIPS = ("route_id", "service_id", "trip_id", "trip_headsign", "direction_id", "block_id")
_TIMES = (
    *("trip_id", "stop_sequence", "stop_id", "arrival_time", "departure_time"),
    *("pickup_type", "drop_off_type"),
)
_DATES = ("service_id", "date", "exception_type")
_FREQUENCIES = ("trip_id", "start_time", "end_time", "headway_secs")
_TRANSFERS = ("from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time")
