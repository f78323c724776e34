"""Find the run that a GTFS-Realtime trip descriptor is about, or say why none can be told. Pure.

GTFS Realtime Reference, `TripDescriptor`: for a trip that is not by frequencies `trip_id` is enough; without it
route, direction, start time and start date name the trip together. Many producers leave `start_date` out: then it
is the run nearest to the moment that the message speaks of. Nothing is guessed: two candidates are none.
"""

import sys
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any, Literal
from zoneinfo import ZoneInfo

from operators.gtfs.added import day_of, origin_of, seconds_of
from operators.gtfs.timetable import Departure, Pattern, Timetable

Unmatched = Literal[
    "unknown_trip",
    "no_trip_named",
    "several_runs",
    "unreadable_day",
    "not_that_day",
    "unknown_stops",
    "not_understood",
]
# A trip may begin a day after its service day (25:10:00) and run into the next one.
_DAYS_BACK, _DAYS_AHEAD = 2, 1
_Named = tuple[Pattern, Departure]


@dataclass(frozen=True, slots=True)
class Run:
    """One trip on one service day, as it is planned."""

    service_date: date
    pattern: Pattern
    departure: Departure

    @property
    def trip_id(self) -> str:
        """The trip, with its start where it repeats by frequencies (`trip@seconds`)."""
        return self.departure.trip_id

    def begins(self, zone: str) -> int:
        """The instant from which the offsets of its pattern count, in POSIX seconds."""
        return int(origin_of(self.service_date, zone).timestamp()) + self.departure.start


