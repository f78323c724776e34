"""A sailing that does not go is not sold, not paid and not ticketed, wherever in between it was cancelled."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from operators.errors import Refused
from operators.fake import FakeOperator
from operators.gtfs.runs import Runs
from operators.port import Booking, CallChange, Hold, HoldRequest
from tests.api import Api
from tests.ticketing.purchase.sea import DAY, REGION, Sea
from ticketing.cli.worker import run_round
from ticketing.db.operators import run_states
from ticketing.purchase import service as purchase

TO_HELSINKI: dict[str, Any] = {"passengers": [{"ref": "anna", "rider_category": "adult"}]}
# These tests do not depend on the database: one kind is enough.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def sea(api: Api) -> Sea:
    return Sea(api)


def test_a_cancelled_sailing_is_not_quoted_and_the_next_ones_are_named(sea: Sea) -> None:
    way = sea.api.search(**TO_HELSINKI)["itineraries"][0]
    ferry = sea.ferry(way["legs"])
    timetable = sea.till.regions[REGION].data.timetables[ferry["operator"]]
    sea.tell(ferry)

    refused = sea.api.post("/v1/quotes", {"offer_id": way["offer_id"]})

    assert (refused.status_code, refused.json["type"]) == (409, "/errors/departure_cancelled")
    assert "is cancelled" in refused.json["detail"]
    assert [fault["path"] for fault in refused.json["errors"]] == ["legs[1]"]
    choices = refused.json["choices"]
    assert len(choices) == 3
    assert all(choice["operator"] == ferry["operator"] for choice in choices)
    departures = [datetime.fromisoformat(choice["departure"]) for choice in choices]
    assert departures == sorted(departures)
    assert departures[0] > datetime.fromisoformat(ferry["departure"])
    assert {choice["trip_id"] for choice in choices} <= set(Runs(timetable).known)


@ON_SQLITE
def test_a_choice_that_is_cancelled_too_is_no_choice(sea: Sea) -> None:
    way = sea.api.search(**TO_HELSINKI)["itineraries"][0]
    ferry = sea.ferry(way["legs"])
    sea.tell(ferry)
    first = sea.api.post("/v1/quotes", {"offer_id": way["offer_id"]}).json["choices"][0]
    sea.tell({"operator": ferry["operator"], "trip_id": first["trip_id"]})

    again = sea.api.post("/v1/quotes", {"offer_id": way["offer_id"]}).json["choices"]

    assert first not in again


@ON_SQLITE
def test_a_sailing_that_no_longer_calls_where_one_boards_is_not_quoted(sea: Sea) -> None:
    way = sea.api.search(**TO_HELSINKI)["itineraries"][0]
    sea.tell(sea.ferry(way["legs"]), calls=(CallChange(0, skipped=True),))

    refused = sea.api.post("/v1/quotes", {"offer_id": way["offer_id"]})

    assert (refused.status_code, refused.json["code"]) == (409, "departure_cancelled")
    assert "does not call at" in refused.json["detail"]


@ON_SQLITE
def test_a_late_sailing_is_still_sold(sea: Sea) -> None:
    way = sea.api.search(**TO_HELSINKI)["itineraries"][0]
    sea.tell(sea.ferry(way["legs"]), delay_seconds=1800)

    assert sea.api.post("/v1/quotes", {"offer_id": way["offer_id"]}).status_code == 201


@ON_SQLITE
def test_a_sailing_cancelled_after_the_quote_is_not_ordered(
    sea: Sea, ferries: dict[str, FakeOperator]
) -> None:
    quote = sea.api.quote(**TO_HELSINKI)
    sea.tell(sea.ferry(quote["legs"]))

    refused = sea.api.post("/v1/orders", {"quote_id": quote["id"]})

    assert (refused.status_code, refused.json["code"]) == (409, "departure_cancelled")
    assert refused.json["choices"]
    assert all(one.calls == [] for one in ferries.values())


def test_a_sailing_cancelled_after_the_order_is_not_paid(sea: Sea, ferries: dict[str, FakeOperator]) -> None:
    quote = sea.api.quote(**TO_HELSINKI)
    order = sea.api.post("/v1/orders", {"quote_id": quote["id"]}).json
    sea.tell(sea.ferry(quote["legs"]))

    refused = sea.api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, order["access_token"])

    assert (refused.status_code, refused.json["code"]) == (409, "departure_cancelled")
    assert ended(sea, order)["state"] == "cancelled"
    assert sea.charges() == []
    assert all(one.standing("held") == [] for one in ferries.values())


@ON_SQLITE
def test_an_operator_that_says_itself_that_it_does_not_sail_is_believed(sea: Sea) -> None:
    quote = sea.api.quote(**TO_HELSINKI)
    ferry = sea.ferry(quote["legs"])
    operator = Inert(ferry["operator"], sea.api.clock.now, {"foot": 100})
    sea.till.connectors[REGION][ferry["operator"]] = operator  # type: ignore[index]

    refused = sea.api.post("/v1/orders", {"quote_id": quote["id"]})

    assert (refused.status_code, refused.json["code"]) == (409, "departure_cancelled")
    assert len(refused.json["choices"]) == 3


class Inert(FakeOperator):
    """A ferry that knows that it does not sail."""

    def hold(self, request: HoldRequest) -> Hold:
        raise Refused("cancelled")


class Telling(FakeOperator):
    """A ferry whose sailing is cancelled right after, or before, it confirms a place on it."""

    when: str = ""
    tell: Callable[[], None] = staticmethod(lambda: None)

    def confirm(self, key: str) -> Booking:
        made = super().confirm(key)
        if self.when == "confirm":
            self.tell()
        return made


@pytest.mark.parametrize("method", ["demo_ok", "demo_sca"])
def test_a_sailing_cancelled_after_its_operator_confirmed_is_undone(sea: Sea, method: str) -> None:
    quote = sea.api.quote(**TO_HELSINKI)
    ferry = sea.ferry(quote["legs"])
    operator = Telling(ferry["operator"], sea.api.clock.now, {"foot": 100})
    operator.when, operator.tell = "confirm", lambda: sea.tell(ferry)
    sea.till.connectors[REGION][ferry["operator"]] = operator  # type: ignore[index]
    order = sea.api.post("/v1/orders", {"quote_id": quote["id"]}).json
    paying = sea.api.post(f"/v1/orders/{order['id']}/payments", {"method": method}, order["access_token"])
    if method == "demo_sca":
        payment = purchase.get_order(sea.till, order["id"]).payments[0]
        sea.till.gateway.approve(payment.external_id, yes=True)  # type: ignore[attr-defined]
        result = f"/v1/orders/{order['id']}/payments/{paying.json['payments'][0]['id']}/result"
        paying = sea.api.post(result, {}, order["access_token"])

    assert (paying.status_code, paying.json["code"]) == (409, "departure_cancelled")
    assert ended(sea, order)["state"] == "cancelled"
    assert [call for call, _ in operator.calls] == ["hold", "confirm", "cancel"]
    assert [state for state, taken in sea.charges() if taken] == []
    assert all(state != "authorised" for state, _ in sea.charges())
    tickets = sea.api.get(f"/v1/orders/{order['id']}/tickets", order["access_token"]).json["tickets"]
    assert tickets == []


def ended(sea: Sea, order: dict[str, Any]) -> dict[str, Any]:
    run_round(sea.till)
    return sea.api.get(f"/v1/orders/{order['id']}", order["access_token"]).json


@ON_SQLITE
def test_a_cancelled_sailing_is_shown_in_its_place_among_those_that_go(sea: Sea) -> None:
    wish = {**TO_HELSINKI, "range_minutes": 300}
    before = sea.api.search(**wish)["itineraries"]
    cheapest = min(before, key=lambda way: Decimal(way["price"]["total"]["amount"]))
    gone = sea.ferry(cheapest["legs"])
    worker_has_told(sea, gone)

    after = sea.api.search(**wish)["itineraries"]

    shown = [way for way in after if way["cancelled"]]
    assert [sea.ferry(way["legs"])["trip_id"] for way in shown] == [gone["trip_id"]]
    assert [leg.get("cancelled", False) for leg in shown[0]["legs"] if leg["mode"] == "ferry"] == [True]
    assert shown[0]["price"]["reason"] == "cancelled"
    assert shown[0]["offer_id"] is None
    departures = [way["departure"] for way in after]
    assert departures == sorted(departures)
    assert all(sea.ferry(way["legs"])["trip_id"] != gone["trip_id"] for way in after if way["offer_id"])


@ON_SQLITE
def test_a_day_without_a_ship_says_so(sea: Sea) -> None:
    for operator in ("tallink", "viking", "eckero"):
        timetable = sea.till.regions[REGION].data.timetables[operator]
        for trip in Runs(timetable).known:
            for day in (DAY, date(2026, 10, 14)):
                worker_has_told(sea, {"operator": operator, "trip_id": trip}, day)

    answer = sea.api.search(**TO_HELSINKI)

    assert answer["reason"] == "every departure that was found is cancelled"
    assert answer["itineraries"]
    assert all(way["cancelled"] for way in answer["itineraries"])


def worker_has_told(sea: Sea, ride: dict[str, Any], day: date = DAY) -> None:
    """Write a cancellation, and that its operator has told something, as a poll does."""
    sea.tell(ride, day)
    now = sea.api.clock.now()
    with sea.till.database.write() as tx:
        run_states.claim_feed(tx, REGION, ride["operator"], now, now)
        feed = run_states.get_feed(tx, REGION, ride["operator"])
        run_states.put_feed(tx, replace(feed, as_of=now, version=feed.version + 1))


@ON_SQLITE
def test_a_problem_tells_times_in_whole_seconds(sea: Sea) -> None:
    api = sea.api
    api.clock.advance(timedelta(microseconds=123_456))
    itinerary = api.search(**TO_HELSINKI)["itineraries"][0]
    kept = api.quote(**TO_HELSINKI)["id"]
    sea.tell(sea.ferry(itinerary["legs"]))

    cancelled = api.post("/v1/quotes", {"offer_id": itinerary["offer_id"]})
    api.clock.advance(timedelta(hours=1))
    late = [
        api.post("/v1/quotes", {"offer_id": itinerary["offer_id"]}),
        api.post("/v1/orders", {"quote_id": kept}),
    ]

    assert (cancelled.json or {})["type"].endswith("departure_cancelled")
    assert [one.status_code for one in late] == [410, 410]
    for answer in (cancelled, *late):
        assert re.search(r"at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer.json["detail"]), answer.json
        assert not re.search(r"T[\d:]+\.\d", answer.text)
