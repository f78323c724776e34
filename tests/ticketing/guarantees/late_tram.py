"""A guarantee is bought with an order, and its tram is late: what the tests of guarantees have in common."""

from datetime import datetime, timedelta
from typing import Any

from tests.api import Api, Bought
from tests.ticketing.rerouting.harbour import ONE, REGION, Harbour, take
from ticketing.regions import by_staff


def buys(api: Api, riders: dict[str, Any] = ONE, **wish: Any) -> Bought:
    """Buy a journey with its connections guaranteed."""
    itinerary = api.search(**riders)["itineraries"][0]
    quote = api.post("/v1/quotes", {"offer_id": itinerary["offer_id"]}).json or {}
    order = {"quote_id": quote["id"], "guarantee": True, **wish}
    placed = api.post("/v1/orders", order)
    assert placed.status_code == 201, placed.json
    token, path = placed.json["access_token"], f"/v1/orders/{placed.json['id']}"
    paid = api.post(f"{path}/payments", {"method": "demo_ok"}, token)
    assert paid.status_code == 201, paid.json
    return Bought(paid.json, token, api.get(f"{path}/tickets", token).json["tickets"], itinerary)


def late_tram(harbour: Harbour, bought: Bought, cause: str | None = None) -> None:
    """Have the tram's staff say that it is an hour late, and perhaps why."""
    tram = bought.tickets[0]["legs"][0]
    day = datetime.fromisoformat(tram["service_date"]).date()
    run = tram["operator"], tram["trip_id"], day
    by_staff.delay_departure(harbour.rooms.live, REGION, *run, seconds=3600, by="mari", cause=cause)


def rides_on(harbour: Harbour, bought: Bought, *, late_minutes: int = 5) -> None:
    """Take the next ferry, which arrives so late, and wait until the worker has settled what it brings."""
    arrives(harbour, bought, late_minutes=late_minutes)
    for _ in range(4):
        harbour.work()


def arrives(harbour: Harbour, bought: Bought, *, late_minutes: int = 5) -> None:
    """Take the next ferry, which arrives so late, and wait until the evidence is in."""
    crossing, _ = harbour.ship(bought)
    take(harbour.api, bought, harbour.options(bought)[0]["options"][0])
    ship = harbour.tickets(bought)[0]["legs"][crossing]
    harbour.api.clock.set(datetime.fromisoformat(ship["departure"]) - timedelta(minutes=40))
    gate = harbour.api.key("gate", ship["operator"])
    for ticket in harbour.tickets(bought):
        shown = harbour.api.scan(ticket["token"], gate, stop_id=ship["from"]["stop_id"])
        assert shown.json["decision"] == "accept", shown.json
    run = ship["operator"], ship["trip_id"], datetime.fromisoformat(ship["service_date"]).date()
    by_staff.delay_departure(harbour.rooms.live, REGION, *run, seconds=late_minutes * 60, by="mari")
    harbour.api.clock.set(datetime.fromisoformat(ship["arrival"]) + timedelta(hours=2, minutes=90))
