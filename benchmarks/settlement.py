"""Close a month of a million tickets: against one GROUP BY of the same rows, DuckDB on an export, hledger on a journal.

python -m benchmarks.settlement [tickets]     # 1,000,000 unless it is said; BENCH_TICKETS for `make bench`
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import sqlalchemy as sa
from rich.console import Console
from rich.progress import Progress

from benchmarks import month
from benchmarks.harness import Result, result_of
from tests import postgresql
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.books import chain, month_books
from ticketing.db.migrate import upgrade
from ticketing.db.patience import take_time
from ticketing.settlement.month import calculate, closing
from ticketing.settlement.office import Office
from ticketing.settlement.statement.export import journal
from ticketing.settlement.terms import Terms

ROUNDS = 5
AFTER = datetime(2026, 10, 5, tzinfo=UTC)
_HLEDGER_TICKETS = 10_000
_GOALS = {
    "sum the month: our one pass": "≤ 1.5 on PostgreSQL",
    "close: sums, checks, chain": "≤ 1/10 of hledger a ticket",
}


def run() -> list[Result]:
    """Close a month on SQLite and on PostgreSQL beside a GROUP BY, DuckDB and hledger; a real close in a child."""
    tickets = int(os.environ.get("BENCH_TICKETS", "1000000"))
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as scratch:
        hledger = _hledger(Path(scratch))
        for name in ("SQLite", "PostgreSQL"):
            with ENGINES[name.lower()](Path(scratch)) as url:
                results += _race(name, url, tickets, Path(scratch), hledger)
    return results


def _race(name: str, url: str, tickets: int, scratch: Path, hledger: float | None) -> list[Result]:
    database = Database(url)
    upgrade(database)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"{name}: {tickets:,} tickets", total=tickets)
        month.generate(database, tickets, lambda done, _: bar.update(task, completed=done))
    month.check(database, tickets)
    exported = _export(database, scratch / f"{name}.csv")
    table = duckdb.connect()
    table.execute(f"CREATE TABLE posting AS SELECT * FROM read_csv('{exported}', header=true)")
    plain, ours, peer = _plain(database), _ours(database), _duckdb(table)
    if not plain() == ours() == peer():
        raise AssertionError(f"{name}: the sums differ")
    contenders: dict[str, Callable[[], object]] = {
        "one GROUP BY of the postings": plain,
        "sum the month: our one pass": ours,
        "close: sums, checks, chain": _close(database),
        "DuckDB, GROUP BY of an export": peer,
    }
    times = _rounds(contenders)
    title = f"close {tickets:,} tickets on {name}, µs a ticket"
    found = [
        result_of(
            title,
            who,
            [one / tickets for one in mine],
            [one / tickets for one in times["one GROUP BY of the postings"]],
            _GOALS.get(who, ""),
        )
        for who, mine in times.items()
    ]
    if hledger is not None:
        first = times["one GROUP BY of the postings"]
        found.append(
            result_of(
                title,
                f"hledger check of {_HLEDGER_TICKETS:,} tickets",
                [hledger] * len(first),
                [one / tickets for one in first],
                "",
            )
        )
    seconds, megabytes = _real_close(url)
    first = times["one GROUP BY of the postings"]
    label = f"a real close in its own process ({megabytes:.0f} MB at most)"
    found.append(
        result_of(
            title, label, [seconds / tickets] * len(first), [one / tickets for one in first], "≤ 500 MB"
        )
    )
    database.close()
    return found


def _plain(database: Database) -> Callable[[], dict[str, int]]:
    query = sa.text(
        "SELECT account_id, CAST(sum(amount_minor) AS bigint) FROM posting WHERE period = :p GROUP BY account_id"
    )

    def sums() -> dict[str, int]:
        with database.read() as tx:
            take_time(tx)
            return dict(map(tuple, tx.execute(query, {"p": month.PERIOD})))  # type: ignore[arg-type]  pairs

    return sums


def _ours(database: Database) -> Callable[[], dict[str, int]]:
    def sums() -> dict[str, int]:
        with database.read() as tx:
            take_time(tx)
            return {
                line.account_id: line.amount_minor
                for line in month_books.balances(tx, month.REGION, month.PERIOD)
            }

    return sums


def _close(database: Database) -> Callable[[], object]:
    """Close as the service does while it holds the month: the dataset with every check, and the chain over its entries."""

    def close() -> object:
        with database.read() as tx:
            take_time(tx)
            found, _, _ = chain.link(tx, month.REGION, month.PERIOD, previous="", behind="")
            return calculate.dataset(tx, month.REGION, month.PERIOD, Terms(), anchored=found, pools={})

    return close


def _duckdb(table: duckdb.DuckDBPyConnection) -> Callable[[], dict[str, int]]:
    def sums() -> dict[str, int]:
        found = table.execute(
            "SELECT account_id, sum(amount_minor)::BIGINT FROM posting GROUP BY account_id"
        ).fetchall()
        return dict(found)

    return sums


def _export(database: Database, path: Path) -> Path:
    """The postings as CSV, streamed."""
    with database.read() as tx, path.open("w", encoding="utf-8") as file:
        take_time(tx)
        file.write("account_id,amount_minor\n")
        query = sa.text("SELECT account_id, amount_minor FROM posting").execution_options(yield_per=10_000)
        for part in tx.execute(query).partitions():
            file.writelines(f"{account},{amount}\n" for account, amount in part)
    return path


def _hledger(scratch: Path) -> float | None:
    """Seconds a ticket that hledger needs to check a journal of ours; None where it is not installed."""
    if not shutil.which("hledger"):
        return None
    database = Database(f"sqlite:///{scratch / 'small.db'}")
    upgrade(database)
    month.generate(database, _HLEDGER_TICKETS)
    path = scratch / "small.hledger"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(
            journal(Office(database=database, clock=FixedClock(AFTER)), month.REGION, month.PERIOD, "hledger")
        )
    database.close()
    start = time.perf_counter()
    subprocess.run(["hledger", "-f", str(path), "check", "--strict"], check=True)
    return (time.perf_counter() - start) / _HLEDGER_TICKETS


def _rounds(contenders: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Fewer rounds than the small races: each is seconds long."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    shuffler = random.Random(2026)
    for _ in range(ROUNDS):
        for name in shuffler.sample(list(contenders), len(contenders)):
            start = time.perf_counter()
            contenders[name]()
            times[name].append(time.perf_counter() - start)
    return times


_CHILD = """
import json, re, sys, time
from pathlib import Path
from benchmarks import settlement
start = time.perf_counter()
settlement.close_really(sys.argv[1])
# Not ru_maxrss: Linux hands the parent's peak on to its child.
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps([time.perf_counter() - start, peak]))
"""


def close_really(url: str) -> None:
    """Close the generated month for good."""
    database = Database(url)
    run = closing.close(
        Office(database=database, clock=FixedClock(AFTER)), month.REGION, month.PERIOD, "benchmark"
    )
    assert run.state == "calculated"
    database.close()


def _real_close(url: str) -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-c", _CHILD, url], check=True, capture_output=True, text=True)
    seconds, megabytes = json.loads(done.stdout)
    return seconds, megabytes


@contextmanager
def _sqlite(scratch: Path) -> Iterator[str]:
    yield f"sqlite:///{scratch / 'month.db'}"


@contextmanager
def _postgresql(_scratch: Path) -> Iterator[str]:
    with postgresql.server() as url:
        yield url


ENGINES = {"sqlite": _sqlite, "postgresql": _postgresql}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.environ["BENCH_TICKETS"] = sys.argv[1]
    for result in run():
        Console().print(
            f"{result.race}  {result.name:<60} {result.microseconds:10.2f}  {result.ratio:8.2f}  {result.spread:.0%}  {result.goal}"
        )
