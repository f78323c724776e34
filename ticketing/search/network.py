"""A region's timetables merged into one network for a span of days: lines, walks, check-in times. Pure.

Stops are numbers inside a network and `<operator>:<stop_id>` outside. A line is a pattern of one operator
with the instants at which its trips start: the origin of a service day is noon minus 12 hours in the
agency's time zone (GTFS), so days of 23 or 25 hours and departures after midnight need no special case.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from operator import neg
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from operators.distance import great_circle_m
from operators.gtfs.timetable import Departure, Pattern, Stop, Timetable
from operators.region import RegionData
from ticketing.search.lines import Chain, Line
from ticketing.search.staying import chains_of, staying_lines
from ticketing.search.water import water_of

_T = TypeVar("_T")
# A service day: the instant from which its times count, and the services that run on it.
_Day = tuple[int, frozenset[str]]
_CELL_DEGREES = 0.01


@dataclass(frozen=True, slots=True)
class Needs:
    """The needs of passengers on the way: no way on foot longer than this, no place without a ramp, and who takes what they bring.

    `kinds` are kinds of places beside a person's own: a bicycle, a car.
    """

    max_walk_m: int | None = None
    wheelchair: bool = False
    kinds: frozenset[str] = frozenset()

    def allow(self, trip: Departure) -> bool:
        """Tell whether a trip takes whoever needs this; a feed that says nothing leaves it to its operator's tariff."""
        if self.wheelchair and trip.wheelchair is False:
            return False
        return not self.kinds or all(trip.takes(kind) is not False for kind in self.kinds)

    def taken_by(self, region: RegionData, operator: str) -> bool:
        """Tell whether an operator sells places to all that the passengers bring."""
        return all(operator in region.place_kinds.get(kind, ()) for kind in self.kinds)


ORDINARY = Needs()


