"""On the nights when clocks change, an itinerary's times follow each other, in every region that is shipped."""

import itertools
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.region import RegionData
from tariffs.result import JourneyPrice
from ticketing.regions import Region
from ticketing.search.network import build, days_around
from ticketing.search.planner import Access, Plan, Question, Timeline, plan_departing
from ticketing.search.show import itinerary

NIGHTS = {"2026-03-29": "2026-03-28T23:00:00+00:00", "2026-10-25": "2026-10-24T22:00:00+00:00"}
UNPRICED = JourneyPrice(None, "unknown_fare", (), "")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def written(region: RegionData, plan: Plan) -> dict[str, Any]:
    return itinerary(region, plan, UNPRICED, [])


def assert_in_order(region: RegionData, plan: Plan) -> None:
    """No part starts before the one before it ends, waiting fills the gap, and the whole is as long as it says."""
    view = written(region, plan)
    legs = view["legs"]
    for before, after in itertools.pairwise(legs):
        gap = (moment(after["departure"]) - moment(before["arrival"])).total_seconds()
        assert gap >= 0, (before, after)
        if after["kind"] == "ride":
            assert 0 <= after["waiting_seconds"] <= gap, (before, after)
    for leg in legs:
        assert moment(leg["departure"]) <= moment(leg["arrival"])
        ends = zip(
            (leg["departure"], leg["arrival"]), (leg["time_zone"], leg["arrival_time_zone"]), strict=True
        )
        assert all(moment(text).astimezone(ZoneInfo(zone)).isoformat() == text for text, zone in ends), leg
    lasts = moment(view["arrival"]) - moment(view["departure"])
    assert lasts == timedelta(seconds=view["duration_seconds"])


@pytest.fixture(scope="module")
def nights(every_region: dict[str, Region]) -> dict[tuple[str, str], tuple[RegionData, tuple[Timeline, ...]]]:
    """The networks of each region around each night, made when first asked for."""
    return _Nights(every_region)


class _Nights(dict[tuple[str, str], tuple[RegionData, tuple[Timeline, ...]]]):
    def __init__(self, regions: dict[str, Region]) -> None:
        self._regions = regions

    def __missing__(self, key: tuple[str, str]) -> tuple[RegionData, tuple[Timeline, ...]]:
        region = self._regions[key[0]].data
        zone = next(iter(region.timetables.values())).timezone
        network = build(region, days_around(moment(NIGHTS[key[1]]), zone))
        self[key] = (region, (Timeline(network, network.reversed()),))
        return self[key]


@pytest.mark.parametrize("night", NIGHTS)
@pytest.mark.parametrize("name", ["helsinki-tallinn", "lille-kortrijk-tournai", "oresund"])
@settings(max_examples=12)
@given(data=st.data())
def test_no_part_starts_before_the_one_before_it_ends(
    name: str, night: str, data: st.DataObject, nights: dict[tuple[str, str], Any]
) -> None:
    region, timelines = nights[name, night]
    stops = timelines[0].forward.stops
    ends = data.draw(
        st.tuples(st.sampled_from(stops), st.sampled_from(stops)).filter(lambda two: two[0] != two[1])
    )
    walk = data.draw(st.sampled_from([Access(0, 0), Access(420, 500)]))
    start = int(moment(NIGHTS[night]).timestamp()) + 600 * data.draw(st.integers(0, 24))

    for plan in plan_departing(region, timelines, Question({ends[0]: walk}, {ends[1]: walk}), start, 0):
        assert_in_order(region, plan)


def test_a_walk_through_the_hour_that_comes_twice_ends_before_its_train_leaves(
    nights: dict[tuple[str, str], Any],
) -> None:
    region, timelines = nights["oresund", "2026-10-25"]
    # The night train leaves at 03:00 as on every night; who starts at 02:53 of summer time walks for 67 minutes.
    asked = Question({"oresundstag:860000650": Access(67 * 60, 5000)}, {"movia:V-HUS": Access(420, 500)})

    (plan, *_) = plan_departing(
        region, timelines, asked, int(moment("2026-10-25T02:45:00+02:00").timestamp()), 0
    )

    assert_in_order(region, plan)
    first, second = written(region, plan)["legs"][:2]
    assert (first["departure"], first["arrival"], second["departure"]) == (
        "2026-10-25T02:53:00+02:00",
        "2026-10-25T03:00:00+01:00",
        "2026-10-25T03:00:00+01:00",
    )
