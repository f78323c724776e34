"""Health apart from work: `/healthz` answers while every thread waits for the database, `/readyz` tries a write."""

import resource
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from tests.api import Api
from tests.ticketing.validator.server import Server
from ticketing.db import Database


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_healthz_answers_while_every_thread_waits_for_a_lock(server: Server) -> None:
    head = {"Authorization": f"Bearer {server.admin}"}

    def work(_: int) -> int:
        return httpx.get(f"{server.url}/v1/operators/tlt/devices", headers=head, timeout=40).status_code

    with server.database.engine.connect() as stall, ThreadPoolExecutor(24) as callers:
        stall.execute(sa.text("LOCK TABLE api_key, worker_job, idempotency IN ACCESS EXCLUSIVE MODE"))
        waiting = [callers.submit(work, number) for number in range(24)]
        time.sleep(1)
        began = time.monotonic()
        healths = [httpx.get(f"{server.url}/healthz", timeout=3) for _ in range(5)]
        took = time.monotonic() - began
        ready = httpx.get(f"{server.url}/readyz", timeout=6)
        still = [one for one in waiting if not one.done()]
        stall.rollback()
        answers = [one.result() for one in waiting]

    assert [one.json()["status"] for one in healths] == ["ok"] * 5
    assert took < 5
    assert healths[0].json()["worker"] is None
    assert (ready.status_code, ready.json()["checks"]) == (503, {"database": False})
    assert len(still) == 24
    assert set(answers) == {200}
    assert httpx.get(f"{server.url}/readyz", timeout=6).json()["status"] == "ready"


def test_a_connection_that_sends_nothing_holds_no_thread(server: Server) -> None:
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]

    began = time.monotonic()
    answer = httpx.get(f"{server.url}/v1/regions", timeout=10)
    took = time.monotonic() - began
    for one in idle:
        one.close()

    assert answer.status_code == 200
    assert took < 2


def test_one_connection_asks_for_health_and_work_in_turn(server: Server) -> None:
    with httpx.Client(base_url=server.url) as client:
        told = [
            client.get(path).status_code for path in ("/healthz", "/v1/regions", "/readyz", "/v1/regions")
        ]

    assert told == [200, 200, 200, 200]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_only_reads_is_not_ready_and_sells_nothing_as_an_error(
    api: Api, database: Database
) -> None:
    offer = api.search()["itineraries"][0]["offer_id"]
    name = database.url.database
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
        admin.execute(sa.text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    rooms = api.client.application.extensions["throughfare"]
    rooms.till.database.close()  # its next connections are of the new kind

    ready, sale = api.get("/readyz"), api.post("/v1/quotes", {"offer_id": offer})

    assert (ready.status_code, (ready.json or {})["checks"]["writes"]) == (503, False)
    assert (sale.status_code, sale.headers["Retry-After"]) == (503, "2")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_is_not_ready(api: Api, database: Database) -> None:
    file, before = database.url.database, resource.getrlimit(resource.RLIMIT_FSIZE)
    full = Path(f"{file}-wal").stat().st_size
    assert (api.get("/readyz").json or {})["status"] == "ready"

    resource.setrlimit(resource.RLIMIT_FSIZE, (full, before[1]))
    try:
        answer = api.get("/readyz")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert (answer.status_code, (answer.json or {})["checks"]["writes"]) == (503, False)
    assert (api.get("/readyz").json or {})["status"] == "ready"
