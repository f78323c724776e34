"""Find what is well written in a region's feeds and cannot be true: calendars that are over, stops in the sea off Africa, flying buses."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

from operators.distance import great_circle_m
from operators.gtfs.timetable import Mode, Pattern, Stop, Timetable
from tariffs.findings import Finding, Severity

# Kilometres an hour from call to call that no vehicle of the kind reaches, however good its day.
_MOST_KMH: Mapping[Mode, int] = {"tram": 110, "metro": 140, "bus": 150, "rail": 400, "ferry": 120}
# Below this a rounded minute says more than the distance.
_LEAST_M = 1_500
_LEAST_SECONDS = 60
# Degrees within which of 0, 0 nobody lives, and metres from its middle where no region reaches.
_NULL, _FAR_M = 0.1, 1_500_000
_POLE = 90
_POSITIONS = {
    "null_island": "has the position 0, 0",
    "swapped_position": "seems to have latitude and longitude swapped",
    "far_away": "is far from all others",
}
_WEEK = timedelta(days=7)


def implausible(timetables: Mapping[str, Timetable], today: date) -> Iterator[Finding]:
    """Every doubt of every feed: an error where nothing runs any more, else a warning."""
    for operator, timetable in timetables.items():
        yield from _calendars(operator, timetable, today)
        yield from _positions(operator, timetable)
        yield from _speeds(operator, timetable)


def _calendars(operator: str, timetable: Timetable, today: date) -> Iterator[Finding]:
    used = {trip.service for pattern in timetable.patterns for trip in pattern.trips}
    days = [day for name in sorted(used) for day in timetable.services[name].ends]
    if not days:
        return
    first, last = min(days), max(days)
    file = f"{operator}/calendar.txt"
    if last < today:
        yield _finding(
            file,
            "expired",
            f"the last departure is on {last}: nothing of {operator} is sold; put its newer feed into feeds/{operator}",
            "error",
        )
    elif last < today + _WEEK:
        yield _finding(file, "expires_soon", f"the last departure is on {last}")
    if first > today:
        yield _finding(file, "not_begun", f"the first departure is on {first}")


def _positions(operator: str, timetable: Timetable) -> Iterator[Finding]:
    stops = sorted(
        (stop for stop in timetable.stops.values() if not stop.is_station), key=lambda stop: stop.lat
    )
    doubtful: dict[str, list[str]] = {code: [] for code in _POSITIONS}
    for stop in stops:
        # A stop in the middle, not a mean of degrees: the line of dates runs through some regions.
        code = _doubt(stop, stops[len(stops) // 2])
        if code:
            doubtful[code].append(f"{stop.id} ({stop.name})")
    for code, names in doubtful.items():
        yield from _told(f"{operator}/stops.txt", code, names, _POSITIONS[code])


def _doubt(stop: Stop, middle: Stop) -> str | None:
    """The code of what is wrong with a position, None where nothing is."""
    if abs(stop.lat) < _NULL and abs(stop.lon) < _NULL:
        return "null_island"
    if _is_near(stop.lat, stop.lon, middle):
        return None
    return "swapped_position" if _is_near(stop.lon, stop.lat, middle) else "far_away"


def _is_near(lat: float, lon: float, middle: Stop) -> bool:
    return abs(lat) <= _POLE and great_circle_m((lat, lon), (middle.lat, middle.lon)) <= _FAR_M


def _speeds(operator: str, timetable: Timetable) -> Iterator[Finding]:
    fast: dict[str, None] = {}
    for pattern in timetable.patterns:
        most = _MOST_KMH[timetable.routes[pattern.route].mode]
        for start, end, metres, seconds in _links(pattern, timetable.stops):
            if metres > _LEAST_M and metres * 3.6 > most * max(seconds, _LEAST_SECONDS):
                minutes = seconds // 60
                fast[
                    f"{pattern.trips[0].trip_id} from {start} to {end} ({metres / 1000:.0f} km in {minutes} min)"
                ] = None
    yield from _told(f"{operator}/stop_times.txt", "too_fast", list(fast), "is faster than any such vehicle")


def _links(pattern: Pattern, stops: Mapping[str, Stop]) -> Iterator[tuple[str, str, float, int]]:
    """Each way from call to call: its stops, metres in a straight line, and seconds."""
    calls = zip(pattern.stops, pattern.arrivals, pattern.departures, strict=True)
    for (start, _, left), (end, reached, _) in pairwise(calls):
        one, other = stops[start], stops[end]
        yield start, end, great_circle_m((one.lat, one.lon), (other.lat, other.lon)), reached - left


def _told(file: str, code: str, found: Sequence[str], why: str) -> Iterator[Finding]:
    """One warning for all of a kind, by the first."""
    if found:
        more = f" (and {len(found) - 1} more like it)" if len(found) > 1 else ""
        yield _finding(file, code, f"{found[0]} {why}{more}")


def _finding(file: str, code: str, message: str, severity: Severity = "warning") -> Finding:
    return Finding(file=file, row=0, field="", code=code, message=message, severity=severity)