@dataclass(frozen=True, slots=True)
class Network:
    """The network of a search. `walks[stop]` are (stop, seconds, metres), the time of the change included.

    `chains` are the runs over which passengers may stay seated; the lines of such vehicles are among `lines`.
    """

    stops: tuple[str, ...]
    numbers: Mapping[str, int]
    lines: tuple[Line, ...]
    walks: tuple[tuple[tuple[int, int, int], ...], ...]
    chains: tuple[Chain, ...] = ()
    _derived: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def calls(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """For each stop the (line, place in it) that call there."""
        return self.derived("calls", _calls)

    def derived(self, name: str, make: "Callable[[Network], _T]") -> _T:
        """Derive a part of the network that is dear to make: once, when it is first asked for."""
        if name not in self._derived:
            self._derived[name] = make(self)
        found: _T = self._derived[name]
        return found

    def leaving_out(self, operators: frozenset[str]) -> "Network":
        """The network without the lines of some operators; stops and walks stay."""
        lines = tuple(line for line in self.lines if line.operator not in operators)
        kept = tuple(chain for chain in self.chains if chain[0][0] not in operators)
        return Network(self.stops, self.numbers, lines, self.walks, kept)

    def reversed(self) -> "Network":
        """The network with time running backwards, for searches by arrival."""
        lines = tuple(_reversed(line) for line in self.lines)
        walks: list[list[tuple[int, int, int]]] = [[] for _ in self.stops]
        for start, ways in enumerate(self.walks):
            for end, seconds, metres in ways:
                walks[end].append((start, seconds, metres))
        return Network(self.stops, self.numbers, lines, tuple(map(tuple, walks)))


def build(
    region: RegionData, days: Iterable[date], without: frozenset[str] = frozenset(), needs: Needs = ORDINARY
) -> Network:
    """Merge the timetables of a region for some service days; `without` leaves operators out."""
    names = [name for name, _ in _boarded(region)]
    numbers = {name: number for number, name in enumerate(names)}
    service_days = sorted(days)
    trips = tuple(_lines(region, numbers, service_days, without, needs))
    chains = chains_of(region, service_days, without)
    lines = (*trips, *staying_lines(trips, chains))
    walks = _walks(region, numbers, needs)
    return Network(tuple(names), numbers, lines, walks, chains)


def _boarded(region: RegionData) -> Iterator[tuple[str, Stop]]:
    """Yield the stops at which vehicles call, by their names outside; stations are not among them."""
    for operator, timetable in region.timetables.items():
        for stop in timetable.stops.values():
            if not stop.is_station:
                yield f"{operator}:{stop.id}", stop


def _lines(
    region: RegionData,
    numbers: Mapping[str, int],
    days: Sequence[date],
    without: frozenset[str],
    needs: Needs,
) -> Iterator[Line]:
    """Yield the lines on which somebody with these needs can travel on some of the days."""
    for operator, timetable in region.timetables.items():
        if operator in without or not needs.taken_by(region, operator):
            continue
        running = [_running(timetable, day) for day in days]
        for pattern in timetable.patterns:
            line = _line(region, timetable, pattern, numbers, running, needs=needs)
            if line:
                yield line


def _running(timetable: Timetable, day: date) -> _Day:
    services = {name for name, service in timetable.services.items() if service.runs_on(day)}
    return day_origin(day, timetable.timezone), frozenset(services)


def nearby(region: RegionData, lat: float, lon: float) -> dict[str, tuple[int, int]]:
    """The stops within walking distance of a coordinate: name → (seconds, metres)."""
    found, water = {}, water_of(region)
    for name, stop in _boarded(region):
        metres = walking_metres(region, (lat, lon), (stop.lat, stop.lon))
        if metres <= region.walking.max_m and not water.is_between((lat, lon), (stop.lat, stop.lon)):
            found[name] = (walking_seconds(region, metres), metres)
    return found


def walking_metres(region: RegionData, start: tuple[float, float], end: tuple[float, float]) -> int:
    """The way on foot: the great circle and the region's detour."""
    return round(great_circle_m(start, end) * region.walking.detour_percent / 100)


def walking_seconds(region: RegionData, metres: int) -> int:
    """Compute the time of a walk, rounded up."""
    return math.ceil(metres / region.walking.speed_m_per_s)


def day_origin(day: date, zone: str) -> int:
    """The instant from which a service day's times count: noon minus 12 hours, local."""
    return int(datetime.combine(day, time(12), ZoneInfo(zone)).timestamp()) - 12 * 3600


def days_around(moment: datetime, zone: str) -> tuple[date, ...]:
    """The service days that a search of 24 hours around a moment may need."""
    today = moment.astimezone(ZoneInfo(zone)).date()
    return tuple(today + timedelta(days=offset) for offset in (-1, 0, 1))


def _calls(network: Network) -> tuple[tuple[tuple[int, int], ...], ...]:
    calls: list[list[tuple[int, int]]] = [[] for _ in network.stops]
    for number, line in enumerate(network.lines):
        for place, stop in enumerate(line.stops):
            calls[stop].append((number, place))
    return tuple(map(tuple, calls))


def usable_stops(timetable: Timetable, stops: Iterable[str], needs: Needs) -> list[bool]:
    """Mark the stops that a traveller can use: with a wheelchair those that are not said to be closed to it."""
    return [not needs.wheelchair or timetable.stops[stop].wheelchair is not False for stop in stops]


def _line(
    region: RegionData,
    timetable: Timetable,
    pattern: Pattern,
    numbers: Mapping[str, int],
    days: Iterable[_Day],
    *,
    needs: Needs,
) -> Line | None:
    operator = timetable.operator
    started = sorted(_starts(pattern, days, needs))
    if not started:
        return None
    names = [f"{operator}:{stop}" for stop in pattern.stops]
    pre, post = terminal_seconds(region, names)
    return Line(
        operator=operator,
        pattern=pattern,
        stops=tuple(numbers[name] for name in names),
        arrivals=pattern.arrivals,
        departures=pattern.departures,
        boards=_usable(timetable, pattern.stops, pattern.boards, needs),
        alights=_usable(timetable, pattern.stops, pattern.alights, needs),
        pre=pre,
        post=post,
        starts=tuple(start for start, _ in started),
        trips=tuple(index for _, index in started),
    )


def _usable(
    timetable: Timetable, stops: Iterable[str], told: tuple[bool, ...], needs: Needs
) -> tuple[bool, ...]:
    """The calls at which the feed lets people on or off, where a traveller can use the stop too."""
    if not needs.wheelchair:
        return told
    return tuple(map(all, zip(told, usable_stops(timetable, stops, needs), strict=True)))


def _starts(pattern: Pattern, days: Iterable[_Day], needs: Needs) -> Iterator[tuple[int, int]]:
    """Yield the instant at which each trip of a pattern starts on each day that it runs, and the trip's index."""
    for origin, services in days:
        for index, trip in enumerate(pattern.trips):
            if trip.service in services and needs.allow(trip):
                yield origin + trip.start, index


def terminal_seconds(region: RegionData, names: Sequence[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The seconds to be at each stop before boarding, and to leave it after alighting: 0 where it is no terminal."""
    if region.terminals.keys().isdisjoint(names):
        nothing = (0,) * len(names)
        return nothing, nothing
    terminals = [region.terminals.get(name) for name in names]
    return (
        tuple(terminal.check_in_seconds if terminal else 0 for terminal in terminals),
        tuple(terminal.exit_seconds if terminal else 0 for terminal in terminals),
    )


def _reversed(line: Line) -> Line:
    return Line(
        operator=line.operator,
        pattern=line.pattern,
        stops=line.stops[::-1],
        arrivals=tuple(map(neg, line.departures[::-1])),
        departures=tuple(map(neg, line.arrivals[::-1])),
        boards=line.alights[::-1],
        alights=line.boards[::-1],
        pre=line.post[::-1],
        post=line.pre[::-1],
        starts=tuple(map(neg, line.starts[::-1])),
        trips=line.trips[::-1],
    )


def _places(region: RegionData, numbers: Mapping[str, int]) -> dict[int, tuple[float, float]]:
    """List the place of each stop, by its number; stations have none."""
    return {numbers[name]: (stop.lat, stop.lon) for name, stop in _boarded(region)}


def _walks(
    region: RegionData, numbers: Mapping[str, int], needs: Needs
) -> tuple[tuple[tuple[int, int, int], ...], ...]:
    """Walks between stops within the region's limit, found over a grid of cells."""
    places = _places(region, numbers)
    cells: dict[tuple[int, int], list[int]] = {}
    for number, place in places.items():
        cells.setdefault(_cell(place), []).append(number)
    ruled, water = _ruled(region, numbers), water_of(region)
    longest = region.walking.max_m if needs.max_walk_m is None else needs.max_walk_m
    walks = []
    for number, place in sorted(places.items()):
        reachable = {number: (region.interchange_seconds, 0)}
        for other in _around(cells, place):
            metres = walking_metres(region, place, places[other])
            if other != number and metres <= longest and not water.is_between(place, places[other]):
                reachable[other] = (region.interchange_seconds + walking_seconds(region, metres), metres)
        for other, needed in ruled.get(number, {}).items():
            # The word of the region or of an operator on a change stands before the straight line, and before the water.
            metres = walking_metres(region, place, places[other])
            if needed is None or (needs.max_walk_m is not None and metres > longest):
                reachable.pop(other, None)
            else:
                reachable[other] = (needed, metres)
        walks.append(tuple((stop, seconds, metres) for stop, (seconds, metres) in reachable.items()))
    return tuple(walks)


def _around(cells: Mapping[tuple[int, int], list[int]], place: tuple[float, float]) -> Iterator[int]:
    """The stops in the cells around a place.

    A cell is about 1.1 km high and, this far north, 0.5 km wide: two columns either side cover the limit.
    """
    row, column = _cell(place)
    for down in (-1, 0, 1):
        for across in (-2, -1, 0, 1, 2):
            yield from cells.get((row + down, column + across), ())


def _ruled(region: RegionData, numbers: Mapping[str, int]) -> dict[int, dict[int, int | None]]:
    """The changes for which the region or an operator's timetable has a rule: stop → stop → seconds, None where impossible."""
    ruled: dict[int, dict[int, int | None]] = {}
    for operator, timetable in region.timetables.items():
        for (start, end), needed in timetable.transfers.items():
            number = numbers.get(f"{operator}:{start}")
            other = numbers.get(f"{operator}:{end}")
            if number is not None and other is not None:
                ruled.setdefault(number, {})[other] = needed
    for (from_name, to_name), needed in region.walks.items():
        if from_name in numbers and to_name in numbers:
            walk = None if needed is None else needed + region.interchange_seconds
            ruled.setdefault(numbers[from_name], {})[numbers[to_name]] = walk
    return ruled


def _cell(place: tuple[float, float]) -> tuple[int, int]:
    return (math.floor(place[0] / _CELL_DEGREES), math.floor(place[1] / _CELL_DEGREES))
