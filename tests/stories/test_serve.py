"""`throughfare serve` as an operator runs it: workers that share what was read sell side by side, and one may die."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.source_tree import ROOT

_PATIENCE_SECONDS = 60
_WAY = {
    "from": {"place": "Kopli"},
    "to": {"place": "Balti jaam"},
    "depart_at": "2027-10-12T06:10:00+03:00",
    "passengers": [{"ref": "anna", "rider_category": "adult"}],
}


@dataclass
class Service:
    """The process of gunicorn that begot the workers."""

    process: subprocess.Popen[bytes]
    client: httpx.Client

    def workers(self) -> list[int]:
        """The process ids of the workers."""
        pid = self.process.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]

    def buy(self) -> str:
        """Buy a ticket; answers the state of the order."""
        found = self.post("/v1/journeys", _WAY)
        offer = next(one["offer_id"] for one in found["itineraries"] if one["offer_id"])
        order = self.post("/v1/orders", {"quote_id": self.post("/v1/quotes", {"offer_id": offer})["id"]})
        paid = self.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, order["access_token"])
        return str(paid["state"])

    def post(self, path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        """Call the service as an app does."""
        headers = {"Idempotency-Key": str(uuid.uuid4())} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        answer = self.client.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        document: dict[str, Any] = answer.json()
        return document


@pytest.fixture
def service(tmp_path: Path, database_url: str) -> Iterator[Service]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "gate"))),
        "THROUGHFARE_DATABASE_URL": database_url,
        "THROUGHFARE_KEYS_FOLDER": str(tmp_path / "keys"),
        "THROUGHFARE_LIVE_SECONDS": "0",
        "THROUGHFARE_RATE_LIMITS": "off",
    }
    words = [
        "-c",
        "from ticketing.cli import main; main()",
        "serve",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "2",
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *words], cwd=tmp_path, env=environment, stderr=log, stdout=log
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            _until_ready(process, client, tmp_path / "log")
            yield Service(process, client)
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


def _until_ready(process: subprocess.Popen[bytes], client: httpx.Client, log: Path) -> None:
    ends = time.monotonic() + _PATIENCE_SECONDS
    while True:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < ends, log.read_text(encoding="utf-8")
        try:
            if client.get("/readyz").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)


@pytest.mark.programs
def test_workers_that_share_a_region_sell_at_once_and_one_may_die(service: Service) -> None:
    """No connection to the database is shared with the region: eight buyers at once would read each other's answers."""
    with ThreadPoolExecutor(8) as buyers:
        sold = list(buyers.map(lambda _: service.buy(), range(8)))
    before = service.workers()
    os.kill(before[0], signal.SIGKILL)
    ends = time.monotonic() + _PATIENCE_SECONDS
    while set(service.workers()) == set(before) or len(service.workers()) < 2:
        assert time.monotonic() < ends
        time.sleep(0.05)

    assert sold == ["ticketed"] * 8
    assert service.buy() == "ticketed"
    assert (service.process.poll(), len(service.workers())) == (None, 2)


@pytest.mark.programs
def test_a_request_that_cannot_be_read_is_refused_with_the_headers_of_every_answer(service: Service) -> None:
    """gunicorn refuses it before the service sees it: its own page has no type of letters and none of these headers."""
    host, port = service.client.base_url.host, service.client.base_url.port or 80
    with socket.create_connection((host, port), timeout=30) as line:
        line.sendall(b"GET /<script> HTTP/9.9\r\n\r\n")
        head, _, body = b"".join(iter(lambda: line.recv(65_536), b"")).partition(b"\r\n\r\n")
    ours = service.client.get("/nowhere").headers

    said = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    names = (
        "Content-Type",
        "Content-Security-Policy",
        "Strict-Transport-Security",
        "X-Content-Type-Options",
        "Referrer-Policy",
        "Cache-Control",
    )
    assert {name: said[name] for name in names} == {name: ours[name] for name in names}
    assert json.loads(body) == {"type": "about:blank", "title": "Bad Request", "status": 400}
