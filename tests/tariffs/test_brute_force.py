"""The dynamic programme against an independent search: every way to pay, written down from the standard's table."""

import itertools
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tariffs.fares.legs import FareLeg
from tariffs.fares.price import price
from tests.tariffs.island import feed, table

GROUPS = ("g", "h", "k")
START = datetime(2026, 10, 13, 8, 0, tzinfo=ZoneInfo("Europe/Tallinn"))

PRICES = st.integers(0, 600)
RULE = st.fixed_dictionaries(
    {
        "from": st.sampled_from(GROUPS),
        "to": st.sampled_from(GROUPS),
        "product": st.sampled_from(["", "plus", "minus"]),
        "count": st.sampled_from([-1, 1, 2]),
        "limit": st.sampled_from([None, 900, 1800, 3600]),
        "kind": st.sampled_from([0, 1, 2, 3]),
        "type": st.sampled_from([0, 1, 2]),
    }
)


def _key(rule: dict[str, Any]) -> tuple[Any, ...]:
    """The key of a transfer rule; the count is part of it within one group only."""
    count = rule["count"] if rule["from"] == rule["to"] else None
    return (rule["from"], rule["to"], rule["product"], count, rule["limit"])


TARIFF = st.fixed_dictionaries(
    {
        "prices": st.fixed_dictionaries(
            {group: st.lists(PRICES, min_size=1, max_size=2) for group in GROUPS}
        ),
        "plus": PRICES,
        "minus": st.integers(-300, 0),
        "rules": st.lists(
            RULE,
            max_size=6,
            unique_by=_key,
        ),
    }
)
JOURNEY = st.lists(
    st.tuples(st.sampled_from(GROUPS), st.integers(0, 40), st.integers(1, 40)), min_size=1, max_size=5
)


def money(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02}"


def compiled(tariff: dict[str, Any]) -> Any:
    products = [
        "fare_product_id,amount,currency",
        f"plus,{money(tariff['plus'])},EUR",
        f"minus,{money(tariff['minus'])},EUR",
    ]
    rules = ["leg_group_id,network_id,fare_product_id"]
    for group, amounts in tariff["prices"].items():
        for number, amount in enumerate(amounts):
            products.append(f"{group}{number},{money(amount)},EUR")
            rules.append(f"{group},{group},{group}{number}")
    transfers = [
        "from_leg_group_id,to_leg_group_id,fare_product_id,transfer_count,duration_limit,duration_limit_type,fare_transfer_type"
    ]
    for rule in tariff["rules"]:
        count = rule["count"] if rule["from"] == rule["to"] else ""
        limit, kind = (rule["limit"], rule["kind"]) if rule["limit"] else ("", "")
        transfers.append(
            f"{rule['from']},{rule['to']},{rule['product']},{count},{limit},{kind},{rule['type']}"
        )
    return feed(
        networks=table("network_id", *GROUPS),
        fare_products=table(*products),
        fare_leg_rules=table(*rules),
        fare_transfer_rules=table(*transfers),
    )


def legs_of(journey: list[tuple[str, int, int]]) -> list[FareLeg]:
    legs, now = [], START
    for group, wait, ride in journey:
        departure = now + timedelta(minutes=wait)
        now = departure + timedelta(minutes=ride)
        legs.append(
            FareLeg(
                network=group,
                from_areas=frozenset(),
                to_areas=frozenset(),
                areas=frozenset(),
                departure=departure,
                arrival=now,
            )
        )
    return legs


def cheapest_by_enumeration(tariff: dict[str, Any], legs: list[FareLeg]) -> int:
    """Try every offer for every leg, every way to cut the legs into runs, every usable rule at every change."""
    offers = [tariff["prices"][leg.network] for leg in legs]
    return min(
        sum(max(0, best_run(tariff, legs, offers, start, end)) for start, end in runs)
        for runs in partitions(len(legs))
        if all(best_run(tariff, legs, offers, start, end) is not None for start, end in runs)
    )


def partitions(count: int) -> Iterator[list[tuple[int, int]]]:
    for cuts in itertools.product([False, True], repeat=count - 1):
        edges = [0, *(at + 1 for at, cut in enumerate(cuts) if cut), count]
        yield list(itertools.pairwise(edges))


def best_run(
    tariff: dict[str, Any], legs: list[FareLeg], offers: list[list[int]], start: int, end: int
) -> Any:
    """The cheapest total of one run over legs[start:end], None when some change has no usable rule."""
    totals: list[int] = []

    def extend(at: int, total: int, streak: tuple[tuple[str, str] | None, int, int]) -> None:
        if at == end:
            totals.append(total)
            return
        pair = (str(legs[at - 1].network), str(legs[at].network))
        same = pair[0] == pair[1]
        repeats = same and streak[0] in {None, pair}
        clock, count = (streak[1], streak[2] + 1) if repeats else (at - 1, 1)
        rows = [rule for rule in tariff["rules"] if (rule["from"], rule["to"]) == pair]
        if same:
            enough = [rule for rule in rows if rule["count"] == -1 or rule["count"] >= count]
            order = [99 if rule["count"] == -1 else rule["count"] for rule in enough]
            rows = [rule for rule, size in zip(enough, order, strict=True) if size == min(order)]
        for rule in rows:
            if rule["limit"] and elapsed(rule["kind"], legs[clock], legs[at]) > rule["limit"]:
                continue
            extra = tariff[rule["product"]] if rule["product"] else 0
            first = streak[0] is None
            for own in offers[at]:
                if rule["type"] == 0:
                    new = total + extra
                elif rule["type"] == 1:
                    new = total + extra + own
                else:
                    new = extra if first else total + extra
                extend(at + 1, new, (pair, clock, count))

    for own in offers[start]:
        extend(start + 1, own, (None, start, 0))
    return min(totals) if totals else None


def elapsed(kind: int, first: FareLeg, now: FareLeg) -> float:
    begin = first.departure if kind in {0, 1} else first.arrival
    end = now.arrival if kind in {0, 3} else now.departure
    return (end - begin).total_seconds()


@pytest.mark.soak
@settings(max_examples=10_000 if os.environ.get("SOAK") else 150)
@given(TARIFF, JOURNEY)
def test_the_programme_finds_what_enumeration_finds(
    tariff: dict[str, Any], journey: list[tuple[str, int, int]]
) -> None:
    legs = legs_of(journey)

    found = price(compiled(tariff), legs)

    assert found.total is not None
    assert found.total.minor == cheapest_by_enumeration(tariff, legs)


@given(TARIFF, JOURNEY, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    tariff: dict[str, Any], journey: list[tuple[str, int, int]], random: Any
) -> None:
    shuffled = {**tariff, "rules": random.sample(tariff["rules"], len(tariff["rules"]))}
    legs = legs_of(journey)

    assert price(compiled(tariff), legs).total == price(compiled(shuffled), legs).total


@given(TARIFF, JOURNEY)
def test_a_total_is_never_above_the_sum_of_singles(
    tariff: dict[str, Any], journey: list[tuple[str, int, int]]
) -> None:
    legs = legs_of(journey)
    loaded = compiled(tariff)

    whole = price(loaded, legs).total
    singles = [price(loaded, [leg]).total for leg in legs]

    assert whole is not None
    assert whole.minor <= sum(single.minor for single in singles if single is not None)
