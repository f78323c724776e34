"""Search over a country against nigiri: the same Pareto sets first, then the time, with full legs and without."""

import hashlib
import random
import tempfile
from datetime import date, timedelta
from pathlib import Path

from benchmarks import country
from benchmarks.harness import Result, race
from benchmarks.nigiri import Nigiri, settled, ways_of_ours
from benchmarks.search import LONGEST_WALK_M, Query, each
from operators.region import RegionData
from ticketing.search import fast, scan
from ticketing.search.network import Network, build, day_origin
from ticketing.search.planner import Access, Question, Timeline, plan_departing

DAY, ZONE = date(2026, 10, 13), "Europe/Tallinn"
QUERIES = 20


def run() -> list[Result]:
    """Search of random pairs of 8,000 stops: nigiri, our scan plain and compiled, our plans with full legs."""
    with tempfile.TemporaryDirectory() as folder:
        region, fingerprint = country.load(Path(folder))
    days = (DAY - timedelta(days=1), DAY, DAY + timedelta(days=1))
    network = settled(build(region, days), LONGEST_WALK_M)
    timeline, peer = Timeline(network, network.reversed()), Nigiri(network)
    queries = _queries(network)
    _check(timeline, peer, queries)
    digest = hashlib.sha256(repr(queries).encode()).hexdigest()[:12]
    return race(
        f"search, {len(network.stops):,} stops, {_connections(network):,} connections a day ({fingerprint}, {digest})",
        {
            "nigiri, C++ by its wheel": each(queries, peer.journeys),
            "our scan, plain Python": each(
                queries, lambda start, end, at: scan.scan(network, {start: 0}, {end: 0}, at, 6)
            ),
            "our scan, compiled": each(
                queries, lambda start, end, at: fast.scan(network, {start: 0}, {end: 0}, at, 6)
            ),
            "our plans with full legs, compiled": each(
                queries, lambda *query: plans(region, timeline, query)
            ),
        },
        calls=QUERIES,
        goals={
            "our scan, compiled": "same arrivals as nigiri on every query",
            "our plans with full legs, compiled": "1/5 of raptor-journey-planner (40 ms): 8,000 µs",
        },
    )


def plans(region: RegionData, timeline: Timeline, query: Query) -> object:
    """The Pareto set of one query, each way with operator, trip and times."""
    start, end, at = query
    stops = timeline.forward.stops
    question = Question({stops[start]: Access(0, 0)}, {stops[end]: Access(0, 0)})
    return plan_departing(region, [timeline], question, at, 0)


def _check(timeline: Timeline, peer: Nigiri, queries: list[Query]) -> None:
    """Ours are nigiri's, and the compiled ways are the plain ones, ride for ride."""
    if not fast.prepare():
        raise AssertionError("numba is not installed")
    for start, end, at in queries:
        ours, theirs = (
            ways_of_ours(timeline.forward, timeline.backward, start, end, at),
            peer.ways(start, end, at),
        )
        if ours != theirs:
            raise AssertionError(f"{(start, end, at)}: {ours} is not {theirs}")
        for network, moment in ((timeline.forward, at), (timeline.backward, -at)):
            plain = scan.scan(network, {start: 0}, {end: 0}, moment, 6)
            if fast.scan(network, {start: 0}, {end: 0}, moment, 6) != plain:
                raise AssertionError(f"{(start, end, moment)}: the compiled scan differs")


def _queries(network: Network) -> list[Query]:
    """Pairs of served stops at any minute from 6 to 20. Seeded."""
    chance = random.Random(2026)
    served = [stop for stop, calls in enumerate(network.calls) if calls]
    midnight = day_origin(DAY, ZONE)
    pairs = [chance.sample(served, 2) for _ in range(QUERIES)]
    return [(start, end, midnight + 60 * chance.randrange(6 * 60, 20 * 60)) for start, end in pairs]


def _connections(network: Network) -> int:
    """A day's: the network has three."""
    return sum(len(line.starts) * (len(line.stops) - 1) for line in network.lines) // 3
