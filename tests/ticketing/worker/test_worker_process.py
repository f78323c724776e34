"""The worker as a process: it outlives a database that stops and a disk that is full, and goes on by itself."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import postgresql
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.db.operators import worker_jobs
from ticketing.db.tables.sale import offer

_AWAY_SECONDS = 60.0 if os.environ.get("SOAK") else 1.0
_PATIENCE_SECONDS = 90.0


@contextmanager
def running(database_url: str, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker of the smallest region, with its log in a file."""
    environment = {
        **os.environ,
        "THROUGHFARE_DATABASE_URL": database_url,
        "THROUGHFARE_KEYS_FOLDER": str(folder / "keys"),
        "THROUGHFARE_REGIONS": "lille-kortrijk-tournai",
        "THROUGHFARE_LOG_FORMAT": "json",
        "THROUGHFARE_DEMO_CLOCK_FILE": str(folder / "clock"),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ticketing", "worker", "--pause", "0.1"],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def let_rests_end(folder: Path) -> None:
    """Put the worker's clock forward, so that a job with a rest is tried in its next round."""
    draft = folder / "clock.draft"
    draft.write_text("120")
    draft.rename(folder / "clock")


def succeeded(database: Database) -> Mapping[str, datetime | None]:
    """Read the last success of each job; nothing while the database is away."""
    try:
        with database.read() as tx:
            return {job.name: job.succeeded_at for job in worker_jobs.list_jobs(tx)}
    except sa.exc.OperationalError:
        return {}


def until(is_so: Callable[[], bool], process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Wait for something that another process does."""
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert process.poll() is None, (folder / "log").read_text(encoding="utf-8")[-2000:]
        assert time.monotonic() < give_up, (folder / "log").read_text(encoding="utf-8")[-2000:]
        time.sleep(0.05)  # nothing tells what another process has written


def all_since(database: Database, moment: datetime) -> bool:
    """Tell whether every job has succeeded since a moment."""
    told = succeeded(database)
    return bool(told) and all(at is not None and at > moment for at in told.values())


@pytest.mark.soak
def test_a_database_that_stops_is_waited_for(tmp_path: Path) -> None:
    with postgresql.owned() as server:
        database = Database(server.url)
        upgrade(database)
        with running(server.url, tmp_path) as worker:
            until(lambda: all_since(database, datetime(2026, 1, 1, tzinfo=UTC)), worker, tmp_path)
            server.stop()
            until(lambda: "job waits" in (tmp_path / "log").read_text(encoding="utf-8"), worker, tmp_path)
            time.sleep(_AWAY_SECONDS)  # the length of the outage is what is tested
            alive = worker.poll() is None
            server.start()
            back = datetime.now(UTC)
            let_rests_end(tmp_path)
            until(lambda: all_since(database, back), worker, tmp_path)
        database.close()

    assert alive


def test_a_full_disk_is_waited_for(tmp_path: Path, sqlite_template: Path) -> None:
    file = tmp_path / "worker.db"
    file.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{file}")
    free = resource.getrlimit(resource.RLIMIT_FSIZE)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    with running(f"sqlite:///{file}", tmp_path) as worker:
        until(lambda: all_since(database, long_ago), worker, tmp_path)
        # No file may grow any more, the log's neither: what a process sees of a full disk.
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (0, free[1]))
        with database.write() as tx:
            old = {"id": "o", "region": "r", "created_at": long_ago, "expires_at": long_ago}
            tx.execute(sa.insert(offer).values(**old, document="{}"))
        let_rests_end(tmp_path)
        used = _ticks(worker.pid)
        until(lambda: _ticks(worker.pid) > used + 5, worker, tmp_path)  # it goes on trying
        kept = _has_offer(database)
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, free)
        until(lambda: not _has_offer(database), worker, tmp_path)
    database.close()

    assert kept


def _has_offer(database: Database) -> bool:
    with database.read() as tx:
        return tx.execute(sa.select(offer.c.id)).first() is not None


def _ticks(pid: int) -> int:
    """The processor time that a process has used, in clock ticks."""
    told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(told[11]) + int(told[12])
