"""Find ways through a region's timetables over the rides that an agreement, an operator or a mode asks for. Pure."""

import random
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from operators.gtfs.timetable import Departure, Pattern
from ticketing.regions.meetings import Meetings, Part, running, spans

_LONGEST_WAIT_SECONDS = 3 * 3600
_EARLY_SECONDS = 120
_TRIES = 60
_LEAST_METRES = 1_200
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Way:
    """A way that the timetable allows: from stop to stop, leaving at this moment."""

    origin: str
    destination: str
    depart_at: datetime
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Ride:
    """One trip between two of its calls on a day; times in POSIX seconds."""

    operator: str
    start: str
    end: str
    leaves: int
    arrives: int


@dataclass(frozen=True, slots=True)
class Search:
    """One search for ways: the day, the hours of the service day in which the hardest ride begins, the dice."""

    seen: Meetings
    day: date
    dice: random.Random
    hours: tuple[int, int] = (0, 30)

    def find(self, parts: Sequence[Part]) -> Way | None:
        """A way over these parts; None where chance finds none in its tries."""
        hardest = min(range(len(parts)), key=lambda at: _trips_of(self.seen, parts[at]))
        candidates = list(self._running(parts[hardest]))
        for _ in range(_TRIES if candidates else 0):
            pattern, trip = self.dice.choice(candidates)
            possible = list(spans(self.seen, parts[hardest], pattern))
            if not possible:
                continue
            first = self._ride(parts[hardest], pattern, trip, self.dice.choice(possible))
            rides = self._grown(parts, hardest, first)
            if rides and self._goes_somewhere(rides):
                return self._way(rides)
        return None

    def _running(self, part: Part) -> Iterator[tuple[Pattern, Departure]]:
        begin, end = (hour * _HOUR for hour in self.hours)
        for pattern, trip in running(self.seen, part, self.day):
            if begin <= trip.start < end:
                yield pattern, trip

    def _grown(self, parts: Sequence[Part], hardest: int, first: _Ride) -> list[_Ride] | None:
        """Add the latest rides that reach the one in hand, and the earliest that it reaches."""
        rides = [first]
        for part in reversed(parts[:hardest]):
            ways = self.seen.meeting_stops(part.operator, rides[0].operator)
            stops = {one for one, other in ways if other == rides[0].start}
            before = [one for one in self._rides(part, stops, ends=True) if self._fits(one, rides[0])]
            if not before:
                return None
            rides.insert(0, self._one_of(before, key=lambda one: -one.arrives))
        for part in parts[hardest + 1 :]:
            ways = self.seen.meeting_stops(rides[-1].operator, part.operator)
            stops = {other for one, other in ways if one == rides[-1].end}
            after = [one for one in self._rides(part, stops, ends=False) if self._fits(rides[-1], one)]
            if not after:
                return None
            rides.append(self._one_of(after, key=lambda one: one.leaves))
        return rides

    def _one_of(self, rides: list[_Ride], key: Callable[[_Ride], int]) -> _Ride:
        """One of the best by chance, so that its other end is another one each time."""
        best = min(key(ride) for ride in rides)
        return self.dice.choice([ride for ride in rides if key(ride) == best])

    def _rides(self, part: Part, stops: AbstractSet[str], *, ends: bool) -> Iterator[_Ride]:
        """The rides of a part that end (or begin) at one of these stops."""
        if not stops:
            return
        for pattern, trip in running(self.seen, part, self.day):
            if stops.isdisjoint(pattern.stops):
                continue
            for span in spans(self.seen, part, pattern):
                if pattern.stops[span[ends]] in stops:
                    yield self._ride(part, pattern, trip, span)

    def _fits(self, before: _Ride, after: _Ride) -> bool:
        """Whether there is time for the change, and not too much of it."""
        walk = self.seen.walk_seconds((before.operator, before.end), (after.operator, after.start))
        return 0 <= after.leaves - walk - before.arrives <= _LONGEST_WAIT_SECONDS

    def _ride(self, part: Part, pattern: Pattern, trip: Departure, span: tuple[int, int]) -> _Ride:
        begins = self._origin(part.operator) + trip.start
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
        """Whether a person would ride, and not walk."""
        ends = (rides[0].operator, rides[0].start), (rides[-1].operator, rides[-1].end)
        return self.seen.metres(*ends) >= min(_LEAST_METRES, self.seen.region.walking.max_m)

    def _way(self, rides: Sequence[_Ride]) -> Way:
        zone = ZoneInfo(self.seen.timetable(rides[0].operator).timezone)
        return Way(
            f"{rides[0].operator}:{rides[0].start}",
            f"{rides[-1].operator}:{rides[-1].end}",
            datetime.fromtimestamp(rides[0].leaves - _EARLY_SECONDS, UTC).astimezone(zone),
            tuple(ride.operator for ride in rides),
        )


def _trips_of(seen: Meetings, part: Part) -> int:
    return sum(len(pattern.trips) for pattern in seen.timetable(part.operator).patterns)
