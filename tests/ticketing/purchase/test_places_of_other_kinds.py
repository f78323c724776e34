"""A bicycle, a car and a dog on a ferry: sold by the operator's own fares, counted apart, shown at gates, given back."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from operators.fake import FakeOperator
from operators.inventory import Sailing
from tests.api import Api
from tests.networks import lent
from tests.ticketing.purchase import test_group_code as group_codes
from tests.ticketing.purchase.refunding import faults
from tests.ticketing.rerouting.harbour import Harbour, take
from ticketing.app import create_app
from ticketing.cli.worker import run_round
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.identity import create_key
from ticketing.regions import Region
from ticketing.regions.load import check_region

HOME = Path("regions/helsinki-tallinn")
# One kind of database is enough: nothing here depends on the other.
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ANNA, BIKE, CAR = {"ref": "anna"}, {"ref": "bike", "place": "bicycle"}, {"ref": "car", "place": "car"}
OVER = {
    "from": {"stop_id": "eckero:TLL-A"},
    "to": {"stop_id": "eckero:HEL-LT2"},
    "depart_at": "2026-10-13T05:30:00+03:00",
    "passengers": [ANNA],
}
# Invented for this test: what Eckerö asks for what people bring along is not known to us.
KINDS = """
[place_kinds.bicycle]
eckero = "bicycle"

[place_kinds.car]
eckero = "car"
"""
FARES = """standard,bicycle,app,INVENTED bicycle,5.00,EUR
standard,car,app,INVENTED car,30.00,EUR
"""


def written(folder: Path, kinds: str = KINDS, capacity: str = "bicycle = 30, car = 120") -> Path:
    """The region, in which Eckerö takes bicycles and cars; its first sailing takes no bicycle."""
    shutil.copytree(HOME, folder)
    toml, feed = folder / "region.toml", folder / "feeds" / "eckero"
    text = toml.read_text(encoding="utf-8").replace("car = 120", capacity)
    toml.write_text(text + kinds, encoding="utf-8")
    with (feed / "fare_products.txt").open("a", encoding="utf-8") as fares:
        fares.write(FARES)
    with (feed / "rider_categories.txt").open("a", encoding="utf-8") as categories:
        categories.write("bicycle,Bicycle,0\ncar,Car,0\n")
    first, *trips = (feed / "trips.txt").read_text(encoding="utf-8").splitlines()
    rows = [f"{first},bikes_allowed,cars_allowed"]
    rows += [f"{row},{2 if 'ECK-TH-0600' in row else 1},1" for row in trips]
    (feed / "trips.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def boats(tmp_path_factory: pytest.TempPathFactory) -> Region:
    region, findings = check_region(written(tmp_path_factory.mktemp("boats") / "helsinki-tallinn"))
    assert region is not None, findings
    return region


@pytest.fixture
def deck(clock: FixedClock) -> FakeOperator:
    """Eckerö's places on each sailing: one bicycle, two cars."""
    return FakeOperator("eckero", clock.now, {"foot": 100, "bicycle": 1, "car": 2})


@pytest.fixture
def quay(settings: Settings, clock: FixedClock, boats: Region, deck: FakeOperator) -> Iterator[Api]:
    app = create_app(
        settings,
        clock=clock,
        regions={"helsinki-tallinn": boats},
        connectors={"helsinki-tallinn": {"eckero": deck}},
    )
    database = app.extensions["throughfare"].till.database

    def key(role: Any, operator: str | None = None) -> str:
        return create_key(database, clock, role=role, operator=operator, label="test")[1]

    with lent(app):
        yield Api(app.test_client(), clock, key)
    database.close()


def party(*rows: dict[str, Any]) -> dict[str, Any]:
    return {**OVER, "passengers": list(rows)}


def taken(deck: FakeOperator, way: dict[str, Any]) -> dict[str, int]:
    sailing = Sailing("eckero", way["legs"][0]["trip_id"], date(2026, 10, 13))
    return dict(deck.kept.taken(sailing, deck.now()))


