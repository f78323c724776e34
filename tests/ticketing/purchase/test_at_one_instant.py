"""Calls at one instant: where a unique row decides, one call wins and every other is told so; none is a fault of ours."""

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from tests.api import Api
from ticketing.api import problems

AT_ONCE = 32


def at_one_instant(call: Any, count: int = AT_ONCE) -> list[Any]:
    """Call so many times from as many threads, all let go together."""
    barrier = Barrier(count)

    def one(at: int) -> Any:
        barrier.wait()
        return call(at)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_e10_of_32_orders_of_one_quote_one_is_placed_and_31_are_conflicts(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote = api.quote()["id"]
    monkeypatch.setattr("ticketing.api.orders.count", lambda *_: None)  # its limit of 30 is another test's
    application = api.client.application
    monkeypatch.setattr(
        application, "wsgi_app", application.wsgi_app.inner
    )  # and so is the queue before the door

    def order(_: int) -> Any:
        return api.client.application.test_client().post(
            "/v1/orders", json={"quote_id": quote}, headers={"Idempotency-Key": str(uuid.uuid4())}
        )

    answers = at_one_instant(order)

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: AT_ONCE - 1}
    assert {answer.json["detail"] for answer in answers if answer.status_code == 409} == {
        "this quote has been ordered already; ask for a new quote"
    }


def test_e10_of_16_payments_with_one_key_one_pays_and_the_others_wait_or_hear_the_same(api: Api) -> None:
    order, token = api.order()
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}

    answers = at_one_instant(
        lambda _: api.client.application.test_client().post(
            f"/v1/orders/{order['id']}/payments", json={"method": "demo_ok"}, headers=headers
        ),
        16,
    )

    assert {answer.status_code for answer in answers} <= {201, 409}
    paid = api.get(f"/v1/orders/{order['id']}", token).json or {}
    assert [payment["state"] for payment in paid["payments"]] == ["captured"]


def test_e10_a_row_that_somebody_else_wrote_a_moment_before_is_a_conflict_at_every_call(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = api.client.application.extensions["throughfare"].till.database

    def write_twice(*_: object) -> None:
        with database.write() as tx:
            for _at in range(2):
                tx.exec_driver_sql("INSERT INTO rate_count (bucket, count, ends_at) VALUES ('a', 1, 1)")

    monkeypatch.setattr("ticketing.search.service.find_places", write_twice)

    answer = api.get("/v1/places?q=Kopli")

    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "1")
    assert (answer.json or {})["detail"] == problems._MEANWHILE
