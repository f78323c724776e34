"""Walks that somebody has walked: they stand before the straight line in searches, and where a change is judged."""

from dataclasses import replace
from datetime import date

from ticketing.regions import Region
from ticketing.regions.changing import change_seconds
from ticketing.search.network import build

_DAY = date(2026, 10, 13)
_TRAM, _SHIP = ("tlt", "12227-1"), ("tallink", "TLL-D")


def _walk(region: Region, walks: dict[tuple[str, str], int | None]) -> int | None:
    """The seconds of the change from the tram stop to the terminal, None where there is none."""
    network = build(replace(region.data, walks=walks), [_DAY])
    start, end = (network.numbers[f"{operator}:{stop}"] for operator, stop in (_TRAM, _SHIP))
    return next((seconds for stop, seconds, _ in network.walks[start] if stop == end), None)


def test_a_walk_of_the_region_stands_before_the_straight_line(regions: dict[str, Region]) -> None:
    region = regions["helsinki-tallinn"]
    ends = ("tlt:12227-1", "tallink:TLL-D")

    straight = _walk(region, {})
    bridge = _walk(region, {ends: 1500, ends[::-1]: 1500})
    none = _walk(region, {ends: None, ends[::-1]: None})

    assert straight is not None
    assert straight < 1500
    assert (bridge, none) == (1500 + region.data.interchange_seconds, None)


def test_a_change_is_judged_by_the_same_walk(regions: dict[str, Region]) -> None:
    data = regions["helsinki-tallinn"].data
    ends = ("tlt:12227-1", "tallink:TLL-D")
    straight = change_seconds(data, _TRAM, _SHIP)
    walked = change_seconds(replace(data, walks={ends: 1500}), _TRAM, _SHIP)
    check_in = data.terminals["tallink:TLL-D"].check_in_seconds

    assert straight is not None
    assert walked == 1500 + data.interchange_seconds + check_in
    assert change_seconds(replace(data, walks={ends: None}), _TRAM, _SHIP) is None
