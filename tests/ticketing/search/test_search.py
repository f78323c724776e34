"""Search: what is offered can be travelled, nothing better is left out, and clocks that change do no harm."""

import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from operators.region import RegionData
from tests.api import Api
from ticketing.regions import Region
from ticketing.search.network import Network, build, day_origin, days_around
from ticketing.search.planner import (
    MAX_RIDES,
    Access,
    Question,
    Timeline,
    plan_arriving,
    plan_departing,
    widened,
)
from ticketing.search.ranking import Merit, choose, choose_arriving, pareto
from ticketing.search.scan import scan

TUESDAY = datetime.fromisoformat("2026-10-13T06:10:00+03:00")


def rides(itinerary: dict[str, Any]) -> list[dict[str, Any]]:
    return [leg for leg in itinerary["legs"] if leg["kind"] == "ride"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_at_least_three_alternatives_with_offers_that_expire(api: Api) -> None:
    found = api.search()["itineraries"]

    assert len(found) >= 3
    for itinerary in found:
        assert itinerary["offer_id"]
        assert moment(itinerary["offer_expires_at"]) > api.clock.now()
        assert itinerary["price"]["passengers"][0]["because"]


def test_every_leg_connects_to_the_next_in_time_and_place(api: Api) -> None:
    for itinerary in api.search()["itineraries"]:
        legs = itinerary["legs"]
        for before, after in itertools.pairwise(legs):
            assert before["to"]["stop_id"] == after["from"]["stop_id"]
            assert moment(before["arrival"]) <= moment(after["departure"])


def test_a_passenger_is_at_the_ferry_before_check_in_closes(api: Api) -> None:
    for itinerary in api.search()["itineraries"]:
        legs = itinerary["legs"]
        for before, ferry in itertools.pairwise(legs):
            if ferry["mode"] == "ferry":
                assert moment(before["arrival"]) <= moment(ferry["check_in_until"])
                assert moment(ferry["check_in_until"]) == moment(ferry["departure"]) - timedelta(minutes=30)


def test_times_are_local_to_their_stop_and_name_the_zone_and_the_member_state(api: Api) -> None:
    first, *_, last = rides(api.search()["itineraries"][0])

    assert (first["time_zone"], first["from"]["member_state"]) == ("Europe/Tallinn", "EE")
    assert (last["time_zone"], last["to"]["member_state"]) == ("Europe/Helsinki", "FI")
    assert first["departure"].endswith("+03:00")


def test_arriving_by_a_time_arrives_by_it_and_leaves_as_late_as_possible(api: Api) -> None:
    limit = "2026-10-13T12:00:00+03:00"

    wish = {
        "from": {"place": "Kopli"},
        "to": {"place": "Pasila"},
        "arrive_by": limit,
        "passengers": [{"ref": "a"}],
    }
    found = api.post("/v1/journeys", wish).json or {}

    assert found["itineraries"]
    assert all(moment(itinerary["arrival"]) <= moment(limit) for itinerary in found["itineraries"])


@pytest.mark.parametrize("start", ["2026-10-13T05:30:00+03:00", "2026-10-13T23:00:00+03:00"])
def test_a_commuter_can_travel_early_and_late(api: Api, start: str) -> None:
    assert api.search(depart_at=start)["itineraries"]


def test_a_coordinate_begins_and_ends_with_a_walk(api: Api) -> None:
    found = api.search(**{"from": {"lat": 59.4605, "lon": 24.6700}, "to": {"lat": 60.1990, "lon": 24.9340}})
    legs = found["itineraries"][0]["legs"]

    assert (legs[0]["kind"], legs[0]["from"]["name"]) == ("walk", "start")
    assert (legs[-1]["kind"], legs[-1]["to"]["name"]) == ("walk", "destination")


def test_no_way_is_an_empty_list_with_its_reason(api: Api) -> None:
    nowhere = api.search(**{"from": {"lat": 0.0, "lon": 0.0}})
    here = api.search(to={"place": "Kopli"})

    assert nowhere == {"itineraries": [], "reason": "no stop within walking distance of the start"}
    assert here["reason"] == "the start and the destination are the same place"


def test_a_home_journey_crosses_the_gulf_the_other_way(api: Api) -> None:
    found = api.search(**{"from": {"place": "Pasila"}, "to": {"place": "Kopli"}})

    assert "gulf-link" in found["itineraries"][0]["price"]["passengers"][0]["because"][0]


def timeline(region: RegionData, at: datetime) -> Timeline:
    network = build(region, days_around(at, "Europe/Tallinn"))
    return Timeline(network, network.reversed())


def question(region: RegionData, start: str, end: str) -> Question:
    def named(name: str) -> dict[str, Access]:
        return {
            f"{operator}:{stop.id}": Access(0, 0)
            for operator, table in region.timetables.items()
            for stop in table.stops.values()
            if stop.name == name and not stop.is_station
        }

    return Question(named(start), named(end))


@pytest.mark.parametrize("clock_change", ["2026-10-25T02:30:00+03:00", "2027-03-28T02:30:00+02:00"])
def test_the_night_of_a_clock_change_is_travelled_in_true_time(
    regions: dict[str, Region], clock_change: str
) -> None:
    region = regions["helsinki-tallinn"].data
    at = moment(clock_change)

    plans = plan_departing(
        region, [timeline(region, at)], question(region, "Kopli", "Pasila"), int(at.timestamp()), 1
    )

    assert plans
    for plan in plans:
        seconds = [(ride.departure.timestamp(), ride.arrival.timestamp()) for ride in plan.rides]
        assert all(start < end for start, end in seconds)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(seconds))


