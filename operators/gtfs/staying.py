"""Find the trips that a vehicle goes on as while its passengers stay seated: by blocks, and by rules of transfers.txt. Pure.

GTFS Schedule Reference, 2026-04-27: `trips.block_id` (trips of one vehicle, on the service days that they share) and
`transfers.transfer_type` 4 (passengers may stay) and 5 (they must alight).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise

from operators.distance import great_circle_m
from operators.gtfs.timetable import Departure, Pattern, Stop, Timetable
from tariffs.findings import Finding
from tariffs.table import Row

_MAY_STAY, _MUST_ALIGHT = "4", "5"
# A block says that the vehicle is the same one, not that anybody may wait in it: after so long nobody is told to.
_LONGEST_WAIT_SECONDS = 1800
# Two stops so near are two sides of one place, as OpenTripPlanner takes them for trips of a block (maxInterlineDistance).
_SAME_PLACE_M = 200
# A passenger stays seated over so many trips at most.
MOST_TRIPS = 3

_Named = tuple[Pattern, Departure]


def note_staying(row: Row, rules: dict[tuple[str, str], bool]) -> None:
    """Note by a row of transfers.txt from which trip to which one passengers may stay seated, or must alight (False).

    A rule that does not name both trips is warned of and not used.
    """
    kind = row.text("transfer_type")
    if kind not in {_MAY_STAY, _MUST_ALIGHT}:
        return
    pair = row.text("from_trip_id"), row.text("to_trip_id")
    if all(pair):
        rules[pair] = kind == _MAY_STAY
    else:
        message = f"a rule of type {kind} names the trip before and the trip after: it is not used"
        where = row.file, row.line, "from_trip_id"
        row.findings.append(Finding(*where, "missing_value", message, severity="warning"))


def next_trips(timetable: Timetable, day: date) -> dict[str, tuple[str, ...]]:
    """List the trips that each trip of a service day goes on as; those that end there are left out."""
    if not timetable.can_stay:
        return {}
    services = {name for name, service in timetable.services.items() if service.runs_on(day)}
    named = _named(timetable.patterns)
    running = {trip_id: one for trip_id, one in named.items() if one[1].service in services}
    following: dict[str, list[str]] = {}
    for first, then in [*_by_rule(timetable, running), *_by_block(timetable, running)]:
        following.setdefault(first, []).append(then)
    return {trip: tuple(dict.fromkeys(ones)) for trip, ones in following.items()}


def chains(following: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield from each trip on the trips over which a passenger may stay seated, as many as there are or may be."""
    for trip in following:
        yield from _from(trip, following, (trip,))


def _from(
    trip: str, following: Mapping[str, tuple[str, ...]], before: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    onward = [one for one in following.get(trip, ()) if one not in before]
    if not onward or len(before) == MOST_TRIPS:
        yield before
    else:
        for one in onward:
            yield from _from(one, following, (*before, one))


def _named(patterns: Iterable[Pattern]) -> dict[str, _Named]:
    return {trip.trip_id: (pattern, trip) for pattern in patterns for trip in pattern.trips}


def _by_rule(timetable: Timetable, running: Mapping[str, _Named]) -> Iterator[tuple[str, str]]:
    for (first, then), may_stay in timetable.staying.items():
        if may_stay and first in running and then in running and _wait(running[first], running[then]) >= 0:
            yield first, then


def _by_block(timetable: Timetable, running: Mapping[str, _Named]) -> Iterator[tuple[str, str]]:
    """Yield the trips of one vehicle that follow each other at one place, but for those that only turn back."""
    blocks: dict[str, list[_Named]] = {}
    for named in running.values():
        # Trips by frequencies repeat: which of them the vehicle goes on as is not told.
        if named[1].block and "@" not in named[1].trip_id:
            blocks.setdefault(named[1].block, []).append(named)
    for block in blocks.values():
        block.sort(key=lambda named: (named[1].start, named[1].trip_id))
        for first, then in pairwise(block):
            pair = first[1].trip_id, then[1].trip_id
            goes_on = 0 <= _wait(first, then) <= _LONGEST_WAIT_SECONDS and _meet(timetable, first[0], then[0])
            if goes_on and pair not in timetable.staying and not _turns_back(timetable, first[0], then[0]):
                yield pair


def _wait(first: _Named, then: _Named) -> int:
    """The seconds between the end of one trip and the start of the next; less than none where they overlap."""
    ends = first[1].start + first[0].arrivals[-1]
    return then[1].start + then[0].departures[0] - ends


def _meet(timetable: Timetable, first: Pattern, then: Pattern) -> bool:
    return _is_one_place(timetable.stops[first.stops[-1]], timetable.stops[then.stops[0]])


def _turns_back(timetable: Timetable, first: Pattern, then: Pattern) -> bool:
    """Tell whether the vehicle goes back the way that it came: staying seated leads nowhere new."""
    ways = timetable.stops[first.stops[-2]], timetable.stops[then.stops[1]]
    return _is_one_place(*ways)


def _is_one_place(one: Stop, other: Stop) -> bool:
    if one.id == other.id or (one.parent and one.parent == other.parent):
        return True
    return great_circle_m((one.lat, one.lon), (other.lat, other.lon)) <= _SAME_PLACE_M


def check_staying(rules: Mapping[tuple[str, str], bool], patterns: Iterable[Pattern]) -> list[Finding]:
    """Warn of rules by which passengers would stay seated on a trip that has already left."""
    named = _named(patterns)
    return [
        Finding(
            "transfers.txt",
            0,
            "to_trip_id",
            "runs_back",
            f"{then} leaves before {first} arrives: nobody can stay seated",
            severity="warning",
        )
        for (first, then), may_stay in rules.items()
        if may_stay and first in named and then in named and _wait(named[first], named[then]) < 0
    ]