@ONE
def test_a_bicycle_and_a_car_are_sold_held_shown_and_given_back_each_for_itself(
    quay: Api, deck: FakeOperator
) -> None:
    bought = quay.buy(**party(ANNA, BIKE, CAR))
    way, order, key = bought.itinerary, bought.order, bought.token

    prices = [(one["ref"], one["place"], one["total"]["amount"]) for one in way["price"]["passengers"]]
    assert prices == [("anna", "foot", "19.00"), ("bike", "bicycle", "5.00"), ("car", "car", "30.00")]
    assert [one["place"] for one in order["bookings"]] == ["foot", "bicycle", "car"]
    assert taken(deck, way) == {"foot": 1, "bicycle": 1, "car": 1}
    assert [one["place"] for one in bought.tickets] == ["foot", "bicycle", "car"]

    second = quay.quote(**party({"ref": "bo"}, BIKE))
    refused = quay.post("/v1/orders", {"quote_id": second["id"]})
    assert (refused.status_code, "eckero has no place" in (refused.json or {})["detail"]) == (409, True)
    assert taken(deck, way)["foot"] == 1

    left_alone = quay.post(f"/v1/orders/{order['id']}/refunds", {"passengers": ["anna"]}, key)
    assert left_alone.status_code == 409
    back = quay.post(f"/v1/orders/{order['id']}/refunds", {"passengers": ["bike"]}, key)
    assert (back.status_code, (back.json or {})["lines"][0]["passenger"]) == (201, "bike")
    run_round(quay.client.application.extensions["throughfare"].till)
    assert taken(deck, way) == {"foot": 1, "car": 1}
    assert (
        quay.post("/v1/orders", {"quote_id": quay.quote(**party({"ref": "bo"}, BIKE))["id"]}).status_code
        == 201
    )


@ONE
def test_what_people_bring_keeps_a_code_of_its_own_beside_the_one_of_their_group(quay: Api) -> None:
    bought = group_codes.buy(quay, wish=party(ANNA, {"ref": "bo"}, BIKE))

    code = group_codes.code_of(quay, bought)
    assert (code["passengers"], code["count"]) == (["anna", "bo"], 2)
    assert [one["place"] for one in bought.tickets if one["token"]] == ["bicycle"]
    quote = quay.quote(**party(ANNA, CAR))
    refused = quay.post("/v1/orders", {"quote_id": quote["id"], "code": "group"}).json or {}
    assert refused["errors"] == [
        {"path": "code", "message": "a group code is for 2 to 99 people; this order is for 1"}
    ]


@ONE
def test_what_is_not_taken_is_not_offered(quay: Api) -> None:
    without = quay.search(**party(ANNA))["itineraries"]
    with_bike = quay.search(**party(ANNA, BIKE))["itineraries"]
    trams = quay.search(**{**party(ANNA, CAR), "from": {"place": "Kopli"}, "to": {"place": "Hobujaama"}})

    assert "ECK-TH-0600" in {leg["trip_id"] for way in without for leg in way["legs"]}
    assert {leg["operator"] for way in with_bike for leg in way["legs"]} == {"eckero"}
    assert "ECK-TH-0600" not in {leg["trip_id"] for way in with_bike for leg in way["legs"]}
    assert (trams["itineraries"], trams["reason"]) == ([], "no connection within 24 hours")
    regions = (quay.get("/v1/regions").json or {})["regions"]
    assert regions[0]["place_kinds"] == {"bicycle": ["eckero"], "car": ["eckero"]}


@ONE
def test_what_is_wrong_with_a_place_is_named(quay: Api) -> None:
    faults = [
        (party(BIKE), "passengers[0].place"),
        (party(ANNA, {"ref": "rex", "place": "dog"}), "passengers[1].place"),
        (party(ANNA, {**BIKE, "rider_category": "adult"}), "passengers[1].rider_category"),
        (party(ANNA, {**BIKE, "account_holder": True}), "passengers[1].account_holder"),
        (party({"ref": "x", "place": "elephant"}), "passengers[0].place"),
    ]
    for wish, path in faults:
        refused = quay.post("/v1/journeys", wish, once=None)
        assert (refused.status_code, (refused.json or {})["errors"][0]["path"]) == (422, path)


def test_staff_see_the_bicycle_and_count_no_bicycle_as_a_person(quay: Api) -> None:
    bought = quay.buy(**party(ANNA, BIKE))
    leg = bought.itinerary["legs"][0]
    quay.clock.set(datetime.fromisoformat(leg["departure"]) - timedelta(minutes=40))
    gate = quay.key("gate", "eckero")
    shown = {one["passenger"]: quay.scan(one["token"], gate, stop_id="TLL-A").json for one in bought.tickets}
    staff = quay.key("operator_staff", "eckero")
    told = quay.get("/v1/operators/eckero/sailings?on=2026-10-13", staff).json or {}

    assert shown["bike"]["decision"] == "accept"
    assert shown["bike"]["notes"] == [{"code": "category", "values": {"category": "bicycle"}}]
    row = next(one for one in told["sailings"] if one["departure"] == leg["departure"])
    assert (row["booked"], row["boarded"], row["brought"]) == (1, 1, {"bicycle": 1})


