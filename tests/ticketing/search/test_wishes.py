"""Wishes beyond from and to: a place on the way, a range of departures, less walking, a wheelchair."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from operators.region import RegionData
from tests.api import Api
from tests.ticketing.search.small_region import SmallTrip, small_region
from ticketing.search.network import Needs, build, day_origin
from ticketing.search.planner import Access, Plan, Question, Timeline, plan_arriving, plan_departing
from ticketing.search.ranking import Merit, spread
from ticketing.search.via import Stay, plan_via

DAY = date(2026, 10, 13)
MIDNIGHT = day_origin(DAY, "Europe/Tallinn")
# Five places far from each other but for 3 and 4, which are 200 m apart.
PLACES = (0.0, 0.1, 0.2, 0.3, 0.3018)


def line(*stops: int, start: int = 360, step: int = 10, every: int = 30, times: int = 6) -> list[SmallTrip]:
    return [
        SmallTrip(stops, tuple(start + run * every + step * at for at in range(len(stops))))
        for run in range(times)
    ]


def timelines(made: RegionData, needs: Needs = Needs()) -> list[Timeline]:  # noqa: B008  it is frozen
    network = build(made, (DAY,), needs=needs)
    return [Timeline(network, network.reversed())]


def question(start: str, end: str) -> Question:
    return Question({start: Access(0, 0)}, {end: Access(0, 0)})


def calls(plan: Plan) -> list[str]:
    return [f"{ride.from_stop_id}-{ride.to_stop_id}" for ride in plan.rides]


@pytest.fixture
def star() -> RegionData:
    """Lines from the middle: a fast one from 0 to 2, a slow way round by 1."""
    return small_region(
        PLACES, {"bus": [*line(0, 2), *line(0, 1), *line(1, 2, start=372), *line(0, 1, 2, start=500)]}
    )


def test_a_way_by_a_place_changes_there_or_passes_it_on_board(star: RegionData) -> None:
    stay = Stay({"bus:s1": Access(0, 0)}, 0)

    plans = plan_via(star, timelines(star), question("bus:s0", "bus:s2"), stay, MIDNIGHT, arrive=False)

    assert calls(plans[0]) == ["s0-s1", "s1-s2"]
    assert ["s0-s2"] not in [calls(plan) for plan in plans[:3]]
    late = plan_via(
        star, timelines(star), question("bus:s0", "bus:s2"), stay, MIDNIGHT + 60 * 495, arrive=False
    )
    assert "s0-s2" in {calls(plan)[0] for plan in late if len(plan.rides) == 1}
    assert all("s1" in {call for ride in plan.rides for call in ride.calls} for plan in (*plans, *late))


@pytest.mark.parametrize("arrive", [False, True])
@pytest.mark.parametrize("minutes", [0, 20, 61])
def test_a_stay_at_the_place_is_as_long_as_was_wished(star: RegionData, minutes: int, arrive: bool) -> None:
    stay = Stay({"bus:s1": Access(0, 0)}, 60 * minutes)
    at = MIDNIGHT + 60 * (600 if arrive else 360)

    plans = plan_via(star, timelines(star), question("bus:s0", "bus:s2"), stay, at, arrive=arrive)

    assert plans
    for plan in plans:
        assert plan.arrival <= at if arrive else plan.departure >= at
        if len(plan.rides) == 2:
            first, second = plan.rides
            assert second.departure - first.arrival >= timedelta(minutes=minutes, seconds=60)


def test_a_range_has_every_good_departure_and_no_other(star: RegionData) -> None:
    asked = question("bus:s0", "bus:s2")

    plans = plan_departing(star, timelines(star), asked, MIDNIGHT + 60 * 360, 40, until=MIDNIGHT + 60 * 450)

    assert sorted({(plan.departure - MIDNIGHT) // 60 for plan in plans}) == [360, 390, 420, 450]


def test_of_a_range_only_what_something_later_beats_is_left_out() -> None:
    merits = [
        Merit(0, 50, 0, 200),
        Merit(10, 50, 0, 200),
        Merit(5, 40, 1, 200),
        Merit(5, 60, 0, 100),
        Merit(20, 90, 0, 300),
    ]

    assert [at for at, _ in spread(merits, 20)] == [2, 3, 1, 4]


def test_less_walking_leaves_long_ways_on_foot_out() -> None:
    made = small_region(
        PLACES, {"bus": [*line(0, 3), *line(4, 2, start=380), *line(0, 1), *line(1, 2, start=400)]}
    )
    asked = question("bus:s0", "bus:s2")

    ordinary = plan_departing(made, timelines(made), asked, MIDNIGHT, 0)
    less = plan_departing(made, timelines(made, Needs(max_walk_m=100)), asked, MIDNIGHT, 0)

    assert calls(ordinary[0]) == ["s0-s3", "s4-s2"]
    assert [calls(plan) for plan in less] == [["s0-s1", "s1-s2"]]


def test_a_wheelchair_gets_no_trip_and_no_stop_that_says_no() -> None:
    made = small_region(PLACES, {"bus": [*line(0, 2), *line(0, 1), *line(1, 2, start=372)]})
    timetable = made.timetables["bus"]
    direct = next(pattern for pattern in timetable.patterns if pattern.stops == ("s0", "s2"))
    told = replace(
        direct, trips=tuple(replace(trip, wheelchair=False) for trip in direct.trips[:2]) + direct.trips[2:]
    )
    stops = {**timetable.stops, "s1": replace(timetable.stops["s1"], wheelchair=False)}
    patterns = tuple(told if pattern is direct else pattern for pattern in timetable.patterns)
    made = replace(made, timetables={"bus": replace(timetable, patterns=patterns, stops=stops)})

    first = plan_departing(
        made, timelines(made, Needs(wheelchair=True)), question("bus:s0", "bus:s2"), MIDNIGHT, 0
    )[0]

    assert (calls(first), (first.departure - MIDNIGHT) // 60) == (["s0-s2"], 360 + 2 * 30)
    assert (
        plan_arriving(made, timelines(made, Needs(wheelchair=True)), question("bus:s0", "bus:s1"), 1 << 40, 0)
        == []
    )


def wish(**changes: Any) -> dict[str, Any]:
    return {
        "from": {"place": "Kopli"},
        "to": {"place": "Pasila"},
        "depart_at": "2026-10-13T06:10:00+03:00",
        "passengers": [{"ref": "anna"}],
        **changes,
    }


def test_by_way_of_a_place_over_http(api: Api) -> None:
    found = api.post("/v1/journeys", wish(via={"place": "Kampintori", "stay_minutes": 30})).json[
        "itineraries"
    ]

    assert found
    for itinerary in found:
        assert itinerary["offer_id"]
        legs = itinerary["legs"]
        at = next(number for number, leg in enumerate(legs) if leg["to"]["name"].startswith("Kamp"))
        onward = next(leg for leg in legs[at + 1 :] if leg["kind"] == "ride")
        stayed = datetime.fromisoformat(onward["departure"]) - datetime.fromisoformat(legs[at]["arrival"])
        assert stayed >= timedelta(minutes=30)


def test_a_range_over_http_is_in_order_of_departure(api: Api) -> None:
    found = api.post("/v1/journeys", wish(range_minutes=180)).json["itineraries"]
    departures = [datetime.fromisoformat(itinerary["departure"]) for itinerary in found]

    assert len(found) > 4
    assert departures == sorted(departures)
    assert departures[-1] <= datetime.fromisoformat("2026-10-13T09:10:00+03:00")


def test_wheelchairs_are_told_what_is_not_known(api: Api) -> None:
    found = api.post("/v1/journeys", wish(wheelchair=True, walking="less")).json["itineraries"]

    assert {leg["wheelchair"] for leg in found[0]["legs"] if leg["kind"] == "ride"} == {"unknown"}
    assert all(leg["distance_m"] <= 200 for one in found for leg in one["legs"] if leg["kind"] == "walk")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"via": {"place": "Atlantis"}}, "via.place"),
        ({"via": {"place": "Kamppi", "stay_minutes": 999}}, "via.stay_minutes"),
        ({"via": {}}, "via"),
        ({"range_minutes": 60, "via": {"place": "Kamppi"}}, "range_minutes"),
        ({"range_minutes": 0}, "range_minutes"),
        ({"walking": "never"}, "walking"),
    ],
)
def test_a_wish_that_cannot_be_is_named(api: Api, changes: dict[str, Any], field: str) -> None:
    response = api.post("/v1/journeys", wish(**changes))

    assert response.status_code == 422
    assert any(error["path"].startswith(field) for error in response.json["errors"]), response.json


@pytest.mark.parametrize(
    ("start", "end", "by", "departures"),
    [
        ("Kopli", "Vanasadam", "2026-10-13T09:00:00+03:00", ["13T08:35", "13T08:29", "13T08:22"]),
        ("Kopli", "Pasila", "2026-10-13T18:00:00+03:00", ["13T13:05", "13T12:27", "13T11:05"]),
        ("Pasila", "Kopli", "2026-10-13T18:00:00+03:00", ["13T14:05", "13T13:54", "13T11:05", "13T10:54"]),
    ],
)
def test_who_must_arrive_by_a_time_is_offered_the_latest_departures(
    api: Api, start: str, end: str, by: str, departures: list[str]
) -> None:
    api.clock.set(datetime(2026, 10, 12, 5, 0, tzinfo=UTC))
    wish = {"from": {"place": start}, "to": {"place": end}, "arrive_by": by, "passengers": [{"ref": "p1"}]}

    found = api.post("/v1/journeys", wish).json["itineraries"]

    assert [one["departure"][8:16] for one in found] == departures


def test_a_range_without_a_departure_says_when_the_next_leaves(api: Api) -> None:
    wish = {
        "from": {"place": "Kopli"},
        "to": {"place": "Pasila"},
        "depart_at": "2026-10-13T13:10:00+03:00",
        "range_minutes": 110,
        "passengers": [{"ref": "p1"}],
    }

    found = api.post("/v1/journeys", wish).json

    assert (found["itineraries"], found["reason"]) == (
        [],
        "no departure within the range; the next leaves on 13.10.2026 at 15:31",
    )
