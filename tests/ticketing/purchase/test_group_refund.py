"""A group's price when a part of the group goes: who stays has paid, together, what they would have paid by themselves."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from operators.fake import FakeOperator
from tests.api import Api, Bought
from tests.networks import lent
from tests.ticketing.identity.people_of import register
from tests.ticketing.identity.riders import Rider
from tests.ticketing.purchase.exchanging import books_agree, exchange, minor
from tests.ticketing.purchase.sea import Sea
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.regions import Region, load_regions
from ticketing.settlement.month.closing import close

FOUR = [{"ref": f"p{number}", "rider_category": "adult"} for number in range(1, 5)]
CROSSING: dict[str, Any] = {
    "from": {"stop_id": "tallink:TLL-D"},
    "to": {"stop_id": "tallink:HEL-LT2"},
    "depart_at": "2026-10-21T06:00:00+03:00",
}
SYNTHETIC = {
    "rider_categories.txt": "group,Group of 4 to 9,0\n",
    "fare_products.txt": "standard,group,app,SYNTHETIC group,60.00,EUR\n",
}
GROUPS = (
    "group_id,operator,rider_category,members,min_passengers,valid_from,valid_to\n"
    "four-plus,tallink,group,adult:9,4,2026-01-01,\n"
)
pytestmark = pytest.mark.usefixtures("frozen_rows", "quick_hashes")

COMPANIONS = (
    "rule_id,operator,rider_category,beside,per_companion,required,priced_as\n"
    "one-child-free,tlt,child,adult,1,0,infant\n"
    "children-on-board,tallink,child,adult,2,1,\n"
)
TRAM: dict[str, Any] = {"to": {"place": "Hobujaama"}, "depart_at": "2026-10-16T06:10:00+03:00"}
ANNA = {"ref": "anna", "rider_category": "adult"}
KIDS = [{"ref": f"kid{number}", "rider_category": "child"} for number in range(1, 4)]


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One kind of database: a price and a decision, no row that one kind has differently."""
    shutil.copy(sqlite_template, tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Region]:
    """Helsinki-Tallinn with a group's price on one ferry (60.00 for four to nine, where one pays 29.00), and with company."""
    folder = tmp_path_factory.mktemp("regions") / "helsinki-tallinn"
    shutil.copytree("regions/helsinki-tallinn", folder)
    (folder / "groups.csv").write_text(GROUPS)
    (folder / "companions.csv").write_text(COMPANIONS)
    for name, row in SYNTHETIC.items():
        path = folder / "feeds/tallink" / name
        path.write_text(path.read_text() + row)
    return load_regions(Settings(database_url="sqlite://", regions_folder=folder.parent))


@pytest.fixture
def groups(
    settings: Settings, clock: FixedClock, grouped: dict[str, Region], ferries: dict[str, FakeOperator]
) -> Iterator[Api]:
    app = create_app(settings, clock=clock, regions=grouped, connectors={"helsinki-tallinn": ferries})
    with lent(app):
        yield Api(app.test_client(), clock, lambda *_: "")
    app.extensions["throughfare"].till.database.close()


def offer(api: Api, bought: Bought, *refs: str) -> dict[str, Any]:
    wish = {"passengers": list(refs)}
    path = f"/v1/orders/{bought.order['id']}/refund-offers"
    found: dict[str, Any] = api.post(path, wish, bought.token, once=None).json
    return found


def refund(api: Api, bought: Bought, *refs: str) -> Any:
    return api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": list(refs)}, bought.token)


def test_who_stays_of_a_group_has_paid_what_they_cost_by_themselves(groups: Api) -> None:
    bought = groups.buy(passengers=FOUR, **CROSSING)
    one, two, three, all_four = (
        offer(groups, bought, *(p["ref"] for p in FOUR[:number])) for number in range(1, 5)
    )

    alone = refund(groups, bought, "p1")
    made = refund(groups, bought, "p1", "p2")
    last = refund(groups, bought, "p3")

    assert minor(bought.order["total"]) == 6000
    assert [minor(found["amount"]) for found in (one, two, three, all_four)] == [0, 200, 3100, 6000]
    assert "15.00 EUR stay, because p2, p3, p4 would have paid 87.00 EUR" in (one["refused"][0]["because"])
    assert (alone.status_code, made.status_code, last.status_code) == (409, 201, 201)
    assert minor(made.json["amount"]) == 200
    assert "would have paid 58.00 EUR without the others" in made.json["lines"][0]["because"]
    assert minor(made.json["amount"]) + minor(last.json["amount"]) <= 6000 - 2900
    books_agree(groups)


