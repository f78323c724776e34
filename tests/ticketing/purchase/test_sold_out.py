"""A sailing without places is refused before anything is written, and sold again as soon as a place is free."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from operators.fake import FakeOperator
from tests.api import Api
from ticketing.cli.worker import run_round
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.purchase.sold_out import Full

ONE = [{"ref": "anna", "rider_category": "adult"}]
WAY = {"from": {"place": "Kopli"}, "to": {"stop_id": "tallink:HEL-LT2"}, "passengers": ONE}


@pytest.fixture
def ferries(clock: FixedClock) -> dict[str, FakeOperator]:
    """Ferries with one place."""
    return {name: FakeOperator(name, clock.now, {"foot": 1}) for name in ("tallink", "viking", "eckero")}


@contextmanager
def writes_of(database: Database) -> Iterator[list[str]]:
    """Watch the statements that change something."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.split(maxsplit=1)[0] in {"INSERT", "UPDATE", "DELETE"}:
            said.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield said
    sa.event.remove(database.engine, "before_cursor_execute", note)


def store_of(api: Api) -> Database:
    database: Database = api.client.application.extensions["throughfare"].till.database
    return database


def quotes_of(api: Api, count: int) -> list[str]:
    offer = api.search(**WAY)["itineraries"][0]["offer_id"]
    return [(api.post("/v1/quotes", {"offer_id": offer}).json or {})["id"] for _ in range(count)]


def test_the_second_buyer_of_the_last_place_gets_a_no_that_writes_nothing(api: Api) -> None:
    first, second = quotes_of(api, 2)
    placed = api.post("/v1/orders", {"quote_id": first})

    with writes_of(store_of(api)) as said:
        refused = api.post("/v1/orders", {"quote_id": second})

    assert placed.status_code == 201
    assert (refused.status_code, (refused.json or {})["code"]) == (409, "conflict")
    assert "has no place: sold out; nothing was booked" in (refused.json or {})["detail"]
    assert said == []


def test_a_buyer_who_has_the_last_place_is_answered_again(api: Api) -> None:
    (quote, other), key = quotes_of(api, 2), str(uuid.uuid4())
    placed = api.post("/v1/orders", {"quote_id": quote}, once=key)
    assert api.post("/v1/orders", {"quote_id": other}).status_code == 409

    again = api.post("/v1/orders", {"quote_id": quote}, once=key)

    assert (again.status_code, (again.json or {})["id"]) == (201, (placed.json or {})["id"])


def test_a_place_that_came_back_is_sold_at_once(api: Api) -> None:
    first, second = quotes_of(api, 2)
    order = api.post("/v1/orders", {"quote_id": first}).json or {}
    assert api.post("/v1/orders", {"quote_id": second}).status_code == 409
    paid = api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, order["access_token"])
    assert paid.status_code == 201, paid.json

    back = api.post(f"/v1/orders/{order['id']}/refunds", {"passengers": ["anna"]}, order["access_token"])

    assert back.status_code in {200, 201}
    run_round(api.client.application.extensions["throughfare"].till)
    assert api.post("/v1/orders", {"quote_id": second}).status_code == 201


def test_an_operators_no_is_kept_for_a_second_and_no_longer() -> None:
    now = [100.0]
    full = Full(lambda: now[0])

    full.note("region/tallink/T-1/2026-10-13")
    known = [full.holds("region/tallink/T-1/2026-10-13"), full.holds("region/tallink/T-2/2026-10-13")]
    now[0] += 1.0

    assert known == [True, False]
    assert not full.holds("region/tallink/T-1/2026-10-13")


def test_an_operator_with_a_system_of_its_own_is_asked_once_in_a_second(
    api: Api, ferries: dict[str, FakeOperator]
) -> None:
    first, second, third = quotes_of(api, 3)
    for ferry in ferries.values():
        ferry.capabilities = replace(ferry.capabilities, counted_here=False)
    api.post("/v1/orders", {"quote_id": first})

    asked = api.post("/v1/orders", {"quote_id": second})
    calls = [len(ferry.calls) for ferry in ferries.values()]
    with writes_of(store_of(api)) as said:
        known = api.post("/v1/orders", {"quote_id": third})

    assert (asked.status_code, known.status_code, said) == (409, 409, [])
    assert [len(ferry.calls) for ferry in ferries.values()] == calls
