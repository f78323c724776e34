"""Live times: cancelled trips are not offered, late ones are planned as they run and booked as they were planned."""

import itertools
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.transit import gtfs_realtime_pb2 as gtfs
from hypothesis import given
from hypothesis import strategies as st

from operators.departures import departure_of
from operators.files import FEED_FILES, read_feed
from operators.port import AddedCall, AddedTrip, CallChange, Disruption, Disruptions
from operators.region import RegionData
from operators.simulators.gtfs import GtfsSimulator, Trouble
from tests.api import Api
from tests.ticketing.search.small_region import SmallTrip, small_region
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.identity import create_key
from ticketing.regions import LiveDesk, Watch, ask_now, by_staff, poll_live
from ticketing.search.live import overlay
from ticketing.search.network import Needs, build, day_origin
from ticketing.search.planner import Access, Plan, Question, Timeline, plan_departing
from ticketing.search.scan import scan

DAY = date(2026, 10, 13)
NOW = datetime(2026, 10, 13, 4, tzinfo=UTC)
MIDNIGHT = day_origin(DAY, "Europe/Tallinn")


def region() -> RegionData:
    """A bus every half hour from 06:00 (t0 to t3) over three stops, and one that follows it after five minutes."""
    trips = [SmallTrip((0, 1, 2), (360 + 30 * run, 370 + 30 * run, 380 + 30 * run)) for run in range(4)]
    return small_region(
        (0.0, 0.1, 0.2, 0.3), {"bus": [*trips, SmallTrip((2, 3), (385, 395)), SmallTrip((2, 3), (430, 440))]}
    )


def ways(made: RegionData, *items: Disruption, end: str = "bus:s2", days: int = 1) -> list[Plan]:
    network = build(made, [DAY + timedelta(days=offset) for offset in range(days)])
    live = overlay(made, network, {"bus": Disruptions(as_of=NOW, items=items)})
    asked = Question({"bus:s0": Access(0, 0)}, {end: Access(0, 0)})
    return plan_departing(made, [Timeline(live, live.reversed())], asked, MIDNIGHT, 0)


