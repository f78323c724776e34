"""A ride without a price: the rules that come nearest, with what each asks for in vain; columns that nobody reads."""

from datetime import UTC, datetime

import pytest

from tariffs.fares import feed as fares
from tariffs.fares.feed import Feed
from tariffs.fares.legs import FareLeg
from tariffs.fares.nearest import nearest

_RULES = "leg_group_id,network_id,from_area_id,to_area_id,fare_product_id"
_FILES = {
    "areas.txt": "area_id\nnorth\nsouth\n",
    "stop_areas.txt": "area_id,stop_id\nnorth,n\nsouth,s\n",
    "stops.txt": "stop_id\nn\ns\nx\n",
    "networks.txt": "network_id\nbus\ntram\n",
    "rider_categories.txt": "rider_category_id\nadult\nchild\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "D,1,1,1,1,1,1,1,20260101,20261231\n",
    "timeframes.txt": "timeframe_group_id,start_time,end_time,service_id\nnight,20:00:00,24:00:00,D\n",
    "fare_products.txt": "fare_product_id,rider_category_id,amount,currency\nsingle,adult,2.00,EUR\n",
}


def ride(start: str, end: str, network: str | None = "bus") -> FareLeg:
    areas = {"n": frozenset({"north"}), "s": frozenset({"south"})}
    return FareLeg(
        network=network,
        from_areas=areas.get(start, frozenset()),
        to_areas=areas.get(end, frozenset()),
        areas=frozenset().union(*(areas.get(stop, ()) for stop in (start, end))),
        departure=datetime(2026, 10, 13, 8, tzinfo=UTC),
        arrival=datetime(2026, 10, 13, 8, 20, tzinfo=UTC),
        from_stop=start,
        to_stop=end,
        route="L1",
    )


def tariff(*rules: str, header: str = _RULES) -> Feed:
    loaded, findings = fares.load({**_FILES, "fare_leg_rules.txt": "\n".join([header, *rules, ""])})
    assert loaded is not None, findings
    return loaded


@pytest.mark.parametrize(
    ("rule", "leg", "rider", "said"),
    [
        ("g,bus,north,south,single", ride("x", "s"), None, "wants from area north: x is in none"),
        ("g,bus,north,south,single", ride("n", "n"), None, "wants to area south: n is in north"),
        ("g,tram,north,south,single", ride("n", "s"), None, "wants network tram: the route L1 is in bus"),
        (
            "g,bus,north,south,single",
            ride("n", "s"),
            "child",
            "sells single to others than child on any medium",
        ),
    ],
)
def test_the_condition_that_fails_is_named_with_what_the_ride_has(
    rule: str, leg: FareLeg, rider: str | None, said: str
) -> None:
    (near,) = nearest(tariff(rule), leg, rider, None)

    assert near.misses == (said,)


def test_the_rules_with_the_fewest_misses_come_first() -> None:
    known = tariff("a,tram,south,north,single", "b,tram,north,south,single", "c,bus,south,north,single")

    found = nearest(known, ride("n", "s"), None, None, most=2)

    assert [(near.rule.line, len(near.misses)) for near in found] == [(3, 1), (4, 2)]


def test_an_empty_field_says_what_it_means() -> None:
    found = nearest(tariff("a,bus,,south,single", "b,tram,north,,single"), ride("n", "s"), None, None)

    assert found[0].misses == ("has no from area, which means none that another row names: n is in north",)


def test_a_timeframe_names_the_moment() -> None:
    header = f"{_RULES},from_timeframe_group_id"

    (near,) = nearest(tariff("a,bus,north,south,single,night", header=header), ride("n", "s"), None, None)

    assert near.misses == ("wants the departure in the timeframe night: 2026-10-13 08:00 is not in it",)


def test_a_column_that_nobody_reads_is_named_with_the_one_that_was_meant() -> None:
    files = {
        **_FILES,
        "fare_leg_rules.txt": "leg_group_id,from_area,fare_product_id,colour\ng,north,single,red\n",
    }

    _, findings = fares.load(files)

    (warning,) = [found for found in findings if found.code == "unread_column"]
    assert warning.severity == "warning"
    assert warning.message == "nothing reads from_area (did you mean from_area_id?), colour"


def test_two_timeframes_of_a_group_that_overlap_are_an_error() -> None:
    rows = "timeframe_group_id,start_time,end_time,service_id\nday,06:00:00,12:00:00,D\nday,11:00:00,20:00:00,D\n"

    loaded, findings = fares.load({**_FILES, "timeframes.txt": rows})

    assert loaded is None
    assert [(found.row, found.code) for found in findings if found.severity == "error"] == [
        (3, "overlapping_timeframe")
    ]
