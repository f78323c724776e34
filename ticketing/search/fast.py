"""The scan at its fastest: compiled where numba is installed and ready, the plain one of `scan.py` elsewhere.

Both find the same ways; a property test holds them against each other. Nobody waits for the compiler: until
`prepare` has ended, in a thread of its own, searches run plainly. See docs/decisions/0035.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from ticketing.search import scan as plain
from ticketing.search.lines import Line
from ticketing.search.network import Network
from ticketing.search.scan import WINDOW_SECONDS, Found, Hop

_Rounds = Callable[..., Any]
_compiled: list[_Rounds] = []


def prepare() -> bool:
    """Compile, or read what was compiled before (seconds the first time); False where numba is not installed."""
    if not _compiled and importlib.util.find_spec("numba"):
        kernel = importlib.import_module("ticketing.search.kernel")
        made = importlib.import_module("numba").njit(cache=True, nogil=True)(kernel.rounds)
        _search(_arrays(_EMPTY), made, ({0: 0}, {0: 0}), 0, (0, 1))
        _compiled.append(made)
    return bool(_compiled)


def arrange(network: Network) -> None:
    """Lay a network out for the compiled scan, so that no search has to."""
    network.derived("arrays", _arrays)


def scan(
    network: Network,
    origins: Mapping[int, int],
    destinations: Mapping[int, int],
    start: int,
    max_rides: int,
    *,
    before: int | None = None,
) -> list[Found]:
    """Scan as `scan.scan` does."""
    if not _compiled:
        return plain.scan(network, origins, destinations, start, max_rides, before=before)
    limit = start + WINDOW_SECONDS if before is None else before
    arrays = network.derived("arrays", _arrays)
    ways, *labels = _search(arrays, _compiled[0], (origins, destinations), start, (limit, max_rides))
    return [_trace(network, labels, int(ride), int(last), int(arrival)) for ride, last, arrival in ways]


def _search(
    arrays: tuple[Any, ...],
    rounds: _Rounds,
    ends: tuple[Mapping[int, int], Mapping[int, int]],
    start: int,
    bounds: tuple[int, int],
) -> Any:
    origins, destinations = ends
    return rounds(
        *arrays,
        _numbers(origins),
        _instants(start + seconds for seconds in origins.values()),
        _numbers(destinations),
        _instants(destinations.values()),
        *bounds,
    )


def _trace(network: Network, labels: list[Any], ride: int, last: int, arrival: int) -> Found:
    """Follow the labels back to the origin."""
    lines, trips, boards, alights, walked_from = labels
    hops: list[Hop] = []
    stop = boarded = last
    for number in range(ride, 0, -1):
        line = network.lines[lines[number, stop]]
        board = int(boards[number, stop])
        hops.append(Hop(line, int(trips[number, stop]), board, int(alights[number, stop])))
        boarded = line.stops[board]
        walked = int(walked_from[number - 1, boarded])
        stop = boarded if walked < 0 else walked
    return Found(arrival, tuple(reversed(hops)), boarded, last)


def _arrays(network: Network) -> tuple[Any, ...]:
    """The network as the kernel wants it; what is added at every boarding and alighting is added once."""
    return *_of_lines(network.lines), *_of_stops(network)


def _of_lines(lines: Sequence[Line]) -> tuple[Any, ...]:
    return (
        _offsets(len(line.stops) for line in lines),
        _numbers(stop for line in lines for stop in line.stops),
        _instants(at + out for line in lines for at, out in zip(line.arrivals, line.post, strict=True)),
        _instants(at - early for line in lines for at, early in zip(line.departures, line.pre, strict=True)),
        _flags(lines, lambda line: line.boards),
        _flags(lines, lambda line: line.alights),
        _offsets(len(line.starts) for line in lines),
        _instants(start for line in lines for start in line.starts),
    )


def _of_stops(network: Network) -> tuple[Any, ...]:
    return (
        _offsets(len(calls) for calls in network.calls),
        _numbers(line for calls in network.calls for line, _ in calls),
        _numbers(place for calls in network.calls for _, place in calls),
        _offsets(len(ways) for ways in network.walks),
        _numbers(stop for ways in network.walks for stop, _, _ in ways),
        _instants(seconds for ways in network.walks for _, seconds, _ in ways),
    )


def _offsets(sizes: Iterable[int]) -> Any:
    return _numbers(accumulate(sizes, initial=0))


def _numbers(values: Iterable[int]) -> Any:
    return _array(values, "int32")


def _instants(values: Iterable[int]) -> Any:
    return _array(values, "int64")


def _flags(lines: Iterable[Line], of: Callable[[Line], Iterable[bool]]) -> Any:
    return _array((flag for line in lines for flag in of(line)), "bool")


def _array(values: Iterable[int], kind: str) -> Any:
    return importlib.import_module("numpy").fromiter(values, kind)


_EMPTY = Network(("",), {"": 0}, (), ((),), (((0, 0, 0),),))
