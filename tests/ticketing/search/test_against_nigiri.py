"""The scan against nigiri, the routing core of MOTIS: the same arrivals for every number of changes."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ticketing.regions import Region
from ticketing.search.network import build

pytest.importorskip("pynigiri", reason="the wheel exists for Linux on x86-64 alone")

from benchmarks.nigiri import Nigiri, RawNigiri, ways_of_ours
from benchmarks.search import DAY, day_network, random_queries


def test_the_scan_finds_the_pareto_sets_that_nigiri_finds(regions: dict[str, Region]) -> None:
    network = day_network(regions["helsinki-tallinn"].data)
    backward, peer = network.reversed(), Nigiri(network)
    queries = random_queries(network, 400)

    ours = [ways_of_ours(network, backward, *query) for query in queries]

    assert ours == [peer.ways(*query) for query in queries]
    assert sum(map(bool, ours)) > len(queries) / 2


@pytest.mark.parametrize(
    ("region", "operator"),
    [
        ("oresund", "metro"),
        ("oresund", "skane"),
        ("oresund", "oresundstag"),
        ("lille-kortrijk-tournai", "delijn"),
    ],
)
def test_a_feed_that_nigiri_reads_itself_has_the_same_ways(
    every_region: dict[str, Region], region: str, operator: str
) -> None:
    """Without walks, since each side measures them in its own way; frequencies, calendars and time zones are the feed's."""
    data = every_region[region].data
    alone = replace(
        data,
        timetables={operator: data.timetables[operator]},
        terminals={},
        walking=replace(data.walking, max_m=0),
    )
    days = [DAY + timedelta(days=ahead) for ahead in (-1, 0, 1)]
    network = build(alone, days)
    backward = network.reversed()
    peer = RawNigiri(Path("regions", region, "feeds", operator), days[0], days[-1] + timedelta(days=1))
    chance = random.Random(2026)
    midnight = int(datetime.combine(DAY, datetime.min.time(), UTC).timestamp())

    compared = 0
    for _ in range(100):
        start, end = chance.sample(range(len(network.stops)), 2)
        at = midnight + 60 * chance.randrange(22 * 60)
        theirs = peer.ways(*(network.stops[stop].partition(":")[2] for stop in (start, end)), at)
        assert ways_of_ours(network, backward, start, end, at) == theirs
        compared += bool(theirs)
    assert compared > 25
