"""A synchronous standby that does not answer lets commits wait: reads go on, writes are refused, and nothing is lost or doubled."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from tests import postgresql
from tests.ticketing.validator.server import Server, serving
from ticketing.db import Database
from ticketing.db.migrate import upgrade

_LIMIT_SECONDS = 2
_TRAM = {
    "from": {"stop_id": "tlt:09005-1"},
    "to": {"stop_id": "tlt:21102-1"},
    "depart_at": (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT06:10:00Z"),
    "passengers": [{"ref": "anna", "rider_category": "adult"}],
}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A service on a PostgreSQL of its own, whose settings a test may change, and without doors, which tell a crowd their places before a commit has waited for long."""
    monkeypatch.setenv("THROUGHFARE_ORDERS_AT_ONCE", "0")
    with postgresql.server() as url:
        database = Database(url)
        upgrade(database)
        with serving(database, tmp_path) as up:
            yield up
        database.close()


def wait_for_standby(database: Database, name: str) -> None:
    """Have commits wait for a standby of this name; for none with an empty one."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
        admin.execute(sa.text(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'"))
        admin.execute(sa.text("SELECT pg_reload_conf()"))


def test_a_stalled_standby_stops_what_writes_and_nothing_else(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=40) as client:
        found = client.post("/v1/journeys", json=_TRAM).json()
        assert "itineraries" in found, found
        offer = found["itineraries"][0]["offer_id"]
        assert client.post("/v1/quotes", json={"offer_id": offer}).status_code == 201
    head = {"Authorization": f"Bearer {server.admin}"}

    def quote(_: int) -> tuple[float, httpx.Response]:
        began = time.monotonic()
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answer = httpx.post(f"{server.url}/v1/quotes", json={"offer_id": offer}, headers=key, timeout=60)
        return time.monotonic() - began, answer

    with ThreadPoolExecutor(40) as callers:
        wait_for_standby(server.database, "nobody")
        first = [callers.submit(quote, number) for number in range(20)]
        time.sleep(_LIMIT_SECONDS + 1.5)
        later = [callers.submit(quote, number) for number in range(3)]
        wait(later, timeout=3)
        began = time.monotonic()
        reads = [
            httpx.post(f"{server.url}/v1/journeys", json=_TRAM, timeout=10),
            httpx.get(f"{server.url}/v1/operators/tlt/devices", headers=head, timeout=10),
            httpx.get(f"{server.url}/healthz", timeout=10),
        ]
        took = time.monotonic() - began
        hanging = sum(not one.done() for one in (*first, *later))
        wait_for_standby(server.database, "")
        answers = [one.result() for one in (*first, *later)]
        ends = time.monotonic() + 15
        while (again := quote(0)[1]).status_code != 201 and time.monotonic() < ends:
            time.sleep(0.2)

    assert [answer.status_code for answer in reads] == [200, 200, 200]
    assert took < 5
    refused = [answer for _, answer in answers if answer.status_code == 503]
    assert {answer.json()["code"] for answer in refused} == {"commit_waits"}
    assert {answer.headers["Retry-After"] for answer in refused} == {"2"}
    assert len(refused) >= 12
    assert max(seconds for seconds, answer in answers if answer.status_code == 503) < _LIMIT_SECONDS + 4
    assert 1 <= hanging <= 9
    assert again.status_code == 201
    kept = [answer.json()["id"] for _, answer in answers if answer.status_code == 201]
    with server.database.read() as tx:
        stored = {row[0] for row in tx.execute(sa.text("SELECT id FROM quote"))}
    assert len(set(kept)) == hanging
    assert set(kept) <= stored
    # The one before the stall, and the one after it.
    assert len(stored) == hanging + 2
