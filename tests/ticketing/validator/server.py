"""A real server process for gates to talk to, and gates as real processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import httpx

from tests.ticketing.gate.stock import put_ticket
from throughfare_gate.tickets.jws import Signer
from ticketing.clock import SystemClock
from ticketing.config import DEMO_PASSPHRASE
from ticketing.db import Database
from ticketing.identity import create_key
from ticketing.tickets.issue import status_list_of
from ticketing.tickets.keys import KeyStore

ROOT = Path(__file__).parents[3]


@dataclass
class Server:
    """The service under gunicorn on loopback; it can be taken down and brought up again."""

    database: Database
    folder: Path
    port: int
    workers: int = 1
    admin: str = ""
    process: subprocess.Popen[bytes] | None = None
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin = create_key(self.database, SystemClock(), role="admin", operator=None, label="test")[1]

    def up(self) -> None:
        """Start and wait until it is ready."""
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "wsgi:app",
                "--worker-class",
                "ticketing.serving.Worker",
                "--bind",
                f"127.0.0.1:{self.port}",
                "--workers",
                str(self.workers),
                "--threads",
                "8",
                "--no-control-socket",
            ],
            cwd=ROOT,
            env=self.environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        for _ in range(400):
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                assert self.process.poll() is None, (self.folder / "server.log").read_text()
            time.sleep(0.05)
        raise AssertionError((self.folder / "server.log").read_text())

    def down(self) -> None:
        """Kill it without a word, workers and all."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def environment(self) -> dict[str, str]:
        """The settings of the service."""
        return {
            **os.environ,
            "THROUGHFARE_DATABASE_URL": self.database.url.render_as_string(hide_password=False).replace(
                "+psycopg", ""
            ),
            "THROUGHFARE_KEYS_FOLDER": str(self.folder / "keys"),
            "THROUGHFARE_PUBLIC_URL": self.url,
            "THROUGHFARE_WARM_UP": "off",  # gates make no searches
        }

    def post(self, path: str, body: Any) -> dict[str, Any]:
        """POST as the administrator."""
        answer = httpx.post(
            self.url + path, json=body, headers={"Authorization": f"Bearer {self.admin}"}, timeout=20
        )
        assert answer.status_code in {200, 201, 204}, answer.text
        return dict(answer.json()) if answer.content else {}

    def devices(self, operator: str = "tlt") -> list[dict[str, Any]]:
        """The list of devices."""
        path = f"{self.url}/v1/operators/{operator}/devices"
        answer = httpx.get(path, headers={"Authorization": f"Bearer {self.admin}"}, timeout=20)
        return list(answer.json()["devices"])

    def ticket(self, **more: Any) -> str:
        """Sign and store a ticket of now."""
        keys = KeyStore(self.folder / "keys", DEMO_PASSPHRASE)
        now = datetime.now(UTC)
        made = put_ticket(
            self.database,
            token_urlsafe(16),
            at=now - timedelta(minutes=5),
            signer=Signer(*keys.signer_key("ticket")),
            uri=f"{self.url}/s/{status_list_of(now)}",
            status_list=status_list_of(now),
            demo=True,
            **more,
        )
        return made.token

    def gate(self, folder: Path, name: str = "Kopli 1", operator: str = "tlt") -> "Gate":
        """Enrol a gate."""
        code = self.post(f"/v1/operators/{operator}/device-codes", {"name": name})["code"]
        enrolled = subprocess.run(
            [
                sys.executable,
                "-m",
                "throughfare_gate.validator",
                "enrol",
                "--server",
                self.url,
                "--code",
                code,
                "--folder",
                folder,
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert enrolled.returncode == 0, enrolled.stderr
        return Gate(folder)


@dataclass
class Gate:
    """The validator as a process, fed by lines."""

    folder: Path
    process: subprocess.Popen[str] | None = None

    def start(self, *more: str) -> "Gate":
        """Start it."""
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "throughfare_gate.validator",
                "run",
                "--json",
                "--folder",
                str(self.folder),
                *more,
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        return self

    def show(self, code: str) -> dict[str, Any]:
        """Present a code and wait for the answer."""
        assert self.process
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(code + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read() if self.process.stderr else ""
        return dict(json.loads(line))

    def throw(self, codes: list[str]) -> None:
        """Feed codes and cut the power as soon as the first is answered, if not before."""
        assert self.process
        assert self.process.stdin
        self.process.stdin.write("".join(f"{code}\n" for code in codes))
        self.process.stdin.flush()
        self.kill()

    def await_note(self, text: str) -> None:
        """Wait until staff read this."""
        assert self.process
        assert self.process.stderr
        while text not in (line := self.process.stderr.readline()):
            assert line

    def kill(self) -> None:
        """The power fails."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.close()

    def end(self) -> str:
        """The scanner is unplugged; gives what staff read."""
        assert self.process
        _, notes = self.process.communicate(timeout=60)
        return notes

    def close(self) -> None:
        """Wait and close the pipes."""
        assert self.process
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue


@contextmanager
def serving(database: Database, folder: Path, workers: int = 1) -> Iterator[Server]:
    """A server that is up, and down in the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    KeyStore(folder / "keys", DEMO_PASSPHRASE).create_missing(datetime.now(UTC))
    server = Server(database, folder, port, workers)
    server.up()
    try:
        yield server
    finally:
        server.down()
