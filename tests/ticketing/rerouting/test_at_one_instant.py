"""Several holders take the last place of the next ferry at one instant: one travels by it, the others keep their tickets."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import sqlalchemy as sa

from operators.connectors.own import OwnInventory
from operators.inventory import Inventory
from tests.api import Api
from tests.networks import lent
from tests.ticketing.purchase.refunding import faults
from tests.ticketing.rerouting.harbour import REGION, Harbour
from ticketing import rerouting
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.operators.connectors import DatabaseSailings
from ticketing.errors import OptionGone
from ticketing.regions import Region

HOLDERS = 6


def test_of_several_holders_of_a_cancelled_ferry_one_gets_the_last_place(
    settings: Settings, clock: FixedClock, regions: dict[str, Region]
) -> None:
    capacity, database = {"foot": HOLDERS}, Database(settings.database_url)
    inventory = Inventory(
        operator="tallink",
        sailings=DatabaseSailings(database, REGION),
        capacity=lambda _: capacity,
        hold_life=timedelta(minutes=20),
    )
    ferry = OwnInventory("tallink", regions[REGION].data.timetables["tallink"], clock.now, inventory)
    app = create_app(settings, clock=clock, regions=regions, connectors={REGION: {"tallink": ferry}})
    with lent(app):
        harbour = Harbour(Api(app.test_client(), clock, lambda *_: ""), {})
        bought = [harbour.buys() for _ in range(HOLDERS)]
        harbour.cancels(bought[0])
        option = harbour.options(bought[0])[0]["options"][0]
        leg = harbour.ship(bought[0])[0]
    capacity["foot"] = 1
    desk, start = harbour.rooms.rerouting, threading.Barrier(HOLDERS)

    def take(at: int) -> str:
        start.wait()
        wish = rerouting.OptionWish((), leg, option["id"])
        order_id = bought[at].order["id"]
        try:
            rerouting.take(desk, order_id, wish, f"call {at}", lambda *_: None, claim=lambda _: None)
        except OptionGone:
            return "gone"
        return "moved"

    with ThreadPoolExecutor(HOLDERS) as pool:
        ends = list(pool.map(take, range(HOLDERS)))
    harbour.work()

    assert sorted(ends) == ["gone"] * (HOLDERS - 1) + ["moved"]
    with lent(app):
        trips = [harbour.ticket(one)["legs"][leg]["trip_id"] for one in bought]
    assert trips.count(option["trip_id"]) == 1
    assert [trip == option["trip_id"] for trip in trips] == [end == "moved" for end in ends]
    with harbour.rooms.till.database.read() as tx:
        booked = tx.execute(sa.text("SELECT trip_id FROM reservation WHERE state = 'confirmed'")).scalars()
        assert list(booked).count(option["trip_id"]) == 1
    assert faults(harbour.api) == []
    harbour.rooms.till.database.close()
    database.close()
