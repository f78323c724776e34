"""A sale in figures: what a quote, an order and a payment ask of the database, and how much processor time they take.

The whole service answers in this process, behind its HTTP API and without a network, with the demo gateway and ferries
in memory. `python -m benchmarks.sale` prints the figures; with `--write`, and as a part of `make bench`, they are written
down in docs/performance.md.
"""

import argparse
import contextlib
import cProfile
import io
import os
import pstats
import statistics
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from rich.console import Console
from rich.table import Table

from benchmarks import databases
from operators.fake import FakeOperator
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.regions import load_regions

REGION = "helsinki-tallinn"
STEPS = ("quote", "order", "payment")
# Each way with its ends and the operators of its rides.
WAYS: dict[str, tuple[dict[str, str], dict[str, str], tuple[str, ...]]] = {
    "one tram leg": ({"place": "Kopli"}, {"place": "Balti jaam"}, ("tlt",)),
    "tram and ferry": ({"place": "Kopli"}, {"stop_id": "tallink:HEL-LT2"}, ("tlt", "tallink")),
}
_AT = datetime(2026, 10, 13, 2, 10, tzinfo=UTC)
_WARM, _SALES = 5, 60
_KINDS = ("SELECT", "INSERT", "UPDATE", "DELETE")
_COLUMNS = ("sale", *_KINDS, "all", "commits", "reads", "CPU ms", "ms")
PAGE = Path("docs/performance.md")
_TITLE = "## The cost of a sale\n"
_ABOUT = """Written by `python -m benchmarks.sale --write` (part of `make bench`), load {load:.1f}: medians of sales that are made one after the
other through the HTTP API in one process, with the demo gateway and ferries in memory. Statements are counted as they go
to the database (one with many rows counts once), commits are those of transactions that write, reads are transactions that
do not; two commits and six statements of a payment are the demo gateway's own books. CPU is that of the process, the
caller's part and on SQLite the database's included; PostgreSQL waits for its disk at each commit.
Goals, order to tickets of one tram leg: at most 46 statements, 7 commits, and on PostgreSQL 25 ms; 25 ms of CPU with the quote.
"""
_LINES, _WIDTH = 70, 150


@dataclass(slots=True)
class Step:
    """The cost of one call: statements by kind, transactions that write and that only read, seconds."""

    statements: Counter[str] = field(default_factory=Counter)
    commits: int = 0
    reads: int = 0
    cpu: float = 0.0
    wall: float = 0.0


@dataclass(slots=True)
class Watched:
    """Counts what goes to a database, into the step that is under way."""

    step: Step = field(default_factory=Step)
    told: list[str] | None = None
    profile: cProfile.Profile | None = None

    def watch(self, database: Database) -> None:
        """Listen to the engine of a database."""
        sa.event.listen(database.engine, "before_cursor_execute", self._statement)
        sa.event.listen(database.engine, "commit", self._commit)

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        word = statement.split(None, 1)[0].upper()
        if word == "BEGIN":  # SQLite is told so by name, psycopg says it by itself
            return
        self.step.statements["SELECT" if word == "WITH" else word] += 1
        if self.told is not None:
            self.told.append(statement)

    def _commit(self, connection: sa.Connection) -> None:
        wrote = connection.get_execution_options().get("throughfare_write", False)
        self.step.commits += wrote
        self.step.reads += not wrote
        if self.told is not None:
            self.told.append("COMMIT" if wrote else "(end of read)")


@dataclass(frozen=True, slots=True)
class Kiosk:
    """The service under its own roof: it sells ways one after the other."""

    app: Flask
    watched: Watched

    def sell(self, way: str) -> dict[str, Step]:
        """Search, then quote, order and pay with what each of them costs."""
        client = self.app.test_client()
        start, end, operators = WAYS[way]
        wish = {
            "from": start,
            "to": end,
            "depart_at": "2026-10-13T06:10:00+03:00",
            "passengers": [{"ref": "anna", "rider_category": "adult"}],
        }
        found = client.post("/v1/journeys", json=wish).json or {}
        offer = next(one["offer_id"] for one in found["itineraries"] if _operators(one) == operators)
        steps = {name: Step() for name in STEPS}
        quote = self._call(steps["quote"], client, "/v1/quotes", {"offer_id": offer})
        placed = self._call(steps["order"], client, "/v1/orders", {"quote_id": quote["id"]})
        paid = self._call(
            steps["payment"],
            client,
            f"/v1/orders/{placed['id']}/payments",
            {"method": "demo_ok"},
            placed["access_token"],
        )
        assert paid["state"] == "ticketed", paid
        return steps

    def _call(self, step: Step, client: Any, path: str, body: Any, token: str | None = None) -> Any:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.watched.step = step
        if self.watched.told is not None:
            self.watched.told.append(f"--- {path}")
        cpu, wall = time.process_time(), time.perf_counter()
        with self.watched.profile or contextlib.nullcontext():
            answer = client.post(path, json=body, headers=headers)
        step.cpu, step.wall = time.process_time() - cpu, time.perf_counter() - wall
        self.watched.step = Step()
        assert answer.status_code == HTTPStatus.CREATED, answer.text
        return answer.json


