"""Take a backup of the live database and start what comes of it, in a scratch folder: for a drill, which only reads the live one.

PostgreSQL: `pg_basebackup`, and the log by `pg_receivewal` replayed to a moment after it (continuous archiving and
point-in-time recovery of the manual). SQLite: its own online backup, whose end is the moment.
"""

import contextlib
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.conninfo import make_conninfo

from ticketing.db.engine import Database
from ticketing.db.tables.columns import metadata
from ticketing.db.writable import takes_writes
from ticketing.errors import Misconfigured

# Rows are added to these and not taken away: the count of a moment lies between the counts before and after it.
_GROWING = ("entry", "posting", "ticket", "payment", "audit")
# PostgreSQL refuses to be root: it then runs as the first of these accounts that is there.
_ACCOUNTS = ("postgres", "nobody")
_PROGRAMS = ("pg_basebackup", "pg_receivewal", "pg_ctl")
_NAME = "throughfare-drill"
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.1
# A replay needs as much of these as the server had that wrote the log (PostgreSQL manual, 26.4.3).
_AS_LIVE = (
    "max_connections",
    "max_worker_processes",
    "max_wal_senders",
    "max_prepared_transactions",
    "max_locks_per_transaction",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A database that has come out of a backup: where it is, of which moment, and how long each part took.

    `before` and `after` count rows of the live one right before and right after the moment.
    """

    url: str
    moment: str
    before: Mapping[str, int]
    after: Mapping[str, int]
    backup_bytes: int
    backup_seconds: float
    restore_seconds: float


def count_rows(database: Database) -> dict[str, int]:
    """Count the rows of tables that only grow."""
    with database.read() as tx:
        return {
            name: tx.execute(sa.select(sa.func.count()).select_from(metadata.tables[name])).scalar_one()
            for name in _GROWING
        }


@contextlib.contextmanager
def restored(live: Database, scratch: Path, programs: Path | None = None) -> Iterator[Restored]:
    """Restore the live database into a folder of its own; what runs there ends with the block.

    `programs` is the folder of PostgreSQL's programs, of the server's version; without it those of the path are taken.
    Raises Misconfigured where a program is missing, or with the words in which it refuses.
    """
    if live.is_sqlite:
        yield _of_sqlite(live, scratch / "restored.db")
    else:
        with _Server(live, scratch, _folder_of(programs)).restored() as begun:
            yield begun


def _of_sqlite(live: Database, target: Path) -> Restored:
    begin, before = time.monotonic(), count_rows(live)
    raw = live.engine.raw_connection()
    try:
        with contextlib.closing(sqlite3.connect(target)) as copy:
            driver: Any = raw.driver_connection
            driver.backup(copy)
    finally:
        raw.close()
    return Restored(
        url=f"sqlite:///{target}",
        moment="the end of the backup",
        before=before,
        after=count_rows(live),
        backup_bytes=target.stat().st_size,
        backup_seconds=time.monotonic() - begin,
        restore_seconds=0.0,
    )


def _folder_of(programs: Path | None) -> Path:
    folder = programs or Path(shutil.which(_PROGRAMS[0]) or _PROGRAMS[0]).parent
    missing = [name for name in _PROGRAMS if not (folder / name).is_file()]
    if missing:
        raise Misconfigured(
            f"{', '.join(missing)} not found in {programs or 'the path'}: install PostgreSQL's programs of the server's version, "
            "or name their folder by --programs"
        )
    return folder


class _Server:
    """A server that is restored from the live one, with the programs that do it."""

    def __init__(self, live: Database, scratch: Path, programs: Path) -> None:
        self._live, self._scratch, self._programs = live, scratch, programs
        self._base, self._log = scratch / "base", scratch / "log"
        self._account = next(filter(_is_account, _ACCOUNTS), None) if os.geteuid() == 0 else None
        for folder in (self._base, self._log):
            folder.mkdir(mode=0o700)
        if self._account:
            for path in (scratch, self._base, self._log):
                shutil.chown(path, self._account)
        with live.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            info = driver.info
            self._user, self._database = info.user, info.dbname
            self._password = info.password
            self._conninfo = make_conninfo(
                host=info.host, port=info.port, user=info.user, application_name=_NAME
            )

    @contextlib.contextmanager
    def restored(self) -> Iterator[Restored]:
        """Back up, replay to the moment, and serve at a socket of the scratch folder."""
        begin = time.monotonic()
        before, moment = self._backup()
        taken = time.monotonic()
        size = sum(path.stat().st_size for path in self._scratch.rglob("*") if path.is_file())
        self._configure(moment)
        control = ("-D", str(self._base), "-l", str(self._base / "drill.log"))
        try:
            self._run("pg_ctl", [*control, "-w", "-t", str(int(_PATIENCE_SECONDS)), "start"])
            url = f"postgresql://{self._user}@/{self._database}?host={self._scratch}"
            self._await(self._is_promoted, "the restored server has not reached the moment")
            yield Restored(
                url=url,
                moment=moment,
                before=before,
                after=count_rows(self._live),
                backup_bytes=size,
                backup_seconds=taken - begin,
                restore_seconds=time.monotonic() - taken,
            )
        finally:
            with contextlib.suppress(Misconfigured):
                self._run("pg_ctl", [*control, "-m", "immediate", "stop"])

    def _backup(self) -> tuple[dict[str, int], str]:
        """Take the backup and the log up to a moment after it; gives the counts before the moment, and its place in the log.

        The log is received without a slot: one that is left behind would fill the disk of the live server.
        """
        self._run(
            "pg_basebackup", ["-D", str(self._base), "-X", "stream", "-c", "fast", "-d", self._conninfo]
        )
        said = self._scratch / "pg_receivewal.txt"
        words = ("-D", str(self._log), "--no-loop", "--synchronous", "-d", self._conninfo)
        with said.open("wb") as file:
            receiving = subprocess.Popen(  # noqa: S603  our own words
                self._line("pg_receivewal", words), stdout=file, stderr=file, **self._how()
            )
        try:
            self._await(self._is_receiving, "the log of the server is not received")
            before = count_rows(self._live)
            moment = str(self._ask("SELECT pg_current_wal_insert_lsn()"))
            # The log goes on, or a replay would wait for a record after the moment.
            takes_writes(self._live)
            self._await(lambda: self._has_received(moment), "the log of the server has not been received")
        finally:
            receiving.send_signal(signal.SIGINT)
            receiving.wait(_PATIENCE_SECONDS)
        return before, moment

    def _is_receiving(self) -> bool:
        query = "SELECT count(*) FROM pg_stat_replication WHERE application_name = %s AND state = 'streaming'"
        return bool(self._ask(query, _NAME))

    def _has_received(self, moment: str) -> bool:
        query = "SELECT coalesce(bool_or(flush_lsn > %s::pg_lsn), false) FROM pg_stat_replication WHERE application_name = %s"
        return bool(self._ask(query, moment, _NAME))

    def _configure(self, moment: str) -> None:
        """Let the copy replay to the moment with settings of its own: it waits for nobody, archives nothing, and lets in who reaches its socket."""
        log = f"{self._log}/%f"
        wanted = {
            **{name: str(self._ask(f"SHOW {name}")) for name in _AS_LIVE},
            "listen_addresses": "",
            "unix_socket_directories": str(self._scratch),
            "port": "5432",
            "restore_command": f'cp "{log}" "%p" || cp "{log}.partial" "%p"',
            "recovery_target_lsn": moment,
            "recovery_target_action": "promote",
        }
        files = {
            "postgresql.conf": "".join(f"{name} = '{value}'\n" for name, value in wanted.items()),
            "postgresql.auto.conf": "",
            "pg_hba.conf": "local all all trust\n",
            "pg_ident.conf": "",
            "recovery.signal": "",
        }
        for name, text in files.items():
            path = self._base / name
            path.write_text(text, encoding="utf-8")
            if self._account:
                shutil.chown(path, self._account)
        (self._base / "standby.signal").unlink(missing_ok=True)

    def _is_promoted(self) -> bool:
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(host=str(self._scratch), user=self._user, dbname=self._database) as asked,
        ):
            row = asked.execute("SELECT NOT pg_is_in_recovery()").fetchone()
            return bool(row and row[0])
        return False

    def _ask(self, query: str, *values: str) -> object:
        with self._live.engine.connect() as connection:
            return connection.exec_driver_sql(query, values or None).scalar_one()

    def _await(self, is_there: Callable[[], bool], otherwise: str) -> None:
        ends = time.monotonic() + _PATIENCE_SECONDS
        while not is_there():
            if time.monotonic() > ends:
                raise Misconfigured(otherwise)
            time.sleep(_PAUSE_SECONDS)

    def _run(self, name: str, words: Sequence[str]) -> None:
        # To files: a server that is started keeps a pipe open for as long as it runs.
        said = self._scratch / f"{name}.txt"
        with said.open("wb") as file:
            done = subprocess.run(  # noqa: S603  our own words
                self._line(name, words), check=False, stdout=file, stderr=file, **self._how()
            )
        if done.returncode:
            log = self._base / "drill.log"
            last = (
                (log if log.exists() else said).read_text(encoding="utf-8", errors="replace").strip()[-500:]
            )
            raise Misconfigured(f"{name}: {last}")

    def _line(self, name: str, words: Sequence[str]) -> list[str]:
        return [str(self._programs / name), *words]

    def _how(self) -> dict[str, Any]:
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
        if self._password:
            environment["PGPASSWORD"] = self._password
        as_account = {"user": self._account, "extra_groups": []} if self._account else {}
        return {"cwd": "/", "env": environment, **as_account}


def _is_account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
