"""Free places in the search's answer: what an operator tells, with its time; a late one is a reason, not a delay."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from operators import registry
from operators.fake import FakeOperator
from operators.fault_plan import Fault, plan
from operators.port import Availability, Connector, Departure
from operators.registry import Surroundings
from operators.simulators.maritime import MaritimeSimulator, Ship
from operators.table import ConnectorTable
from tests.api import Api
from tests.ticketing.search.next_ride import ride_of
from ticketing.clock import FixedClock
from ticketing.regions import Region
from ticketing.search.free_places import FreePlaces, ask, key_of

ACROSS = {"from": {"stop_id": "tallink:TLL-D"}, "to": {"place": "Kamppi"}, "free_places": True}


def ferries_of(found: dict[str, Any]) -> dict[str, Any]:
    """Count the ferries of each operator's first departure."""
    told: dict[str, Any] = {}
    for way in found["itineraries"]:
        for leg in way["legs"]:
            if leg["mode"] == "ferry":
                told.setdefault(leg["operator"], leg.get("free_places"))
    return told


def test_places_are_told_with_their_time_where_they_are_asked_for(api: Api) -> None:
    told = ferries_of(api.search(**ACROSS))["tallink"]
    silent = ferries_of(api.search(**{**ACROSS, "free_places": False}))["tallink"]

    assert told == {"places": {"foot": 1000}, "as_of": "2026-10-13T02:10:00Z", "reason": None}
    assert silent is None


def test_a_hold_takes_a_place_and_a_number_is_never_part_of_an_offer(
    api: Api, ferries: dict[str, FakeOperator]
) -> None:
    api.order(**{**ACROSS, "passengers": [{"ref": "anna", "rider_category": "adult"}]})
    found = api.search(**ACROSS)
    quote = api.post("/v1/quotes", {"offer_id": found["itineraries"][0]["offer_id"]}).json or {}

    left = {name: one["places"]["foot"] for name, one in ferries_of(found).items()}
    held = {name: len(ferry.standing("held")) for name, ferry in ferries.items() if name in left}
    assert sum(held.values()) == 1
    assert left == {name: 1000 - count for name, count in held.items()}
    assert "free_places" not in str(quote)


@pytest.mark.parametrize("kind", ["error_before", "malformed"])
def test_an_operator_that_fails_is_a_reason_and_the_others_are_told(
    api: Api, clock: FixedClock, ferries: dict[str, Any], kind: Any
) -> None:
    with MaritimeSimulator(clock.now, ship=Ship(places=7)) as simulator:
        ferries["tallink"] = maritime(simulator, clock)
        assert ferries_of(api.search(**ACROSS))["tallink"]["places"] == {"foot": 7}
        simulator.plan = plan([Fault("availability", kind)])

        told = ferries_of(api.search(**ACROSS, range_minutes=360))

    assert told.pop("tallink") == {"places": None, "as_of": None, "reason": "not_told"}
    assert told
    assert all(one["places"] == {"foot": 1000} for one in told.values())


def test_who_is_late_is_not_waited_for(clock: FixedClock, regions: dict[str, Region]) -> None:
    region, answer = regions["helsinki-tallinn"].data, threading.Event()

    class Slow(FakeOperator):
        def availability(self, departures: Sequence[Departure]) -> Sequence[Availability]:
            answer.wait(20)
            return super().availability(departures)

    connectors = {"tallink": Slow("tallink", clock.now), "eckero": FakeOperator("eckero", clock.now)}
    rides = [ride_of(region, operator, clock) for operator in ("tallink", "eckero", "tlt")]
    begun = time.monotonic()
    told = ask(region, connectors, rides, budget_seconds=0.2)
    took = time.monotonic() - begun
    answer.set()

    assert told == {
        key_of(rides[0]): FreePlaces(None, None, "late"),
        key_of(rides[1]): FreePlaces({"foot": 100}, clock.now(), None, {"foot": 100}),
    }
    assert took < 10  # not the twenty seconds of the slow one


def maritime(simulator: MaritimeSimulator, clock: FixedClock) -> Connector:
    url = simulator.start()
    table = ConnectorTable(
        "maritime",
        {
            "url": f"{url}/bookings/",
            "availability_url": f"{url}/availability/",
            "secret": "SANDBOX",
            "maas_operator_id": "throughfare",
            "allow_private": True,
        },
    )
    return registry.connect("tallink", table, None, Surroundings(clock.now, environ={"SANDBOX": "sandbox"}))
