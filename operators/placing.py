"""Place a feed that begins a region on the map: the state of each stop, and the metres of its lines over borders. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from babel.core import get_global

from operators import borders
from operators.gtfs.timetable import Stop, Timetable

# A region's file is for people: no feed that we saw crosses borders at more places.
_MOST_CROSSINGS = 200
_LETTERS = 2


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two stops that follow each other in two states; `metres` by state in the order of travel, none over water."""

    stops: tuple[str, str]
    metres: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Placed:
    """The state of an operator, its stops in other states, those too near a border to be sure of, and its lines over borders."""

    state: str | None
    abroad: Mapping[str, Sequence[str]]
    doubtful: Sequence[str]
    crossings: Sequence[Crossing]

    @property
    def states(self) -> set[str]:
        """All states in which it calls."""
        return {self.state, *self.abroad} - {None}  # type: ignore[return-value]  # without None


def placed(timetable: Timetable) -> Placed:
    """Place the stops at which vehicles call; the operator's own state is that of its time zone where it calls there."""
    served = {stop for pattern in timetable.patterns for stop in pattern.stops}
    stops = {name: timetable.stops[name] for name in sorted(served)}
    states = {name: state for name, stop in stops.items() if (state := borders.state_at(stop.lat, stop.lon))}
    home = _home(timetable, Counter(states.values()))
    abroad: dict[str, list[str]] = {}
    for name, state in states.items():
        if state != home:
            abroad.setdefault(state, []).append(name)
    doubtful = [stop.name for stop in stops.values() if borders.is_doubtful(stop.lat, stop.lon)]
    return Placed(home, abroad, doubtful, list(_crossings(timetable, states))[:_MOST_CROSSINGS])


def _home(timetable: Timetable, called: Counter[str]) -> str | None:
    zone = state_of_zone(timetable.timezone)
    if zone in called or not called:
        return zone
    return called.most_common(1)[0][0]


def state_of_zone(name: str) -> str | None:
    """The state of a time zone (ISO 3166), None for a zone that is no state's."""
    zone = get_global("zone_aliases").get(name, name)
    territory = get_global("zone_territories").get(zone)
    return str(territory) if territory and len(territory) == _LETTERS else None


def _crossings(timetable: Timetable, states: Mapping[str, str]) -> Iterator[Crossing]:
    """Yield each pair of stops once that some vehicle calls at one after the other, in two states."""
    seen: set[frozenset[str]] = set()
    for pattern in timetable.patterns:
        for start, end in pairwise(pattern.stops):
            pair = frozenset((start, end))
            if pair in seen or states.get(start, "") == states.get(end, ""):
                continue
            seen.add(pair)
            if start in states and end in states:
                ends = _place(timetable.stops[start]), _place(timetable.stops[end])
                yield Crossing((start, end), borders.metres_by_state(*ends))


def _place(stop: Stop) -> tuple[float, float]:
    return stop.lat, stop.lon
