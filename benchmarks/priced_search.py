"""A search with prices, Kopli to Pasila for one adult, in one process and without HTTP: what of it is the scan, and what pricing.

The first row is the scan and the plans; the compiled scan is prepared as a service prepares it. `python -m benchmarks.priced_search`.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.harness import Result, race
from tariffs.memo import Memo
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.offers import OfferTokens
from ticketing.regions import load_regions
from ticketing.search import fast
from ticketing.search.asked import needs_of, question_of
from ticketing.search.partly import price_of
from ticketing.search.planner import Plan, plan_departing
from ticketing.search.service import Planner, find_journeys
from ticketing.search.wish import Wish
from ticketing.tickets.keys import KeyStore

REGION = "helsinki-tallinn"
AT = datetime(2026, 10, 13, 2, 10, tzinfo=UTC)
_LATER = 3
_CALLS = 3


def run() -> list[Result]:
    """Search Kopli to Pasila for one adult: the ways, their prices one by one and with a memo, and the whole answer."""
    with planner() as found:
        return _race(found, "compiled" if fast.prepare() else "plain")


def _race(service: Planner, scan: str) -> list[Result]:
    region, wish = service.regions[REGION], kopli_to_pasila()
    plans = _plans(service, wish)

    def priced(memo: Callable[[], Memo | None]) -> list[object]:
        shared = memo()
        return [price_of(region, plan, wish.passengers, channel=None, at=AT, memo=shared) for plan in plans()]

    if priced(Memo) != priced(lambda: None):
        raise AssertionError("a memo has changed a price")
    answer = find_journeys(service, wish)
    assert len(answer["itineraries"]) > 1
    assert all(one["offer_id"] for one in answer["itineraries"])
    contenders: dict[str, Callable[[], object]] = {
        f"scan ({scan}) and plans of {len(plans())} ways": plans,
        "and their prices, each by itself": lambda: priced(lambda: None),
        "and their prices with a memo": lambda: priced(Memo),
        "the whole search, offers included": lambda: find_journeys(service, wish),
    }
    goals = {"the whole search, offers included": "≤ 20,000 µs"}
    return race("search Kopli to Pasila with prices, one adult", contenders, calls=_CALLS, goals=goals)


@contextmanager
def planner() -> Iterator[Planner]:
    """A planner of the one region, with keys of its own."""
    regions = load_regions(Settings(database_url="sqlite://", regions=(REGION,)))
    with tempfile.TemporaryDirectory() as folder:
        keys = KeyStore(Path(folder), "benchmark")
        keys.create_missing(AT)
        yield Planner(clock=FixedClock(AT), regions=regions, offers=OfferTokens(keys))


def kopli_to_pasila() -> Wish:
    """The wish of one adult on a Tuesday morning."""
    return Wish.from_request(
        {
            "origin": {"place": "Kopli"},
            "destination": {"place": "Pasila"},
            "depart_at": AT,
            "passengers": [{"ref": "anna", "rider_category": "adult"}],
        }
    )


def _plans(service: Planner, wish: Wish) -> Callable[[], list[Plan]]:
    data = service.regions[REGION].data
    question = question_of(service, service.regions[REGION], wish, [])
    timelines = service.timelines(data, wish.at, needs_of(data, wish))
    return lambda: plan_departing(data, timelines, question, int(wish.at.timestamp()), _LATER)


if __name__ == "__main__":
    for result in run():
        print(f"{result.name:<50} {result.microseconds:10,.0f} µs {result.ratio:6.2f} {result.goal}")
