"""The first search of a day finds its networks made; whoever makes others keeps nobody waiting."""

import threading
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.ticketing.search.small_region import SmallTrip, small_region
from ticketing.clock import FixedClock
from ticketing.config import from_environment
from ticketing.errors import Misconfigured
from ticketing.offers import OfferTokens
from ticketing.regions import Region
from ticketing.search import timelines
from ticketing.search.network import Network, build
from ticketing.search.service import Planner
from ticketing.search.warm import keep_warm, warm_up
from ticketing.tickets.keys import KeyStore


@pytest.fixture
def planner(clock: FixedClock, regions: dict[str, Region], tmp_path: Path) -> Planner:
    made = small_region((0.0, 0.1), {"bus": [SmallTrip((0, 1), (360, 370))]})
    book = regions["helsinki-tallinn"]
    return Planner(
        clock=clock,
        regions={"small": Region(made, book.book, {})},
        offers=OfferTokens(KeyStore(tmp_path, "")),
    )


def built(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The middle days of the networks that are made from now on."""
    days: list[date] = []

    def counted(region: object, wanted: tuple[date, ...], *more: object) -> Network:
        days.append(wanted[1])
        return build(region, wanted, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(timelines, "build", counted)
    return days


def test_today_and_tomorrow_are_made_once_and_midnight_finds_its_day_made(
    planner: Planner, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    days, region = built(monkeypatch), planner.regions["small"].data
    warm_up(planner)
    warm_up(planner)
    assert days == [date(2026, 10, 13), date(2026, 10, 14)]

    clock.advance(timedelta(days=1))
    planner.timelines(region, clock.now())
    assert days == [date(2026, 10, 13), date(2026, 10, 14)]

    warm_up(planner)
    assert days[2:] == [date(2026, 10, 15)]


def test_it_warms_up_in_a_thread_of_its_own(planner: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    made = threading.Event()
    monkeypatch.setattr("ticketing.search.warm.warm_up", lambda _: made.set())

    thread = keep_warm(planner)

    assert made.wait(10)
    assert thread.daemon


def test_who_asks_for_another_day_does_not_wait_and_who_asks_for_the_same_gets_the_same(
    planner: Planner, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, days = threading.Event(), threading.Event(), []

    def slow(region: object, wanted: tuple[date, ...], *more: object) -> Network:
        days.append(wanted[1])
        if wanted[1] == date(2026, 10, 13):
            begun.set()
            assert go_on.wait(10)
        return build(region, wanted, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(timelines, "build", slow)
    region, found = planner.regions["small"].data, []

    def ask(at: datetime) -> None:
        found.append(planner.timelines(region, at))

    threads = [threading.Thread(target=ask, args=(clock.now(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    planner.timelines(region, clock.now() + timedelta(days=1))  # returns while the others still wait
    go_on.set()
    for thread in threads:
        thread.join(10)

    assert days == [date(2026, 10, 13), date(2026, 10, 14)]
    assert found[0] is found[1] is found[2]


def test_it_can_be_left_to_the_first_search() -> None:
    assert from_environment({}).warm_up
    assert not from_environment({"THROUGHFARE_WARM_UP": "off"}).warm_up
    with pytest.raises(Misconfigured, match="THROUGHFARE_WARM_UP"):
        from_environment({"THROUGHFARE_WARM_UP": "maybe"})
