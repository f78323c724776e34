"""Many buyers, few places: exactly as many are sold as there are, on both databases, with nothing left behind."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from operators.connectors.own import OwnInventory
from operators.fake import FakeOperator
from operators.inventory import Inventory
from tests.api import Api
from throughfare_gate.ids import new_id
from ticketing.app import create_app
from ticketing.cli.worker import run_round
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db.operators.connectors import DatabaseSailings
from ticketing.errors import Conflict
from ticketing.purchase import places
from ticketing.purchase import service as purchase
from ticketing.regions import Region

BUYERS, BERTHS = 64, 10


def test_64_buyers_of_the_last_10_berths_buy_exactly_10(
    settings: Settings, clock: FixedClock, regions: dict[str, Region]
) -> None:
    app = create_app(settings, clock=clock, regions=regions, connectors={"helsinki-tallinn": {}})
    till = app.extensions["throughfare"].till
    sailings = DatabaseSailings(till.database, "helsinki-tallinn")
    published = regions["helsinki-tallinn"].data.timetables["tallink"]
    berths = Inventory(
        operator="tallink",
        sailings=sailings,
        capacity=lambda _: {"foot": BERTHS},
        hold_life=timedelta(minutes=20),
    )
    ferry = OwnInventory("tallink", published, clock.now, berths)
    till = purchase.Till(
        database=till.database,
        clock=clock,
        gateway=till.gateway,
        press=till.press,
        regions=regions,
        connectors={"helsinki-tallinn": {"tallink": ferry}},
    )
    api = Api(app.test_client(), clock, lambda *_: "")
    offer = api.search(passengers=[{"ref": "anna", "rider_category": "adult"}])["itineraries"][0]
    quotes = [
        (api.post("/v1/quotes", {"offer_id": offer["offer_id"]}).json or {})["id"] for _ in range(BUYERS)
    ]
    start = threading.Barrier(16)

    def buy(at: int) -> str:
        if at < 16:
            start.wait()
        try:
            order = purchase.place_order(till, quotes[at], lambda *_: None).order
        except Conflict:
            return "sold out"
        return purchase.pay(till, order.id, "demo_ok", new_id(), lambda *_: None)[0].order.state

    with ThreadPoolExecutor(16) as pool:
        ends = list(pool.map(buy, range(BUYERS)))
    run_round(till)

    assert sorted(ends) == ["sold out"] * (BUYERS - BERTHS) + ["ticketed"] * BERTHS
    with till.database.read() as tx:
        reserved = tx.execute(sa.text("SELECT state, count(*) FROM reservation GROUP BY state")).all()
        tickets = tx.execute(sa.text("SELECT count(*) FROM ticket")).scalar_one()
        states = tx.execute(sa.text("SELECT DISTINCT state FROM ticket_order")).scalars().all()
    assert [tuple(row) for row in reserved if row.state in {"held", "confirmed"}] == [("confirmed", BERTHS)]
    assert (tickets, set(states)) == (BERTHS, {"ticketed", "cancelled"})
    till.database.close()


def test_a_late_answer_of_a_second_process_takes_no_booking_back(
    api: Api, ferries: dict[str, FakeOperator]
) -> None:
    order, token = api.order()
    till = api.client.application.extensions["throughfare"].till
    stale = purchase.get_order(till, order["id"])
    wanted = [replace(one, state="wanted") for one in stale.bookings]
    api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, token)

    places.hold_all(till, replace(stale, bookings=wanted))

    states = {one.state for one in purchase.get_order(till, order["id"]).bookings}
    assert states == {"confirmed"}
