"""pretix as a service of its own: in the environment that `make bench-peers` has made, over a PostgreSQL database of the race."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.gate_online import wait_for

VENV = Path(".peers/pretix")
_SCENE = Path("benchmarks/peers/pretix_scene.py").resolve()
_EVENT = "/api/v1/organizers/bench/events/tram"
_THREADS = 8


@dataclass(frozen=True, slots=True)
class Pretix:
    """A shop that is served, over a connection that stays open; `item` is what it sells and `gate` its check-in list."""

    connection: http.client.HTTPConnection
    token: str
    item: int
    gate: int

    def order(self) -> str:
        """Sell one paid order in one call; answers the secret of its ticket."""
        position = {"item": self.item, "price": "2.00", "attendee_name": "Anna", "answers": []}
        body = {
            "status": "p",
            "email": "anna@example.org",
            "locale": "en",
            "payment_provider": "manual",
            "positions": [position],
        }
        sold = self._post(f"{_EVENT}/orders/", body, HTTPStatus.CREATED)
        assert sold["status"] == "p", sold
        assert sold["total"] == "2.00", sold
        return str(sold["positions"][0]["secret"])

    def order_and_pay(self) -> str:
        """Sell one order and mark it as paid in a second call; answers the secret of its ticket."""
        position = {"item": self.item, "price": "2.00", "attendee_name": "Anna", "answers": []}
        body = {"status": "n", "email": "anna@example.org", "locale": "en", "positions": [position]}
        placed = self._post(f"{_EVENT}/orders/", body, HTTPStatus.CREATED)
        paid = self._post(
            f"{_EVENT}/orders/{placed['code']}/mark_paid/", {"send_email": False}, HTTPStatus.OK
        )
        assert paid["status"] == "p", paid
        return str(placed["positions"][0]["secret"])

    def redeem(self, secret: str) -> str:
        """Present a ticket at the gate; answers the status, or why it is refused."""
        body = {"secret": secret, "source_type": "barcode", "lists": [self.gate]}
        answer = self._post("/api/v1/organizers/bench/checkinrpc/redeem/", body)
        return str(answer["reason"] if answer["status"] == "error" else answer["status"])

    def _post(self, path: str, body: Any, wanted: HTTPStatus | None = None) -> Any:
        head = {
            "Authorization": f"Token {self.token}",
            "Content-Type": "application/json",
            "Host": "localhost",
            "X-Forwarded-Proto": "https",
        }
        self.connection.request("POST", path, json.dumps(body), head)
        answer = self.connection.getresponse()
        content = answer.read()
        assert wanted is None or answer.status == wanted, (answer.status, content[:2000])
        return json.loads(content)


@contextlib.contextmanager
def served(url: str, folder: Path) -> Iterator[Pretix]:
    """Migrate an empty database, set the scene, and serve it by one worker with eight threads, as our service is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    environment = _environment(url, folder, port)
    python = str((VENV / "bin/python").absolute())
    _run([python, "-m", "pretix", "migrate"], environment, folder)
    scene = json.loads(_run([python, str(_SCENE)], environment, folder).splitlines()[-1])
    command = [python, "-m", "gunicorn", "pretix.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class"]
    command += ["gthread", "--workers", "1", "--threads", str(_THREADS), "--timeout", "120"]
    with (folder / "pretix.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            wait_for(port, process)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            yield Pretix(connection, scene["token"], scene["item"], scene["list"])
        finally:
            process.terminate()
            process.wait(20)


def _environment(url: str, folder: Path, port: int) -> dict[str, str]:
    """Say to pretix where its database is; everything else stays as pretix ships it."""
    at = urlsplit(url)
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "pretix.settings",
        "PRETIX_CONFIG_FILE": str(folder / "pretix.cfg"),
        "PRETIX_PRETIX_URL": f"http://localhost:{port}",
        "PRETIX_DATABASE_BACKEND": "postgresql",
        "PRETIX_DATABASE_NAME": at.path.lstrip("/"),
        "PRETIX_DATABASE_USER": at.username or "",
        "PRETIX_DATABASE_HOST": at.hostname or "",
        "PRETIX_DATABASE_PORT": str(at.port or ""),
    }


def _run(command: list[str], environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
