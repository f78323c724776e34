"""Measure how long a revocation takes to every gate: real gates fetch from a real service while tickets are revoked.

Each gate is the gate's own courier with its store, in a thread; a ticket is revoked at a random moment, and each gate is
watched until the list that it holds refuses it. `python -m benchmarks.revocations [GATES] [SECONDS] [--write]`.
"""

import argparse
import contextlib
import json
import os
import random
import statistics
import sys
import tempfile
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import databases
from tests.ticketing.validator.server import Gate, Server, serving
from throughfare_gate.gate.decision import Gate as Door
from throughfare_gate.gate.decision import Presented, Seen, decide
from throughfare_gate.validator.courier import Courier
from throughfare_gate.validator.flap import Flap
from throughfare_gate.validator.identity import load
from throughfare_gate.validator.store import Store
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.db.ticket import tickets

PAGE = Path("docs/reliability.md")
_TITLE = "## A revocation on its way to the gates\n"
_GOAL_SECONDS = 10.0
_TICKETS = 30


@dataclass(slots=True)
class Watched:
    """The seconds from each revocation to each gate."""

    lags: list[float] = field(default_factory=list)
    missed: int = 0


def measure(gates: int, seconds: float) -> Watched:
    """Serve, enrol the gates, revoke tickets over so many seconds, and watch."""
    with tempfile.TemporaryDirectory() as scratch, databases.postgresql(Path(scratch)) as url:
        folder, database = Path(scratch), Database(url)
        upgrade(database)
        with serving(database, folder, workers=2) as server:
            shown = [server.ticket() for _ in range(_TICKETS)]
            with contextlib.ExitStack() as stack:
                flaps = [stack.enter_context(_gate(server, folder / f"gate-{at}", at)) for at in range(gates)]
                _await_bundles(flaps)
                return _watch(database, flaps, shown, seconds)


@contextlib.contextmanager
def _gate(server: Server, folder: Path, number: int) -> Iterator[Flap]:
    enrolled: Gate = server.gate(folder, f"gate {number}")
    identity = load(enrolled.folder)
    store = Store(enrolled.folder / "gate.db")
    flap = Flap(identity.enrolment, store)
    courier = Courier(identity, store, flap, lambda _: None)
    courier.start()
    yield flap
    courier.stop(0)


def _await_bundles(flaps: Sequence[Flap]) -> None:
    ends = time.monotonic() + 60
    while any(flap.bundle is None for flap in flaps) and time.monotonic() < ends:
        time.sleep(0.1)


def _watch(database: Database, flaps: Sequence[Flap], shown: Sequence[str], seconds: float) -> Watched:
    """Revoke one ticket after the other at random moments; a gate knows it once it answers something else than before."""
    seen, began = Watched(), time.monotonic()
    moments = sorted(random.uniform(0, seconds) for _ in shown)
    before = [[_reason(flap, token) for flap in flaps] for token in shown]
    waiting: dict[tuple[int, int], float] = {}
    coming = list(enumerate(moments))
    while (coming or waiting) and time.monotonic() - began < seconds + 90:
        while coming and time.monotonic() - began >= coming[0][1]:
            number, _ = coming.pop(0)
            with database.write() as tx:
                tickets.revoke_tickets(tx, [_jti(shown[number])], datetime.now(UTC))
            waiting |= {(number, gate): time.monotonic() for gate in range(len(flaps))}
        for (number, gate), since in list(waiting.items()):
            if _reason(flaps[gate], shown[number]) != before[number][gate]:
                seen.lags.append(time.monotonic() - since)
                del waiting[number, gate]
        time.sleep(0.05)
    seen.missed = len(waiting)
    return seen


def _reason(flap: Flap, token: str) -> str:
    assert flap.bundle is not None
    return decide(Presented(token), flap.bundle, Seen(), int(time.time()), Door(operator="tlt")).reason


def _jti(token: str) -> str:
    payload = token.split(".")[1]
    return str(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"])


def main() -> None:
    """Measure, print, and end with 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gates", type=int, nargs="?", default=20)
    parser.add_argument("seconds", type=float, nargs="?", default=60.0)
    parser.add_argument("--write", action="store_true", help=f"write the line into {PAGE}")
    wanted = parser.parse_args()
    load, seen = os.getloadavg()[0], measure(wanted.gates, wanted.seconds)
    cuts = statistics.quantiles(seen.lags, n=100)
    line = (
        f"{datetime.now(UTC).date()}, {os.cpu_count()} cores, load {load:.1f}: {_TICKETS} revocations within {wanted.seconds:.0f} s, "
        f"{wanted.gates} gates. p50 {cuts[49]:.1f} s, p95 {cuts[94]:.1f} s, last {max(seen.lags):.1f} s; "
        f"never: {seen.missed}. Goal: 10 s at p95."
    )
    print(line)
    if wanted.write:
        text = PAGE.read_text(encoding="utf-8")
        before, title, rest = text.partition(_TITLE)
        _, mark, after = rest.partition("\n## ")
        about = "Written by `python -m benchmarks.revocations --write`: gates with their own couriers, a service with two workers."
        PAGE.write_text(f"{before}{title}\n{about}\n\n{line}\n{mark}{after}", encoding="utf-8")
    sys.exit(0 if cuts[94] <= _GOAL_SECONDS and not seen.missed else 1)


if __name__ == "__main__":
    main()
