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
from throughfare_gate.tickets.jws import Signer
from ticketing.cli.serve import gunicorn
from ticketing.clock import SystemClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.identity import create_key
from ticketing.tickets.issue import status_list_of
from ticketing.tickets.keys import KeyStore

_SHOWN, _WARM, _ROUNDS, _PARALLEL = 1240, 40, 31, 64
_GOAL = 2.0
_WORKERS = 2
_CPU_GOAL_MS = 2.0
_PATIENCE = 300


@dataclass(frozen=True, slots=True)
class Door:
    """One server that is asked, over a connection that stays open; `master` is its first process."""

    port: int
    secret: str
    master: int

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
        served("wsgi:app", ours, folder) as one,
        served("benchmarks.gate_least:app", least, folder) as other,
    ):
        doors = {
            "ours": Door(one.port, secret, one.master),
            "minimal": Door(other.port, secret, other.master),
        }
        rows = _one_by_one(name, doors, tokens[:_SHOWN])
    with served("wsgi:app", ours, folder, _WORKERS) as two:
        return [*rows, *_at_once(name, Door(two.port, secret, two.master), tokens[_SHOWN:])]


def _one_by_one(name: str, doors: dict[str, Door], tokens: Sequence[str]) -> list[tuple[str, str]]:
    """One client, contenders in turn in blocks, in random order; the ratio is the median over the blocks."""
    held = {which: door.connect() for which, door in doors.items()}
    for token in tokens[:_WARM]:
        for which, door in doors.items():
            assert door.show(held[which], token) == "ok"
    rest = tokens[_WARM:]
    size = len(rest) // _ROUNDS
    times: dict[str, list[list[float]]] = {which: [] for which in doors}
    spent = dict.fromkeys(doors, 0.0)
    for turn in range(_ROUNDS):
        block = rest[turn * size : (turn + 1) * size]
        for which in random.sample(list(doors), len(doors)):
            took = []
            before = cpu_seconds(doors[which].master)
            for token in block:
                began = time.perf_counter()
                reason = doors[which].show(held[which], token)
                took.append((time.perf_counter() - began) * 1000)
                assert reason == "ok", reason
            spent[which] += cpu_seconds(doors[which].master) - before
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
        *_by_core(name, {which: seconds * 1000 / (size * _ROUNDS) for which, seconds in spent.items()}),
    ]


def _by_core(name: str, each: dict[str, float]) -> Iterator[tuple[str, str]]:
    """The processor time of one validation in the service's own processes, and so many of them a core answers."""
    for which, label in (("ours", "online decision"), ("minimal", "minimal endpoint")):
        goal = f" (goal {_CPU_GOAL_MS:g} ms, {1000 / _CPU_GOAL_MS:.0f})" if which == "ours" else ""
        yield (
            f"{label}, {name}: processor time of the service each / a second on one core{goal}",
            f"{each[which]:.2f} ms / {1000 / each[which]:,.0f}",
        )


def _at_once(name: str, door: Door, tokens: Sequence[str]) -> list[tuple[str, str]]:
    """64 gates at once, each with a connection of its own, one ticket after the other without a pause."""

    def gate(number: int) -> list[float]:
        connection, took = door.connect(), []
        for token in tokens[number::_PARALLEL]:
            began = time.perf_counter()
            assert door.show(connection, token) == "ok"
            took.append((time.perf_counter() - began) * 1000)
        return took

    _warm_all(door)
    before = _worked(door.master)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        cut = statistics.quantiles(itertools.chain(*pool.map(gate, range(_PARALLEL))), n=100)
    assert _all_worked(before, _worked(door.master)), f"not all of {_WORKERS} workers have served"
    return [
        (
            f"{_PARALLEL} gates at once without a pause, {_WORKERS} workers, {name}: p50 / p95 / p99 (goal p95 100 ms, p99 250 ms)",
            _row(cut),
        )
    ]


def _warm_all(door: Door) -> None:
    """Ask until every worker answers at once: one that still loads the application takes no part in a race."""
    for _ in range(_PATIENCE):
        before = _worked(door.master)
        began = time.perf_counter()
        with ThreadPoolExecutor(_PARALLEL) as pool:
            list(pool.map(lambda _: _ask_health(door), range(_PARALLEL)))
        quick = time.perf_counter() - began < 1
        if quick and len(before) == _WORKERS and _all_worked(before, _worked(door.master)):
            return
        time.sleep(0.2)
    raise TimeoutError("not every worker answers")


def _ask_health(door: Door) -> None:
    connection = door.connect()
    for _ in range(3):
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    connection.close()


def _all_worked(before: dict[int, int], after: dict[int, int]) -> bool:
    return before.keys() == after.keys() and all(after[worker] > ticks for worker, ticks in before.items())


def _children(master: int) -> list[int]:
    return list(map(int, Path(f"/proc/{master}/task/{master}/children").read_text().split()))


def _worked(master: int) -> dict[int, int]:
    """The processor time of each worker of a server, in clock ticks (proc(5): utime and stime)."""
    worked = {}
    for worker in _children(master):
        fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
        worked[worker] = int(fields[11]) + int(fields[12])
    return worked


def cpu_seconds(master: int) -> float:
    """The processor time that a server's workers have used together."""
    return sum(_worked(master).values()) / os.sysconf("SC_CLK_TCK")


def _row(cut: Sequence[float]) -> str:
    return f"{cut[49]:.1f} / {cut[94]:.1f} / {cut[98]:.1f} ms"


@dataclass(frozen=True, slots=True)
class Served:
    """The address of a server, and its first process."""

    port: int
    master: int


@contextlib.contextmanager
def served(application: str, environment: dict[str, str], folder: Path, workers: int = 1) -> Iterator[Served]:
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
            wait_for(port, process)
            yield Served(port, process.pid)
        finally:
            process.terminate()
            process.wait(20)


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a server takes connections; its end is an error."""
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
