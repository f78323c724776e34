"""A journey on a pass becomes shorter while a gate is shown the code of that pass: neither is in the other's way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from tests.ticketing.identity.people_of import register
from tests.ticketing.identity.riders import ME, Rider, app_with_carnet
from tests.waiting import until_it_waits
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.sale import held_passes
from ticketing.db.ticket import uses
from ticketing.regions import Region

pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def city(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], ferries: dict[str, FakeOperator]
) -> Iterator[Api]:
    """The service with the pass of thirty days on sale."""
    app = app_with_carnet(settings, clock, regions, ferries, 2)
    with lent(app):
        yield Api(app.test_client(), clock, lambda *_: "")
    app.extensions["throughfare"].till.database.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_gate_and_a_refund_of_a_leg_do_not_wait_for_each_other(city: Api) -> None:
    rider = Rider(city, register(city))
    rider.season("tll-30d")
    two = rider.quote(ME, **{"from": {"place": "Tondi"}, "to": {"place": "Kopli"}})
    order = rider.buy(two)
    database: Database = city.client.application.extensions["throughfare"].till.database
    with database.read() as tx:
        (jti,) = {one.ticket_jti for one in held_passes.list_unridden_uses(tx, order["id"])}
    wish, path = {"passengers": ["me"], "legs": [0]}, f"/v1/orders/{order['id']}/refunds"

    with ThreadPoolExecutor(1) as buyer:
        with database.write() as gate:
            held_passes.lock_pass(gate, jti)
            call = buyer.submit(city.post, path, wish, order["access_token"])
            until_it_waits(gate, call)
            uses.mark_changed(gate, "tlt", jti, city.clock.now())
        made = call.result()

    assert made.status_code == 201, made.json
