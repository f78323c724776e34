"""Rehearse every region for a long time, with another seed each time: `python -m tests.rehearsal.soak`, by `make soak`.

Two rehearsals run beside each other, one of them on PostgreSQL; SOAK_MINUTES is how long (45). It says how many journeys
of each region that was, and ends with 1 when anything fell.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

from tests import postgresql
from tests.conftest import new_database
from tests.rehearsal import islands

_SHIPPED = ("helsinki-tallinn", "oresund", "lille-kortrijk-tournai", "alentejo-extremadura")
_JOURNEYS = 250


class Soak:
    """Counts the journeys of each region and keeps what fell."""

    def __init__(self, regions: list[str], until: float) -> None:
        self._regions, self._until, self._lock = regions, until, Lock()
        self._taken: Counter[str] = Counter()
        self.played: Counter[str] = Counter()
        self.fallen: list[dict[str, Any]] = []

    def run(self, server: str | None) -> None:
        """Rehearse one region after the other until the time is over; on a PostgreSQL server, or on SQLite."""
        while time.monotonic() < self._until:
            with self._lock:
                region = min(self._regions, key=lambda one: self._taken[one])
                self._taken[region] += 1
                seed = self._taken[region]
            words = [
                "region",
                "rehearse",
                region,
                "--journeys",
                str(_JOURNEYS),
                "--seed",
                str(seed),
                "--json",
            ]
            if server:
                words += ["--database", new_database(server)]
            done = subprocess.run(
                [sys.executable, "-m", "ticketing", *words], capture_output=True, text=True, check=False
            )
            self._note(region, seed, done)

    def _note(self, region: str, seed: int, done: "subprocess.CompletedProcess[str]") -> None:
        name = Path(region).name
        try:
            told = json.loads(done.stdout)
        except ValueError:
            told = {
                "journeys": 0,
                "faults": [{"kind": "it ended", "message": done.stderr[-800:], "input": {}}],
            }
        with self._lock:
            self.played[name] += told["journeys"]
            self.fallen += [{"region": name, "seed": seed, **fault} for fault in told["faults"]]
        _say(f"{name} seed {seed}: {told['journeys']} journeys, {len(told['faults'])} faults")
        for fault in told["faults"]:
            _say(json.dumps(fault, ensure_ascii=False))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Soak; answers the exit code."""
    minutes = float(os.environ.get("SOAK_MINUTES", "45"))
    with (
        tempfile.TemporaryDirectory() as folder,
        postgresql.server() as server,
        ThreadPoolExecutor(2) as both,
    ):
        regions = [*_SHIPPED, str(islands.write(Path(folder)))]
        soak = Soak(regions, time.monotonic() + minutes * 60)
        list(both.map(soak.run, (None, server)))
    for name, count in sorted(soak.played.items()):
        _say(f"{name}: {count} journeys")
    _say(f"{sum(soak.played.values())} journeys in {minutes:g} minutes, {len(soak.fallen)} faults")
    return 1 if soak.fallen else 0


if __name__ == "__main__":
    sys.exit(main())
