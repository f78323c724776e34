"""From outside: tickets are bought over HTTP, the ship is cancelled by staff, and each ticket is owed one message and its evidence."""

from datetime import date
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.purchase.refunding import offer
from tests.working import round_of
from ticketing.db.disruption import events
from ticketing.regions import by_staff

REGION = "helsinki-tallinn"


def test_whoever_holds_a_ticket_for_a_ship_that_is_cancelled_is_found_and_the_money_comes_back(
    api: Api,
) -> None:
    rooms: Any = api.client.application.extensions["throughfare"]
    bought = api.buy()
    ship = next(leg for leg in bought.itinerary["legs"] if leg["mode"] == "ferry")
    run = (ship["operator"], ship["trip_id"], date.fromisoformat(ship["service_date"]))

    by_staff.cancel_departure(rooms.live, REGION, *run, by="mari")
    for job in round_of(rooms, REGION):
        job.go(api.clock.now())
        assert job.detail == ""
    offered = offer(api, bought)

    with rooms.live.database.read() as tx:
        (event,) = events.list_events(tx, REGION, run)
        concerned = events.list_affected(tx, event.id)
    assert (event.kind, event.status) == ("cancelled", "confirmed")
    assert {one.jti for one in concerned} == {ticket["jti"] for ticket in bought.tickets}
    assert {one.order_id for one in concerned} == {bought.order["id"]}
    assert offered["amount"] == bought.order["total"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_ticket_for_another_ship_hears_nothing(api: Api) -> None:
    rooms: Any = api.client.application.extensions["throughfare"]
    bought = api.buy()
    ship = next(leg for leg in bought.itinerary["legs"] if leg["mode"] == "ferry")
    others = [
        trip.trip_id
        for pattern in rooms.live.regions[REGION].data.timetables[ship["operator"]].patterns
        for trip in pattern.trips
        if trip.trip_id != ship["trip_id"] and trip.start > 6 * 3600
    ]
    day = date.fromisoformat(ship["service_date"])

    by_staff.cancel_departure(rooms.live, REGION, ship["operator"], others[0], day, by="mari")

    with rooms.live.database.read() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM disruption_event").scalar_one() == 0
