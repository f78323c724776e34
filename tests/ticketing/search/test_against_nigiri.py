"""The scan against nigiri, the routing core of MOTIS: the same arrivals for every number of changes."""

import pytest

from ticketing.regions import Region

pytest.importorskip("pynigiri", reason="the wheel exists for Linux on x86-64 alone")

from benchmarks.nigiri import Nigiri, ways_of_ours
from benchmarks.search import day_network, random_queries


def test_the_scan_finds_the_pareto_sets_that_nigiri_finds(regions: dict[str, Region]) -> None:
    network = day_network(regions["helsinki-tallinn"].data)
    backward, peer = network.reversed(), Nigiri(network)
    queries = random_queries(network, 400)

    ours = [ways_of_ours(network, backward, *query) for query in queries]

    assert ours == [peer.ways(*query) for query in queries]
    assert sum(map(bool, ours)) > len(queries) / 2