class Runs:
    """The trips of a timetable, ready to be found; made once for each version of it."""

    def __init__(self, timetable: Timetable) -> None:
        self.timetable = timetable
        self.known: dict[str, _Named] = {}
        self._repeating: dict[str, list[_Named]] = {}
        self._starting: dict[tuple[str, int | None, int], list[_Named]] = {}
        self._days: dict[date, list[tuple[int, int, str]]] = {}
        for pattern in timetable.patterns:
            for trip in pattern.trips:
                named = (pattern, trip)
                self.known[trip.trip_id] = named
                if "@" in trip.trip_id:
                    self._repeating.setdefault(trip.trip_id.rpartition("@")[0], []).append(named)
                start = (pattern.route, trip.direction, trip.start + pattern.departures[0])
                self._starting.setdefault(start, []).append(named)

    def find(self, trip: Any, near: int) -> Run | Unmatched:
        """The run of a descriptor; `near` is the moment that its message speaks of, in POSIX seconds."""
        named = self._by_trip(trip) if trip.trip_id else self._by_start(trip)
        if isinstance(named, str):
            return named
        if trip.start_date:
            day = day_of(trip.start_date)
            return "unreadable_day" if day is None else self._on(named, day)
        return self._nearest(named, near)

    def starting(self, route: str, direction: int | None, start: int, day: date) -> list[Run]:
        """List the runs of a route that leave their first stop so many seconds into a service day, in any direction if None."""
        # A trip whose direction the timetable does not tell may be of any.
        directions = (0, 1, None) if direction is None else (direction, None)
        trips = (named for one in directions for named in self._starting.get((route, one, start), ()))
        return [Run(day, *named) for named in trips if self._runs_on(named, day)]

    def under_way(self, at: datetime) -> set[tuple[str, date]]:
        """The runs that are under way at a moment by the timetable, by trip and service day."""
        now = at.timestamp()
        today = at.astimezone(ZoneInfo(self.timetable.timezone)).date()
        days = [today - timedelta(days=back) for back in range(_DAYS_BACK)]
        going: set[tuple[str, date]] = set()
        for day in days:
            if day not in self._days:
                self._days = {kept: runs for kept, runs in self._days.items() if kept in days}
                self._days[day] = self._of_day(day)
            runs = self._days[day]
            # Sorted by their beginning: none after this one has begun.
            begun = runs[: bisect_right(runs, (int(now), sys.maxsize, ""))]
            going.update((trip_id, day) for _, ends, trip_id in begun if now < ends)
        return going

    def _of_day(self, day: date) -> list[tuple[int, int, str]]:
        """The runs of a service day: when each begins and ends, in POSIX seconds."""
        origin = int(origin_of(day, self.timetable.timezone).timestamp())
        running = {name for name, service in self.timetable.services.items() if service.runs_on(day)}
        return sorted(
            (
                origin + trip.start + pattern.departures[0],
                origin + trip.start + pattern.arrivals[-1],
                trip.trip_id,
            )
            for pattern, trip in self.known.values()
            if trip.service in running
        )

    def _by_trip(self, trip: Any) -> Sequence[_Named] | Unmatched:
        if trip.trip_id in self.known:
            return [self.known[trip.trip_id]]
        repeating = self._repeating.get(trip.trip_id, [])
        if not repeating:
            return "unknown_trip"
        if not trip.start_time:
            return "several_runs"
        start = seconds_of(trip.start_time)
        return [named for named in repeating if named[1].start == start] or "unknown_trip"

    def _by_start(self, trip: Any) -> Sequence[_Named] | Unmatched:
        start = seconds_of(trip.start_time) if trip.start_time else -1
        if not trip.route_id or not trip.HasField("direction_id") or start < 0:
            return "no_trip_named"
        return self._starting.get((trip.route_id, trip.direction_id, start)) or "unknown_trip"

    def _on(self, named: Iterable[_Named], day: date) -> Run | Unmatched:
        running = [Run(day, *one) for one in named if self._runs_on(one, day)]
        if len(running) > 1:
            return "several_runs"
        return running[0] if running else "not_that_day"

    def _nearest(self, named: Sequence[_Named], near: int) -> Run | Unmatched:
        try:
            today = datetime.fromtimestamp(near, UTC).astimezone(ZoneInfo(self.timetable.timezone)).date()
            days = [today + timedelta(days=offset) for offset in range(-_DAYS_BACK, _DAYS_AHEAD + 1)]
        except (OverflowError, OSError, ValueError):
            return "unreadable_day"
        running = [Run(day, *one) for day, one in product(days, named) if self._runs_on(one, day)]
        if not running:
            return "not_that_day"
        gaps = {run.service_date: self._gap(run, near) for run in running}
        best = min(gaps, key=lambda day: (gaps[day], day))
        return self._on(named, best)

    def _gap(self, run: Run, near: int) -> int:
        """Compute how far a moment lies outside of a run, in seconds."""
        begins = run.begins(self.timetable.timezone)
        return max(0, begins - near, near - begins - run.pattern.arrivals[-1])

    def _runs_on(self, named: _Named, day: date) -> bool:
        return self.timetable.services[named[1].service].runs_on(day)


def place_of(update: Any, pattern: Pattern, after: int, begins: int) -> int | None:
    """The call that an update names: by its number, else by its stop.

    A stop that is called at more than once is the call nearest to the time that is told, else to the number, else
    the first one not yet told (`after`).
    """
    numbered = update.HasField("stop_sequence")
    if numbered:
        for place, number in enumerate(pattern.sequences):
            if number == update.stop_sequence:
                return place
    same = [place for place in range(after + 1, len(pattern.stops)) if pattern.stops[place] == update.stop_id]
    moment = told_time(update)
    if moment:
        return min(same, key=lambda place: abs(begins + pattern.arrivals[place] - moment), default=None)
    if numbered and len(pattern.sequences) == len(pattern.stops):
        return min(same, key=lambda place: abs(pattern.sequences[place] - update.stop_sequence), default=None)
    return same[0] if same else None


def told_time(update: Any) -> int:
    """The first absolute time that an update of a call tells, in POSIX seconds; 0 where it tells none."""
    return int(update.arrival.time or update.departure.time)


def moment_of(update: Any, told_at: int) -> int:
    """The moment that a trip update speaks of: a time of a call that it tells, else when it was made."""
    times: Mapping[int, int] = {at: told_time(one) for at, one in enumerate(update.stop_time_update)}
    return next((moment for moment in times.values() if moment), int(update.timestamp) or told_at)
