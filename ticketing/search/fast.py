"""The scan at its fastest: compiled where numba is installed and ready, the plain one of `scan.py` elsewhere.

Both find the same ways; a property test holds them against each other. Nobody waits for the compiler: until
`prepare` has ended, in a thread of its own, searches run plainly. See docs/decisions/0035.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate, chain
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
    lines = _of_lines(network.lines)
    return *lines, *_calls(network, lines[0], lines[1]), *_of_walks(network)


def _of_lines(lines: Sequence[Line]) -> tuple[Any, ...]:
    return (
        _offsets(len(line.stops) for line in lines),
        _numbers(chain.from_iterable(line.stops for line in lines)),
        _all(line.arrivals for line in lines) + _all(line.post for line in lines),
        _all(line.departures for line in lines) - _all(line.pre for line in lines),
        _flags(line.boards for line in lines),
        _flags(line.alights for line in lines),
        _offsets(len(line.starts) for line in lines),
        _all(line.starts for line in lines),
    )


def _calls(network: Network, line_at: Any, stops: Any) -> tuple[Any, Any, Any]:
    """The lines and places that call at each stop: `calls` of the network, sorted out of its lines' stops at once."""
    numpy = importlib.import_module("numpy")
    sizes = numpy.diff(line_at)
    lines = numpy.repeat(numpy.arange(len(sizes), dtype="int32"), sizes)
    places = numpy.arange(len(stops), dtype="int32") - numpy.repeat(line_at[:-1], sizes)
    order = numpy.argsort(stops, kind="stable")
    counts = numpy.bincount(stops, minlength=len(network.stops))
    at = numpy.concatenate(([0], numpy.cumsum(counts))).astype("int32")
    return at, lines[order], places[order].astype("int32")


def _of_walks(network: Network) -> tuple[Any, ...]:
    return (
        _offsets(len(ways) for ways in network.walks),
        *_walked(network),
    )


def _walked(network: Network) -> tuple[Any, Any]:
    stops, seconds, _metres = _columns(network.walks, 3, "int64")
    return stops.astype("int32"), seconds


def _columns(rows: Iterable[Iterable[tuple[int, ...]]], width: int, kind: str) -> Any:
    """The columns of all rows, each whole in memory: the compiled scan reads no other."""
    values = _array(chain.from_iterable(chain.from_iterable(rows)), kind)
    return importlib.import_module("numpy").ascontiguousarray(values.reshape(-1, width).T)


def _all(parts: Iterable[Iterable[int]]) -> Any:
    return _instants(chain.from_iterable(parts))


def _offsets(sizes: Iterable[int]) -> Any:
    return _numbers(accumulate(sizes, initial=0))


def _numbers(values: Iterable[int]) -> Any:
    return _array(values, "int32")


def _instants(values: Iterable[int]) -> Any:
    return _array(values, "int64")


def _flags(parts: Iterable[Iterable[bool]]) -> Any:
    return _array(chain.from_iterable(parts), "bool")


def _array(values: Iterable[int], kind: str) -> Any:
    return importlib.import_module("numpy").fromiter(values, kind)


_EMPTY = Network(("",), {"": 0}, (), (((0, 0, 0),),))
