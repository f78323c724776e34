"""Limits that a stranger cannot lift: by address always, by who has proven who it is, and by what is acted on."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.api import KOPLI_TO_PASILA, Api
from tests.ticketing.api.described import methods
from tests.ticketing.identity.people_of import register
from ticketing.api.journeys import Journeys
from ticketing.api.limits import Limits, Rate
from ticketing.app import behind_proxies
from ticketing.db import Database
from ticketing.db.people import rate_counts
from ticketing.errors import TooManyRequests
from ticketing.identity import AccessTokens, Counters, Pace, Reception, people
from ticketing.identity.mac_secrets import MacSecrets
from ticketing.identity.networks import network

NOW = 1_791_864_000


def sign_in(api: Api, **headers: str) -> TestResponse:
    return api.client.post(
        "/v1/sessions", json={"email": "nobody@example.com", "password": "wrong wrong"}, headers=headers
    )


def test_a_header_that_nobody_has_checked_lifts_no_limit(api: Api, quick_hashes: None) -> None:
    def options(at: int) -> int:
        return api.client.post(
            "/v1/sign-in/passkey/options", json={}, headers={"Authorization": f"Bearer made-up-{at}"}
        ).status_code

    statuses = [options(at) for at in range(25)]

    assert statuses == [200] * 20 + [429] * 5


def test_what_is_only_claimed_writes_no_row(api: Api) -> None:
    database: Database = api.client.application.extensions["throughfare"].till.database
    for at in range(30):
        api.post("/v1/orders", {"quote_id": f"made-up-{at}"}, f"made-up-{at}")
        api.post("/v1/orders", {"quote_id": f"made-up-{at}"})

    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM rate_count").scalar_one()
        keys = connection.exec_driver_sql("SELECT count(*) FROM idempotency").scalar_one()

    assert (rows, keys) == (1, 0) or (rows, keys) == (0, 0)


def test_somebody_with_an_account_is_counted_at_every_address(api: Api) -> None:
    anna = register(api)

    def change(address: str) -> int:
        return api.client.put(
            "/v1/me/password",
            json={},
            headers={"Authorization": f"Bearer {anna.access}"},
            environ_base={"REMOTE_ADDR": address},
        ).status_code

    statuses = [change(f"192.0.2.{at}") for at in range(12)]

    assert statuses == [422] * 10 + [429] * 2


def test_orders_are_limited_by_quote_and_not_by_the_address_of_a_ferry(api: Api) -> None:
    first, second = api.quote()["id"], api.quote()["id"]

    statuses = [api.post("/v1/orders", {"quote_id": first}).status_code for _ in range(31)]
    other = api.post("/v1/orders", {"quote_id": second})

    assert statuses == [201] + [409] * 29 + [429]
    assert other.status_code == 201


def test_a_search_over_a_morning_counts_as_the_searches_that_it_costs(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Journeys.post.__dict__, "limits", Limits(Rate(8, 60), Rate(600, 60)))
    narrow, wide = {}, {"range_minutes": 360}

    statuses = [
        api.post("/v1/journeys", {**KOPLI_TO_PASILA, **more}).status_code
        for more in (narrow, wide, wide, narrow)
    ]

    assert statuses == [200, 200, 200, 429]  # 1, 4, 4


def test_payments_are_limited_by_order(api: Api) -> None:
    (first, token), (second, other) = api.order(), api.order()
    bad = {"method": "no such method"}

    statuses = [api.post(f"/v1/orders/{first['id']}/payments", bad, token).status_code for _ in range(61)]
    answer = api.post(f"/v1/orders/{second['id']}/payments", bad, other)

    assert statuses == [422] * 60 + [429]
    assert answer.status_code == 422


def test_every_call_that_changes_something_names_its_limits_or_the_keys_that_may_call_it(api: Api) -> None:
    unlimited = [
        name
        for name, view in methods(api.client.application).items()
        if not hasattr(view, "limits") and not hasattr(view, "roles")
    ]

    # Cheap calls of one person have the limits that every view has.
    assert sorted(unlimited) == [
        "DELETE /v1/me",
        "DELETE /v1/me/entitlements/<string:entitlement_id>",
        "DELETE /v1/me/passkeys/<string:passkey_id>",
        "DELETE /v1/me/phones/<string:phone_id>",
        "DELETE /v1/sessions",
        "DELETE /v1/sessions/<string:session_id>",
    ]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (2, "203.0.113.9", "127.0.0.1"),
    ],
)
def test_only_what_the_trusted_proxies_have_added_is_believed(
    proxies: int, forwarded: str, counted: str
) -> None:
    from flask import request  # noqa: PLC0415

    app = Flask("test")
    app.add_url_rule("/", view_func=lambda: request.remote_addr or "")
    behind_proxies(app, proxies)

    assert app.test_client().get("/", headers={"X-Forwarded-For": forwarded}).text == counted


def test_behind_a_proxy_buyers_do_not_share_a_bucket(api: Api, quick_hashes: None) -> None:
    behind_proxies(api.client.application, 1)

    statuses = [sign_in(api, **{"X-Forwarded-For": f"203.0.113.{at}"}).status_code for at in range(101)]

    assert 429 not in statuses[:100]
    assert statuses[100] == 429  # the account's own limit


def test_a_strangers_guesses_do_not_lock_the_owner_out(api: Api, quick_hashes: None) -> None:
    behind_proxies(api.client.application, 1)
    owner = {"email": "nobody@example.com", "password": "right, and long enough"}
    assert api.post("/v1/accounts", owner).status_code == 201
    stranger, home = {"X-Forwarded-For": "203.0.113.1"}, {"X-Forwarded-For": "198.51.100.7"}

    guesses = [sign_in(api, **stranger).status_code for _ in range(12)]
    allowed = api.client.post("/v1/sessions", json=owner, headers=home)

    assert guesses == [401] * 8 + [429] * 4
    assert allowed.status_code == 201


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_address_is_counted_by_the_network_that_one_subscriber_has(
    address: str | None, counted: str
) -> None:
    assert network(address) == counted


def test_forty_guesses_at_one_instant_are_eight(database: Database, clock: Any, quick_hashes: None) -> None:
    reception = Reception(database, clock, AccessTokens(MacSecrets("access", None, b"x" * 32), "test"))
    people.register(reception, "anna@example.com", "long enough, mine", language="en", label="")

    def guess(at: int) -> str:
        try:
            people.sign_in(reception, "anna@example.com", f"a wrong guess {at}", label="")
        except TooManyRequests:
            return "too many"
        except Exception as error:  # noqa: BLE001  what it is called is what is asked for
            return type(error).__name__
        return "in"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(guess, range(40)))

    assert outcomes.count("NotAuthenticated") == 8
    assert outcomes.count("too many") == 32


def test_a_small_limit_is_exact_for_many_threads_and_processes(database: Database) -> None:
    processes, counters = [Pace() for _ in range(4)], Counters(database)

    def ask(at: int) -> bool:
        return processes[at % 4].wait_seconds(counters, "address:a", 8, NOW) == 0

    with ThreadPoolExecutor(16) as pool:
        let_in = sum(pool.map(ask, range(40)))

    assert let_in == 8
    with database.read() as tx:
        assert rate_counts.read(tx, "address:a", NOW)[0] >= 8
