"""Post entries to the ledger beside pgbench: the statements of `book`, recorded once, are sent by pgbench itself.

So both sides have the same client, server and number of connections, and only the transactions differ: TPC-B has one hot row
a branch, an entry of ours has a trigger that refuses what does not balance. `python -m benchmarks.posting`.
"""

import random
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.harness import Result, result_of
from tests import postgresql
from ticketing.books import postings
from ticketing.db import Database
from ticketing.db.books import books, month_books
from ticketing.db.migrate import upgrade
from ticketing.db.patience import take_time
from ticketing.db.tables import books as tables

CLIENTS, SECONDS, ROUNDS = 8, 2, 9
_SCALE = 10
_TITLE = f"post to the ledger, PostgreSQL that waits for its disk, {CLIENTS} clients, µs a transaction"
_PEER = "pgbench, its own TPC-B"
_OURS = "pgbench, the statements of book()"
_ALONE = "book() in one process, one connection"
_GOALS = {_OURS: "≤ 2.00: half of pgbench's rate or more"}
_REGION, _AT = "bench", datetime(2026, 10, 13, 4, tzinfo=UTC)
_PERIOD, _MINOR = "2026-10", 940
# Each transaction of pgbench puts its own number where the recorded one has its entry, its payment and its hash.
_NUMBER = "\\set n random(1, 70000000000000)"
_FIRST = "recorded"


def run() -> list[Result]:
    """Post captures: pgbench with the statements of `book`, beside its own TPC-B; nothing where there is no pgbench."""
    program = find_pgbench()
    if program is None:
        return [_skipped()]
    with tempfile.TemporaryDirectory() as scratch, _ledger() as (url, database):
        script = Path(scratch) / "book.sql"
        script.write_text("\n".join(script_of(_recorded(database))) + "\n", encoding="utf-8")
        _run(program, url, "-i", "-q", "-s", str(_SCALE))
        times = _rounds(program, url, script, database)
        _check(database)
        return [
            result_of(_TITLE, name, mine, times[_PEER], _GOALS.get(name, "")) for name, mine in times.items()
        ]


def find_pgbench() -> str | None:
    """Find the pgbench that belongs to a local PostgreSQL."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    return shutil.which("pgbench") or (str(installed[-1]) if installed else None)


def script_of(sent: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """One transaction for pgbench, from statements with their values."""
    entry_id = next(values["entry_id"] for _, values in sent if "entry_id" in values)

    def literal(name: str, value: object) -> str:
        if name == "hash":
            return "encode(sha256((:n)::text::bytea), 'hex')"
        if value == entry_id:
            return "('01a2256a-74e7-7ecf-9dc0-' || lpad(to_hex(:n), 12, '0'))"
        if value == _FIRST:
            return "('payment-' || :n)"
        return "NULL" if value is None else str(value) if isinstance(value, int) else f"'{value}'"

    def filled(statement: str, values: Mapping[str, Any]) -> str:
        text = re.sub(r"%\((\w+)\)s", lambda found: literal(found[1], values[found[1]]), statement)
        return " ".join(text.split()) + ";"

    return [_NUMBER, "BEGIN;", *(filled(*one) for one in sent), "END;"]


@contextmanager
def _ledger() -> Iterator[tuple[str, Database]]:
    with postgresql.server(durable=True) as url:
        database = Database(url)
        upgrade(database)
        yield url, database
        database.close()


def _book(database: Database, payment: str) -> None:
    facts: dict[str, Any] = {"region": _REGION, "gateway": "demo", "amount": _MINOR, "currency": "EUR"}
    entry = postings.capture(payment, **facts, at=_AT)
    assert entry is not None
    with database.write() as tx:
        assert books.book(tx, entry, _AT)


def _recorded(database: Database) -> list[tuple[str, Mapping[str, Any]]]:
    """The statements of one booking with their values, once its period and its accounts are there."""
    _book(database, "first")
    sent: list[tuple[str, Mapping[str, Any]]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        sent.extend((statement, one) for one in (values if isinstance(values, list) else [values]))

    sa.event.listen(database.engine, "before_cursor_execute", hear)
    _book(database, _FIRST)
    sa.event.remove(database.engine, "before_cursor_execute", hear)
    return sent


def _rounds(program: str, url: str, script: Path, database: Database) -> dict[str, list[float]]:
    """Seconds a transaction of all clients together, contenders in random order."""
    contenders = {
        _PEER: lambda: _rate(program, url, "-b", "tpcb-like"),
        _OURS: lambda: _rate(program, url, "-f", str(script)),
        _ALONE: lambda: _rate_alone(database),
    }
    times: dict[str, list[float]] = {name: [] for name in contenders}
    shuffler = random.Random(2026)
    for _ in range(ROUNDS):
        for name in shuffler.sample(list(contenders), len(contenders)):
            times[name].append(1 / contenders[name]())
    return times


def _rate(program: str, url: str, *what: str) -> float:
    """Transactions a second; one that fails ends the race."""
    told = _run(program, url, "-n", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), *what)
    failed = re.search(r"number of failed transactions: (\d+)", told)
    assert failed is None or failed[1] == "0", told
    rate = re.search(r"^tps = ([\d.]+) \(without", told, re.MULTILINE)
    assert rate, told
    return float(rate[1])


def _rate_alone(database: Database) -> float:
    start = time.perf_counter()
    count = 0
    while time.perf_counter() - start < SECONDS:
        _book(database, f"alone-{start}-{count}")
        count += 1
    return count / (time.perf_counter() - start)


def _run(program: str, url: str, *words: str) -> str:
    done = subprocess.run([program, *words, url], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _check(database: Database) -> None:
    """Every entry balances, has its source and its two lines, and says the amount that was booked."""
    with database.read() as tx:
        take_time(tx)
        assert month_books.unbalanced_entries(tx, _PERIOD, _REGION) == []
        counts = [
            tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (tables.entry, tables.entry_source, tables.posting)
        ]
        sums = sa.select(
            sa.func.max(tables.posting.c.amount_minor), sa.func.sum(tables.posting.c.amount_minor)
        )
        assert tx.execute(sums).one() == (_MINOR, 0)
    assert counts[0] == counts[1] == counts[2] / 2 > CLIENTS, counts


def _skipped() -> Result:
    name = "skipped: there is no pgbench (the package postgresql-contrib or postgresql brings it)"
    return Result(race=_TITLE, name=name, microseconds=0.0, ratio=0.0, spread=0.0, goal="")


if __name__ == "__main__":
    for result in run():
        print(f"{result.name:<50} {result.microseconds:10,.0f} µs {result.ratio:6.2f} {result.goal}")
