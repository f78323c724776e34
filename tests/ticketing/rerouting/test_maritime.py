"""Moves over the maritime protocol and real HTTP: the operator's own system has the new booking, and the last place goes to one."""

from collections.abc import Iterator
from datetime import date

import pytest

from operators import registry
from operators.figures import Figures
from operators.guard import Guarded, Patience
from operators.registry import Surroundings
from operators.simulators.maritime import MaritimeSimulator, Ship
from operators.table import ConnectorTable
from tests.api import Api
from tests.networks import lent
from tests.ticketing.purchase.refunding import faults
from tests.ticketing.rerouting.harbour import REGION, Harbour, take
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.operators.connectors import DatabaseJournal
from ticketing.regions import Region

_QUICK = Patience(wait_initial=0.0, wait_max=0.0, wait_jitter=0.0)


@pytest.fixture
def system(clock: FixedClock) -> Iterator[MaritimeSimulator]:
    with MaritimeSimulator(clock.now, ship=Ship(places=2)) as simulator:
        yield simulator


@pytest.fixture
def harbour(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], system: MaritimeSimulator
) -> Iterator[Harbour]:
    database, address = Database(settings.database_url), system.start()
    table = ConnectorTable(
        "maritime",
        {
            "url": f"{address}/bookings/",
            "maas_operator_id": "throughfare",
            "hold_minutes": 15,
            "availability_url": f"{address}/availability/",
            "secret": "SANDBOX",
            "allow_private": True,
            "timeout_ms": 2000,
        },
    )
    around = Surroundings(clock.now, DatabaseJournal(database, REGION), environ={"SANDBOX": "sandbox"})
    ferry = Guarded(
        REGION,
        registry.connect("tallink", table, regions[REGION].data.timetables["tallink"], around),
        clock.now,
        Figures(None, lambda: 0.0),
        patience=_QUICK,
    )
    app = create_app(settings, clock=clock, regions=regions, connectors={REGION: {"tallink": ferry}})
    with lent(app):
        yield Harbour(Api(app.test_client(), clock, lambda *_: ""), {})
    app.extensions["throughfare"].till.database.close()
    database.close()


def test_the_operators_own_system_has_the_new_booking_and_the_last_place_goes_to_one(
    harbour: Harbour, system: MaritimeSimulator
) -> None:
    first, second = harbour.buys(), harbour.buys()
    crossing, old = harbour.ship(first)
    harbour.cancels(first)
    system.cancel_sailing(old["trip_id"], date.fromisoformat(old["service_date"]))
    option, following = harbour.options(first)[0]["options"][:2]
    system.ship = Ship(places=1)

    won, lost = take(harbour.api, first, option), take(harbour.api, second, option)

    assert option["places"] == 2
    assert won.status_code == 200, won.json
    assert (lost.status_code, lost.json["code"]) == (409, "option_gone")
    (leg,) = lost.json["legs"]
    assert (leg["options"][0]["id"], leg["options"][0]["places"]) == (following["id"], 1)
    sold = [(row["departures"], row["status"]) for row in system.state()["bookings"]]
    assert [status for trips, status in sold if option["trip_id"] in str(trips)] == ["CONFIRMED"]
    papers = harbour.ticket(first)["operator_documents"]
    assert {one["leg"] for one in papers} == {crossing}
    # This operator takes nothing back by machine: a person sees to the old booking.
    states = [one["state"] for one in harbour.order(first)["bookings"]]
    assert states == ["stuck", "confirmed"]
    assert harbour.ticket(second)["token"] == second.tickets[0]["token"]
    assert take(harbour.api, second, leg["options"][0]).status_code == 200
    assert faults(harbour.api) == []
