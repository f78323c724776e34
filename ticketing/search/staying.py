"""Lines of vehicles that go on as another trip with their passengers: each is one ride to the scan, and several to a plan. Pure.

What the trips of a chain are to each other is the timetable's word (`operators.gtfs.staying`); a chain is laid over the lines as they
run now, so that a late vehicle stays late on its next trip.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import TypeVar

from operators.gtfs.added import origin_of
from operators.gtfs.staying import chains, next_trips
from operators.gtfs.timetable import Timetable
from operators.region import RegionData
from ticketing.search.lines import Chain, Line, Run

_T = TypeVar("_T")
# A run by its operator, trip and start: its line, and its place among the line's starts.
_Runs = Mapping[Run, tuple[Line, int]]
_Parts = tuple[tuple[Line, int], ...]


def chains_of(region: RegionData, days: Sequence[date], without: frozenset[str]) -> tuple[Chain, ...]:
    """List the runs over which passengers may stay seated on these service days."""
    known: list[Chain] = []
    for operator, timetable in region.timetables.items():
        if operator in without or not timetable.can_stay:
            continue
        for day in days:
            known += _on(operator, timetable, day)
    return tuple(known)


def _on(operator: str, timetable: Timetable, day: date) -> Iterator[Chain]:
    origin = int(origin_of(day, timetable.timezone).timestamp())
    starts = {trip.trip_id: trip.start for pattern in timetable.patterns for trip in pattern.trips}
    for trips in chains(next_trips(timetable, day)):
        yield tuple((operator, trip, origin + starts[trip]) for trip in trips)


def staying_lines(lines: Iterable[Line], known: Sequence[Chain]) -> tuple[Line, ...]:
    """Join the lines of these chains; a chain ends before a run that none of the lines has."""
    if not known:
        return ()
    wanted = {run for chain in known for run in chain}
    runs: dict[Run, tuple[Line, int]] = {}
    for line in lines:
        runs.update((run, (line, at)) for run, at in _runs(line) if run in wanted)
    alike: dict[tuple[object, ...], list[_Parts]] = {}
    for chain in known:
        parts = _running(chain, runs)
        if len(parts) > 1:
            alike.setdefault(_shape(parts), []).append(parts)
    return tuple(_joined(sorted(ones, key=_start)) for ones in alike.values())


def _runs(line: Line) -> Iterator[tuple[Run, int]]:
    for at, (start, trip) in enumerate(zip(line.starts, line.trips, strict=True)):
        yield (line.operator, line.pattern.trips[trip].trip_id, start), at


def _running(chain: Chain, runs: _Runs) -> _Parts:
    """The runs of a chain from its first one on, as far as they go without a gap."""
    parts: list[tuple[Line, int]] = []
    for run in chain:
        if run not in runs:
            break
        parts.append(runs[run])
    return tuple(parts)


def _shape(parts: _Parts) -> tuple[object, ...]:
    """Whatever the vehicles of one joined line share: the lines, and the seconds from start to start."""
    starts = [line.starts[at] for line, at in parts]
    return (*(id(line) for line, _ in parts), *(then - first for first, then in pairwise(starts)))


def _start(parts: _Parts) -> int:
    line, at = parts[0]
    return line.starts[at]


def _joined(alike: Sequence[_Parts]) -> Line:
    """One line of the vehicles that go over the same lines in the same time."""
    parts: list[Line] = []
    for at, (line, _) in enumerate(alike[0]):
        part = _part(line, [vehicle[at][1] for vehicle in alike])
        parts.append(_held_back(parts[-1], part) if parts else part)
    first, offsets = parts[0], [part.starts[0] - parts[0].starts[0] for part in parts]
    return replace(
        first,
        stops=_flat([part.stops for part in parts]),
        arrivals=_shifted([part.arrivals for part in parts], offsets),
        departures=_shifted([part.departures for part in parts], offsets),
        # Where one trip becomes the next, people board the one and alight from the other on lines of their own.
        boards=(*_flat([(*part.boards[:-1], False) for part in parts[:-1]]), *parts[-1].boards),
        alights=(*parts[0].alights, *_flat([(False, *part.alights[1:]) for part in parts[1:]])),
        pre=_flat([part.pre for part in parts]),
        post=_flat([part.post for part in parts]),
        late=None,
        platforms={},
        parts=tuple(parts),
    )


def _part(line: Line, places: Sequence[int]) -> Line:
    """The runs of a line at these places among its starts."""
    starts = tuple(line.starts[at] for at in places)
    return replace(line, starts=starts, trips=tuple(line.trips[at] for at in places))


def _held_back(before: Line, part: Line) -> Line:
    """A trip as late as the vehicle that it begins with: it cannot leave before it has come."""
    comes = before.starts[0] + before.arrivals[-1]
    behind = comes - (part.starts[0] + part.departures[0])
    if behind <= 0:
        return part
    arrives, leaves = part.late or ((0,) * len(part.stops), (0,) * len(part.stops))
    return replace(
        part,
        arrivals=_later(part.arrivals, behind),
        departures=_later(part.departures, behind),
        late=(_later(arrives, behind), _later(leaves, behind)),
    )


def _shifted(times: Sequence[tuple[int, ...]], offsets: Sequence[int]) -> tuple[int, ...]:
    """The times of all parts in seconds from the start of the first one."""
    return _flat([_later(part, offset) for part, offset in zip(times, offsets, strict=True)])


def _later(times: tuple[int, ...], by: int) -> tuple[int, ...]:
    return tuple(seconds + by for seconds in times)


def _flat(parts: Iterable[tuple[_T, ...]]) -> tuple[_T, ...]:
    return tuple(itertools.chain.from_iterable(parts))