@pytest.mark.parametrize("together", [True, False])
def test_what_was_kept_for_those_who_stay_comes_back_when_they_are_not_carried(
    groups: Api, together: bool
) -> None:
    bought = groups.buy(passengers=FOUR, **CROSSING)
    left = refund(groups, bought, "p1", "p2")
    Sea(groups).tell(bought.tickets[0]["legs"][0], date(2026, 10, 21))
    offered = offer(groups, bought, "p3", "p4")

    if together:
        made = [refund(groups, bought, "p3", "p4")]
    else:
        made = [refund(groups, bought, "p3"), refund(groups, bought, "p4")]

    assert [one.status_code for one in made] == [201] * len(made), made[0].json
    back = [minor(one.json["amount"]) for one in (left, *made)]
    assert (minor(offered["amount"]), sum(back)) == (5800, 6000)
    assert back == ([200, 5800] if together else [200, 2900, 2900])
    assert (
        "kept before for those who stayed, who are not carried either" in made[0].json["lines"][-1]["because"]
    )
    assert [one for _, one in Sea(groups).charges()] == [0]
    books_agree(groups)


def test_what_was_kept_of_one_leg_comes_back_to_the_tickets_that_travel_on(groups: Api) -> None:
    bought = groups.buy(passengers=FOUR, depart_at="2026-10-21T06:00:00+03:00")
    rides = bought.tickets[0]["legs"]
    ship = next(at for at, leg in enumerate(rides) if leg["mode"] == "ferry")
    path = f"/v1/orders/{bought.order['id']}/refunds"
    left = groups.post(path, {"passengers": ["p1", "p2"], "legs": [ship]}, bought.token)
    assert left.status_code == 201, left.json
    Sea(groups).tell(rides[ship], date(2026, 10, 21))

    made = groups.post(path, {"passengers": ["p3", "p4"], "legs": [ship]}, bought.token)

    assert made.status_code == 201, made.json
    again = [line for line in made.json["lines"] if line["passenger"] in {"p1", "p2"}]
    assert sum(minor(line["amount"]) for line in again) > 0
    assert minor(left.json["amount"]) + minor(made.json["amount"]) == 6000
    assert [
        one["status"]
        for one in groups.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json["tickets"]
    ] == ["valid"] * 4
    books_agree(groups)


def test_what_was_kept_and_the_rest_of_a_ticket_come_back_in_one_refund(groups: Api) -> None:
    """Two lines of one ticket are one reversal in the books, and the month can be closed over it."""
    bought = groups.buy(passengers=FOUR, depart_at="2026-10-21T06:00:00+03:00")
    rides = bought.tickets[0]["legs"]
    ship = next(at for at, leg in enumerate(rides) if leg["mode"] == "ferry")
    path = f"/v1/orders/{bought.order['id']}/refunds"
    groups.post(path, {"passengers": ["p1", "p2"], "legs": [ship]}, bought.token)
    Sea(groups).tell(rides[ship], date(2026, 10, 21))

    rest = groups.post(path, {"passengers": [one["ref"] for one in FOUR]}, bought.token)

    whose = [line["passenger"] for line in rest.json["lines"]]
    assert (whose.count("p1"), whose.count("p3")) == (2, 1)
    books_agree(groups)
    rooms = groups.client.application.extensions["throughfare"]
    groups.clock.set(datetime(2026, 11, 2, tzinfo=UTC))
    assert close(rooms.office, "helsinki-tallinn", "2026-10", "Ada").state == "calculated"


