"""A crowd at the real server: nobody is kept from an answer by those who wait, or by those who do not hang up."""

import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa

from tests.ticketing.validator.server import Server

_TRAM = {
    "from": {"stop_id": "tlt:09005-1"},
    "to": {"stop_id": "tlt:21102-1"},
    "depart_at": (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT06:10:00Z"),
    "passengers": [{"ref": "anna", "rider_category": "adult"}],
}
_CLOSING = b"GET /v1/regions HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("path", "ends_with"), [("/v1/orders", 422), ("/v1/quotes", 201)])
def test_all_who_come_are_answered_while_the_first_stand_still(
    server: Server, path: str, ends_with: int
) -> None:
    found = httpx.post(f"{server.url}/v1/journeys", json=_TRAM, timeout=60).json()["itineraries"][0]
    body = {"quote_id": "q"} if path == "/v1/orders" else {"offer_id": found["offer_id"]}

    def order(_: int) -> httpx.Response:
        head = {"Idempotency-Key": str(uuid.uuid4())}
        return httpx.post(f"{server.url}{path}", json=body, headers=head, timeout=40)

    with server.database.engine.connect() as stall, ThreadPoolExecutor(30) as callers:
        stall.execute(sa.text("LOCK TABLE quote IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        asked = [callers.submit(order, number) for number in range(30)]
        while sum(one.done() for one in asked) < 27 and time.monotonic() - began < 10:
            time.sleep(0.05)
        read = httpx.get(f"{server.url}/v1/regions", timeout=5)
        took = time.monotonic() - began
        told = [one.result().json()["code"] for one in asked if one.done()]
        stall.rollback()
        answers = [one.result() for one in asked]

    assert told == ["in_queue"] * 27
    assert took < 5
    assert read.status_code == 200
    assert {answer.status_code for answer in answers} == {ends_with, 429}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whoever_does_not_hang_up_holds_nobody_up(server: Server) -> None:
    silent = []
    began = time.monotonic()
    for _ in range(20):
        one = socket.create_connection(("127.0.0.1", server.port), 30)
        one.sendall(_CLOSING)
        assert b"200 OK" in one.recv(100)
        silent.append(one)
    took = time.monotonic() - began
    rests = []
    for one in silent:
        one.settimeout(10)
        while rest := one.recv(65_536):
            rests.append(rest)
        one.close()

    assert took < 4
    assert httpx.get(f"{server.url}/v1/regions", timeout=5).status_code == 200
