"""The stops between two stops of a route, as a feed's trips call at them; Fares V1 asks for the zones passed.

A service knows the trip of each ride. This is for a request that names a route, two stops and a time.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tariffs.table import Table

FILES = ("trips.txt", "stop_times.txt")

_DAY_SECONDS = 24 * 3600
_MOST_DIGITS = 9


class _Call(NamedTuple):
    sequence: int
    stop: str
    seconds: int | None


class Calls:
    """The calls of a feed's trips, in order, under their routes."""

    def __init__(self, files: Mapping[str, str]) -> None:
        trips: dict[str, list[_Call]] = {}
        for row in Table("stop_times.txt", files.get("stop_times.txt"), []).rows():
            sequence = _number(row.text("stop_sequence"))
            if sequence is not None:
                call = _Call(sequence, row.text("stop_id"), _seconds(row.text("departure_time")))
                trips.setdefault(row.text("trip_id"), []).append(call)
        self._by_route: dict[str, list[list[_Call]]] = {}
        for row in Table("trips.txt", files.get("trips.txt"), []).rows():
            calls = sorted(trips.get(row.text("trip_id"), ()), key=_sequence)
            self._by_route.setdefault(row.text("route_id"), []).append(calls)

    def between(self, route: str, origin: str, destination: str, second: int) -> tuple[str, ...]:
        """The stops from one to another, both included, of the trip that leaves nearest to a second of the day; none without a trip."""
        stretches = [
            stretch
            for calls in self._by_route.get(route, ())
            if (stretch := _stretch(calls, origin, destination))
        ]
        nearest = min(stretches, key=lambda stretch: _apart(stretch[0].seconds, second), default=())
        return tuple(call.stop for call in nearest)


def _stretch(calls: Sequence[_Call], origin: str, destination: str) -> Sequence[_Call]:
    """The shortest part of a trip from one stop to another; empty where it does not go so."""
    start = -1
    for at, call in enumerate(calls):
        if call.stop == destination and start >= 0:
            return calls[start : at + 1]
        if call.stop == origin:
            start = at
    return ()


def _apart(departure: int | None, second: int) -> int:
    """Seconds between two times of day, the shorter way round; a trip without a time there is the farthest."""
    if departure is None:
        return _DAY_SECONDS
    apart = abs(departure - second) % _DAY_SECONDS
    return min(apart, _DAY_SECONDS - apart)


def _seconds(clock: str) -> int | None:
    """Seconds of a GTFS time like `25:10:00`, None where it is empty or none."""
    parts = [_number(part) for part in clock.split(":")]
    if len(parts) != len("hms") or None in parts:
        return None
    hours, minutes, seconds = (part or 0 for part in parts)
    return (hours * 60 + minutes) * 60 + seconds


def _number(text: str) -> int | None:
    """A number of plain digits, of which none is so long that reading it is work."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _sequence(call: _Call) -> int:
    return call.sequence