def minutes(plan: Plan) -> list[int]:
    return [(plan.departure - MIDNIGHT) // 60, (plan.arrival - MIDNIGHT) // 60]


def test_nothing_told_changes_nothing() -> None:
    made = region()
    network = build(made, (DAY,))

    assert overlay(made, network, {}) is network
    assert (
        overlay(
            made,
            network,
            {"bus": Disruptions(as_of=NOW, items=(Disruption("stranger", DAY, cancelled=True),))},
        )
        is network
    )


def test_a_cancelled_trip_is_not_there_on_its_day_alone() -> None:
    cancelled = Disruption("t0", DAY, cancelled=True)

    assert minutes(ways(region())[0]) == [360, 380]
    assert minutes(ways(region(), cancelled)[0]) == [390, 410]
    tomorrow = Disruption("t0", DAY + timedelta(days=1), cancelled=True)
    assert minutes(ways(region(), tomorrow, days=2)[0]) == [360, 380]


def test_a_late_trip_is_planned_as_it_runs_and_booked_as_it_was_planned() -> None:
    made = region()
    late = Disruption("t0", DAY, calls=(CallChange(1, 300, 300), CallChange(2, 300, None)))

    plan = ways(made, late)[0]
    ride = plan.parts[0]

    assert minutes(plan) == [360, 385]
    assert (ride.ride.departure.minute, ride.ride.arrival.minute) == (0, 20)
    assert [moment.minute for moment in ride.live] == [0, 25]
    assert departure_of(ride.ride, made.timetables["bus"]).service_date == DAY


def test_a_connection_that_is_missed_is_never_offered() -> None:
    assert minutes(ways(region(), end="bus:s3")[0]) == [360, 395]

    late = Disruption("t0", DAY, delay_seconds=600)

    assert minutes(ways(region(), late, end="bus:s3")[0])[1] == 440


def test_a_stop_that_is_not_served_is_not_used() -> None:
    skipped = Disruption("t0", DAY, calls=(CallChange(2, skipped=True),))

    assert minutes(ways(region(), skipped)[0]) == [390, 410]


def test_a_trip_that_is_told_to_run_back_in_time_does_not() -> None:
    early = Disruption("t0", DAY, calls=(CallChange(0, 1200, 1200), CallChange(1, -1200, -1200)))

    plan = ways(region(), early)[0]

    assert plan.departure <= plan.arrival


@given(st.data())
def test_live_times_are_what_a_timetable_with_those_times_would_be(data: st.DataObject) -> None:
    """Cancelled and late trips laid over a network give the ways of a network that was built without and with them."""
    minutes_late = st.sampled_from([None, 0, 3, 7, 15, 40])  # None is cancelled
    stops = st.lists(st.integers(0, 4), min_size=2, max_size=3, unique=True)
    trips = [
        SmallTrip(tuple(called), tuple(start + 10 * at for at in range(len(called))))
        for called, start in data.draw(
            st.lists(st.tuples(stops, st.integers(300, 500)), min_size=2, max_size=10)
        )
    ]
    late = [data.draw(minutes_late) for _ in trips]
    places = (0.0, 0.0018, 0.1, 0.1018, 0.3)
    told = [
        Disruption(f"t{at}", DAY, cancelled=delay is None, delay_seconds=60 * (delay or 0))
        for at, delay in enumerate(late)
        if delay != 0
    ]
    planned = small_region(places, {"bus": trips})
    shifted = small_region(
        places,
        {
            "bus": [
                SmallTrip(trip.stops, tuple(minute + delay for minute in trip.minutes))
                for trip, delay in zip(trips, late, strict=True)
                if delay is not None
            ]
            or [SmallTrip((0, 1), (1, 2))]
        },
    )

    live = overlay(planned, build(planned, (DAY,)), {"bus": Disruptions(as_of=NOW, items=tuple(told))})
    truth = build(shifted, (DAY,))

    for start, end in itertools.permutations(range(5), 2):
        at = MIDNIGHT + 60 * 290
        assert [(len(way.hops), way.arrival) for way in scan(live, {start: 0}, {end: 0}, at, 4)] == [
            (len(way.hops), way.arrival) for way in scan(truth, {start: 0}, {end: 0}, at, 4)
        ]


def added(*calls: tuple[int, int], trip: str = "extra") -> AddedTrip:
    """An added bus that is at stops at minutes of the day."""
    told = tuple(AddedCall(f"s{stop}", MIDNIGHT + 60 * at, MIDNIGHT + 60 * at) for stop, at in calls)
    return AddedTrip(trip, DAY, "r", "Somewhere", told)


def test_an_added_trip_is_planned_like_any_other_and_only_with_its_own_times() -> None:
    made = region()
    live = overlay(
        made,
        build(made, (DAY,)),
        {"bus": Disruptions(as_of=NOW, items=(), alerts=(), added=(added((0, 361), (3, 371)),))},
    )
    asked = Question({"bus:s0": Access(0, 0)}, {"bus:s3": Access(0, 0)})

    plan = plan_departing(made, [Timeline(live, live.reversed())], asked, MIDNIGHT, 0)[0]

    assert minutes(plan) == [361, 371]
    (part,) = plan.parts
    assert (part.ride.trip_id, part.headsign, part.live) == ("extra", "Somewhere", None)


def test_a_trip_added_at_a_stop_or_on_a_line_that_nobody_knows_is_not_there() -> None:
    made = region()
    network = build(made, (DAY,))
    for stranger in (added((0, 361), (9, 371)), replace(added((0, 361), (3, 371)), route_id="?")):
        assert (
            overlay(made, network, {"bus": Disruptions(as_of=NOW, items=(), alerts=(), added=(stranger,))})
            is network
        )


def test_an_added_trip_is_not_boarded_where_a_wheelchair_cannot() -> None:
    made = region()
    timetable = made.timetables["bus"]
    steps = {**timetable.stops, "s3": replace(timetable.stops["s3"], wheelchair=False)}
    made = replace(made, timetables={"bus": replace(timetable, stops=steps)})
    told = {"bus": Disruptions(as_of=NOW, items=(), alerts=(), added=(added((0, 361), (3, 371)),))}
    needs = Needs(wheelchair=True)

    line = overlay(made, build(made, (DAY,), needs=needs), told, needs).lines[-1]

    assert (line.alights, line.boards) == ((True, False), (True, False))


WISH = {
    "from": {"place": "Kortrijk KULAK"},
    "to": {"place": "Kortrijk Grote Markt"},
    "depart_at": "2026-10-13T07:00:00+02:00",
    "passengers": [{"ref": "anna"}],
}


@dataclass
class Busway:
    """The whole service, with the feed and the delays of Kortrijk's buses coming from a simulator over HTTP."""

    api: Api
    simulator: GtfsSimulator
    watch: Watch
    live: LiveDesk

    def search(self) -> dict[str, Any]:
        return self.api.post("/v1/journeys", WISH).json


@pytest.fixture
def busway(tmp_path: Path, settings: Settings, clock: FixedClock) -> Iterator[Busway]:
    name = "lille-kortrijk-tournai"
    folder = tmp_path / "regions" / name
    shutil.copytree(Path("regions", name), folder)
    with GtfsSimulator(clock.now, read_feed(folder / "feeds" / "delijn", FEED_FILES)) as simulator:
        url = simulator.start()
        table = (
            f'[operators.connector]\nkind = "gtfs"\nurl = "{url}/feed.zip"\n'
            f'trip_updates_url = "{url}/trip_updates.pb"\nalerts_url = "{url}/alerts.pb"\nvehicles_url = "{url}/vehicles.pb"\n'
            f'allow_private = true\ncache = "{tmp_path}/cache"\n\n'
        )
        toml = folder / "region.toml"
        toml.write_text(toml.read_text().replace("# Where a line crosses", f"{table}# Where a line crosses"))
        made = replace(settings, regions_folder=tmp_path / "regions", regions=(name,))
        app = create_app(made, clock=clock)
        rooms = app.extensions["throughfare"]
        yield Busway(Api(app.test_client(), clock, lambda *_: ""), simulator, rooms.planner.watch, rooms.live)
        rooms.till.database.close()


def bus(answer: dict[str, Any]) -> dict[str, Any]:
    """The first bus that runs."""
    running = next(way for way in answer["itineraries"] if not way["cancelled"])
    return next(leg for leg in running["legs"] if leg["kind"] == "ride")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bus_that_is_cancelled_is_gone_from_the_next_search_and_comes_back(busway: Busway) -> None:
    planned = bus(busway.search())
    busway.simulator.troubles = [Trouble(planned["trip_id"], DAY, cancelled=True)]
    busway.simulator.alerts = ["Works at Grote Markt"]
    ask_now(busway.live)

    answer = busway.search()

    first = answer["itineraries"][0]
    assert (first["cancelled"], first["offer_id"], first["price"]["total"]) == (True, None, None)
    assert [(leg["trip_id"], leg["cancelled"]) for leg in first["legs"] if leg["kind"] == "ride"] == [
        (planned["trip_id"], True)
    ]
    assert bus(answer)["trip_id"] != planned["trip_id"]
    assert bus(answer)["alerts"] == ["Works at Grote Markt"]
    assert bus(answer)["notices"] == [
        {
            "text": "Works at Grote Markt",
            "description": None,
            "url": None,
            "cause": None,
            "effect": None,
            "severity": None,
        }
    ]
    assert "delijn" in answer["live_as_of"]
    busway.simulator.troubles = []
    ask_now(busway.live)
    assert bus(busway.search())["trip_id"] == planned["trip_id"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_late_bus_is_shown_with_both_times_and_can_be_bought(busway: Busway) -> None:
    planned = bus(busway.search())
    busway.simulator.troubles = [Trouble(planned["trip_id"], DAY, calls=((1, 240),))]
    ask_now(busway.live)

    ride = bus(busway.search())

    assert (ride["trip_id"], ride["departure"]) == (planned["trip_id"], planned["departure"])
    late = datetime.fromisoformat(ride["live_departure"]) - datetime.fromisoformat(ride["departure"])
    assert late == timedelta(minutes=4)
    offer = busway.search()["itineraries"][0]["offer_id"]
    assert busway.api.post("/v1/quotes", {"offer_id": offer}).status_code == 201


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bus_that_is_added_is_found_bought_and_gone_again(busway: Busway) -> None:
    planned = bus(busway.search())
    leaves = int(datetime.fromisoformat(planned["departure"]).timestamp()) + 60
    entity = gtfs.FeedEntity(id="extra")
    update = entity.trip_update
    update.trip.trip_id, update.trip.schedule_relationship = "EXTRA", gtfs.TripDescriptor.NEW
    update.trip.route_id = route_of(busway, planned["trip_id"])
    for leg_end, moment in (("from", leaves), ("to", leaves + 60)):
        call = update.stop_time_update.add(stop_id=planned[leg_end]["stop_id"])
        call.arrival.time = call.departure.time = moment
    busway.simulator.entities = [entity]
    ask_now(busway.live)

    answer = busway.search()
    offer = next(way["offer_id"] for way in answer["itineraries"] if "EXTRA" in str(way["legs"]))

    quote = busway.api.post("/v1/quotes", {"offer_id": offer}).json
    order = busway.api.post("/v1/orders", {"quote_id": quote["id"]}).json
    paid = busway.api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, order["access_token"])
    assert paid.json["state"] == "ticketed"
    busway.simulator.entities = []
    ask_now(busway.live)
    assert "EXTRA" not in str(busway.search())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bus_that_calls_at_another_platform_says_so_in_the_search_and_with_its_ticket(
    busway: Busway,
) -> None:
    planned = bus(busway.search())
    timetable = busway.watch.regions["lille-kortrijk-tournai"].data.timetables["delijn"]
    other = next(
        stop
        for stop in timetable.stops.values()
        if stop.id != planned["from"]["stop_id"] and not stop.is_station
    )
    entity = gtfs.FeedEntity(id="moved")
    entity.trip_update.trip.trip_id = planned["trip_id"]
    call = entity.trip_update.stop_time_update.add(stop_id=planned["from"]["stop_id"])
    call.departure.delay = 0
    call.stop_time_properties.assigned_stop_id = other.id
    busway.simulator.entities = [entity]
    ask_now(busway.live)

    answer = busway.search()
    ride = bus(answer)
    quote = busway.api.post("/v1/quotes", {"offer_id": answer["itineraries"][0]["offer_id"]}).json
    order = busway.api.post("/v1/orders", {"quote_id": quote["id"]}).json
    busway.api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, order["access_token"])
    (news,) = busway.api.get(f"/v1/orders/{order['id']}/tickets", order["access_token"]).json["news"]

    moved = {"stop_id": other.id, "name": other.name}
    assert (ride["from"]["stop_id"], ride["boards_at"], ride["alights_at"]) == (
        planned["from"]["stop_id"],
        moved,
        None,
    )
    assert (news["boards_at"], news["alights_at"]) == (moved, None)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_ride_shows_where_its_vehicle_is_and_how_full(busway: Busway, clock: FixedClock) -> None:
    planned = bus(busway.search())
    entity = gtfs.FeedEntity(id="v")
    entity.vehicle.trip.trip_id = planned["trip_id"]
    entity.vehicle.position.latitude, entity.vehicle.position.longitude = 50.8, 3.26
    entity.vehicle.occupancy_status = gtfs.VehiclePosition.STANDING_ROOM_ONLY
    busway.simulator.vehicles = [entity]
    assert planned["vehicle"] is None
    ask_now(busway.live)

    found = bus(busway.search())["vehicle"]

    assert (found["lat"], found["lon"], found["occupancy"]) == (50.8, 3.26, "standing_room_only")
    assert datetime.fromisoformat(found["as_of"]) == clock.now()