@contextlib.contextmanager
def opened(url: str, folder: Path) -> Iterator[Kiosk]:
    """The service over an empty database."""
    settings = Settings(database_url=url, keys_folder=folder / "keys", rate_limits=True, log_format="json")
    database = Database(url)
    database.create()
    upgrade(database)
    database.close()
    clock = FixedClock(_AT)
    ferries = {
        name: FakeOperator(name, clock.now, {"foot": 100_000}) for name in ("tallink", "viking", "eckero")
    }
    app = create_app(
        settings, clock=clock, regions=load_regions(settings), connectors={REGION: ferries}, announces=False
    )
    watched = Watched()
    database = app.extensions["throughfare"].till.database
    watched.watch(database)
    yield Kiosk(app, watched)
    database.close()


def measure(desk: Kiosk, way: str, count: int) -> dict[str, Step]:
    """Sell a way so many times: the median of each figure of each step."""
    for _ in range(_WARM):
        desk.sell(way)
    sold = [desk.sell(way) for _ in range(count)]
    return {name: _median([one[name] for one in sold]) for name in STEPS}


def _median(steps: list[Step]) -> Step:
    words = {word for step in steps for word in step.statements}
    return Step(
        Counter({word: int(statistics.median(step.statements[word] for step in steps)) for word in words}),
        int(statistics.median(step.commits for step in steps)),
        int(statistics.median(step.reads for step in steps)),
        statistics.median(step.cpu for step in steps),
        statistics.median(step.wall for step in steps),
    )


def _sum(steps: Sequence[Step]) -> Step:
    total = Step()
    for step in steps:
        total.statements += step.statements
        total.commits += step.commits
        total.reads += step.reads
        total.cpu += step.cpu
        total.wall += step.wall
    return total


def _operators(itinerary: dict[str, Any]) -> tuple[str, ...]:
    return tuple(leg["operator"] for leg in itinerary["legs"] if leg["kind"] == "ride")


def _cells(title: str, step: Step) -> list[str]:
    kinds = [str(step.statements[kind]) for kind in _KINDS]
    every = sum(step.statements.values())
    return [title, *kinds, str(every), str(step.commits), str(step.reads), *_times(step)]


def _times(step: Step) -> list[str]:
    return [f"{step.cpu * 1000:.1f}", f"{step.wall * 1000:.1f}"]


def section(rows: Sequence[tuple[str, Step]], load: float) -> str:
    """The part of docs/performance.md that says what a sale costs."""
    head = f"| {' | '.join(_COLUMNS)} |\n|---|{'---:|' * (len(_COLUMNS) - 1)}\n"
    body = "".join(f"| {' | '.join(_cells(*row))} |\n" for row in rows)
    return f"{_TITLE}\n{_ABOUT.format(load=load)}\n{head}{body}"


def _write(rows: Sequence[tuple[str, Step]], load: float) -> None:
    """Write the section anew, and leave the rest of the page alone."""
    before, _, _ = PAGE.read_text(encoding="utf-8").partition(_TITLE)
    PAGE.write_text(f"{before.rstrip()}\n\n{section(rows, load)}", encoding="utf-8")


def _profile(desk: Kiosk, way: str, count: int, order: str) -> None:
    """Print where the processor time of so many sales goes."""
    desk.watched.profile = profile = cProfile.Profile()
    for _ in range(count):
        desk.sell(way)
    pstats.Stats(profile, stream=sys.stdout).sort_stats(order).print_stats(_LINES)


def _tell(desk: Kiosk, way: str) -> None:
    """Print the statements of one sale."""
    desk.watched.told = told = []
    desk.sell(way)
    print("\n".join(" ".join(line.split())[:_WIDTH] for line in told))


def sales(
    database: str | None = None, ways: Sequence[str] = tuple(WAYS), count: int = _SALES
) -> list[tuple[str, Step]]:
    """Measure ways on both databases, or on one: each step, and the whole sale."""
    rows = []
    for desk, name in _desks(database):
        for way in ways:
            steps = measure(desk, way, count)
            rows += [(f"{name}, {way}: {step}", found) for step, found in steps.items()]
            rows.append((f"{name}, {way}: order to tickets", _sum([steps["order"], steps["payment"]])))
            rows.append((f"{name}, {way}: whole", _sum(list(steps.values()))))
    return rows


def _desks(database: str | None) -> Iterator[tuple[Kiosk, str]]:
    for name, at in databases.BOTH:
        if database in {None, name}:
            with (
                tempfile.TemporaryDirectory() as scratch,
                at(Path(scratch)) as url,
                contextlib.redirect_stderr(io.StringIO()),
                opened(url, Path(scratch)) as desk,
            ):
                yield desk, name


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--sales", type=int, default=_SALES)
    arguments.add_argument("--database", choices=[name for name, _ in databases.BOTH])
    arguments.add_argument("--way", choices=list(WAYS))
    arguments.add_argument("--profile", choices=["tottime", "cumulative"])
    arguments.add_argument("--statements", action="store_true")
    arguments.add_argument("--write", action="store_true", help=f"write {PAGE} too")
    wanted = arguments.parse_args()
    ways = [wanted.way] if wanted.way else list(WAYS)
    if wanted.profile or wanted.statements:
        for desk, _ in _desks(wanted.database):
            for way in ways:
                measure(desk, way, 1)
                if wanted.profile:
                    _profile(desk, way, wanted.sales, wanted.profile)
                else:
                    _tell(desk, way)
        return
    load, rows = os.getloadavg()[0], sales(wanted.database, ways, wanted.sales)
    table = Table(*_COLUMNS, box=None)
    for row in rows:
        table.add_row(*_cells(*row))
    Console().print(table)
    if wanted.write:
        _write(rows, load)


if __name__ == "__main__":
    main()
