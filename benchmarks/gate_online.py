"""The gate online, over HTTP, beside the least that such an endpoint can do: the same server, database and tickets.

`python -m benchmarks.gate_online` prints the figures; `python -m benchmarks.gates` writes them down with the others.
"""

import contextlib
import http.client
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import databases
from tests.ticketing.gate.stock import put_ticket
from ticketing.cli.serve import gunicorn
from ticketing.clock import SystemClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.identity import create_key
from ticketing.tickets.issue import status_list_of
from ticketing.tickets.jws import Signer
from ticketing.tickets.keys import KeyStore

_SHOWN, _WARM, _ROUNDS, _PARALLEL = 1240, 40, 31, 64
_GOAL = 2.0


@dataclass(frozen=True, slots=True)
class Door:
    """One server that is asked, over a connection that stays open."""

    port: int
    secret: str

    def connect(self) -> http.client.HTTPConnection:
        """A connection as a gate keeps it."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def show(self, connection: http.client.HTTPConnection, token: str) -> str:
        """Present a ticket; the reason of the answer."""
        body = {"scan_id": str(uuid.uuid4()), "token": token, "device_ts": datetime.now(UTC).isoformat()}
        head = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/validations", json.dumps(body), head)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        assert answer.status == 200, content  # noqa: PLR2004
        return str(content["reason"])


def online() -> list[tuple[str, str]]:
    """Both databases: one gate after the other, and many at once."""
    rows: list[tuple[str, str]] = []
    for name, opened in databases.BOTH:
        with tempfile.TemporaryDirectory() as scratch, opened(Path(scratch)) as url:
            rows += _measure(name, url, Path(scratch))
    return rows


def _measure(name: str, url: str, folder: Path) -> list[tuple[str, str]]:
    settings = Settings(database_url=url, keys_folder=folder / "keys")
    database = Database(url)
    upgrade(database)
    keys = KeyStore(settings.keys_folder, settings.key_passphrase)
    now = datetime.now(UTC)
    keys.create_missing(now)
    signer, day = Signer(*keys.signer_key("ticket")), status_list_of(now)
    tokens = [
        put_ticket(
            database,
            f"{number:022}",
            at=now,
            signer=signer,
            status_list=day,
            uri=f"{settings.public_url}/s/{day}",
            demo=True,
        ).token
        for number in range(_SHOWN + _PARALLEL * 10)
    ]
    secret = create_key(database, SystemClock(), role="gate", operator="tlt", label="bench")[1]
    database.close()
    ours = {
        "THROUGHFARE_DATABASE_URL": url,
        "THROUGHFARE_KEYS_FOLDER": str(settings.keys_folder),
        "THROUGHFARE_LOG_FORMAT": "json",
    }
    least = {"LEAST_URL": url.replace("bench.db", "least.db"), "LEAST_KEYS": str(settings.keys_folder)}
    with (
        _served("wsgi:app", ours, folder) as one,
        _served("benchmarks.gate_least:app", least, folder) as other,
    ):
        doors = {"ours": Door(one, secret), "minimal": Door(other, secret)}
        return [*_one_by_one(name, doors, tokens[:_SHOWN]), *_at_once(name, doors["ours"], tokens[_SHOWN:])]


def _one_by_one(name: str, doors: dict[str, Door], tokens: Sequence[str]) -> list[tuple[str, str]]:
    """One client, contenders in turn in blocks, in random order; the ratio is the median over the blocks."""
    held = {which: door.connect() for which, door in doors.items()}
    for token in tokens[:_WARM]:
        for which, door in doors.items():
            assert door.show(held[which], token) == "ok"
    rest = tokens[_WARM:]
    size = len(rest) // _ROUNDS
    times: dict[str, list[list[float]]] = {which: [] for which in doors}
    for turn in range(_ROUNDS):
        block = rest[turn * size : (turn + 1) * size]
        for which in random.sample(list(doors), len(doors)):
            took = []
            for token in block:
                began = time.perf_counter()
                reason = doors[which].show(held[which], token)
                took.append((time.perf_counter() - began) * 1000)
                assert reason == "ok", reason
            times[which].append(took)
    ratios = [
        statistics.median(mine) / statistics.median(theirs)
        for mine, theirs in zip(times["ours"], times["minimal"], strict=True)
    ]
    low, middle, high = statistics.quantiles(ratios, n=4)
    cut = {which: statistics.quantiles(itertools.chain(*blocks), n=100) for which, blocks in times.items()}
    return [
        (f"online decision over HTTP, {name}: p50 / p95 / p99", _row(cut["ours"])),
        (
            f"minimal endpoint (signature, row, commit) over HTTP, {name}: p50 / p95 / p99",
            _row(cut["minimal"]),
        ),
        (
            f"online decision, {name}: ratio of the p50 to the minimal endpoint (spread {(high - low) / middle:.0%}; goal {_GOAL:g})",
            f"{middle:.2f}",
        ),
    ]


def _at_once(name: str, door: Door, tokens: Sequence[str]) -> list[tuple[str, str]]:
    """64 gates at once, each with a connection of its own, one ticket after the other without a pause."""

    def gate(number: int) -> list[float]:
        connection, took = door.connect(), []
        for token in tokens[number::_PARALLEL]:
            began = time.perf_counter()
            assert door.show(connection, token) == "ok"
            took.append((time.perf_counter() - began) * 1000)
        return took

    with ThreadPoolExecutor(_PARALLEL) as pool:
        cut = statistics.quantiles(itertools.chain(*pool.map(gate, range(_PARALLEL))), n=100)
    return [
        (
            f"64 gates at once without a pause, two workers, {name}: p50 / p95 / p99 (goal p95 100 ms, p99 250 ms)",
            _row(cut),
        )
    ]


def _row(cut: Sequence[float]) -> str:
    return f"{cut[49]:.1f} / {cut[94]:.1f} / {cut[98]:.1f} ms"


@contextlib.contextmanager
def _served(application: str, environment: dict[str, str], folder: Path, workers: int = 1) -> Iterator[int]:
    """Serve an application as `throughfare serve` does; its log goes to a file."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [
        part if part != "wsgi:app" else application for part in gunicorn(f"127.0.0.1:{port}", workers, 8)
    ]
    with (folder / f"{port}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *command[1:]], env={**os.environ, **environment}, stdout=log, stderr=log
        )
        try:
            _wait_for(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        assert process.poll() is None, "the server has ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
            return
        time.sleep(0.1)
    raise TimeoutError("the server does not answer")


def main() -> None:
    """Measure and print."""
    for name, value in online():
        print(f"{name:<100} {value:>24}")


if __name__ == "__main__":
    main()
