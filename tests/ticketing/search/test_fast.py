"""The compiled scan against the plain one: the same ways, ride for ride, on random timetables and on a whole region."""

import importlib.util
import random
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.region import RegionData
from tests.ticketing.search import test_exhaustive as small
from ticketing.regions import Region
from ticketing.search import fast
from ticketing.search.network import build
from ticketing.search.scan import scan


@pytest.fixture(scope="module", autouse=True)
def compiled() -> Iterator[None]:
    assert fast.prepare()
    yield
    fast._compiled.clear()  # every other test searches plainly


@given(
    small.regions(),
    small.endpoints(),
    st.integers(0, 24 * 60),
    st.integers(1, 6),
    st.none() | st.integers(0, 600),
)
def test_on_random_timetables_both_find_the_same_ways(
    region: RegionData,
    ends: tuple[dict[int, int], dict[int, int]],
    minute: int,
    rides: int,
    before: int | None,
) -> None:
    network = build(region, small.DAYS)
    start = small.ORIGIN + 60 * minute
    limit = None if before is None else start + 60 * before

    for one, at, bound in ((network, start, limit), (network.reversed(), -start, None)):
        assert fast.scan(one, *ends, at, rides, before=bound) == scan(one, *ends, at, rides, before=bound)


def test_over_a_whole_region_both_find_the_same_ways(regions: dict[str, Region]) -> None:
    network = build(regions["helsinki-tallinn"].data, small.DAYS)
    chance, found = random.Random(2026), 0
    for one in (network, network.reversed()):
        for _ in range(150):
            origin, end = (chance.randrange(len(one.stops)) for _ in range(2))
            start = small.ORIGIN + 60 * chance.randrange(5 * 60, 22 * 60)
            at = start if one is network else -start
            ways = fast.scan(one, {origin: 0}, {end: 60}, at, 6)
            assert ways == scan(one, {origin: 0}, {end: 60}, at, 6)
            found += bool(ways)

    assert found > 100


def test_without_numba_searches_run_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = fast._compiled.copy()
    fast._compiled.clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    assert not fast.prepare()

    fast._compiled.extend(kept)


def test_nobody_pays_for_the_compiler_who_did_not_ask() -> None:
    program = (
        "import sys, ticketing.app; sys.exit(bool({'numba', 'ticketing.search.kernel'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
