"""A deployment is a sandbox or live, says so, and takes no key for tests where it is live."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.api import Api
from tests.networks import lent
from throughfare_gate.strictjson import loads
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.identity import create_key, list_keys, rotate_key
from ticketing.regions import Region
from ticketing.tickets.own import of_own

ON_SQLITE = pytest.mark.parametrize(
    "database_url", ["sqlite"], indirect=True
)  # all that matters is the setting
Start = Callable[[str], FlaskClient]


@pytest.fixture
def start(settings: Settings, clock: FixedClock, regions: dict[str, Region]) -> Start:
    """Serve the same database with a key of Stripe, a live one or one for tests."""

    def client(key: str) -> FlaskClient:
        with_stripe = replace(
            settings, gateway="stripe", stripe_secret_key=key, stripe_webhook_secrets=("whsec_x",)
        )
        app = create_app(with_stripe, clock=clock, regions=regions, announces=False)
        with lent(app):
            return app.test_client()

    return client


@ON_SQLITE
def test_a_sandbox_says_that_it_is_one_in_every_answer(api: Api) -> None:
    service = api.get("/v1/service")

    assert (service.json or {})["sandbox"] is True
    assert "demo payment gateway: no money moves" in (service.json or {})["stand_ins"]
    assert (service.json or {})["now"] == "2026-10-13T02:10:00Z"
    for answer in (service, api.get("/v1/regions"), api.get("/v1/orders/none"), api.get("/healthz")):
        assert answer.headers["Throughfare-Sandbox"] == "true"


@ON_SQLITE
@pytest.mark.parametrize(
    ("key", "is_sandbox"), [("sk_live_x", False), ("rk_live_x", False), ("sk_test_x", True)]
)
def test_a_deployment_with_stripe_is_a_sandbox_by_its_key(start: Start, key: str, is_sandbox: bool) -> None:
    client = start(key)

    service = client.get("/v1/service")

    assert (service.json or {})["sandbox"] is is_sandbox
    assert service.headers.get("Throughfare-Sandbox") == ("true" if is_sandbox else None)
    rooms = client.application.extensions["throughfare"]
    assert (rooms.till.press.demo, rooms.gatehouse.accept_demo) == (is_sandbox, is_sandbox)


@ON_SQLITE
def test_a_key_for_tests_works_in_a_sandbox_and_is_refused_where_all_is_live(
    settings: Settings, clock: FixedClock, start: Start
) -> None:
    database = Database(settings.database_url)
    _, for_tests = create_key(database, clock, role="app", operator=None, label="ours", is_test=True)
    _, ordinary = create_key(database, clock, role="app", operator=None, label="ours")
    database.close()

    def call(client: FlaskClient, key: str) -> tuple[int, str]:
        answer = client.get("/v1/webhooks", headers={"Authorization": f"Bearer {key}"})
        return answer.status_code, (answer.json or {}).get("code", "")

    live = start("sk_live_x")

    assert for_tests.startswith("tf_test_app_")
    assert call(start("sk_test_x"), for_tests) == (200, "")
    assert call(live, for_tests) == (403, "test_key_refused")
    assert call(live, ordinary) == (200, "")
    # The mark is part of the secret: without it the key is unknown.
    assert call(live, for_tests.replace("tf_test_", "tf_")) == (401, "not_authenticated")


def test_the_successor_of_a_key_for_tests_is_one_too(database: Database, clock: FixedClock) -> None:
    made, _ = create_key(database, clock, role="gate", operator="hsl", label="", is_test=True)

    successor, secret = rotate_key(database, clock, made.id, overlap=timedelta(hours=1))

    assert secret.startswith("tf_test_gate_")
    assert [key.is_test for key in list_keys(database)] == [1, 1]
    assert successor.line == made.id


@ON_SQLITE
def test_a_ticket_of_a_sandbox_opens_no_gate_of_a_live_deployment(
    api: Api, settings: Settings, clock: FixedClock, start: Start
) -> None:
    ticket = api.buy().ticket_of("anna")
    gate = api.key("gate", "tlt")
    body = {
        "scan_id": "7a0e8f36-52c1-4f0b-9c1e-2f0f3f5b6a77",
        "token": ticket["token"],
        "device_ts": clock.now().isoformat(),
    }

    answer = start("sk_live_x").post(
        "/v1/validations", json=body, headers={"Authorization": f"Bearer {gate}"}
    )

    assert of_own(ticket["token"]).demo
    assert (answer.json or {})["decision"] == "refuse"
    assert (answer.json or {})["reason"] == "product_not_accepted"
    assert loads(answer.data)["values"] == {"demo": True}