@ONE
def test_strangers_do_not_keep_all_the_bicycles_of_a_ship(quay: Api, deck: FakeOperator) -> None:
    deck.inventory = replace(deck.inventory, capacity=lambda _: {"foot": 100, "bicycle": 30})
    bikes = [{"ref": f"b{at}", "place": "bicycle"} for at in range(8)]
    first = quay.post("/v1/orders", {"quote_id": quay.quote(**party(ANNA, *bikes))["id"]})
    more = quay.post("/v1/orders", {"quote_id": quay.quote(**party(ANNA, *bikes[:5]))["id"]})
    none = quay.post("/v1/orders", {"quote_id": quay.quote(**party(ANNA))["id"]})

    assert (first.status_code, more.status_code, none.status_code) == (201, 409, 201)
    assert "too many places of eckero" in (more.json or {})["detail"]


@ONE
def test_an_exchange_takes_the_bicycle_along(quay: Api, deck: FakeOperator) -> None:
    bought = quay.buy(**party(ANNA, BIKE))
    later = quay.quote(**{**party(ANNA, BIKE), "depart_at": "2026-10-14T05:30:00+03:00"})

    wish = {"quote_id": later["id"], "passengers": ["anna", "bike"]}
    exchanged = quay.post(f"/v1/orders/{bought.order['id']}/exchanges", wish, bought.token)

    assert exchanged.status_code == 201, exchanged.json
    assert [one["place"] for one in (exchanged.json or {})["bookings"]] == ["foot", "bicycle"]


@ONE
def test_a_car_on_a_ferry_that_does_not_sail_is_booked_on_a_later_one_or_paid_back_once(
    quay: Api, deck: FakeOperator
) -> None:
    harbour = Harbour(quay, {"eckero": deck})
    bought = quay.buy(**party(ANNA, CAR))
    path = f"/v1/orders/{bought.order['id']}"
    harbour.cancels(bought)

    person, car = harbour.options(bought)
    kinds = [[one["kind"] for one in leg["options"]] for leg in (person, car)]
    later = next(one for one in car["options"] if one["kind"] == "later_departure")
    assert [leg["passenger"] for leg in (person, car)] == ["anna", "car"]
    assert kinds[0] == [*["later_departure"] * 3, "other_operator", "other_operator", "refund"]
    assert kinds[1] == [*["later_departure"] * 3, "refund"]
    assert [note["code"] for note in car["notes"]] == ["people_only"]
    assert [leg["options"][-1]["refund"]["amount"] for leg in (person, car)] == ["19.00", "30.00"]
    assert later["places"] == 2

    # Nobody would drive the car on board.
    assert take(quay, bought, later, ["car"]).status_code == 409
    assert take(quay, bought, later, ["anna", "car"]).json["state"] == "moved"
    run_round(harbour.rooms.till)
    assert {trip for trip, _ in harbour.places("eckero")} == {later["trip_id"]}
    assert len(harbour.places("eckero")) == 2

    harbour.cancels(bought, {"operator": "eckero", "service_date": "2026-10-13", "trip_id": later["trip_id"]})
    quay.clock.advance(timedelta(seconds=1))
    back = quay.post(f"{path}/refunds", {"passengers": ["anna", "car"]}, bought.token)
    again = quay.post(f"{path}/refunds", {"passengers": ["car"]}, bought.token)
    harbour.work()
    harbour.work()

    assert (back.status_code, (back.json or {})["amount"]["amount"]) == (201, "49.00")
    assert again.status_code == 409
    assert [one["amount"]["amount"] for one in harbour.order(bought)["refunds"]] == ["49.00"]
    assert (harbour.options(bought), harbour.places("eckero")) == ([], [])
    assert faults(quay) == []


def test_a_region_says_only_what_its_operators_can_hold(tmp_path: Path) -> None:
    wrong = """
[place_kinds.bicycle]
eckero = "bicycle"
nobody = "bicycle"

[place_kinds.car]
tlt = "car"

[place_kinds.elephant]
eckero = "elephant"
"""
    _, findings = check_region(written(tmp_path / "wrong", wrong, "car = 120"))

    found = {(one.field, one.code) for one in findings}
    assert ("place_kinds.bicycle.nobody", "unknown_reference") in found
    assert ("place_kinds.bicycle.eckero", "not_sellable") in found
    assert ("place_kinds.car.tlt", "unknown_reference") in found
    assert ("place_kinds.elephant", "unknown_key") in found
