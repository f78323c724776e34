"""Infants travel with an adult, and people without an account keep no more of a sailing than the region leaves them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from operators.fake import FakeOperator
from operators.sale_terms import Guests
from tests.api import Api
from tests.networks import lent
from tests.ticketing.identity.people_of import register
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.regions import Region
from ticketing.regions.company import lonely

INFANTS = {"infant": ("adult",)}
# These tests do not depend on the database: one kind is enough.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def people(count: int, rider: str) -> list[dict[str, Any]]:
    return [{"ref": f"{rider}-{at}", "rider_category": rider} for at in range(count)]


def place(api: Api, passengers: list[dict[str, Any]], token: str | None = None) -> Any:
    offer = api.search(passengers=passengers)["itineraries"][0]["offer_id"]
    quote = api.post("/v1/quotes", {"offer_id": offer}, token).json or {}
    return api.post("/v1/orders", {"quote_id": quote["id"]}, token)


@pytest.fixture
def free_for_infants(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], ferries: dict[str, FakeOperator]
) -> Iterator[Api]:
    """A region where infants may travel alone, for nothing, and guests may keep a tenth of ferries with 100 places."""
    region = regions["helsinki-tallinn"]
    small = {name: replace(operator, places=100) for name, operator in region.data.operators.items()}
    data = replace(region.data, companions={}, operators=small, guests=Guests(8, 10))
    app = create_app(
        settings,
        clock=clock,
        regions={"helsinki-tallinn": replace(region, data=data)},
        connectors={"helsinki-tallinn": ferries},
    )
    database: Database = app.extensions["throughfare"].till.database
    with lent(app):
        yield Api(app.test_client(), clock, lambda *_: "")
    database.close()


@ON_SQLITE
def test_e18_an_infant_alone_is_refused_before_anything_is_offered(api: Api) -> None:
    answer = api.post(
        "/v1/journeys",
        {
            "from": {"place": "Kopli"},
            "to": {"place": "Pasila"},
            "depart_at": "2026-10-13T06:10:00+03:00",
            "passengers": people(30, "infant"),
        },
    )

    assert answer.status_code == 422
    assert (answer.json or {})["errors"] == [
        {
            "path": "passengers[0].rider_category",
            "message": "infant is sold only together with adult in the same order",
        }
    ]


@ON_SQLITE
def test_an_infant_with_an_adult_is_sold(api: Api) -> None:
    order, _ = api.order(passengers=[*people(1, "adult"), *people(1, "infant")])

    assert order["state"] == "awaiting_payment"


@ON_SQLITE
def test_e18_a_quote_from_before_the_rule_is_refused_when_it_is_ordered(
    free_for_infants: Api, regions: dict[str, Region]
) -> None:
    quote = free_for_infants.quote(passengers=people(1, "infant"))
    rooms = free_for_infants.client.application.extensions["throughfare"]
    rooms.till.regions["helsinki-tallinn"] = regions["helsinki-tallinn"]

    answer = free_for_infants.post("/v1/orders", {"quote_id": quote["id"]})

    assert answer.status_code == 409
    assert "only together with adult" in (answer.json or {})["detail"]


@ON_SQLITE
def test_an_order_of_nothing_has_its_tickets_at_once(free_for_infants: Api) -> None:
    order, token = free_for_infants.order(passengers=people(1, "infant"))
    tickets = free_for_infants.get(f"/v1/orders/{order['id']}/tickets", token).json or {}

    assert (order["state"], order["total"]["amount"]) == ("ticketed", "0.00")
    assert len(tickets["tickets"]) == 1


def test_e18_free_orders_of_guests_count_as_open_ones_and_leave_the_ship_to_others(
    free_for_infants: Api,
) -> None:
    api = free_for_infants
    customer = register(api)
    first = place(api, people(1, "adult"), customer.access).json
    assert customer.post(f"/v1/orders/{first['id']}/payments", {"method": "demo_ok"}).status_code == 201

    statuses = [place(api, people(4, "infant")).status_code for _ in range(4)]
    newcomers = [
        place(api, people(1, "infant"), register(api, f"{at}@example.org").access) for at in range(3)
    ]
    others = place(api, people(1, "adult"), customer.access)

    assert statuses == [201, 201, 409, 409]
    assert [one.status_code for one in newcomers] == [201, 201, 409]
    assert others.status_code == 201


def test_e18_what_guests_have_paid_for_no_longer_counts(free_for_infants: Api) -> None:
    api = free_for_infants
    first = place(api, people(8, "adult")).json
    refused = place(api, people(8, "adult"))

    api.post(f"/v1/orders/{first['id']}/payments", {"method": "demo_ok"}, first["access_token"])

    assert refused.status_code == 409
    assert "wait for payment" in refused.json["detail"]
    assert place(api, people(8, "adult")).status_code == 201


@ON_SQLITE
def test_e18_an_order_of_a_guest_is_for_so_many_as_the_region_says(free_for_infants: Api) -> None:
    refused = place(free_for_infants, people(9, "adult"))

    assert refused.status_code == 409
    assert "at most 8 people" in refused.json["detail"]


def test_e18_free_orders_of_an_account_count_as_open_ones(free_for_infants: Api) -> None:
    anna = register(free_for_infants)

    statuses = [place(free_for_infants, people(1, "infant"), anna.access).status_code for _ in range(11)]

    assert statuses == [201] * 10 + [409]


@pytest.mark.parametrize(
    ("riders", "alone"),
    [([], None), (["adult"], None), (["infant"], 0), (["child", "infant"], 1), (["infant", "adult"], None)],
)
def test_company_is_somebody_of_the_named_categories(riders: list[str], alone: int | None) -> None:
    assert lonely(INFANTS, riders) == alone


def test_an_account_keeps_one_group_of_a_sailing_unpaid_and_no_more(api: Api) -> None:
    member = register(api)
    first = place_as(member, api, people(30, "adult"))
    second = place_as(member, api, people(1, "adult"))
    paid = member.post(f"/v1/orders/{first.json['id']}/payments", {"method": "demo_ok"})
    third = place_as(member, api, people(1, "adult"))

    assert (first.status_code, second.status_code, paid.status_code, third.status_code) == (
        201,
        409,
        201,
        201,
    )
    assert "your account keeps 30 places" in second.json["detail"]


def place_as(member: Any, api: Api, passengers: list[dict[str, Any]]) -> Any:
    offer = api.search(passengers=passengers)["itineraries"][0]["offer_id"]
    quote = member.post("/v1/quotes", {"offer_id": offer}).json or {}
    return member.post("/v1/orders", {"quote_id": quote["id"]})


@ON_SQLITE
def test_a_refund_leaves_nobody_alone_who_needs_company(api: Api) -> None:
    party = [*people(1, "adult"), *people(2, "infant")]
    bought = api.buy(passengers=party)
    path = f"/v1/orders/{bought.order['id']}"

    offered = api.post(f"{path}/refund-offers", {"passengers": ["adult-0"]}, bought.token, once=None).json
    alone = api.post(f"{path}/refunds", {"passengers": ["adult-0"]}, bought.token)
    one_leg = api.post(f"{path}/refunds", {"passengers": ["adult-0"], "legs": [1]}, bought.token)
    everybody = {"passengers": [one["ref"] for one in party]}
    together = api.post(f"{path}/refunds", everybody, bought.token)

    assert (offered["lines"], offered["refused"][0]["passenger"]) == ([], "adult-0")
    assert (alone.status_code, one_leg.status_code, together.status_code) == (409, 409, 201)
    assert alone.json["detail"] == offered["refused"][0]["because"]
    assert "infant-0 would travel alone" in alone.json["detail"]


@ON_SQLITE
def test_who_has_been_let_on_one_leg_still_needs_company_on_the_next(api: Api) -> None:
    party = [*people(1, "adult"), *people(1, "infant")]
    bought = api.buy(passengers=party)
    infant = next(one for one in bought.tickets if one["passenger"] == "infant-0")
    first = infant["legs"][0]
    api.clock.set(datetime.fromisoformat(first["departure"]))
    ridden = api.scan(infant["token"], api.key("gate", first["operator"]), stop_id=first["from"]["stop_id"])
    path = f"/v1/orders/{bought.order['id']}/refunds"

    ship = api.post(path, {"passengers": ["adult-0"], "legs": [1]}, bought.token)
    rest = api.post(path, {"passengers": ["adult-0"]}, bought.token)
    both = api.post(path, {"passengers": ["adult-0", "infant-0"]}, bought.token)

    assert ridden.json["decision"] == "accept"
    assert [one.status_code for one in (ship, rest)] == [409, 409]
    assert "infant-0 would travel alone" in rest.json["detail"]
    assert both.status_code == 201


@ON_SQLITE
def test_an_exchange_of_a_guest_keeps_no_more_than_an_order(api: Api) -> None:
    tram = api.buy(passengers=people(1, "adult"), to={"place": "Hobujaama"})
    quote = api.quote(passengers=people(13, "adult"))

    answer = api.post(f"/v1/orders/{tram.order['id']}/exchanges", {"quote_id": quote["id"]}, tram.token)

    assert (answer.status_code, "at most 12 people" in answer.json["detail"]) == (409, True)
