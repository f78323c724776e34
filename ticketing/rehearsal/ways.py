"""Find ways through a region's timetables over the rides that an agreement, an operator or a mode asks for. Pure."""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from operators.gtfs.timetable import Pattern
from ticketing.regions.meetings import Meetings, Part, patterns, spans

_LONGEST_WAIT_SECONDS = 3 * 3600
_EARLY_SECONDS = 120
_TRIES = 60
_LEAST_METRES = 1_200
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Way:
    """A way that the timetable allows: from stop to stop, leaving at this moment; `stays` is where and how long one waits."""

    origin: str
    destination: str
    depart_at: datetime
    operators: tuple[str, ...]
    stays: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class _Ride:
    """One trip between two of its calls on a day; times in POSIX seconds."""

    operator: str
    start: str
    end: str
    leaves: int
    arrives: int


@dataclass(slots=True)
class Trips:
    """The starts of the trips of patterns by day, looked up again and again by every search."""

    seen: Meetings
    starts: dict[tuple[int, date], list[int]] = field(default_factory=dict)
    possible: dict[tuple[Part, int], list[tuple[int, int]]] = field(default_factory=dict)

    def of(self, operator: str, pattern: Pattern, day: date) -> list[int]:
        """List the begins of a pattern's trips on a day, in order; seconds after the origin of the service day."""
        key = (id(pattern), day)
        if key not in self.starts:
            services = self.seen.timetable(operator).services
            self.starts[key] = sorted(
                {trip.start for trip in pattern.trips if services[trip.service].runs_on(day)}
            )
        return self.starts[key]

    def spans(self, part: Part, pattern: Pattern) -> list[tuple[int, int]]:
        """The pairs of calls between which a part may be ridden."""
        key = (part, id(pattern))
        if key not in self.possible:
            self.possible[key] = list(spans(self.seen, part, pattern))
        return self.possible[key]


