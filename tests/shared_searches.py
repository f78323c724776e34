"""Let the tests of one process share the places, ways, prices and feeds that most of them ask for in the same words.

Nearly every test of buying searches the same journey at the same minute over the same networks, and that search was most of
its processor time. Ways and prices are pure: equal arguments give equal answers, so the first one that asks has them made.
"""

import functools
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from tariffs.pricing import price_journey
from ticketing.publishing import shelf
from ticketing.publishing.gtfs.joint import joint_feed
from ticketing.publishing.gtfs.zipped import zipped
from ticketing.quote import service as quotes
from ticketing.search import partly as prices
from ticketing.search import places
from ticketing.search import service as searches
from ticketing.search.planner import Question, plan_departing

# A repeated search comes soon; a network that a kept answer holds cannot go.
_MOST_WAYS, _MOST_PRICES, _MOST_FEEDS = 16, 4_000, 4


def begin() -> None:
    """Share from now on, where a service searches and freezes a price."""
    searches.plan_departing = _shared(plan_departing, _question, list, _MOST_WAYS)  # type: ignore[attr-defined]
    # A network is read once for all tests, and its stops are grouped once.
    places.index = _shared(places.index, id, lambda found: found, _MOST_WAYS)
    # Each has its own: a frozen ride has an offset from UTC where one that is searched has a time zone.
    for room in (prices, quotes):
        room.price_journey = _shared(price_journey, _priced, lambda found: found, _MOST_PRICES)  # type: ignore[attr-defined]
    # The feed of all operators, and its file, are the same for every service of a region and a day.
    shelf.joint_feed = _shared(joint_feed, _of_region, lambda found: found, _MOST_FEEDS)  # type: ignore[attr-defined]
    shelf.zipped = _shared(zipped, id, lambda found: found, _MOST_FEEDS)  # type: ignore[attr-defined]


def _shared(
    make: Callable[..., Any],
    key_of: Callable[..., Hashable],
    copied: Callable[[Any], Any],
    most: int,
) -> Callable[..., Any]:
    """A function that keeps its answers, with the arguments that they belong to."""
    kept: OrderedDict[Hashable, tuple[Any, Any]] = OrderedDict()

    @functools.wraps(make)
    def answer(*given: Any, **more: Any) -> Any:
        key = key_of(*given, **more)
        try:
            found = kept.get(key)
        except TypeError:  # arguments without a hash: asked anew
            return make(*given, **more)
        if found is None:
            found = make(*given, **more), (given, more)
            kept[key] = found
            while len(kept) > most:
                kept.popitem(last=False)
        return copied(found[0])

    return answer


def _of_region(data: Any, day: Any) -> Hashable:
    return id(data), day


def _question(region: Any, timelines: Sequence[Any], question: Question, *how: Any, **more: Any) -> Hashable:
    ends = tuple(tuple(side.items()) for side in (question.origins, question.destinations))
    return id(region), tuple(map(id, timelines)), ends, how, _named(more)


def _priced(
    book: Any, rides: Sequence[Any], passengers: Sequence[Any], *, memo: Any = None, **more: Any
) -> Hashable:
    """The arguments that a price follows from: a memo is none of them."""
    return id(book), tuple(rides), tuple(passengers), _named(more)


def _named(more: dict[str, Any]) -> Hashable:
    """Arguments by name; a list counts as what it holds."""
    return tuple((name, tuple(one) if isinstance(one, list) else one) for name, one in sorted(more.items()))
