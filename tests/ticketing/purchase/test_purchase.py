"""Buying: each key once, declines, lost answers, crashes, expiry, refunds never above what was paid."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.api import Api
from ticketing.cli.worker import run_round
from ticketing.payments import DemoGateway
from ticketing.purchase import service as purchase


def rooms(api: Api) -> Any:
    return api.client.application.extensions["throughfare"]


def state(api: Api, order: dict[str, Any], token: str) -> dict[str, Any]:
    return api.get(f"/v1/orders/{order['id']}", token).json or {}


def test_a_repeated_order_is_answered_again(api: Api) -> None:
    body = {"quote_id": api.quote()["id"]}

    key = str(uuid.uuid4())
    first = api.post("/v1/orders", body, once=key)
    again = api.post("/v1/orders", body, once=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_key_with_another_body_is_refused(api: Api) -> None:
    order, token = api.order()
    pay = f"/v1/orders/{order['id']}/payments"

    api.post(pay, {"method": "demo_declined"}, token, once="key-1")
    api.post(pay, {"method": "demo_ok"}, token, once="key-2")
    other = api.post(pay, {"method": "demo_declined"}, token, once="key-2")

    assert (other.status_code, (other.json or {})["type"]) == (
        422,
        "/errors/idempotency_key_reused",
    )


def test_a_missing_key_is_refused(api: Api) -> None:
    response = api.post("/v1/orders", {"quote_id": api.quote()["id"]}, once=None)

    assert response.status_code == 400


def test_a_quote_becomes_one_order(api: Api) -> None:
    body = {"quote_id": api.quote()["id"]}

    statuses = [api.post("/v1/orders", body).status_code for _ in range(2)]

    assert statuses == [201, 409]


def test_an_expired_offer_and_an_expired_quote_are_gone(api: Api) -> None:
    offer = api.search()["itineraries"][0]["offer_id"]
    quote = api.quote()
    api.clock.advance(timedelta(minutes=16))

    assert api.post("/v1/quotes", {"offer_id": offer}).status_code == 410
    assert api.post("/v1/orders", {"quote_id": quote["id"]}).status_code == 410


def test_an_order_is_invisible_without_its_own_token(api: Api) -> None:
    order, token = api.order()
    other, other_token = api.order()

    wrong = api.get(f"/v1/orders/{order['id']}", other_token)
    unknown = api.get("/v1/orders/none", token)

    assert (wrong.status_code, unknown.status_code) == (404, 404)
    assert (wrong.json or {})["detail"] == (unknown.json or {})["detail"]
    assert api.get(f"/v1/orders/{other['id']}").status_code == 401


def test_a_declined_card_leaves_the_order_payable(api: Api) -> None:
    order, token = api.order()
    pay = f"/v1/orders/{order['id']}/payments"

    declined = api.post(pay, {"method": "demo_declined"}, token)
    paid = api.post(pay, {"method": "demo_ok"}, token)

    assert declined.status_code == 402
    assert (paid.json or {})["state"] == "ticketed"
    assert [payment["state"] for payment in (paid.json or {})["payments"]] == ["declined", "captured"]


def test_an_unknown_payment_method_is_named(api: Api) -> None:
    order, token = api.order()

    response = api.post(f"/v1/orders/{order['id']}/payments", {"method": "gold"}, token)

    assert response.status_code == 422
    assert (response.json or {})["errors"][0]["path"] == "method"


def test_an_answer_lost_after_the_capture_leads_to_one_set_of_tickets(api: Api) -> None:
    order, token = api.order()
    pay = f"/v1/orders/{order['id']}/payments"

    lost = api.post(pay, {"method": "demo_timeout_after_capture"}, token, once="key-1")
    again = api.post(pay, {"method": "demo_timeout_after_capture"}, token, once="key-1")

    assert (lost.status_code, again.status_code) == (503, 201)
    assert (again.json or {})["state"] == "ticketed"
    assert len((api.get(f"/v1/orders/{order['id']}/tickets", token).json or {})["tickets"]) == 2


def test_the_worker_finishes_what_a_lost_answer_left(api: Api) -> None:
    order, token = api.order()
    api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_timeout_after_capture"}, token)
    assert state(api, order, token)["state"] == "authorised"

    run_round(rooms(api).till)

    assert state(api, order, token)["state"] == "ticketed"


def test_the_worker_lets_abandoned_orders_go(api: Api) -> None:
    order, token = api.order()
    api.clock.advance(timedelta(minutes=16))

    run_round(rooms(api).till)

    assert state(api, order, token)["state"] == "expired"
    assert api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, token).status_code == 409


class Crash(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("step", ["authorise", "capture"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_a_gateway_call_is_carried_on(
    api: Api, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    order, token = api.order()
    real = getattr(DemoGateway, step)

    def dying(*args: Any) -> Any:
        if when == "after":
            real(*args)
        raise Crash

    monkeypatch.setattr(DemoGateway, step, dying)
    with pytest.raises(Crash):
        purchase.pay(rooms(api).till, order["id"], "demo_ok", "key-1", lambda *_: None)
    monkeypatch.undo()

    purchase.advance(rooms(api).till, order["id"])

    found = state(api, order, token)
    assert found["state"] == "ticketed"
    assert [payment["state"] for payment in found["payments"]] == ["captured"]


def test_a_crash_between_decision_and_payback_is_carried_on(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought = api.buy()

    def dying(*_args: Any) -> Any:
        raise Crash

    monkeypatch.setattr(DemoGateway, "refund", dying)
    with pytest.raises(Crash):
        purchase.refund_passengers(
            rooms(api).till, bought.order["id"], purchase.Wish(("mari",)), "key-1", lambda *_: None
        )
    monkeypatch.undo()
    assert state(api, bought.order, bought.token)["refunds"][0]["state"] == "decided"

    run_round(rooms(api).till)

    assert [made["state"] for made in state(api, bought.order, bought.token)["refunds"]] == ["confirmed"]


def test_32_calls_with_one_key_have_one_effect(api: Api) -> None:
    order, token = api.order()
    pay = f"/v1/orders/{order['id']}/payments"

    def call(_: int) -> int:
        client = Api(api.client.application.test_client(), api.clock, api.key)
        return client.post(pay, {"method": "demo_ok"}, token, once="one-key").status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = set(pool.map(call, range(32)))

    assert statuses <= {201, 409}
    found = state(api, order, token)
    assert (found["state"], len(found["payments"])) == ("ticketed", 1)


def test_a_refund_comes_once_and_never_beyond_what_was_paid(api: Api) -> None:
    bought = api.buy()
    address = f"/v1/orders/{bought.order['id']}/refunds"

    first = api.post(address, {"passengers": ["mari"]}, bought.token, once="key-1").json or {}
    replay = api.post(address, {"passengers": ["mari"]}, bought.token, once="key-1").json or {}
    second = api.post(address, {"passengers": ["mari"]}, bought.token)
    rest = api.post(address, {"passengers": ["anna"]}, bought.token).json or {}

    assert first == replay
    assert second.status_code == 409
    back = Decimal(first["amount"]["amount"]) + Decimal(rest["amount"]["amount"])
    assert back <= Decimal(bought.order["total"]["amount"])
    assert state(api, bought.order, bought.token)["state"] == "refunded"


def test_16_refunds_at_once_give_one_ticket_back_once(api: Api) -> None:
    bought = api.buy()

    def call(_: int) -> int:
        client = Api(api.client.application.test_client(), api.clock, api.key)
        return client.post(
            f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["mari"]}, bought.token
        ).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = sorted(pool.map(call, range(16)))

    assert statuses == [201] + [409] * 15


def test_a_stranger_is_not_refunded(api: Api) -> None:
    bought = api.buy()

    response = api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["eve"]}, bought.token)

    assert (response.status_code, (response.json or {})["errors"][0]["path"]) == (422, "passengers[0]")


def test_a_used_ticket_gives_nothing_back(api: Api) -> None:
    bought = api.buy(to={"place": "Hobujaama"})
    gate = api.key("gate", "tlt")
    api.clock.advance(timedelta(hours=1, minutes=10))
    assert (api.scan(bought.ticket_of("anna")["token"], gate).json or {})["decision"] == "accept"

    response = api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"]}, bought.token)

    assert response.status_code == 409
    assert "used" in (response.json or {})["detail"]
