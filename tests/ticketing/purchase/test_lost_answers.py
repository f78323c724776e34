"""An order whose answer was lost is given again to the same call, with its token, and to nobody else."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.identity.people_of import register
from ticketing.cli.worker import run_round
from ticketing.purchase import service
from ticketing.purchase.service import advance

TWO = {
    "passengers": [{"ref": ref, "rider_category": "adult"} for ref in ("anna", "bo")],
    "depart_at": "2026-10-26T06:10:00+02:00",
}
ONE = {**TWO, "passengers": TWO["passengers"][:1]}


class Killed(BaseException):
    """The process has died: nobody catches this, nothing is put in order."""


def test_an_exchange_whose_process_died_is_found_by_the_same_call(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = api.buy(**TWO)
    path, body, key = (
        f"/v1/orders/{old.order['id']}/exchanges",
        {"quote_id": api.quote(**ONE)["id"], "passengers": ["anna"]},
        str(uuid.uuid4()),
    )
    _killed(api, monkeypatch, path, body, key, old.token)

    for _ in range(2):
        api.clock.advance(timedelta(minutes=30))
        run_round(api.client.application.extensions["throughfare"].till)
    again = api.post(path, body, old.token, once=key)
    found = again.json or {}
    tickets = api.get(f"/v1/orders/{found['id']}/tickets", found["access_token"]).json or {}

    assert (again.status_code, found["state"], found["exchange_of"]) == (201, "ticketed", old.order["id"])
    assert [one["status"] for one in tickets["tickets"]] == ["valid"]
    assert api.post(path, body, old.token).status_code in {409, 410}
    assert api.post(path, body, old.token, once=key).json == found


@pytest.mark.usefixtures("quick_hashes")
def test_an_order_whose_process_died_is_carried_on_for_the_same_caller_alone(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, key = {"quote_id": api.quote(**ONE)["id"]}, str(uuid.uuid4())
    _killed(api, monkeypatch, "/v1/orders", body, key, None)
    api.clock.advance(timedelta(seconds=31))

    other_key = api.post("/v1/orders", body)
    other_caller = api.post("/v1/orders", body, register(api).access, once=key)
    other_body = api.post("/v1/orders", {**body, "names": [{"passenger": "anna", "name": "Bo"}]}, once=key)
    again = api.post("/v1/orders", body, once=key)
    paid = api.post(
        f"/v1/orders/{again.json['id']}/payments", {"method": "demo_ok"}, again.json["access_token"]
    )

    assert (other_key.status_code, other_caller.status_code) == (409, 409)
    assert other_body.status_code in {409, 422}
    assert (again.status_code, again.json["state"], paid.json["state"]) == (
        201,
        "awaiting_payment",
        "ticketed",
    )


def _killed(  # noqa: PLR0917  a call: where, what, by which key, whose
    api: Api, monkeypatch: pytest.MonkeyPatch, path: str, body: Any, key: str, token: str | None
) -> None:
    """Call, and let the process die when the order is written and nothing was answered."""

    def dying(*_: Any) -> Any:
        raise Killed

    monkeypatch.setattr(service, "advance", dying)
    with pytest.raises(Killed):
        api.post(path, body, token, once=key)
    monkeypatch.setattr(service, "advance", advance)
