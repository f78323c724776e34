"""The work of a search is bounded: a wide range for many people prices no more than one for a family."""

from typing import Any

import pytest

from tests.api import Api
from ticketing.search import partly
from ticketing.search.wish import most_in_range

# All operators, and each of three ferries without its rivals.
NETWORKS, MOST_PRICED = 4, 240


def test_the_widest_range_for_the_largest_party_prices_no_more_people_than_the_bound(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    priced: list[int] = []
    price = partly.price_journey

    def counted(book: Any, rides: Any, people: Any, **more: Any) -> Any:
        priced.append(len(people))
        return price(book, rides, people, **more)

    monkeypatch.setattr(partly, "price_journey", counted)
    party = [{"ref": f"p{at}", "rider_category": "adult"} for at in range(30)]

    answer = api.search(range_minutes=360, passengers=party)

    assert answer["itineraries"]
    assert sum(priced) <= NETWORKS * MOST_PRICED


@pytest.mark.parametrize(("people", "departures"), [(1, 40), (6, 40), (9, 26), (30, 8)])
def test_departures_times_people_are_bounded(people: int, departures: int) -> None:
    assert most_in_range(people) == departures
