"""A NeTEx delivery as a test reads it: its tables, its timetable, the day as passengers see it, its messages."""

from collections.abc import Mapping

from operators.gtfs.leaving_out import load_leaving_out
from operators.gtfs.timetable import Timetable
from operators.netex.convert import Converted
from tests.operators.written_feed import DAY, feed


def written(**changes: str) -> dict[str, str]:
    """The written feed, with a route's long name and directions."""
    return {
        **feed(),
        "routes.txt": "route_id,agency_id,route_short_name,route_long_name,route_type\nR,a,1,Across,4\n",
        "trips.txt": "trip_id,route_id,service_id,trip_headsign,direction_id\n"
        + "".join(f"t{trip},R,W,To {trip},{trip % 2}\n" for trip in range(4)),
        **changes,
    }


def departures(timetable: Timetable, day: object = DAY) -> set[tuple[object, ...]]:
    """The day as passengers see it: line, calls with their times, destination, direction."""
    seen: set[tuple[object, ...]] = set()
    for pattern in timetable.patterns:
        line = timetable.routes[pattern.route]
        for trip in pattern.trips:
            if not timetable.services[trip.service].runs_on(day):
                continue
            # Nobody sees an arrival at the first stop, nor a departure from the last.
            arrivals = (pattern.departures[0], *pattern.arrivals[1:])
            departing = (*pattern.departures[:-1], pattern.arrivals[-1])
            calls = tuple(
                (_name(timetable, stop), trip.start + arrival, trip.start + departure, boards, alights)
                for stop, arrival, departure, boards, alights in zip(
                    pattern.stops,
                    arrivals,
                    departing,
                    pattern.boards,
                    pattern.alights,
                    strict=True,
                )
            )
            seen.add((line.short_name, line.long_name, line.mode, trip.headsign, trip.direction, calls))
    return seen


def _name(timetable: Timetable, stop: str) -> tuple[str, float, float]:
    there = timetable.stops[stop]
    station = timetable.stops.get(there.parent) if there.parent else None
    return (station or there).name, there.lat, there.lon


def tables(converted: Converted) -> Mapping[str, str]:
    assert [found for found in converted.findings if found.severity == "error"] == []
    return converted.tables


def timetable(files: Mapping[str, str]) -> Timetable:
    read = load_leaving_out("a", files)
    assert read.timetable is not None, read.findings
    return read.timetable


def messages(converted: Converted) -> str:
    return "\n".join(found.message for found in converted.findings)
