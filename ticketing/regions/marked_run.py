"""Name the run that staff speak of: when it leaves by the local clock, whom it concerns, and which other one could be meant."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from operators.gtfs.runs import Run
from operators.gtfs.timetable import Timetable

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
