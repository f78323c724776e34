"""Passengers who were moved to a later ferry are paid for arriving later than they had bought, also where that one is in time."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.ticketing.purchase.refunding import faults
from tests.ticketing.rerouting.harbour import REGION, Harbour, take
from ticketing.claims import verify_claims
from ticketing.regions import by_staff


@pytest.fixture
def harbour(api: Api, ferries: dict[str, FakeOperator]) -> Harbour:
    return Harbour(api, ferries)


def rides(harbour: Harbour, bought: Any, *, late_minutes: int = 0, is_told: bool = True) -> tuple[Any, Any]:
    """Move to the next ferry, ride on it, and wait until the evidence is in; answers the leg as it was sold and as it was ridden."""
    crossing, old = harbour.ship(bought)
    harbour.cancels(bought)
    take(harbour.api, bought, harbour.options(bought)[0]["options"][0])
    ticket = harbour.ticket(bought)
    new = ticket["legs"][crossing]
    harbour.api.clock.set(datetime.fromisoformat(new["departure"]) - timedelta(minutes=40))
    gate = harbour.api.key("gate", new["operator"])
    scan = harbour.api.scan(ticket["token"], gate, stop_id=new["from"]["stop_id"])
    assert scan.json["decision"] == "accept", scan.json
    if is_told:
        run = new["operator"], new["trip_id"], datetime.fromisoformat(new["service_date"]).date()
        by_staff.delay_departure(harbour.rooms.live, REGION, *run, seconds=late_minutes * 60, by="mari")
    harbour.api.clock.set(datetime.fromisoformat(new["arrival"]) + timedelta(hours=2, minutes=1))
    for _ in range(4):
        harbour.work()
    return old, new


def claims(harbour: Harbour) -> list[Any]:
    with harbour.rooms.till.database.read() as tx:
        return list(tx.exec_driver_sql("SELECT * FROM claim ORDER BY id").mappings())


def test_a_delay_counts_from_the_arrival_that_was_sold(harbour: Harbour) -> None:
    bought = harbour.buys()

    old, new = rides(harbour, bought, late_minutes=20)

    (claim,) = claims(harbour)
    later = datetime.fromisoformat(new["arrival"]) - datetime.fromisoformat(old["arrival"])
    assert f'"arrival_delay_minutes":{int(later.total_seconds()) // 60 + 20}' in claim["facts"]
    assert (claim["state"], claim["trip_id"]) == ("paid", new["trip_id"])
    assert claim["amount_minor"] > 0
    assert verify_claims(harbour.rooms.till.database, REGION) == (1, [])
    assert faults(harbour.api) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_holder_who_asks_hears_the_same(harbour: Harbour) -> None:
    bought = harbour.buys()
    rides(harbour, bought, late_minutes=20)

    body = {"passenger": "anna", "leg": harbour.ship(bought)[0]}
    asked = harbour.api.post(f"/v1/orders/{bought.order['id']}/claims", body, bought.token, once=None)

    assert asked.status_code == 200
    assert asked.json["state"] == "paid"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_ferry_of_which_nothing_is_told_waits_for_a_person(harbour: Harbour) -> None:
    bought = harbour.buys()

    rides(harbour, bought, is_told=False)

    (claim,) = claims(harbour)
    assert (claim["state"], claim["waits_for"]) == ("not_decided", "no_evidence")


def misses(harbour: Harbour) -> tuple[Any, Any]:
    """Miss the ferry by a tram that is late, and ride on the next one; answers the order and the leg that was ridden."""
    bought = harbour.buys()
    crossing, _ = harbour.ship(bought)
    tram = bought.tickets[0]["legs"][0]
    day = datetime.fromisoformat(tram["service_date"]).date()
    by_staff.delay_departure(
        harbour.rooms.live, REGION, tram["operator"], tram["trip_id"], day, seconds=3600, by="mari"
    )
    take(harbour.api, bought, harbour.options(bought)[0]["options"][0])
    ticket = harbour.ticket(bought)
    new = ticket["legs"][crossing]
    harbour.api.clock.set(datetime.fromisoformat(new["departure"]) - timedelta(minutes=40))
    gate = harbour.api.key("gate", new["operator"])
    assert (
        harbour.api.scan(ticket["token"], gate, stop_id=new["from"]["stop_id"]).json["decision"] == "accept"
    )
    return bought, new


def arrives(harbour: Harbour, ship: Any, late_minutes: int) -> None:
    run = ship["operator"], ship["trip_id"], datetime.fromisoformat(ship["service_date"]).date()
    by_staff.delay_departure(harbour.rooms.live, REGION, *run, seconds=late_minutes * 60, by="mari")
    harbour.api.clock.set(datetime.fromisoformat(ship["arrival"]) + timedelta(hours=2, minutes=1))
    for _ in range(4):
        harbour.work()


def test_a_ferry_owes_nothing_to_who_has_missed_it_by_another_operators_tram(harbour: Harbour) -> None:
    bought, ship = misses(harbour)

    arrives(harbour, ship, late_minutes=10)

    assert claims(harbour) == []
    body = {"passenger": "anna", "leg": harbour.ship(bought)[0]}
    asked = harbour.api.post(f"/v1/orders/{bought.order['id']}/claims", body, bought.token, once=None).json
    assert (asked["state"], asked["reason"], asked["amount"]) == ("refused", "separate_contracts", None)
    assert verify_claims(harbour.rooms.till.database, REGION) == (1, [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_ferry_that_is_late_itself_pays_by_its_own_plan_who_had_missed_the_one_before(
    harbour: Harbour,
) -> None:
    _, ship = misses(harbour)

    arrives(harbour, ship, late_minutes=75)

    (claim,) = claims(harbour)
    assert '"arrival_delay_minutes":75' in claim["facts"]
    assert (claim["state"], claim["amount_minor"]) == ("paid", -(-claim["price_minor"] // 4))