def route_of(busway: Busway, trip_id: str) -> str:
    timetable = busway.watch.regions["lille-kortrijk-tournai"].data.timetables["delijn"]
    return next(
        pattern.route for pattern in timetable.patterns for trip in pattern.trips if trip.trip_id == trip_id
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_silence_ends_what_is_known_of_delays_and_makes_no_cancelled_bus_run(
    busway: Busway, clock: FixedClock
) -> None:
    planned = bus(busway.search())
    busway.simulator.troubles = [Trouble(planned["trip_id"], DAY, cancelled=True)]
    ask_now(busway.live)
    busway.simulator.stop()
    ask_now(busway.live)

    assert bus(busway.search())["trip_id"] != planned["trip_id"]
    clock.advance(timedelta(minutes=11))
    answer = busway.search()
    assert bus(answer)["trip_id"] != planned["trip_id"]
    assert bus(answer)["alerts"] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_newer_feed_is_used_while_searches_go_on_and_a_bad_one_is_not(busway: Busway) -> None:
    before = busway.watch.regions["lille-kortrijk-tournai"]
    files = dict(busway.simulator.files)
    stopped = threading.Event()
    answers: list[int] = []

    traveller = replace(busway.api, client=busway.api.client.application.test_client())

    elsewhere = {**WISH, "from": {"place": "Kortrijk Grote Markt"}, "to": {"place": "Tournai"}}

    def travel() -> None:
        while not stopped.is_set():
            answers.append(len(traveller.post("/v1/journeys", elsewhere).json["itineraries"]))

    searching = threading.Thread(target=travel)
    searching.start()
    try:
        busway.simulator.files = {
            **files,
            "stops.txt": files["stops.txt"].replace(",Kortrijk KULAK,", ",Kortrijk Campus,"),
        }
        busway.watch.fetch_feeds()
        found = busway.api.get("/v1/places", query_string={"q": "Kortrijk Campus"}).json["places"]
        assert [place["name"] for place in found] == ["Kortrijk Campus"]
        assert busway.watch.version == 1
    finally:
        stopped.set()
        searching.join()
    good = busway.watch.regions["lille-kortrijk-tournai"]
    busway.simulator.files = {**files, "stops.txt": "stop_id\n"}
    busway.watch.fetch_feeds()
    assert busway.watch.regions["lille-kortrijk-tournai"] is good is not before
    operators = busway.api.get("/v1/operators").json["operators"]
    assert [(one["id"], one["not_fetched"]) for one in operators if one["not_fetched"]] == [
        ("delijn", ["feed"])
    ]
    assert 0 not in answers


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_feed_that_breaks_the_tariff_does_not_replace_the_region(busway: Busway) -> None:
    before = busway.watch.regions["lille-kortrijk-tournai"]
    broken = busway.simulator.files["fare_products.txt"].replace("3.00", "three euros")
    busway.simulator.files = {**busway.simulator.files, "fare_products.txt": broken}

    busway.watch.fetch_feeds()

    assert busway.watch.regions["lille-kortrijk-tournai"] is before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_search_asks_an_operator_and_the_worker_asks_when_it_is_time(
    busway: Busway, clock: FixedClock
) -> None:
    planned = bus(busway.search())
    busway.simulator.troubles = [Trouble(planned["trip_id"], DAY, cancelled=True)]
    busway.watch.settings = replace(busway.watch.settings, live_seconds=30)
    worker = replace(busway.live, pause_seconds=30)

    busway.search()
    assert [thread.name for thread in threading.enumerate() if thread.name == "live"] == []
    assert bus(busway.search())["trip_id"] == planned["trip_id"]

    changed = [poll_live(worker)]
    assert bus(busway.search())["trip_id"] != planned["trip_id"]
    busway.simulator.troubles = []
    for seconds in (10, 20):
        clock.advance(timedelta(seconds=seconds))
        changed.append(poll_live(worker))
    asked = busway.simulator.plan.counts["trip_updates"]
    assert (changed, asked) == (
        [{"lille-kortrijk-tournai/delijn": 1}, {}, {"lille-kortrijk-tournai/delijn": 1}],
        2,
    )
    assert bus(busway.search())["trip_id"] == planned["trip_id"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_fits_no_run_is_told_by_its_reason(busway: Busway) -> None:
    planned = bus(busway.search())
    busway.simulator.troubles = [
        Trouble(planned["trip_id"], DAY, cancelled=True),
        Trouble("nowhere", DAY, cancelled=True),
    ]

    ask_now(busway.live)

    told = next(one for one in busway.api.get("/v1/operators").json["operators"] if one["id"] == "delijn")
    assert (told["live"]["messages"], told["live"]["matched"]) == (2, 1)
    assert told["live"]["unmatched"] == {"unknown_trip": 1}
    rooms = busway.api.client.application.extensions["throughfare"]
    admin = create_key(rooms.till.database, busway.api.clock, role="admin", operator=None, label="test")[1]
    lines = busway.api.get("/metrics", admin).text
    name = (
        'throughfare_live_messages{operator="delijn",outcome="unknown_trip",region="lille-kortrijk-tournai"}'
    )
    assert f"{name} 1.0" in lines
    assert 'throughfare_live_age_seconds{operator="delijn"' in lines


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_word_of_staff_grows_no_older_as_a_feed_does(api: Api) -> None:
    ferry = next(leg for leg in api.search()["itineraries"][0]["legs"] if leg.get("mode") == "ferry")
    rooms = api.client.application.extensions["throughfare"]
    run = ferry["operator"], ferry["trip_id"], datetime.fromisoformat(ferry["departure"]).date()
    by_staff.cancel_departure(rooms.live, "helsinki-tallinn", *run, by="mari")
    admin = create_key(rooms.till.database, api.clock, role="admin", operator=None, label="test")[1]

    assert f'throughfare_live_age_seconds{{operator="{run[0]}"' not in api.get("/metrics", admin).text
