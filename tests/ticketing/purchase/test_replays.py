"""The repeated answer of an order opens it, so it goes to the caller of the first call and to nobody else."""

import uuid

import pytest

from tests.api import Api
from tests.ticketing.identity.people_of import register


def test_e7_the_answer_to_an_account_is_repeated_to_that_account_alone(api: Api) -> None:
    anna, key = register(api), str(uuid.uuid4())
    body = {"quote_id": api.quote()["id"]}
    first = api.post("/v1/orders", body, anna.access, once=key)

    again = api.post("/v1/orders", body, anna.access, once=key)
    stranger = api.post("/v1/orders", body, once=key)
    other = api.post("/v1/orders", body, register(api, "mari@example.com").access, once=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json == first.json
    assert (stranger.status_code, other.status_code) == (409, 409)
    assert "access_token" not in stranger.text + other.text


def test_e7_the_answer_to_a_guest_is_repeated_to_who_knows_a_key_that_nobody_guesses(api: Api) -> None:
    body, key = {"quote_id": api.quote()["id"]}, str(uuid.uuid4())
    first = api.post("/v1/orders", body, once=key)

    assert api.post("/v1/orders", body, once=key).json == first.json
    assert api.post("/v1/orders", body, once=str(uuid.uuid4())).status_code == 409


@pytest.mark.parametrize("has_account", [True, False])
def test_a_key_that_has_ordered_one_quote_orders_no_other(api: Api, has_account: bool) -> None:
    anna, key = register(api).access if has_account else None, str(uuid.uuid4())
    first = api.post("/v1/orders", {"quote_id": api.quote()["id"]}, anna, once=key)

    second = api.post("/v1/orders", {"quote_id": api.quote()["id"]}, anna, once=key)

    assert (first.status_code, second.status_code) == (201, 422)
    assert (second.json or {})["type"].endswith("idempotency_key_reused")


def test_a_key_that_has_paid_by_one_method_pays_by_no_other(api: Api) -> None:
    order, token = api.order()
    paid = f"/v1/orders/{order['id']}/payments"
    key = str(uuid.uuid4())
    api.post(paid, {"method": "demo_declined"}, token, once=key)

    again = api.post(paid, {"method": "demo_ok"}, token, once=key)

    assert again.status_code == 422
    assert (again.json or {})["type"].endswith("idempotency_key_reused")
    assert api.post(paid, {"method": "demo_ok"}, token).status_code == 201


@pytest.mark.parametrize("key", ["1", "key-1", "a" * 64, "2026-10-13T05:10:00", "0000-0000-0000-0000-0001"])
def test_e7_a_guests_key_that_could_be_guessed_is_refused_before_anything_happens(api: Api, key: str) -> None:
    body = {"quote_id": api.quote()["id"]}

    refused = api.post("/v1/orders", body, once=key)

    assert refused.status_code == 422
    assert (refused.json or {})["errors"][0]["path"] == "Idempotency-Key"
    assert api.post("/v1/orders", body, register(api).access, once=key).status_code == 201
