"""Calls whose transaction PostgreSQL ended so that others could go on: repeated where that does no harm, else 503."""

import uuid
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.api import Api
from ticketing.api.again import TRIES
from ticketing.db import Database

Tear = Callable[..., None]


@pytest.fixture(params=["40P01", "40001"])
def tear(request: pytest.FixtureRequest, api: Api, database: Database) -> Tear:
    """Let the server end the next transactions that write into a table; a sequence counts them, and is not rolled back."""
    assert api

    def end(table: str, times: int) -> None:
        with database.write() as tx:
            tx.exec_driver_sql("CREATE SEQUENCE torn")
            tx.exec_driver_sql(
                "CREATE FUNCTION tear() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF nextval('torn') <= {times} THEN RAISE EXCEPTION 'ended' USING ERRCODE = '{request.param}'; END IF; "
                "RETURN NEW; END $$"
            )
            tx.exec_driver_sql(
                f'CREATE TRIGGER tear BEFORE INSERT ON "{table}" FOR EACH ROW EXECUTE FUNCTION tear()'
            )

    return end


def counted(database: Database, table: str) -> int:
    with database.read() as tx:
        return int(tx.execute(sa.text(f'SELECT count(*) FROM "{table}"')).scalar_one())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestOnPostgresql:
    def test_an_order_and_its_payment_are_repeated_and_happen_once(
        self, api: Api, database: Database, tear: Tear
    ) -> None:
        order, token = api.order()
        tear("ticket", 2)

        paid = api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, token)

        assert (paid.status_code, (paid.json or {})["state"]) == (201, "ticketed")
        assert counted(database, "payment") == 1
        assert counted(database, "ticket") == 2

    def test_a_quote_is_repeated_without_a_key(self, api: Api, database: Database, tear: Tear) -> None:
        offer = api.search()["itineraries"][0]["offer_id"]
        tear("quote", TRIES - 1)

        assert api.post("/v1/quotes", {"offer_id": offer}, once=None).status_code == 201
        assert counted(database, "quote") == 1

    def test_after_the_last_try_the_caller_is_asked_to_come_again_and_does(
        self, api: Api, tear: Tear
    ) -> None:
        quote, key = api.quote(), str(uuid.uuid4())
        tear("ticket_order", TRIES)

        refused = api.post("/v1/orders", {"quote_id": quote["id"]}, once=key)
        again = api.post("/v1/orders", {"quote_id": quote["id"]}, once=key)

        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
        assert again.status_code == 201

    def test_a_scan_is_repeated_by_its_id(self, api: Api, tear: Tear) -> None:
        token, gate = api.buy().ticket_of("anna")["token"], api.key("gate", "tlt")
        tear("ticket_use", 1)

        assert (api.scan(token, gate).json or {})["reason"] == "ok"

    def test_a_call_that_nothing_makes_single_is_not_repeated(
        self, api: Api, database: Database, tear: Tear
    ) -> None:
        admin = api.key("admin")
        tear("enrolment_code", 1)

        answer = api.post("/v1/operators/tlt/device-codes", {"name": "Kopli 1"}, admin, once=None)

        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert counted(database, "enrolment_code") == 0
