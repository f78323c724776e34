"""A pass carries the category and the person that it was sold to, one at a time; a carnet serves the whole party."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tariffs.book import build_book
from tests.api import Api
from tests.ticketing.identity.people_of import register
from tests.ticketing.identity.riders import ME, Rider
from ticketing.identity import create_key
from ticketing.quote.service import replay

pytestmark = pytest.mark.usefixtures("frozen_rows", "quick_hashes")

# One kind of database is enough: nothing here depends on the other.
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KID = {"ref": "kid", "rider_category": "child", "holder": "mari"}


@ONE
def test_a_childs_pass_carries_the_child_it_was_bought_for_and_no_adult(city: Api) -> None:
    parent = Rider(city, register(city))
    parent.season("tll-30d", rider_category="child")
    parent.season("tll-30d", rider_category="child", holder="mari")

    assert parent.prices(ME) == ["2.00"]
    assert parent.offer(ME)["price"]["passengers"][0]["because"][1:] == [
        "30 days in Tallinn does not count: it was sold to the category child, and this is adult"
    ]
    assert parent.prices(ME, {"ref": "kid", "rider_category": "child"}) == ["2.00", "1.00"]
    assert parent.prices(ME, KID) == ["2.00", "0.00"]
    assert parent.prices(KID) == ["0.00"]
    held = city.get("/v1/me/passes", parent.token).json or {}
    assert {(one["holder"], one["rider_category"], one["kind"]) for one in held["passes"]} == {
        (None, "child", "pass"),
        ("mari", "child", "pass"),
    }


@ONE
def test_an_order_of_nothing_is_ticketed_at_once_and_takes_no_payment(city: Api) -> None:
    rider = Rider(city, register(city))
    rider.season("tll-30d")

    order = city.post("/v1/orders", {"quote_id": rider.quote(ME)["id"]}, rider.token).json or {}
    path, key = f"/v1/orders/{order['id']}", order["access_token"]
    paid = city.post(f"{path}/payments", {"method": "demo_ok"}, key)
    (ticket,) = (city.get(f"{path}/tickets", key).json or {})["tickets"]

    assert (order["state"], order["due"]["amount"], order["payments"]) == ("ticketed", "0.00", [])
    assert (paid.status_code, (paid.json or {})["detail"]) == (
        409,
        "an order that is ticketed cannot be paid",
    )
    assert ticket["status"] == "valid"


@ONE
def test_a_pass_that_was_bought_without_a_name_gets_one_once(city: Api) -> None:
    parent = Rider(city, register(city))
    parent.season("tll-30d", rider_category="child")
    ticket = (city.get("/v1/me/passes", parent.token).json or {})["passes"][0]["ticket"]
    path = f"/v1/me/passes/{ticket}/holder"

    named = city.post(path, {"holder": "mari"}, parent.token, once=None)
    again = city.post(path, {"holder": "mari"}, parent.token, once=None)
    other = city.post(path, {"holder": "juku"}, parent.token, once=None)
    stranger = city.post(path, {"holder": "x"}, register(city, "x@example.org").access, once=None)

    assert (named.status_code, (named.json or {})["holder"], again.status_code) == (200, "mari", 200)
    assert (other.status_code, stranger.status_code) == (409, 404)
    assert parent.prices(ME, KID) == ["2.00", "0.00"]


def test_a_pass_travels_with_one_person_at_a_time(city: Api) -> None:
    rider = Rider(city, register(city))
    rider.season("tll-30d")
    first = rider.buy(rider.quote(ME))
    again = rider.quote(ME)

    refused = city.post("/v1/orders", {"quote_id": again["id"]}, rider.token)
    later = rider.buy(rider.quote(ME, depart_at="2026-10-13T09:10:00+03:00"))
    city.post(f"/v1/orders/{first['id']}/refunds", {"passengers": ["me"]}, first["access_token"])
    given_back = city.post("/v1/orders", {"quote_id": again["id"]}, rider.token)

    assert refused.status_code == 409
    assert f"for me in order {first['id']}" in (refused.json or {})["detail"]
    assert (later["state"], later["total"]["amount"]) == ("ticketed", "0.00")
    assert (given_back.status_code, (given_back.json or {})["state"]) == (201, "ticketed")


def test_a_journey_may_be_exchanged_for_one_at_the_same_time_on_the_same_pass(city: Api) -> None:
    rider = Rider(city, register(city))
    rider.season("tll-30d")
    first = rider.buy(rider.quote(ME))
    other = rider.quote(ME, to={"place": "Pasila"})

    changed = city.post(
        f"/v1/orders/{first['id']}/exchanges", {"quote_id": other["id"]}, first["access_token"]
    )

    assert changed.status_code == 201, changed.json


def test_an_exchange_may_use_the_strokes_of_a_carnet_that_it_frees(city: Api) -> None:
    rider = Rider(city, register(city))
    rider.season("tll-3")
    party = (ME, {"ref": "bo"})
    old = rider.buy(rider.quote(*party))
    opens = {"order_id": old["id"], "access_token": old["access_token"]}
    later = {"depart_at": "2026-10-13T09:10:00+03:00"}

    without = rider.quote(*party, **later)
    quote = rider.quote(*party, **later, exchange=opens)
    one_of_them = rider.quote(*party, **later, exchange={**opens, "passengers": ["me"]})
    beside = city.post("/v1/orders", {"quote_id": quote["id"]}, rider.token)
    changed = city.post(
        f"/v1/orders/{old['id']}/exchanges",
        {"quote_id": quote["id"], "passengers": ["me", "bo"]},
        old["access_token"],
    )

    totals = [one["total"]["amount"] for one in (without, one_of_them, quote)]
    assert totals == ["2.00", "0.00", "0.00"]
    assert beside.status_code == 409
    assert (changed.status_code, (changed.json or {})["state"]) == (201, "ticketed")
    held = city.get("/v1/me/passes", rider.token).json or {}
    assert [one["uses_left"] for one in held["passes"]] == [1]


@ONE
def test_a_search_for_an_exchange_names_a_token_that_opens_nothing(city: Api) -> None:
    rider = Rider(city, register(city))

    wrong = rider.search(ME, exchange={"order_id": "nothing", "access_token": "nothing"})

    assert _fault(wrong) == (422, "exchange", "opens no order")


@ONE
def test_the_part_of_a_journey_that_stays_keeps_its_pass(city: Api) -> None:
    rider = Rider(city, register(city))
    rider.season("tll-30d")
    first = rider.buy(rider.quote(ME, to={"place": "Pasila"}))
    again = rider.quote(ME, to={"place": "Pasila"})

    refused = city.post(
        f"/v1/orders/{first['id']}/exchanges",
        {"quote_id": again["id"], "passengers": ["me"], "legs": [1, 2, 3]},
        first["access_token"],
    )

    assert refused.status_code == 409
    assert (
        "the pass '30 days in Tallinn' covers one ride of one person at a time"
        in (refused.json or {})["detail"]
    )


@ONE
def test_what_journeys_have_taken_of_a_carnet_its_own_code_rides_no_more(city: Api) -> None:
    rider = Rider(city, register(city))
    opens = rider.season("tll-3")
    rider.buy(rider.quote(ME, {"ref": "bo"}))
    (carnet,) = (city.get(f"/v1/orders/{opens['order_id']}/tickets", opens["access_token"]).json or {})[
        "tickets"
    ]
    database = city.client.application.extensions["throughfare"].till.database
    gate = create_key(database, city.clock, role="gate", operator="tlt", label="Kopli")[1]
    city.clock.advance(timedelta(hours=1, minutes=10))

    reasons = [(city.scan(carnet["token"], gate).json or {})["reason"] for _ in range(2)]

    assert reasons == ["ok", "uses_exhausted"]


@ONE
def test_no_group_code_stands_for_a_pass_or_for_who_travels_on_one(city: Api) -> None:
    rider = Rider(city, register(city))
    pass_quote = city.post("/v1/passes/quotes", {"product": "tll-30d"}, rider.token, once=None).json or {}
    rider.season("tll-3")
    quotes = [pass_quote, rider.quote(ME, {"ref": "bo"})]

    told = [
        city.post("/v1/orders", {"quote_id": quote["id"], "code": "group"}, rider.token).json or {}
        for quote in quotes
    ]

    assert [[fault["path"] for fault in one["errors"]] for one in told] == [["code"], ["code"]]
    assert [one["detail"].split(";")[0] for one in told] == [
        "a pass is one person's",
        "a pass or carnet pays rides of me",
    ]


@ONE
def test_a_carnet_serves_nobody_where_its_owner_does_not_travel(city: Api) -> None:
    rider = Rider(city, register(city))
    rider.season("tll-3")

    rider.season("tll-30d", rider_category="child", holder="mari")

    assert rider.prices({"ref": "bo"}, KID) == ["2.00", "0.00"]


@ONE
def test_a_pass_of_who_needs_company_is_sold_alone_and_each_journey_on_it_is_asked(city: Api) -> None:
    region = city.client.application.extensions["throughfare"].desk.regions["helsinki-tallinn"]
    text = (
        "rule_id,operator,rider_category,beside,per_companion,required,priced_as,valid_from,valid_to\n"
        "beside-adults,tlt,child,adult,,1,,,\n"
    )
    book, findings = build_book(
        **{**region.tariff, "companions_text": text, "pass_documents": region.tariff["pass_documents"]}
    )
    assert book is not None, findings
    object.__setattr__(region, "book", replace(book, passes=region.book.passes))
    parent = Rider(city, register(city))

    parent.season("tll-30d", rider_category="child", holder="mari")

    alone = parent.offer(KID)["price"]
    assert (alone["total"], alone["reason"]) == (None, "needs_company")
    assert alone["why"].endswith("child travels with tlt only beside adult (beside-adults)")
    assert parent.prices(ME, KID) == ["2.00", "0.00"]


@ONE
def test_a_guest_travels_on_a_pass_by_the_secret_of_its_order(city: Api) -> None:
    guest = Rider(city)
    opens = guest.season("tll-30d")
    bearer, friend = {"ref": "bo", "passes": [opens]}, {"ref": "cy"}

    assert guest.prices(bearer, friend) == ["0.00", "2.00"]
    order = guest.buy(guest.quote(bearer, friend))
    seen = city.get(f"/v1/orders/{order['id']}", order["access_token"]).json or {}
    assert seen["state"] == "ticketed"

    wrong = guest.search({"ref": "bo", "passes": [{**opens, "access_token": order["access_token"]}]})
    both = guest.search(bearer, {**friend, "passes": [opens]})
    no_pass = guest.search(
        {"ref": "bo", "passes": [{"order_id": order["id"], "access_token": order["access_token"]}]}
    )
    assert _fault(wrong) == (422, "passengers[0].passes[0]", "opens no order with a pass that is valid")
    assert _fault(both)[:2] == (422, "passengers[1].passes[0]")
    assert _fault(no_pass) == _fault(wrong)


def test_a_carnet_pays_one_stroke_for_each_of_a_party_and_no_more(city: Api) -> None:
    rider, guest = Rider(city, register(city)), Rider(city)
    rider.season("tll-3")
    party = (ME, {"ref": "bo"}, {"ref": "kid", "rider_category": "child"}, {"ref": "cy"}, {"ref": "di"})

    assert rider.prices(*party) == ["0.00", "0.00", "1.00", "0.00", "2.00"]
    quote = rider.quote(*party)
    database = city.client.application.extensions["throughfare"].till.database
    assert replay(database, quote["id"]).differences == ()
    order = rider.buy(quote)
    held = city.get("/v1/me/passes", rider.token).json or {}
    assert [one["uses_left"] for one in held["passes"]] == [0]
    city.post(f"/v1/orders/{order['id']}/refunds", {"passengers": ["bo", "cy"]}, order["access_token"])
    assert rider.prices(*party) == ["0.00", "0.00", "1.00", "2.00", "2.00"]

    opens = guest.season("tll-3")
    assert guest.prices({"ref": "bo", "passes": [opens]}, {"ref": "cy"}) == ["0.00", "0.00"]


@ONE
def test_what_is_wrong_with_a_holder_is_named(city: Api) -> None:
    rider = Rider(city, register(city))

    assert _fault(rider.search({"ref": "x", "holder": "nobody"}))[:2] == (422, "passengers[0].holder")
    assert _fault(rider.search(KID, {**KID, "ref": "other"}))[:2] == (422, "passengers[1].holder")
    assert _fault(rider.search({**ME, "holder": "mari"}))[:2] == (422, "passengers[0].holder")

    # A name is of an account, and a carnet has none.
    carnet = city.post("/v1/passes/quotes", {"product": "tll-3", "holder": "mari"}, rider.token, once=None)
    guest = city.post("/v1/passes/quotes", {"product": "tll-30d", "holder": "mari"}, once=None)

    assert _fault(carnet)[:2] == _fault(guest)[:2] == (422, "holder")
    assert Rider(city).search(KID).status_code == 401


@ONE
def test_a_name_stays_known_when_its_pass_is_over(city: Api) -> None:
    rider = Rider(city, register(city))
    rider.season("tll-30d", rider_category="child", holder="mari")
    city.clock.advance(timedelta(days=31))
    fresh = Rider(city)
    signed_in = city.post(
        "/v1/sessions", {"email": "anna@example.org", "password": "a long enough password"}, once=None
    )
    fresh.token = (signed_in.json or {})["access_token"]

    found = fresh.offer(KID, depart_at="2026-11-14T06:10:00+02:00")

    assert found["price"]["total"]["amount"] == "1.00"


def _fault(response: Any) -> tuple[int, str, str]:
    fault = response.json["errors"][0]
    return response.status_code, fault["path"], fault["message"]
