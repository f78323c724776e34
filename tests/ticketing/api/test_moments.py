"""Every moment that the service tells has one form: RFC 3339 in whole seconds, whatever the clock's fraction."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.api import Api, checked
from tests.ticketing.api.told_to_a_buyer import everything
from tests.ticketing.identity.people_of import register

# The form of a moment depends on no database.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MOMENTS = ("_at", "_until", "departure", "arrival", "not_before", "as_of", "since", "last_seen")


@pytest.fixture
def between_seconds(api: Api) -> Api:
    """The service with a clock that stands between two seconds."""
    api.clock.advance(timedelta(microseconds=123_456))
    return api


@ON_SQLITE
def test_a_buyer_is_told_whole_seconds_from_search_to_refund(between_seconds: Api) -> None:
    for answer in everything(between_seconds):
        assert answer


@ON_SQLITE
def test_a_leg_that_was_given_back_tells_when_in_whole_seconds(between_seconds: Api) -> None:
    bought = between_seconds.buy()
    address = f"/v1/orders/{bought.order['id']}"
    between_seconds.post(f"{address}/refunds", {"passengers": ["mari"], "legs": [0]}, bought.token)

    found = between_seconds.get(f"{address}/tickets", bought.token).json["tickets"]

    (leg,) = [leg for ticket in found for leg in ticket["legs"] if "given_back_at" in leg]
    assert leg["given_back_at"] == "2026-10-13T02:10:00Z"


@ON_SQLITE
def test_the_holder_of_a_pass_is_told_whole_seconds(between_seconds: Api) -> None:
    anna = register(between_seconds)
    wanted = {"product": "tll-30d", "rider_category": "adult"}
    quoted = anna.post("/v1/passes/quotes", wanted).json
    placed = anna.post("/v1/orders", {"quote_id": quoted["id"]}).json
    between_seconds.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"}, placed["access_token"])

    (held,) = anna.get("/v1/me/passes").json["passes"]

    assert held["valid_from"] == "2026-10-13T02:10:00Z"


@ON_SQLITE
def test_every_list_and_every_gate_tells_whole_seconds(between_seconds: Api) -> None:
    bought = between_seconds.buy()
    gate, admin = between_seconds.key("gate", "tlt"), between_seconds.key("operator_admin", "tlt")
    between_seconds.post("/v1/operators/tlt/device-codes", {"name": "Kopli"}, admin)
    between_seconds.scan(bought.ticket_of("mari")["token"], gate)
    anna = register(between_seconds)
    callers = [None, anna.access, gate, admin, between_seconds.key("admin"), between_seconds.key("finance")]

    told = 0
    for path in reads(between_seconds):
        for caller in callers:
            answer = checked(between_seconds.get(path.replace("{operator}", "tlt"), caller))
            told += answer.status_code == 200

    assert told > 20


@ON_SQLITE
def test_the_description_says_the_form_of_every_moment(api: Api) -> None:
    shown = api.get("/openapi.json").json["components"]["schemas"]

    assert [
        f"{schema}.{name}"
        for schema, document in shown.items()
        if not schema.endswith(("Request", "Query", "Item"))
        for name, said in document.get("properties", {}).items()
        if name.endswith(MOMENTS) and "string" in str(said.get("type"))
        if said.get("format") != "date" and "pattern" not in said
    ] == []


def reads(api: Api) -> Iterator[str]:
    """Every call that reads and names nothing but an operator."""
    paths: dict[str, Any] = api.get("/openapi.json").json["paths"]
    for path, calls in paths.items():
        if "get" in calls and "{" not in path.replace("{operator}", ""):
            yield path
