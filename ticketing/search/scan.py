"""The search itself: rounds over lines (RAPTOR), each round one ride more, earliest arrival at every stop. Pure.

After D. Delling, T. Pajor, R. Werneck, "Round-Based Public Transit Routing", 2012. On a network whose time
runs backwards the same scan finds the latest departure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ticketing.search.network import Line, Network, first_start

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


@dataclass(slots=True)
class _Round:
    """Labels of one round: when a passenger can board at a stop, and how they came to it."""

    ready: dict[int, int]
    alighted: dict[int, tuple[int, Hop]]
    walked_from: dict[int, int]


def scan(
    network: Network, origins: Mapping[int, int], destinations: Mapping[int, int], start: int, max_rides: int
) -> list[Found]:
    """Find the earliest arrival with 1, 2, ... rides; only those that arrive earlier than with fewer.

    `origins` and `destinations` are seconds on foot to and from stops. Answers by number of rides.
    """
    rounds = [_Round({stop: start + walk for stop, walk in origins.items()}, {}, {})]
    # Two bests: who walked to a stop cannot walk on from it, so a later ride to it may still be of use.
    alighted_best: dict[int, int] = {}
    ready_best: dict[int, int] = dict(rounds[0].ready)
    found: list[Found] = []
    limit = start + WINDOW_SECONDS
    for _ in range(max_rides):
        alighted = _ride(network, rounds[-1], alighted_best, limit)
        arrivals = [
            (moment + destinations[stop], stop)
            for stop, (moment, _) in alighted.items()
            if stop in destinations
        ]
        current = _Round({}, alighted, {})
        rounds.append(current)
        if arrivals and (earliest := min(arrivals))[0] < limit:
            limit = earliest[0]
            found.append(_trace(rounds, earliest[1], earliest[0]))
        alighted_best.update((stop, moment) for stop, (moment, _) in alighted.items())
        _walk(network, current, ready_best, limit)
        if not current.ready:
            break
    return found


def _ride(network: Network, before: _Round, best: dict[int, int], limit: int) -> dict[int, tuple[int, Hop]]:
    """Scan every line that can be boarded, from its first such stop on."""
    first: dict[int, int] = {}
    for stop in before.ready:
        for number, place in network.calls[stop]:
            if place < first.get(number, _NEVER):
                first[number] = place
    alighted: dict[int, tuple[int, Hop]] = {}
    for number, begin in first.items():
        _ride_line(network.lines[number], begin, before.ready, best, alighted, limit)
    return alighted


def _ride_line(  # noqa: PLR0917  the innermost loop: names would cost a call object
    line: Line,
    begin: int,
    ready: dict[int, int],
    best: dict[int, int],
    alighted: dict[int, tuple[int, Hop]],
    limit: int,
) -> None:
    trip, start, board = -1, _NEVER, -1
    stops, starts = line.stops, line.starts
    for place in range(begin, len(stops)):
        stop = stops[place]
        if trip >= 0 and line.alights[place]:
            moment = start + line.arrivals[place] + line.post[place]
            known = alighted.get(stop)
            if moment < limit and moment < best.get(stop, _NEVER) and (known is None or moment < known[0]):
                alighted[stop] = (moment, Hop(line, trip, board, place))
        moment = ready.get(stop, -1) if line.boards[place] else -1
        if moment == -1:
            continue
        earliest = first_start(line, moment + line.pre[place] - line.departures[place])
        if earliest < len(starts) and starts[earliest] < start:
            trip, start, board = earliest, starts[earliest], place


def _walk(network: Network, current: _Round, best: dict[int, int], limit: int) -> None:
    """From every stop just reached: change there, or walk to a stop near by."""
    for stop, (moment, _) in current.alighted.items():
        for other, seconds, _metres in network.walks[stop]:
            arrival = moment + seconds
            if arrival < limit and arrival < best.get(other, _NEVER):
                current.ready[other] = best[other] = arrival
                current.walked_from[other] = stop


def _trace(rounds: list[_Round], last_stop: int, arrival: int) -> Found:
    """Follow the labels back to the origin."""
    hops: list[Hop] = []
    stop = last_stop
    for number in range(len(rounds) - 1, 0, -1):
        _, hop = rounds[number].alighted[stop]
        hops.append(hop)
        boarded = hop.line.stops[hop.board]
        stop = rounds[number - 1].walked_from.get(boarded, boarded)
        if number == 1:
            return Found(arrival, tuple(reversed(hops)), boarded, last_stop)
    raise AssertionError("a way has at least one ride")
