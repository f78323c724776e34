"""The cheapest cover by singles, caps and agreements, against an enumeration of every cover."""

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tariffs.caps import Tap
from tariffs.money import Money
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from tests.tariffs.island import table
from tests.tariffs.journeys import START, agreement, ride
from tests.tariffs.parties import tariff

SINGLE = {"hsl": 320, "ferry": 2900, "tll": 200}
PATTERN = st.lists(st.sampled_from(sorted(SINGLE)), min_size=1, max_size=3).filter(
    lambda names: all(one != other for one, other in pairwise(names))
)
AGREEMENTS = st.lists(st.tuples(PATTERN, st.integers(0, 3600)), max_size=4)
JOURNEY = st.lists(st.sampled_from(sorted(SINGLE)), min_size=1, max_size=6).map(
    lambda names: [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]
)


def covers(
    names: list[str], agreements: list[tuple[list[str], int]], start: int = 0
) -> Iterator[list[tuple[str, int]]]:
    """Every way to pay from `start` on: ("single", 0) for a run alone, ("agreed", price) for several."""
    if start == len(names):
        yield []
        return
    for rest in covers(names, agreements, start + 1):
        yield [(names[start], 0), *rest]
    for pattern, amount in agreements:
        end = start + len(pattern)
        if names[start:end] == pattern:
            for rest in covers(names, agreements, end):
                yield [("agreed", amount), *rest]


def cost(cover: list[tuple[str, int]], paid: int, limit: int | None) -> int:
    total = 0
    for name, amount in cover:
        charge = amount if name == "agreed" else SINGLE[name]
        if name == "tll" and limit is not None:
            charge = max(0, min(charge, limit - paid))
            paid += charge
        total += charge
    return total


@pytest.mark.soak
@settings(max_examples=10_000 if os.environ.get("SOAK") else 150)
@given(JOURNEY, AGREEMENTS, st.one_of(st.none(), st.integers(0, 700)), st.integers(0, 3))
def test_no_cover_is_cheaper(
    names: list[str], agreements: list[tuple[list[str], int]], limit: int | None, before: int
) -> None:
    rules: list[dict[str, Any]] = [
        agreement(
            id=f"a{at}",
            parties=sorted(set(pattern)),
            pattern=[{"operator": name} for name in pattern],
            max_connection_seconds=[86_400] * (len(pattern) - 1),
            conditions={},
            prices=[
                {
                    "rider": "adult",
                    "sale_channel": None,
                    "amount": Money(amount, "EUR").text,
                    "currency": "EUR",
                }
            ],
        )
        for at, (pattern, amount) in enumerate(agreements)
    ]
    caps = table(
        "cap_id,operators,window,amount,currency", f"day,tll,calendar_day,{Money(limit or 0, 'EUR').text},EUR"
    )
    book = tariff(*rules, **({} if limit is None else {"caps_text": caps}))
    taps = tuple(
        Tap(
            id=f"t{at}",
            at=START - timedelta(minutes=at + 1),
            price=Money(200, "EUR"),
            network="",
            rider="adult",
            medium="",
            operator="tll",
        )
        for at in range(before)
    )
    rides = [ride(name, 30 * at, ("FI", 5), mode="tram") for at, name in enumerate(names)]

    found = price_journey(book, rides, [Passenger("p", "adult", paid=taps)]).total

    paid = min(limit or 0, 200 * before)
    assert found is not None
    assert found.minor == min(cost(cover, paid, limit) for cover in covers(names, agreements))
