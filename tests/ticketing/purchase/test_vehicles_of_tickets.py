"""The holder of a ticket sees where the vehicle is and how full, with the time of that, as long as its operator's word holds."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from operators.fake import FakeOperator
from operators.port import Disruptions, Vehicle
from tests.api import Api, Bought
from ticketing.db.operators import run_states
from ticketing.regions.run_news import vehicles_of

REGION = "helsinki-tallinn"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def tell(api: Api, ferries: dict[str, FakeOperator], bought: Bought) -> int:
    """Have the ferry's operator tell where she is; answers her place among the legs."""
    rooms: Any = api.client.application.extensions["throughfare"]
    at, leg = next(one for one in enumerate(bought.tickets[0]["legs"]) if one[1]["mode"] == "ferry")
    operator, now = leg["operator"], api.clock.now()
    ferry: Any = ferries[operator]
    ferry.capabilities = replace(ferry.capabilities, vehicles=True)
    vehicle = Vehicle(
        trip_id=leg["trip_id"],
        service_date=date.fromisoformat(leg["service_date"]),
        as_of=now,
        lat=59.8,
        lon=24.9,
        status="in_transit_to",
        occupancy="many_seats_available",
    )
    with rooms.live.database.write() as tx:
        run_states.touch_feed(tx, REGION, operator, now)
        run_states.put_vehicles(
            tx, REGION, operator, vehicles_of(Disruptions(as_of=now, items=(), vehicles=(vehicle,)))
        )
    return at


def vehicles(api: Api, bought: Bought) -> dict[int, Any]:
    news = (api.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json or {})["news"]
    return {one["leg"]: one["vehicle"] for one in news}


def test_a_ticket_shows_where_its_ship_is(api: Api, ferries: dict[str, FakeOperator]) -> None:
    bought = api.buy()
    before = vehicles(api, bought)
    at = tell(api, ferries, bought)

    after = vehicles(api, bought)

    assert before == {}
    assert (after[at]["lat"], after[at]["lon"], after[at]["occupancy"]) == (
        59.8,
        24.9,
        "many_seats_available",
    )
    assert after[at]["as_of"] == api.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def test_an_old_position_is_not_shown(api: Api, ferries: dict[str, FakeOperator]) -> None:
    bought = api.buy()
    tell(api, ferries, bought)
    api.clock.advance(timedelta(minutes=11))

    assert vehicles(api, bought) == {}
