"""The tickets with a leg on a run are known from the moment they are issued until they go."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from tests.api import Api
from tests.ticketing.purchase.exchanging import exchange
from tests.ticketing.purchase.sea import Sea
from ticketing import disruption
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.db.ticket import legs
from ticketing.db.ticket.legs import HeldLeg

REGION, DAY = "helsinki-tallinn", date(2026, 10, 13)


@pytest.fixture
def sea(api: Api) -> Sea:
    return Sea(api)


def held(sea: Sea, ride: dict[str, Any]) -> list[HeldLeg]:
    run = (ride["operator"], ride["trip_id"], date.fromisoformat(ride["service_date"]))
    with sea.till.database.read() as tx:
        return legs.list_held(tx, REGION, run)


def noted(database: Database) -> list[tuple[Any, ...]]:
    with database.read() as tx:
        rows = tx.execute(sa.text("SELECT * FROM leg_of_ticket ORDER BY jti, leg"))
        return [tuple(row) for row in rows]


def test_a_ticket_is_known_by_the_run_of_each_leg_with_the_one_that_follows(sea: Sea) -> None:
    bought = sea.api.buy()
    ferry = sea.ferry(bought.itinerary["legs"])

    found = held(sea, ferry)

    assert {one.leg.jti for one in found} == {ticket["jti"] for ticket in bought.tickets}
    first = found[0]
    assert (first.leg.from_stop, first.leg.to_stop) == (ferry["from"]["stop_id"], ferry["to"]["stop_id"])
    assert first.leg.departs_at.isoformat() == first.leg.departs_at.astimezone().isoformat()
    assert first.then is not None
    assert first.then.leg == first.leg.leg + 1
    assert first.then.departs_at > first.leg.arrives_at


def test_a_ticket_that_is_given_back_is_on_no_run(sea: Sea) -> None:
    bought = sea.api.buy()
    refund = sea.api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["mari"]}, bought.token)
    assert refund.status_code == 201

    ferry = sea.ferry(bought.itinerary["legs"])
    assert {one.leg.jti for one in held(sea, ferry)} == {bought.ticket_of("anna")["jti"]}


def test_a_leg_that_is_given_back_alone_is_on_no_run_and_nobody_changes_to_it(sea: Sea) -> None:
    bought = sea.api.buy(passengers=[{"ref": "anna", "rider_category": "adult"}])
    before = len(noted(sea.till.database))
    rides = [leg for leg in bought.itinerary["legs"] if leg["kind"] == "ride"]
    body = {"passengers": ["anna"], "legs": [len(rides) - 1]}
    refund = sea.api.post(f"/v1/orders/{bought.order['id']}/refunds", body, bought.token)
    assert refund.status_code == 201, refund.json

    ferry = held(sea, sea.ferry(rides))

    assert len(noted(sea.till.database)) == before - 1
    assert [one.then for one in ferry if one.leg.leg == len(rides) - 2] in ([], [None])


def test_an_exchange_moves_the_legs_to_the_new_ticket(sea: Sea) -> None:
    bought = sea.api.buy(depart_at="2026-10-15T06:10:00+03:00")
    quoted = [{"ref": ref, "rider_category": kind} for ref, kind in (("anna", "adult"), ("mari", "child"))]
    made = exchange(sea.api, bought, quoted, passengers=["anna", "mari"])
    assert made.status_code == 201, made.json
    placed = made.json
    if placed["state"] != "ticketed":
        sea.api.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"}, placed["access_token"])
    assert sea.api.get(f"/v1/orders/{placed['id']}", placed["access_token"]).json["state"] == "ticketed"

    jtis = {row[0] for row in noted(sea.till.database)}

    assert jtis
    assert not jtis & {ticket["jti"] for ticket in bought.tickets}


def test_legs_of_tickets_that_were_sold_before_are_noted_by_the_migration(
    sea: Sea, database_url: str
) -> None:
    """As a release from before the table leaves them: valid tickets with all their legs, one leg given back."""
    bought = sea.api.buy()
    body = {"passengers": ["anna"], "legs": [0]}
    sea.api.post(f"/v1/orders/{bought.order['id']}/refunds", body, bought.token)
    before = noted(sea.till.database)
    database = Database(database_url)
    with database.write() as tx:
        tx.exec_driver_sql("UPDATE ticket SET expires_at = '2099-01-01T00:00:00.000000+00:00'")
        for table in ("disruption_affected", "disruption_event", "leg_of_ticket"):
            tx.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
        for table, column in (
            ("run_state", "ended_at"),
            ("live_feed", "trips_at"),
            ("live_feed", "vehicles"),
        ):
            tx.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0036_observations'")

    upgrade(database, "0037_legs_of_tickets")

    assert len(before) > 1
    assert noted(database) == before
    database.close()


def test_a_ticket_that_an_older_release_has_sold_since_is_noted_by_the_worker(sea: Sea) -> None:
    bought = sea.api.buy()
    database = sea.till.database
    before = noted(database)
    with database.write() as tx:
        tx.exec_driver_sql("DELETE FROM leg_of_ticket")
        found = disruption.note_missing_legs(tx, sea.api.clock.now())

    assert found == len(bought.tickets)
    assert noted(database) == before
