"""Name the run that staff speak of: when it leaves by the local clock, whom it concerns, and which other one could be meant."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from operators.gtfs.runs import Run
from operators.gtfs.timetable import Timetable
from tariffs.journey import Ride

# A trip may leave a day or more after its service day began (25:10:00).
_DAYS_BACK = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRun:
    """A run of the same trip that leaves on the calendar day which staff named, of a service day before it."""

    day: date
    leaves: datetime
    stop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedRun:
    """A run as people know it: its first departure as planned, local to its stop, and how many valid tickets are for it."""

    day: date
    leaves: datetime
    arrives: datetime
    stop: str
    tickets: int
    others: tuple[OtherRun, ...] = ()


def marked(timetable: Timetable, run: Run, tickets: int) -> MarkedRun:
    """Name a run, and those of service days before it that leave on the day of its name."""
    leaves, stop = _departures(timetable, run)[0]
    return MarkedRun(
        day=run.service_date,
        leaves=leaves,
        arrives=_local(timetable, run, len(run.pattern.stops) - 1, run.pattern.arrivals[-1]),
        stop=stop,
        tickets=tickets,
        others=tuple(_others(timetable, run)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDeparture:
    """A departure of a service day as people know it: its line, when it leaves from where, local to its stop, and where it ends."""

    trip_id: str
    line: str
    leaves: datetime
    stop: str
    end: str


def departures_on(timetable: Timetable, day: date, line: str = "") -> list[PlannedDeparture]:
    """List the runs of a service day by their first departures, of all lines or of one."""
    departures = []
    for pattern in timetable.patterns:
        known = timetable.routes[pattern.route].line
        if line and known.casefold() != line.casefold():
            continue
        running = [trip for trip in pattern.trips if timetable.services[trip.service].runs_on(day)]
        departures += [planned_of(timetable, Run(day, pattern, trip)) for trip in running]
    return sorted(departures, key=lambda one: (one.leaves, one.line, one.trip_id))


def planned_of(timetable: Timetable, run: Run) -> PlannedDeparture:
    """A run by its first departure."""
    leaves, stop = _departures(timetable, run)[0]
    return PlannedDeparture(
        trip_id=run.trip_id,
        line=timetable.routes[run.pattern.route].line,
        leaves=leaves,
        stop=stop,
        end=timetable.stops[run.pattern.stops[-1]].name,
    )


def ride_of_run(timetable: Timetable, operator: str, run: Run) -> Ride:
    """A run as one ride from the first stop where people board to its last."""
    pattern = run.pattern
    first = next((at for at in range(len(pattern.stops) - 1) if pattern.boards[at]), 0)
    last = len(pattern.stops) - 1
    return Ride(
        operator=operator,
        trip_id=run.trip_id,
        route_id=pattern.route,
        from_stop_id=pattern.stops[first],
        to_stop_id=pattern.stops[last],
        departure=_local(timetable, run, first, pattern.departures[first]),
        arrival=_local(timetable, run, last, pattern.arrivals[last]),
        calls=pattern.stops,
        mode=timetable.routes[pattern.route].mode,
    )


def _others(timetable: Timetable, run: Run) -> list[OtherRun]:
    others = []
    for back in range(1, _DAYS_BACK + 1):
        earlier = Run(run.service_date - timedelta(days=back), run.pattern, run.departure)
        if not timetable.services[run.departure.service].runs_on(earlier.service_date):
            continue
        for leaves, stop in _departures(timetable, earlier):
            if leaves.date() == run.service_date:
                others.append(OtherRun(day=earlier.service_date, leaves=leaves, stop=stop))
                break
    return others


def _departures(timetable: Timetable, run: Run) -> list[tuple[datetime, str]]:
    """List the departures of a run from the stops where people board, with their names; where nobody boards, from its first stop."""
    pattern = run.pattern
    boards = [at for at in range(len(pattern.stops) - 1) if pattern.boards[at]]
    return [
        (
            _local(timetable, run, at, pattern.departures[at]),
            timetable.stops[pattern.stops[at]].name,
        )
        for at in boards or [0]
    ]


def _local(timetable: Timetable, run: Run, at: int, offset: int) -> datetime:
    zone = ZoneInfo(timetable.timezone_of(run.pattern.stops[at]))
    return datetime.fromtimestamp(run.begins(timetable.timezone) + offset, zone)
