"""A ride that a pass has paid for is late: its holder gets a part of that ride's part of the pass, once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from operators.fake import FakeOperator
from tests.api import Api, Bought
from tests.networks import lent
from tests.ticketing.claims.coast import REGION, Coast, ask
from tests.ticketing.identity.people_of import register
from tests.ticketing.identity.riders import ME, Rider
from tests.ticketing.purchase.refunding import faults
from ticketing.app import create_app
from ticketing.claims import verify_claims
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.identity import create_key
from ticketing.identity.principal import Role
from ticketing.regions import Region

pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
FERRY = {"from": {"place": "Tallinn D-terminal"}, "to": {"place": "Helsinki Länsiterminaali T2"}}
RIDES = 2


@pytest.fixture
def coast(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], ferries: dict[str, FakeOperator]
) -> Iterator[Coast]:
    """The service, which sells a carnet of two crossings of Tallink."""
    region = regions[REGION]
    season = region.book.passes[0]
    scope = replace(season.scope, operators=frozenset({"tallink"}))
    carnet = replace(season, id="crossings", kind="carnet", uses=RIDES, scope=scope)
    book = replace(region.book, passes=(*region.book.passes, carnet))
    app = create_app(
        settings, clock=clock, regions={REGION: replace(region, book=book)}, connectors={REGION: ferries}
    )
    database = app.extensions["throughfare"].till.database

    def key(role: Role, operator: str | None = None) -> str:
        return create_key(database, clock, role=role, operator=operator, label="test")[1]

    with lent(app):
        yield Coast(Api(app.test_client(), clock, key))
    database.close()


def crosses(coast: Coast) -> tuple[Rider, Bought]:
    """Buy the carnet, and a crossing that it pays for."""
    rider = Rider(coast.api, register(coast.api))
    rider.season("crossings")
    way = rider.offer(ME, **FERRY, depart_at="2026-10-13T06:30:00+03:00")
    quote = coast.api.post("/v1/quotes", {"offer_id": way["offer_id"]}, rider.token, once=None).json
    order = rider.buy(quote)
    token = order["access_token"]
    path = f"/v1/orders/{order['id']}"
    held = coast.api.get(f"{path}/tickets", token).json["tickets"]
    return rider, Bought(coast.api.get(path, token).json, token, held, way)


def test_a_late_crossing_on_a_carnet_is_compensated_by_its_part_of_the_price(coast: Coast) -> None:
    _, bought = crosses(coast)
    coast.board(bought, ("me",))
    coast.delay(bought, 75)
    coast.wait(bought)
    coast.work()

    (claim,) = coast.api.get(f"/v1/orders/{bought.order['id']}/claims", bought.token).json["claims"]
    (row,) = coast.claims()

    assert bought.order["total"]["amount"] == "0.00"
    assert (row["price_minor"], row["amount_minor"]) == (1500, 375)
    # Nothing was paid for the order itself, so its holder is asked for an account.
    assert (claim["state"], claim["reason"]) == ("needs_account", "delayed")
    assert verify_claims(coast.rooms.till.database, REGION)[1] == []
    assert faults(coast.api) == []


def test_a_crossing_that_was_given_back_to_the_carnet_is_not_compensated(coast: Coast) -> None:
    rider, bought = crosses(coast)
    path = f"/v1/orders/{bought.order['id']}"
    coast.delay(bought, 95)
    back = coast.api.post(f"{path}/refunds", {"passengers": ["me"]}, bought.token)
    coast.wait(bought)
    coast.work()

    refused = ask(coast.api, bought, "me", 0)

    assert back.status_code == 201, back.json
    assert coast.claims() == []
    assert refused.status_code == 409, refused.json
    assert rider.token