@dataclass(frozen=True, slots=True)
class Search:
    """One search for ways: the day, the hours of the service day in which the hardest ride begins, the dice."""

    trips: Trips
    day: date
    dice: random.Random
    hours: tuple[int, int] = (0, 30)
    stay_minutes: int = 0

    @property
    def seen(self) -> Meetings:
        """The places where operators meet."""
        return self.trips.seen

    def find(self, parts: Sequence[Part]) -> Way | None:
        """A way over these parts; None where chance finds none in its tries."""
        hardest = min(range(len(parts)), key=lambda at: _trips_of(self.seen, parts[at]))
        candidates = list(self._running(parts[hardest]))
        for _ in range(_TRIES if candidates else 0):
            pattern, start = self.dice.choice(candidates)
            possible = self.trips.spans(parts[hardest], pattern)
            if not possible:
                continue
            first = self._ride(parts[hardest], pattern, start, self.dice.choice(possible))
            rides = self._grown(parts, hardest, first)
            if rides and self._goes_somewhere(rides):
                return self._way(rides, hardest)
        return None

    def _running(self, part: Part) -> Iterator[tuple[Pattern, int]]:
        begin, end = (hour * _HOUR for hour in self.hours)
        for pattern in patterns(self.seen, part):
            for start in self.trips.of(part.operator, pattern, self.day):
                if begin <= start < end:
                    yield pattern, start

    def _grown(self, parts: Sequence[Part], hardest: int, first: _Ride) -> list[_Ride] | None:
        """Add the latest rides that reach the one in hand, and the earliest that it reaches."""
        rides = [first]
        for part in reversed(parts[:hardest]):
            stay = self.stay_minutes * 60 if rides == [first] else 0
            before = list(self._before(part, rides[0], stay))
            if not before:
                return None
            rides.insert(0, self._one_of(before, key=lambda one: -one.arrives))
        for part in parts[hardest + 1 :]:
            after = list(self._after(rides[-1], part))
            if not after:
                return None
            rides.append(self._one_of(after, key=lambda one: one.leaves))
        return rides

    def _before(self, part: Part, ride: _Ride, stay: int) -> Iterator[_Ride]:
        """By each pattern and pair of calls the latest ride that reaches another one in time."""
        ways = self.seen.meeting_stops(part.operator, ride.operator)
        stops = {one for one, other in ways if other == ride.start}
        origin = self._origin(part.operator)
        for pattern in patterns(self.seen, part):
            starts = self.trips.of(part.operator, pattern, self.day)
            if not starts or stops.isdisjoint(pattern.stops):
                continue
            for span in self.trips.spans(part, pattern):
                end = pattern.stops[span[1]]
                if end in stops and self._is_no_walk((part.operator, pattern.stops[span[0]]), ride, "start"):
                    walk = self.seen.walk_seconds((part.operator, end), (ride.operator, ride.start))
                    latest = ride.leaves - walk - stay - origin - pattern.arrivals[span[1]]
                    at = bisect_right(starts, latest) - 1
                    if at >= 0 and latest - starts[at] <= _LONGEST_WAIT_SECONDS:
                        yield self._ride(part, pattern, starts[at], span)

    def _after(self, ride: _Ride, part: Part) -> Iterator[_Ride]:
        """By each pattern and pair of calls the earliest ride that another one reaches."""
        ways = self.seen.meeting_stops(ride.operator, part.operator)
        stops = {other for one, other in ways if one == ride.end}
        origin = self._origin(part.operator)
        for pattern in patterns(self.seen, part):
            starts = self.trips.of(part.operator, pattern, self.day)
            if not starts or stops.isdisjoint(pattern.stops):
                continue
            for span in self.trips.spans(part, pattern):
                begin = pattern.stops[span[0]]
                if begin in stops and self._is_no_walk((part.operator, pattern.stops[span[1]]), ride, "end"):
                    walk = self.seen.walk_seconds((ride.operator, ride.end), (part.operator, begin))
                    earliest = ride.arrives + walk - origin - pattern.departures[span[0]]
                    at = bisect_left(starts, earliest)
                    if at < len(starts) and starts[at] - earliest <= _LONGEST_WAIT_SECONDS:
                        yield self._ride(part, pattern, starts[at], span)

    def _one_of(self, rides: list[_Ride], key: Callable[[_Ride], int]) -> _Ride:
        """One of the best by chance, so that its other end is another one each time."""
        best = min(key(ride) for ride in rides)
        return self.dice.choice([ride for ride in rides if key(ride) == best])

    def _ride(self, part: Part, pattern: Pattern, trip_start: int, span: tuple[int, int]) -> _Ride:
        begins = self._origin(part.operator) + trip_start
        start, end = span
        return _Ride(
            part.operator,
            pattern.stops[start],
            pattern.stops[end],
            begins + pattern.departures[start],
            begins + pattern.arrivals[end],
        )

    def _origin(self, operator: str) -> int:
        """The second from which the service day counts: noon less twelve hours."""
        noon = datetime.combine(self.day, time(12), ZoneInfo(self.seen.timetable(operator).timezone))
        return int((noon.astimezone(UTC) - timedelta(hours=12)).timestamp())

    def _goes_somewhere(self, rides: Sequence[_Ride]) -> bool:
        """Tell whether a person would ride, and not walk."""
        ends = (rides[0].operator, rides[0].start), (rides[-1].operator, rides[-1].end)
        return self.seen.metres(*ends) >= min(_LEAST_METRES, self.seen.region.walking.max_m)

    def _is_no_walk(self, far: tuple[str, str], ride: _Ride, name: Literal["start", "end"]) -> bool:
        """Tell whether a ride between a far stop and another ride is too long to be walked instead."""
        return self.seen.metres(far, (ride.operator, getattr(ride, name))) > self.seen.region.walking.max_m

    def _way(self, rides: Sequence[_Ride], hardest: int) -> Way:
        zone = ZoneInfo(self.seen.timetable(rides[0].operator).timezone)
        return Way(
            f"{rides[0].operator}:{rides[0].start}",
            f"{rides[-1].operator}:{rides[-1].end}",
            datetime.fromtimestamp(rides[0].leaves - _EARLY_SECONDS, UTC).astimezone(zone),
            tuple(ride.operator for ride in rides),
            (f"{rides[hardest].operator}:{rides[hardest].start}", self.stay_minutes)
            if self.stay_minutes and hardest
            else None,
        )


def _trips_of(seen: Meetings, part: Part) -> int:
    return sum(len(pattern.trips) for pattern in seen.timetable(part.operator).patterns)