def test_an_exchange_of_a_part_of_a_group_brings_no_more_than_its_refund(groups: Api) -> None:
    bought = groups.buy(passengers=FOUR, **CROSSING)
    later = {**CROSSING, "depart_at": "2026-10-22T06:00:00+03:00"}

    one = exchange(groups, bought, FOUR[:1], later, passengers=["p1"])
    three = exchange(groups, bought, FOUR[:3], later, passengers=["p1", "p2", "p3"])

    assert (one.status_code, three.status_code) == (409, 201)
    assert minor(three.json["credit"]) == 3100


def test_a_child_is_free_beside_an_adult_and_pays_when_the_adult_goes(groups: Api) -> None:
    alone, beside, two = (
        groups.search(passengers=party, **TRAM)["itineraries"][0]["price"]
        for party in (KIDS[:1], [ANNA, *KIDS[:1]], [ANNA, *KIDS[:2]])
    )
    bought = groups.buy(passengers=[ANNA, *KIDS[:1]], **TRAM)
    child = minor(alone["total"])

    made = refund(groups, bought, "anna").json

    paid = [[minor(one["total"]) for one in price["passengers"]] for price in (alone, beside, two)]
    assert (child > 0, paid) == (True, [[child], [200, 0], [200, 0, child]])
    assert "travels beside adult, one-child-free" in beside["passengers"][1]["because"][0]
    assert minor(made["amount"]) == 200 - child
    assert "because kid1 would have paid" in made["lines"][0]["because"]
    books_agree(groups)


def test_who_leaves_keeps_nothing_of_a_child_whom_somebody_else_still_accompanies(groups: Api) -> None:
    ben = {"ref": "ben", "rider_category": "adult"}
    tram = groups.buy(passengers=[ANNA, ben, *KIDS[:1]], **TRAM)
    ship = groups.buy(passengers=[ANNA, ben, *KIDS[:1]], **CROSSING)

    assert minor(refund(groups, tram, "ben").json["amount"]) == 200
    assert refund(groups, ship, "ben").status_code == 201
    books_agree(groups)


def test_an_adult_who_pays_nothing_leaves_no_child_behind_that_is_free_beside_them(groups: Api) -> None:
    rider = Rider(groups, register(groups))
    rider.season("tll-30d")
    order = rider.buy(rider.quote({"ref": "me", "account_holder": True}, *KIDS[:1], **TRAM))

    refused = groups.post(f"/v1/orders/{order['id']}/refunds", {"passengers": ["me"]}, order["access_token"])

    assert order["total"]["amount"] == "0.00"
    assert refused.status_code == 409
    assert "kid1 would have paid 1.00 EUR without the others" in refused.json["detail"]


def test_nobody_needs_company_on_a_ship_that_does_not_sail(groups: Api) -> None:
    bought = groups.buy(passengers=[ANNA, *KIDS[:1]], **CROSSING)
    Sea(groups).tell(bought.tickets[0]["legs"][0], date(2026, 10, 21))

    made = refund(groups, bought, "anna")

    assert made.status_code == 201, made.json
    assert ": cancelled" in made.json["lines"][0]["because"]


def test_a_child_without_company_is_sold_no_ferry_and_left_without_none(groups: Api) -> None:
    alone, many = (
        groups.search(passengers=party, **CROSSING)["itineraries"][0] for party in (KIDS[:1], [ANNA, *KIDS])
    )
    bought = groups.buy(passengers=[ANNA, *KIDS[:2]], **CROSSING)

    refused = refund(groups, bought, "anna")
    both = refund(groups, bought, "anna", "kid1", "kid2")

    rule = "child travels with tallink only beside adult, 2 for each (children-on-board)"
    assert (alone.get("offer_id"), alone["price"]["reason"]) == (None, "needs_company")
    assert rule in alone["price"]["why"]
    assert [one["ref"] for one in many["price"]["passengers"] if rule in one["because"][0]] == ["kid3"]
    assert (refused.status_code, both.status_code) == (409, 201)
    assert "kid1 would travel without company" in refused.json["detail"]
