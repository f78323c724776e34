"""Ways without offers are those of a search; a search by emissions shows the least first and of equal ones what nothing beats."""

from datetime import datetime

import pytest

from tariffs.party import Passenger
from tests.api import Api
from ticketing.errors import InvalidRequest
from ticketing.search import service as search
from ticketing.search.ranking import Merit, cleanest
from ticketing.search.wish import Endpoint, Wish

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a search reads no database


def wish(to: str) -> Wish:
    return Wish(
        origin=Endpoint(None, "Kopli", None),
        destination=Endpoint(None, to, None),
        at=datetime.fromisoformat("2026-10-13T06:10:00+03:00"),
        arrive=False,
        passengers=(Passenger("p1", "adult"),),
        region=None,
    )


@ON_SQLITE
def test_ways_are_those_of_the_search_and_make_no_offer(api: Api) -> None:
    planner = api.client.application.extensions["throughfare"].planner

    ways = search.find_ways(planner, wish("Pasila"))

    searched = search.find_journeys(planner, wish("Pasila"))["itineraries"]
    assert [plan.rides[0].departure.isoformat() for plan, _ in ways] == [
        next(leg["departure"] for leg in way["legs"] if leg["kind"] == "ride") for way in searched
    ]
    assert [price.total.as_dict() for _, price in ways if price.total] == [
        way["price"]["total"] for way in searched
    ]


@ON_SQLITE
def test_ways_from_a_place_to_itself_are_none_and_a_stranger_is_refused(api: Api) -> None:
    planner = api.client.application.extensions["throughfare"].planner

    assert search.find_ways(planner, wish("Kopli")) == []
    with pytest.raises(InvalidRequest):
        search.find_ways(planner, wish("Atlantis"))


def test_the_cleanest_come_first_and_equal_ones_are_the_best_of_their_kind() -> None:
    early, late, dear = Merit(0, 100, 1, 300), Merit(50, 200, 1, 300), Merit(0, 100, 2, 400)
    merits = [early, late, dear]

    shown = cleanest(merits, [(False, 900), (False, 100), (False, 900)], 8)

    assert [at for at, _ in shown] == [1, 0]
    assert all(praise for _, praise in shown)


def test_sums_that_say_at_least_come_behind_and_no_more_than_asked_are_shown() -> None:
    merits = [Merit(at, 100 + at, 1, 300) for at in range(3)]

    shown = cleanest(merits, [(True, 1), (False, 900), (True, 1 << 62)], 2)

    assert [at for at, _ in shown] == [1, 0]
