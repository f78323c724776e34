"""Search against nigiri: the same Pareto sets of arrival and changes on seeded queries, then the time they take."""

import hashlib
import itertools
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

from benchmarks.harness import Result, race
from benchmarks.nigiri import Nigiri, settled, ways_of_ours
from operators.region import RegionData, load_region
from ticketing.search.network import Network, build, day_origin
from ticketing.search.planner import Access, Question, Timeline, plan_departing

REGION = Path("regions/helsinki-tallinn")
DAY, ZONE = date(2026, 10, 13), "Europe/Helsinki"
LONGEST_WALK_M = 400
QUERIES = 200

Query = tuple[int, int, int]


def run() -> list[Result]:
    """Search of random pairs of stops over the day: nigiri, our scan, and our plans with full legs."""
    region, _ = load_region(REGION)
    network = day_network(region)
    backward, peer = network.reversed(), Nigiri(network)
    queries = random_queries(network, QUERIES)
    for query in queries:
        ours, theirs = ways_of_ours(network, backward, *query), peer.ways(*query)
        if ours != theirs:
            raise AssertionError(f"{query}: {ours} is not {theirs}")
    timeline = Timeline(network, backward)

    def with_legs(start: int, end: int, at: int) -> object:
        question = Question({network.stops[start]: Access(0, 0)}, {network.stops[end]: Access(0, 0)})
        return plan_departing(region, [timeline], question, at, 0)

    fingerprint = hashlib.sha256(repr(queries).encode()).hexdigest()[:12]
    contenders: dict[str, Callable[[], object]] = {
        "nigiri, C++ by its wheel": each(queries, peer.journeys),
        "our scan, the same Pareto sets": each(
            queries, lambda start, end, at: ways_of_ours(network, backward, start, end, at)
        ),
        "our plans with full legs": each(queries, with_legs),
    }
    return race(
        f"search, {QUERIES} pairs of stops ({fingerprint})",
        contenders,
        calls=QUERIES,
        goals={"our scan, the same Pareto sets": "same arrivals as nigiri on every query"},
    )


def day_network(region: RegionData) -> Network:
    """The region on the day of the race and its neighbours, as both sides can search it."""
    days = (DAY - timedelta(days=1), DAY, DAY + timedelta(days=1))
    return settled(build(region, days), LONGEST_WALK_M)


def random_queries(network: Network, count: int) -> list[Query]:
    """Pairs of stops that are not a walk apart, at any minute of the day: start, end, instant. Seeded."""
    chance = random.Random(2026)
    found: list[Query] = []
    midnight = day_origin(DAY, ZONE)
    while len(found) < count:
        start, end = chance.randrange(len(network.stops)), chance.randrange(len(network.stops))
        if end not in {stop for stop, _, _ in network.walks[start]}:
            found.append((start, end, midnight + 60 * chance.randrange(24 * 60)))
    return found


def each(queries: list[Query], answer: Callable[[int, int, int], object]) -> Callable[[], object]:
    """Answer one query after the other, round and round."""
    turn: Iterator[Query] = itertools.cycle(queries)
    return lambda: answer(*next(turn))
