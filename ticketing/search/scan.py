"""The search itself: rounds over lines (RAPTOR), each round one ride more, earliest arrival at every stop. Pure.

After D. Delling, T. Pajor, R. Werneck, "Round-Based Public Transit Routing", 2012. On a network whose time
runs backwards the same scan finds the latest departure.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from ticketing.search.lines import Line
from ticketing.search.network import Network

_NEVER = 1 << 62
WINDOW_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Hop:
    """One ride: a trip of a line between two places in it, and where its passenger comes from."""

    line: Line
    trip: int
    board: int
    alight: int


@dataclass(frozen=True, slots=True)
class Found:
    """One way: the instant of arrival at the destination, the rides, and the stops where it begins and ends."""

    arrival: int
    hops: tuple[Hop, ...]
    first_stop: int
    last_stop: int


# A ride as the scan notes it: when it arrives, its line, trip, and the places of boarding and alighting.
_Label = tuple[int, Line, int, int, int]


@dataclass(slots=True)
class _Round:
    """Labels of one round: when a passenger can board at a stop, and how they came to it."""

    ready: dict[int, int]
    alighted: dict[int, _Label]
    walked_from: dict[int, int]


def scan(
    network: Network,
    origins: Mapping[int, int],
    destinations: Mapping[int, int],
    start: int,
    max_rides: int,
    *,
    before: int | None = None,
) -> list[Found]:
    """Find the earliest arrival with 1, 2, ... rides; only those that arrive earlier than with fewer.

    `origins` and `destinations` are seconds on foot to and from stops. Ways arrive before the instant
    `before`, or within a day. Answers by number of rides.
    """
    rounds = [_Round({stop: start + walk for stop, walk in origins.items()}, {}, {})]
    # Two bests: who walked to a stop cannot walk on from it, so a later ride to it may still be of use.
    alighted_best = [_NEVER] * len(network.stops)
    ready_best = [_NEVER] * len(network.stops)
    for stop, moment in rounds[0].ready.items():
        ready_best[stop] = moment
    ways: list[Found] = []
    limit = start + WINDOW_SECONDS if before is None else before
    for _ in range(max_rides):
        alighted = _ride(network, rounds[-1].ready, alighted_best, limit)
        arrivals = [
            (label[0] + destinations[stop], stop) for stop in destinations if (label := alighted.get(stop))
        ]
        current = _Round({}, alighted, {})
        rounds.append(current)
        if arrivals and (earliest := min(arrivals))[0] < limit:
            limit = earliest[0]
            ways.append(_trace(rounds, earliest[1], earliest[0]))
        _walk(network, current, ready_best, limit)
        if not current.ready:
            break
    return ways


def _ride(network: Network, ready: Mapping[int, int], best: list[int], limit: int) -> dict[int, _Label]:
    """Scan every line that can be boarded, from its first such stop on."""
    first: dict[int, int] = {}
    known = [_NEVER] * len(network.stops)
    for stop, moment in ready.items():
        known[stop] = moment
        for number, place in network.calls[stop]:
            if place < first.get(number, _NEVER):
                first[number] = place
    alighted: dict[int, _Label] = {}
    for number, begin in first.items():
        _ride_line(network.lines[number], begin, known, best, alighted, limit)
    return alighted


def _ride_line(  # noqa: PLR0917  the innermost loop: names would cost a call object
    line: Line, begin: int, ready: list[int], best: list[int], alighted: dict[int, _Label], limit: int
) -> None:
    """Ride one line: alight wherever that is earlier than ever, board an earlier trip wherever one can be caught."""
    # The trip that is ridden, its start, where it was boarded, and the start of the trip before it.
    trip, start, board, previous = -1, 0, -1, _NEVER
    starts = line.starts
    for place in range(begin, len(line.stops)):
        stop = line.stops[place]
        if trip >= 0 and line.alights[place]:
            moment = start + line.arrivals[place] + line.post[place]
            if moment < limit and moment < best[stop]:
                best[stop] = moment
                alighted[stop] = (moment, line, trip, board, place)
        moment = ready[stop]
        if moment == _NEVER or not line.boards[place]:
            continue
        needed = moment + line.pre[place] - line.departures[place]
        # Only a trip before the ridden one is worth a search, and only if it can be caught here.
        if needed > previous:
            continue
        earliest = bisect_left(starts, needed, 0, len(starts) if trip < 0 else trip)
        if earliest < len(starts) and (trip < 0 or starts[earliest] < start):
            trip, start, board = earliest, starts[earliest], place
            previous = starts[trip - 1] if trip else -_NEVER


def _walk(network: Network, current: _Round, best: list[int], limit: int) -> None:
    """From every stop just reached: change there, or walk to a stop near by."""
    ready, walked_from = current.ready, current.walked_from
    for stop, label in current.alighted.items():
        moment = label[0]
        for other, seconds, _metres in network.walks[stop]:
            arrival = moment + seconds
            if arrival < limit and arrival < best[other]:
                ready[other] = best[other] = arrival
                walked_from[other] = stop


def _trace(rounds: list[_Round], last_stop: int, arrival: int) -> Found:
    """Follow the labels back to the origin."""
    hops: list[Hop] = []
    stop = last_stop
    for number in range(len(rounds) - 1, 0, -1):
        _, line, trip, board, alight = rounds[number].alighted[stop]
        hops.append(Hop(line, trip, board, alight))
        boarded = line.stops[board]
        stop = rounds[number - 1].walked_from.get(boarded, boarded)
        if number == 1:
            return Found(arrival, tuple(reversed(hops)), boarded, last_stop)
    raise AssertionError("a way has at least one ride")
