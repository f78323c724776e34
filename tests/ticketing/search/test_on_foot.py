"""Ways on foot: a walk alone is an answer, no ride goes round to it, and nobody walks over water."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from operators.region import RegionData
from tests.api import Api
from tests.ticketing.search.small_region import SmallTrip, small_region
from ticketing.search.network import build, day_origin, nearby
from ticketing.search.on_foot import worth_riding
from ticketing.search.planner import Access, Question, Timeline, Walk, plan_departing

MORNING = "2026-10-13T08:00:00+03:00"


def ways(api: Api, start: dict[str, Any], end: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    body = {"from": start, "to": end, "depart_at": MORNING, "passengers": [{"ref": "p1"}], **changes}
    found: list[dict[str, Any]] = api.post("/v1/journeys", body).json["itineraries"]
    return found


def on_foot(way: dict[str, Any]) -> tuple[int, int]:
    (walk,) = way["legs"]
    assert (walk["kind"], way["changes"], way["offer_id"]) == ("walk", 0, None)
    assert way["price"]["total"] == {"amount": "0.00", "currency": "EUR"}
    return walk["distance_m"], walk["walk_seconds"]


@pytest.mark.parametrize(
    "wish", [{}, {"arrive_by": "2026-10-13T09:00:00+03:00", "depart_at": None}, {"range_minutes": 30}]
)
def test_a_walk_alone_is_the_answer_and_no_tram_goes_round_to_the_start(
    api: Api, wish: dict[str, Any]
) -> None:
    wish = {name: value for name, value in {"depart_at": MORNING, **wish}.items() if value}
    body = {
        "from": {"stop_id": "tlt:12227-1"},
        "to": {"stop_id": "tallink:TLL-D"},
        "passengers": [{"ref": "p1"}],
    }

    (way,) = api.post("/v1/journeys", {**body, **wish}).json["itineraries"]

    metres, seconds = on_foot(way)
    assert (metres, seconds) == (610, 509)
    assert (way["departure"], way["arrival"]) == (
        ("2026-10-13T08:51:31+03:00", "2026-10-13T09:00:00+03:00")
        if "arrive_by" in wish
        else (MORNING, "2026-10-13T08:08:29+03:00")
    )


def test_who_is_there_already_walks_no_metre(api: Api) -> None:
    (way,) = ways(api, {"stop_id": "hsl:HSL-T-LT2"}, {"stop_id": "tallink:HEL-LT2"})

    assert on_foot(way) == (0, 0)


def test_two_coordinates_near_the_same_stops_are_a_walk_apart(api: Api) -> None:
    way = ways(api, {"lat": 59.4444, "lon": 24.76}, {"lat": 59.4436, "lon": 24.765})[0]

    metres, _ = on_foot(way)
    assert 290 <= metres <= 410
    assert [way["legs"][0][end]["name"] for end in ("from", "to")] == ["start", "destination"]


def test_from_a_coordinate_to_a_stop_near_by_is_a_walk(api: Api) -> None:
    way = ways(api, {"lat": 59.4444, "lon": 24.76}, {"stop_id": "tallink:TLL-D"})[0]

    assert on_foot(way)[0] > 0
    assert way["legs"][0]["to"]["stop_id"] == "TLL-D"


def test_a_faster_tram_stays_beside_the_walk(api: Api) -> None:
    found = ways(api, {"place": "Kopli"}, {"place": "Maleva"})

    walked = [way for way in found if len(way["legs"]) == 1 and way["legs"][0]["kind"] == "walk"]
    rides = [way for way in found if way not in walked]
    assert all(way["duration_seconds"] < walked[0]["duration_seconds"] for way in rides if walked)


# Two landings 300 m apart, a stop 100 m behind each, and a stop along the bank 250 m from the first landing.
BANKS = (0.0, 0.0027, -0.0009, 0.0036, -0.00225)


def ferry(made: RegionData, **changes: Any) -> RegionData:
    timetable = made.timetables["boat"]
    routes = {name: replace(route, mode="ferry") for name, route in timetable.routes.items()}
    return replace(made, timetables={"boat": replace(timetable, routes=routes, **changes)})


def walks(made: RegionData) -> set[tuple[int, int]]:
    network = build(made, [date(2026, 10, 13)])
    return {(start, end) for start, ways in enumerate(network.walks) for end, _, _ in ways if start < end}


def test_nobody_walks_over_water_that_a_ferry_crosses() -> None:
    by_road = small_region(BANKS, {"boat": [SmallTrip((0, 1), (360, 365))]})
    by_ferry = ferry(by_road)

    assert walks(by_road) == {(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (2, 4)}
    assert walks(by_ferry) == {(0, 2), (0, 4), (1, 3), (2, 4)}
    assert {*nearby(by_ferry, 60 - 0.0004, 25)} == {"boat:s0", "boat:s2", "boat:s4"}


def test_a_bridge_beside_the_ferry_is_the_operators_own_word() -> None:
    made = small_region(BANKS, {"boat": [SmallTrip((0, 1), (360, 365))]})

    assert (0, 1) in walks(ferry(made, transfers={("s0", "s1"): 400}))


def test_a_ride_that_comes_back_to_where_it_began_is_left_out() -> None:
    made = small_region((0.0, 0.1), {"bus": [SmallTrip((0, 1, 0), (360, 370, 380))]})
    network = build(made, [date(2026, 10, 13)])
    asked = Question({"bus:s1": Access(0, 0)}, {"bus:s0": Access(0, 0)})
    midnight = day_origin(date(2026, 10, 13), "Europe/Tallinn")
    back = plan_departing(made, [Timeline(network, network.reversed())], asked, midnight, 0)

    assert len(back) == 1
    assert worth_riding(made, back, asked, None) == back
    assert worth_riding(made, back, Question({"bus:s0": Access(0, 0)}, asked.destinations), None) == []
    assert worth_riding(made, back, asked, Walk("bus:s1", "bus:s0", 600, 700)) == []
    assert worth_riding(made, back, asked, Walk("bus:s1", "bus:s0", 601, 700)) == back
