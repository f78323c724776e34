"""Two deployments as processes: each with its own database, keys, issuer, server and worker, and gates that fetch over HTTP."""

import json
import os
import re
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.source_tree import ROOT
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.decision import Bundle, Gate, Presented, Seen, decide
from throughfare_gate.tickets.claims import TYP
from throughfare_gate.tickets.jwk import load_jwks
from throughfare_gate.tickets.jws import Signer
from throughfare_gate.tickets.strict import decode_base64url, json_object
from ticketing.config import DEMO_PASSPHRASE
from ticketing.tickets.issue import TicketOrder, status_list_of, ticket_payload
from ticketing.tickets.keys import KeyStore

PATIENCE_SECONDS = 120
# Each round of a worker takes a third of a second of a processor.
PAUSE = "0.5" if os.environ.get("SOAK") else "2"
_PROGRAM = "from ticketing.cli import main; main()"
_LAST_PLACE = 2**20 - 1
_KEY = re.compile(r"\btf_\S+")


@dataclass
class Door:
    """A gate: it fetches the bundle of its operator over HTTP in its rhythm, and decides by what it holds."""

    deployment: "Deployment"
    operator: str
    key: str
    held: Bundle | None = None
    removed: tuple[str, ...] = ()

    def fetch(self) -> None:
        """Fetch the bundle and take it in as a gate does."""
        answer = self.deployment.client.get(
            f"/v1/operators/{self.operator}/gate-bundle",
            params={"since": 0, "format": 2},
            headers={"Authorization": f"Bearer {self.key}"},
        )
        assert answer.is_success, answer.text
        arriving, _ = bundles.read(answer.text, self.deployment.bundle_keys(), self.operator)
        self.held = bundles.succeed(self.held, arriving)
        self.removed = tuple(json_object(decode_base64url(answer.text.split(".")[1]))["removed"])

    def says(self, token: str) -> str:
        """Decide about a ticket by the bundle that is held."""
        assert self.held
        return decide(
            Presented(token), self.held, Seen(), int(time.time()), Gate(operator=self.operator)
        ).reason


@dataclass
class Deployment:
    """One deployment: its folder, its address, its processes."""

    name: str
    region: str
    operators: tuple[str, ...]
    folder: Path
    port: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.address, timeout=30)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def issuer(self) -> str:
        return f"{self.name}.example"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("THROUGHFARE_")},
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "gate"))),
            "THROUGHFARE_DATABASE_URL": f"sqlite:///{self.folder / 'throughfare.db'}",
            "THROUGHFARE_KEYS_FOLDER": str(self.folder / "keys"),
            "THROUGHFARE_CACHE_FOLDER": os.environ["THROUGHFARE_CACHE_FOLDER"],
            "THROUGHFARE_MAIL_FOLDER": str(self.folder / "mail"),
            "THROUGHFARE_REGIONS": self.region,
            "THROUGHFARE_ISSUER": self.issuer,
            "THROUGHFARE_PUBLIC_URL": self.address,
            "THROUGHFARE_MESSAGES_REACH": "anywhere",
            "THROUGHFARE_LIVE_SECONDS": "0",
            "THROUGHFARE_RATE_LIMITS": "off",
            **self.settings,
        }

    def run(self, *words: str) -> str:
        """Run a command of the deployment; answers what it prints."""
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr[-2000:]}"
        return done.stdout

    def start(self, name: str, *words: str) -> None:
        """Start a process of the deployment, with a log of its own."""
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-c", _PROGRAM, *words],
                    cwd=self.folder,
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                )
            )

    def keys(self) -> KeyStore:
        return KeyStore(self.folder / "keys", DEMO_PASSPHRASE)

    def bundle_keys(self) -> Any:
        return load_jwks(self.client.get("/.well-known/gate-bundle-jwks.json").json())

    def doors(self, count: int) -> list[Door]:
        """Set up gates, each with the key of its operator, and let each fetch."""
        made = {
            name: _KEY.findall(self.run("access", "create", "--role", "gate", "--operator", name))[0]
            for name in self.operators
        }
        doors = [
            Door(self, name, made[name])
            for at in range(count)
            for name in [self.operators[at % len(self.operators)]]
        ]
        for door in doors:
            door.fetch()
        return doors

    def incident(self, incident_id: str) -> dict[str, Any]:
        """Show an incident, as a program reads it."""
        shown: dict[str, Any] = json.loads(self.run("incidents", "show", incident_id, "--json"))
        return shown

    def progress(self) -> tuple[object, ...]:
        """The numbers of steps, and of those that partners have, straight from the file."""
        with closing(sqlite3.connect(f"file:{self.folder / 'throughfare.db'}?mode=ro", uri=True)) as file:
            return tuple(
                file.execute(
                    "SELECT (SELECT count(*) FROM incident_step), (SELECT count(delivered_at) FROM incident_delivery)"
                ).fetchone()
            )

    def incidents(self) -> list[str]:
        """List the ids of all incidents."""
        return [line.split()[0] for line in self.run("incidents", "list").splitlines()]


def until_told(deployment: Deployment, holds: Callable[[], Any], what: str) -> Any:
    """Ask a deployment until something holds, with a command each time that its incidents have changed; answers it.

    A command takes seconds of a processor to start: whoever asked without a pause would keep the workers from their work.
    """
    asked_at: list[object] = []

    def answer() -> Any:
        now = deployment.progress()
        if asked_at[-1:] == [now]:
            return None
        asked_at.append(now)
        return holds()

    return until(answer, what)


def until(holds: Callable[[], Any], what: str) -> Any:
    """Ask until something holds; answers it."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = holds()
        if answer:
            return answer
        assert time.monotonic() < ends, f"it never came to pass that {what}"
        time.sleep(0.2)


@contextmanager
def running(*deployments: Deployment) -> Iterator[None]:
    """Make the databases, and run a server and a worker for each."""
    try:
        for one in deployments:
            one.folder.mkdir(parents=True, exist_ok=True)
            one.run("db", "upgrade")
            one.start("server", "serve", "--bind", f"127.0.0.1:{one.port}", "--workers", "1")
            one.start("worker", "worker", "--pause", PAUSE)
        for one in deployments:
            until(lambda one=one: _is_ready(one), f"{one.name} is ready")
        yield
    finally:
        for one in deployments:
            one.client.close()
            for process in one.processes:
                process.terminate()
            for process in one.processes:
                process.wait(PATIENCE_SECONDS)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def forged(deployment: Deployment, signer: Signer, operator: str) -> str:
    """Sign what a thief would with a stolen key, at a place of the list that no ticket has."""
    now = datetime.now(UTC)
    listed = status_list_of(now)
    wanted = TicketOrder(
        jti=secrets.token_urlsafe(16),
        product="through",
        legs=((operator, "A", "B"),),
        passengers=1,
        category=None,
        issued_at=now - timedelta(minutes=1),
        not_before=now - timedelta(minutes=1),
        expires_at=now + timedelta(hours=2),
        status_list=listed,
        status_index=_LAST_PLACE,
    )
    payload = ticket_payload(wanted, deployment.issuer, f"{deployment.address}/s/{listed}", demo=True)
    return signer.sign(TYP, payload)


def _is_ready(deployment: Deployment) -> bool:
    for process in deployment.processes:
        assert process.poll() is None, (deployment.folder / "server.log").read_text(encoding="utf-8")[-3000:]
    try:
        return deployment.client.get("/readyz").is_success
    except httpx.TransportError:
        return False