def test_a_service_day_begins_twelve_hours_before_noon() -> None:
    longer = datetime.fromisoformat("2026-10-25T00:00:00+03:00")

    assert day_origin(longer.date(), "Europe/Tallinn") == int(longer.timestamp()) + 3600


def test_a_trip_after_midnight_belongs_to_the_day_before(regions: dict[str, Region]) -> None:
    region = regions["helsinki-tallinn"].data
    at = moment("2026-10-14T00:05:00+03:00")
    plans = plan_departing(
        region, [timeline(region, at)], question(region, "Suur-Paala", "Vanasadam"), int(at.timestamp()), 0
    )

    assert plans[0].rides[0].departure == moment("2026-10-14T00:10:00+03:00")


def earliest_by_connections(network: Network, start: int, origins: Mapping[str, Access]) -> dict[int, int]:
    """An independent earliest arrival: every hop of every trip once, in order of departure."""
    ready = {network.numbers[stop]: start + way.seconds for stop, way in origins.items()}
    arrived: dict[int, int] = {}
    hops = sorted(
        (begin + line.departures[at], begin + line.arrivals[at + 1], number, begin, at)
        for number, line in enumerate(network.lines)
        for begin in line.starts
        for at in range(len(line.stops) - 1)
        if start <= begin + line.departures[at] < start + 86400
    )
    aboard: set[tuple[int, int]] = set()
    for departure, arrival, number, begin, at in hops:
        line = network.lines[number]
        boards = line.boards[at] and ready.get(line.stops[at], 1 << 60) + line.pre[at] <= departure
        if not boards and (number, begin) not in aboard:
            continue
        aboard.add((number, begin))
        stop, free = line.stops[at + 1], arrival + line.post[at + 1]
        if line.alights[at + 1] and free < arrived.get(stop, 1 << 60):
            arrived[stop] = free
            for other, seconds, _ in network.walks[stop]:
                ready[other] = min(ready.get(other, 1 << 60), free + seconds)
    return arrived


