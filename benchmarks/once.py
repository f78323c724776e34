"""Close one big month once, each step in a process of its own: seconds and memory, for months that are too long to race.

python -m benchmarks.once 10000000 [sqlite|postgresql]     # about 3.7 KB of disk a ticket
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from benchmarks import month
from benchmarks.settlement import AFTER, ENGINES, close_really
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.db.settlement import runs
from ticketing.settlement.office import Office
from ticketing.settlement.statement import lines, uic
from ticketing.settlement.statement.as_csv import to_csv
from ticketing.settlement.statement.as_xlsx import write_xlsx
from ticketing.settlement.statement.export import journal

_PARTY = month.OPERATORS[0]
_CHILD = """
import json, re, sys, time
from pathlib import Path
from benchmarks import once
start = time.perf_counter()
done = once.STEPS[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))
# Not ru_maxrss: Linux hands the parent's peak on to its child.
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps([time.perf_counter() - start, peak, done]))
"""


def run(tickets: int, engine: str) -> None:
    """Generate a month, close it, write one operator's statement in every streamed form and the journal."""
    told = Console()
    with tempfile.TemporaryDirectory() as scratch, ENGINES[engine](Path(scratch)) as url:
        database = Database(url)
        upgrade(database)
        start = time.perf_counter()
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(f"{engine}: {tickets:,} tickets", total=tickets)
            month.generate(database, tickets, lambda done, _: bar.update(task, completed=done))
        told.print(
            f"{engine}: {tickets:,} tickets made in {time.perf_counter() - start:.0f} s", soft_wrap=True
        )
        database.close()
        for step in STEPS:
            done = subprocess.run(
                [sys.executable, "-c", _CHILD, step, url, scratch], check=True, capture_output=True, text=True
            )
            seconds, megabytes, what = json.loads(done.stdout)
            told.print(f"{step:<18} {seconds:8.0f} s {megabytes:6.0f} MB at most   {what}", soft_wrap=True)


def _close(url: str, _scratch: Path) -> str:
    close_really(url)
    return "calculated"


def _written(url: str, path: Path, parts: Callable[[Office, runs.Run], Iterable[str]]) -> str:
    database = Database(url)
    office = Office(database=database, clock=FixedClock(AFTER))
    with database.read() as tx:
        run = runs.find_run_of_period(tx, month.REGION, month.PERIOD)
    assert run is not None
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for part in parts(office, run):
            file.write(part)
            count += 1
    size = path.stat().st_size
    path.unlink()
    database.close()
    return f"{count:,} lines, {size / 1e6:,.0f} MB"


def _csv(url: str, scratch: Path) -> str:
    return _written(
        url, scratch / "s.csv", lambda office, run: to_csv(run, _PARTY, lines.stream(office, run, _PARTY))
    )


def _uic(url: str, scratch: Path) -> str:
    return _written(
        url,
        scratch / "s.json",
        lambda office, run: uic.to_json(run, _PARTY, lines.stream(office, run, _PARTY)),
    )


def _journal(url: str, scratch: Path) -> str:
    return _written(
        url, scratch / "j.hledger", lambda office, run: journal(office, run.region, run.period, "hledger")
    )


def _workbook(url: str, scratch: Path) -> str:
    database = Database(url)
    office = Office(database=database, clock=FixedClock(AFTER))
    with database.read() as tx:
        run = runs.find_run_of_period(tx, month.REGION, month.PERIOD)
    assert run is not None
    path = scratch / "s.xlsx"
    write_xlsx(path, run, _PARTY, lines.stream(office, run, _PARTY))
    size = path.stat().st_size
    path.unlink()
    database.close()
    return f"{size / 1e6:,.0f} MB"


STEPS: dict[str, Callable[[str, Path], str]] = {
    "close": _close,
    "statement as CSV": _csv,
    "statement as XLSX": _workbook,
    "UIC delivery": _uic,
    "journal, hledger": _journal,
}


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "postgresql")  # noqa: PLR2004  the second word
