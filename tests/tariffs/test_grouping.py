"""Groups: no partition of a party into groups and single travellers is cheaper, against an enumeration of all."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tariffs import grouping
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from tests.tariffs.island import table
from tests.tariffs.journeys import ride
from tests.tariffs.parties import TLL, TRAM, party, tariff

SINGLE = {"adult": 200, "child": 100}
# The price of each group product is that of the operator's rider category of the same name.
PRICES = {"pair": 290, "family": 350, "class": 700}
FEED = {
    **TLL,
    "rider_categories.txt": table(
        "rider_category_id,is_default_fare_category",
        "adult,1",
        "child,0",
        "free,0",
        *(f"{name},0" for name in PRICES),
    ),
    "fare_products.txt": table(
        "fare_product_id,rider_category_id,amount,currency",
        "hour,adult,2.00,EUR",
        "hour,child,1.00,EUR",
        "resident,free,0.00,EUR",
        *(f"g,{name},{minor // 100}.{minor % 100:02},EUR" for name, minor in PRICES.items()),
    ),
    "fare_leg_rules.txt": table("fare_product_id", "hour", "resident", "g"),
}
LIMITS = st.dictionaries(
    st.sampled_from(sorted(PRICES)),
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 3)).filter(
        lambda found: 1 <= found[2] <= found[0] + found[1]
    ),
    max_size=3,
)


def partitions(riders: Sequence[str], limits: dict[str, tuple[int, int, int]]) -> Iterator[int]:
    """Price every way to split these passengers into groups and single travellers."""
    if not riders:
        yield 0
        return
    first, others = riders[0], riders[1:]
    for rest in partitions(others, limits):
        yield SINGLE[first] + rest
    for name, (adults, children, least) in limits.items():
        for chosen in range(2 ** len(others)):
            mates = [rider for at, rider in enumerate(others) if chosen >> at & 1]
            inside = [first, *mates]
            if least <= len(inside) and inside.count("adult") <= adults and inside.count("child") <= children:
                outside = [rider for at, rider in enumerate(others) if not chosen >> at & 1]
                for rest in partitions(outside, limits):
                    yield PRICES[name] + rest


@pytest.mark.soak
@settings(max_examples=2_000 if os.environ.get("SOAK") else 60)
@given(st.lists(st.sampled_from(sorted(SINGLE)), min_size=1, max_size=5), LIMITS)
def test_no_partition_is_cheaper(riders: list[str], limits: dict[str, tuple[int, int, int]]) -> None:
    rows = [
        f"{name},tll,{name},{' '.join(word for word in (f'adult:{a}' * (a > 0), f'child:{c}' * (c > 0)) if word)},{least}"
        for name, (a, c, least) in limits.items()
    ]
    groups = table("group_id,operator,rider_category,members,min_passengers", *rows)
    book = tariff(groups_text=groups, feeds={"tll": FEED})

    found = price_journey(book, TRAM, party(*riders))

    assert found.total is not None
    assert found.total.minor == min(partitions(riders, limits))
    assert found.total.minor == sum(row.total.minor for row in found.passengers if row.total)


def test_the_second_best_group_first_can_be_the_best_in_the_end() -> None:
    # A class of three adults saves 100, a family of two 50: but two families take all four.
    groups = table(
        "group_id,operator,rider_category,members,min_passengers",
        "class,tll,class,adult:3,3",
        "pair,tll,pair,adult:2,2",
    )
    feed = {**FEED, "fare_products.txt": FEED["fare_products.txt"].replace("g,class,7.00", "g,class,5.00")}
    book = tariff(groups_text=groups, feeds={"tll": feed})

    found = price_journey(book, TRAM, party(*["adult"] * 4))

    assert found.total is not None
    assert found.total.minor == 580


def test_five_people_and_three_groups_on_one_run_are_searched_whole() -> None:
    """Three of a pair's and two of a family: the largest group that fits first leaves two who pay alone."""
    groups = table(
        "group_id,operator,rider_category,members,min_passengers",
        "class,tll,class,child:1,1",
        "family,tll,family,adult:2 child:1,1",
        "pair,tll,pair,adult:2 child:1,3",
    )
    book = tariff(groups_text=groups, feeds={"tll": FEED})

    found = price_journey(book, TRAM, party(*["adult"] * 4, "child"))

    assert found.total is not None
    assert found.total.minor == 290 + 350


def test_thirty_passengers_are_grouped_as_well() -> None:
    groups = table(
        "group_id,operator,rider_category,members,min_passengers", "family,tll,family,adult:2 child:3,2"
    )
    book = tariff(groups_text=groups, feeds={"tll": FEED})

    found = price_journey(book, TRAM, party(*["adult", "child"] * 15))

    assert found.total is not None
    # Seven pairs of adults take all the children with them; one adult is left.
    assert found.total.minor == 7 * 350 + 200


def test_a_group_is_sold_only_on_its_days() -> None:
    header = "group_id,operator,rider_category,members,min_passengers,valid_from,valid_to"
    gone = table(header, "family,tll,family,adult:2 child:3,2,,2020-01-01")

    found = price_journey(tariff(groups_text=gone, feeds={"tll": FEED}), TRAM, party("adult", "adult"))

    assert found.total is not None
    assert found.total.minor == 400


def test_two_operators_may_each_sell_a_group_to_the_same_passengers() -> None:
    groups = table(
        "group_id,operator,rider_category,members,min_passengers",
        "family,tll,family,adult:2,2",
        "club,hsl,family,adult:2,2",
    )
    book = tariff(groups_text=groups, feeds={"tll": FEED, "hsl": FEED})
    rides = [TRAM[0], ride("hsl", 60, ("FI", 4000))]

    found = price_journey(book, rides, [Passenger("a", "adult"), Passenger("b", "adult")])

    assert found.total is not None
    assert found.total.minor == 700


def test_thirty_who_are_alike_and_two_groups_are_a_short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty people can be divided over two groups in thousands of ways: a search of all of them takes seconds."""
    groups = table(
        "group_id,operator,rider_category,members,min_passengers",
        "class,tll,class,adult:9,4",
        "club,hsl,class,adult:9,4",
    )
    book = tariff(groups_text=groups, feeds={"tll": FEED, "hsl": FEED})
    rides = [TRAM[0], ride("hsl", 60, ("FI", 4000))]
    steps = 0
    join = grouping._joined

    def counted(*words: Any) -> Any:
        nonlocal steps
        steps += 1
        return join(*words)

    monkeypatch.setattr(grouping, "_joined", counted)

    found = price_journey(book, rides, party(*["adult"] * 30))

    assert found.total is not None
    # Three groups of nine on each operator, and three who travel by themselves.
    assert found.total.minor <= 2 * (3 * 700 + 3 * 200)
    assert steps < 1000
