"""A memo of one search changes no price: whatever ways share it, each costs what it costs alone."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffs.excluded import Excluded
from tariffs.journey import Ride
from tariffs.memo import Memo
from tariffs.party import Passenger, ProvenClaim
from tariffs.pricing import price_journey
from tests.tariffs.company import ONE_FREE
from tests.tariffs.island import table
from tests.tariffs.journeys import agreement, fares, ride
from tests.tariffs.parties import CAPS, RESIDENT, TLL, WEEK, resident, tariff
from tests.ticketing.offers.shipped_rides import rides_of
from ticketing.regions import Region

REGIONS = sorted(path.parent.name for path in Path("regions").glob("*/region.toml"))
# A boat that is dear in the rush, a tram whose ticket lasts an hour.
BOAT = {
    "rider_categories.txt": table("rider_category_id,is_default_fare_category", "adult,1", "child,0"),
    "fare_products.txt": table("fare_product_id,amount,currency", "rush,29.00,EUR", "calm,19.00,EUR"),
    "fare_leg_rules.txt": table("fare_product_id,from_timeframe_group_id", "rush,rush", "calm,calm"),
    "timeframes.txt": table(
        "timeframe_group_id,start_time,end_time,service_id",
        "rush,00:00:00,09:00:00,daily",
        "calm,09:00:00,24:00:00,daily",
    ),
    "calendar.txt": table(
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
        "daily,1,1,1,1,1,1,1,20260101,20261231",
    ),
}
TRAM = {
    **TLL,
    "fare_leg_rules.txt": table("leg_group_id,fare_product_id", "one,hour", "free,resident", "all,family"),
    "fare_transfer_rules.txt": table(
        "from_leg_group_id,to_leg_group_id,transfer_count,duration_limit,duration_limit_type,fare_transfer_type",
        "one,one,-1,3600,1,0",
    ),
}
GROUPS = table(
    "group_id,operator,rider_category,members,min_passengers", "family,tll,family,adult:2 child:3,2"
)
CARNET = replace(WEEK, ticket="tick-9", product="ten", uses_left=2, shared=True)
LINK = agreement(conditions={})
TRAM_AND_BOAT = agreement(
    id="pair",
    parties=["ferry", "tll"],
    pattern=[{"operator": "ferry"}, {"operator": "tll"}],
    max_connection_seconds=[4800],
    conditions={},
    prices=[{"rider": "adult", "sale_channel": "app", "amount": "20.00", "currency": "EUR"}],
)
BOOKS = {
    "plain": tariff(LINK, TRAM_AND_BOAT, feeds={"ferry": BOAT, "tll": TRAM}, eligibility_text=RESIDENT),
    "with caps, groups and company": tariff(
        LINK,
        feeds={"ferry": BOAT, "tll": TRAM},
        caps_text=CAPS,
        groups_text=GROUPS,
        companions_text=ONE_FREE,
    ),
    "untaxed": tariff(LINK, feeds={"hsl": fares("ab", "3.20")}),
}
STATES = {"hsl": ("FI", "tram"), "ferry": ("EE", "ferry"), "tll": ("EE", "tram")}


@st.composite
def ways(draw: st.DrawFn) -> list[list[Ride]]:
    """Some ways of the same operators at other hours, as the departures of a search are."""
    names = draw(st.lists(st.sampled_from(sorted(STATES)), min_size=1, max_size=4))
    starts = draw(st.lists(st.sampled_from([-90, 0, 30, 60, 16 * 60]), min_size=2, max_size=4))
    return [list(_way(draw, names, start)) for start in starts]


def _way(draw: st.DrawFn, names: list[str], at: int) -> Iterator[Ride]:
    for name in names:
        state, mode = STATES[name]
        metres, calls = draw(st.sampled_from([(0, ("a", "b")), (1000, ("a", "b")), (4000, ("a", "c", "b"))]))
        yield replace(ride(name, at, (state, metres), mode=mode), calls=calls)
        at += draw(st.sampled_from([21, 45, 80]))


@st.composite
def parties(draw: st.DrawFn) -> list[Passenger]:
    """A few passengers, of whom some are residents or hold a pass."""
    riders = draw(st.lists(st.sampled_from(["adult", "child"]), min_size=1, max_size=3))
    return [
        Passenger(
            f"p{at}",
            rider,
            claims=draw(st.sampled_from([(), (), (resident(),)])),
            passes=draw(st.sampled_from([(), (), (WEEK,), (CARNET,)])),
        )
        for at, rider in enumerate(riders)
    ]


@pytest.mark.parametrize("book", BOOKS)
@given(ways(), parties(), st.sampled_from(["app", None]))
def test_ways_that_share_a_memo_cost_what_each_costs_alone(
    book: str, asked: list[list[Ride]], party: list[Passenger], channel: str | None
) -> None:
    memo = Memo()

    for rides in [*asked, *asked]:
        shared = price_journey(BOOKS[book], rides, party, channel=channel, memo=memo)
        assert shared == price_journey(BOOKS[book], rides, party, channel=channel)


@pytest.mark.parametrize("region", REGIONS)
def test_random_ways_of_every_region_cost_the_same_with_a_memo(
    every_region: dict[str, Region], region: str
) -> None:
    here, chance, memo = every_region[region], random.Random(5), Memo()
    rides, riders = list(rides_of(here, 5)), sorted(here.data.riders)
    claims = [ProvenClaim(row.claim, row.valid_to, "sha256:x") for row in here.book.eligibility]

    for _ in range(150):
        way = chance.sample(rides, chance.randint(1, 4))
        people = [Passenger(f"p{at}", chance.choice(riders)) for at in range(chance.randint(1, 3))]
        party = [replace(one, claims=tuple(claims)) if chance.random() < 0.3 else one for one in people]
        gaps = [_excluded(way[0].departure)] if len(way) > 1 and chance.random() < 0.2 else []
        alone = price_journey(here.book, way, party, at=way[0].departure, excluded=gaps)
        shared = price_journey(here.book, way, party, at=way[0].departure, excluded=gaps, memo=memo)
        assert shared == alone


def test_two_tariffs_may_share_a_memo() -> None:
    memo, party = Memo(), [Passenger("anna", "adult")]
    way = [ride("ferry", 0, ("EE", 4000), mode="ferry"), ride("tll", 45, ("EE", 4000))]

    for book in BOOKS.values():
        assert price_journey(book, way, party, memo=memo) == price_journey(book, way, party)


def test_one_instant_on_another_clock_is_another_price() -> None:
    book, memo, party = BOOKS["plain"], Memo(), [Passenger("anna", "adult")]
    (here,) = [ride("ferry", 90, ("EE", 4000), mode="ferry")]
    there = replace(here, departure=here.departure.astimezone(UTC), arrival=here.arrival.astimezone(UTC))

    prices = [price_journey(book, [boat], party, memo=memo) for boat in (here, there)]

    assert [str(one.total) for one in prices] == ["19.00 EUR", "29.00 EUR"]


def _excluded(leaves: datetime) -> Excluded:
    return Excluded(
        leg=1,
        before=1,
        operator="x",
        operator_name="X",
        from_name="a",
        to_name="b",
        departure=leaves.isoformat(),
    )