@pytest.mark.parametrize("start", ["Kopli", "Suur-Paala", "Balti jaam", "Tondi"])
def test_earliest_arrivals_are_those_of_an_independent_scan(regions: dict[str, Region], start: str) -> None:
    region = regions["helsinki-tallinn"].data
    network = build(region, days_around(TUESDAY, "Europe/Tallinn"))
    at = int(TUESDAY.timestamp())
    targets = sorted(
        {
            stop.name
            for table in region.timetables.values()
            for stop in table.stops.values()
            if not stop.is_station
        }
    )

    origins = widened(network, question(region, start, start), region.interchange_seconds).origins
    arrived = earliest_by_connections(network, at, origins)
    for target in targets[::5]:
        asked = question(region, start, target)
        wide = widened(network, asked, region.interchange_seconds)
        if wide.origins.keys() & asked.destinations.keys():
            continue  # a walk is enough
        best = min(
            arrived.get(network.numbers[stop], 1 << 60) + way.seconds
            for stop, way in wide.destinations.items()
        )
        found = scan(
            network,
            {network.numbers[stop]: way.seconds for stop, way in wide.origins.items()},
            {network.numbers[stop]: way.seconds for stop, way in wide.destinations.items()},
            at,
            MAX_RIDES,
        )
        assert min(way.arrival for way in found) == best, target


def test_arriving_is_departing_turned_round(regions: dict[str, Region]) -> None:
    region = regions["helsinki-tallinn"].data
    asked = question(region, "Kopli", "Pasila")
    times = timeline(region, TUESDAY)
    forward = plan_departing(region, [times], asked, int(TUESDAY.timestamp()), 0)[0]

    backward = plan_arriving(region, [times], asked, forward.arrival, 0)[0]

    assert backward.departure >= forward.departure
    assert backward.arrival <= forward.arrival


def test_the_pareto_set_keeps_what_nothing_beats() -> None:
    merits = [
        Merit(0, 100, 2, 500),
        Merit(0, 90, 3, 500),
        Merit(0, 120, 2, 300),
        Merit(0, 130, 3, 400),
        Merit(0, 95, 4, None),
    ]

    assert pareto(merits) == [1, 0, 2]


def test_of_equal_ways_the_later_departure_is_kept() -> None:
    assert pareto([Merit(0, 100, 1, 5), Merit(10, 100, 1, 5)]) == [1]


def test_later_departures_fill_the_list_up() -> None:
    merits = [Merit(0, 100, 1, 5), Merit(50, 150, 1, 5), Merit(40, 160, 1, 5)]

    assert choose(merits, at_least=3, at_most=8) == [
        (0, ["earliest_arrival", "fewest_changes", "cheapest"]),
        (1, ["later_departure"]),
    ]


def test_an_answer_does_not_depend_on_what_was_asked_before(api: Api) -> None:
    wish = {"from": {"place": "Suur-Paala"}, "to": {"place": "Kopli"}, "passengers": [{"ref": "a"}]}
    late = {**wish, "arrive_by": "2026-10-13T00:40:00+03:00"}
    api.clock.set(datetime.fromisoformat("2026-10-12T12:00:00+03:00"))

    alone = api.post("/v1/journeys", late).json or {}
    api.post("/v1/journeys", {**wish, "depart_at": "2026-10-13T02:30:00+03:00"})
    api.post("/v1/journeys", {**wish, "depart_at": "2026-10-13T04:30:00+03:00"})
    again = api.post("/v1/journeys", late).json or {}

    assert alone["itineraries"]
    assert [found["departure"] for found in again["itineraries"]] == [
        found["departure"] for found in alone["itineraries"]
    ]


def test_leaving_operators_out_of_a_network_is_building_it_without_them(regions: dict[str, Region]) -> None:
    region, days = regions["helsinki-tallinn"].data, days_around(TUESDAY, "Europe/Tallinn")
    rivals = frozenset({"viking", "eckero"})

    left = build(region, days).leaving_out(rivals)

    assert left == build(region, days, rivals)
    assert not {line.operator for line in left.lines} & rivals


def test_who_must_be_there_by_nine_leaves_as_late_as_possible() -> None:
    merits = [Merit(60 * at, 60 * (at + 19), 0, 200) for at in (520, 512, 505, 497)]

    chosen = choose_arriving(merits, 3, 8)

    assert [(merits[at].departure // 60, praise) for at, praise in chosen] == [
        (520, ["latest_departure", "fewest_changes", "cheapest"]),
        (512, ["earlier_departure"]),
        (505, ["earlier_departure"]),
    ]
