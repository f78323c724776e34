"""A ride that later ones count on under a cap brings what the day costs less without it, and no more."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from operators.fake import FakeOperator
from tariffs.caps import Cap
from tariffs.money import Money
from tests.api import Api
from tests.networks import lent
from tests.ticketing.identity.people_of import Account, register
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.regions import Region

pytestmark = pytest.mark.usefixtures("frozen_rows", "quick_hashes")

DAY = Cap(
    id="tll-day",
    networks=frozenset(),
    rider=None,
    medium=None,
    window="calendar_day",
    argument=0,
    limit=Money(500, "EUR"),
    party="holder",
    operators=frozenset({"tlt"}),
)


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One kind of database: the rides are read as every account's are."""
    shutil.copy(sqlite_template, tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def anna(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], ferries: dict[str, FakeOperator]
) -> Iterator[Account]:
    """An account in a city whose trams cost 5.00 a day at most."""
    region = regions["helsinki-tallinn"]
    capped = {"helsinki-tallinn": replace(region, book=replace(region.book, caps=(DAY,)))}
    app = create_app(settings, clock=clock, regions=capped, connectors={"helsinki-tallinn": ferries})
    with lent(app):
        yield register(Api(app.test_client(), clock, lambda *_: ""))
    app.extensions["throughfare"].till.database.close()


def test_what_comes_back_is_what_the_day_costs_less(anna: Account) -> None:
    rides = [_ride(anna, hour) for hour in (9, 10, 11, 12)]
    prices = [one["total"]["amount"] for one in rides]
    first = _offer(anna, rides[0])
    taken = _give_back(anna, rides[0])

    returned = []
    for ride in (rides[3], rides[2], rides[1], rides[0]):
        offered = _offer(anna, ride)["amount"]["amount"]
        returned.append((offered, _give_back(anna, ride).json["amount"]["amount"]))

    assert prices == ["2.00", "2.00", "1.00", "0.00"]
    assert (first["amount"]["amount"], taken.status_code) == ("0.00", 409)
    assert "rides bought later count on it" in str(first["refused"])
    assert returned == [("0.00", "0.00"), ("1.00", "1.00"), ("2.00", "2.00"), ("2.00", "2.00")]


def test_a_ride_in_the_middle_brings_the_room_that_the_last_one_takes(anna: Account) -> None:
    rides = [_ride(anna, hour) for hour in (9, 10, 11)]

    assert _give_back(anna, rides[0]).json["amount"]["amount"] == "1.00"


def test_a_blocked_ride_counts_on_and_a_frozen_price_does_not_outlive_what_it_counts_on(
    anna: Account,
) -> None:
    rides = [_ride(anna, hour) for hour in (9, 10, 11, 12)]
    frozen = _quote(anna, 13)
    held = anna.get(f"/v1/orders/{rides[3]['id']}/tickets").json["tickets"][0]
    path = f"/v1/orders/{rides[3]['id']}/tickets/{held['jti']}/suspension"
    blocked = anna.api.client.put(path, headers={"Authorization": f"Bearer {anna.access}"}, json={})
    while_blocked = _give_back(anna, rides[2]).status_code
    _give_back(anna, rides[3])
    _give_back(anna, rides[2])

    refused = anna.post("/v1/orders", {"quote_id": frozen["id"]})

    assert (blocked.status_code, while_blocked) == (200, 409)
    assert (frozen["total"]["amount"], refused.status_code) == ("0.00", 409)
    assert "search again" in refused.json["detail"]


def test_a_ride_is_not_exchanged_for_one_whose_price_counts_on_it(anna: Account) -> None:
    rides = [_ride(anna, hour) for hour in (9, 10, 11)]

    refused = anna.post(f"/v1/orders/{rides[0]['id']}/exchanges", {"quote_id": _quote(anna, 13)["id"]})

    assert (refused.status_code, "search again" in refused.json["detail"]) == (409, True)


def _quote(anna: Account, hour: int) -> dict[str, Any]:
    wish = {
        "from": {"place": "Kopli"},
        "to": {"place": "Hobujaama"},
        "depart_at": f"2026-10-16T{hour:02}:00:00+03:00",
        "passengers": [{"ref": "me", "rider_category": "adult", "account_holder": True}],
    }
    found = anna.post("/v1/journeys", wish, once=None).json["itineraries"][0]
    made: dict[str, Any] = anna.post("/v1/quotes", {"offer_id": found["offer_id"]}, once=None).json
    return made


def _ride(anna: Account, hour: int) -> dict[str, Any]:
    """Buy a tram ride of the day."""
    order: dict[str, Any] = anna.post("/v1/orders", {"quote_id": _quote(anna, hour)["id"]}).json
    if order["state"] != "ticketed":
        order = anna.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}).json
    assert order["state"] == "ticketed", order
    return order


def _offer(anna: Account, order: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = anna.post(f"/v1/orders/{order['id']}/refund-offers", {"passengers": []}).json
    return found


def _give_back(anna: Account, order: dict[str, Any]) -> Any:
    return anna.post(f"/v1/orders/{order['id']}/refunds", {"passengers": ["me"]})
