"""Transactions: `read()` and `write()` on SQLite or PostgreSQL, with the settings that keep money safe."""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import sqlalchemy as sa
from sqlalchemy import event

from ticketing.db.commits import Commits
from ticketing.errors import Misconfigured

Transaction = sa.Connection

# Where a connection keeps what is to be done when its transaction has been committed.
_AFTER = "throughfare_after_commit"
_SINCE = "throughfare_idle_since"
_TRUSTED_SECONDS = 5.0
_STATEMENT_TIMEOUT_MS = 15_000
_BUSY_TIMEOUT_MS = 10_000
_TURN_SECONDS = 0.001
# A server that a network has cut off, or that has lost its machine, answers nothing at all.
_DEAD_AFTER = {
    "connect_timeout": "3",
    "keepalives": "1",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
_LIKE = "sqlite:///var/throughfare.db or postgresql://user@host/name"


def after_commit(tx: Transaction, act: Callable[[], object]) -> None:
    """Act once this transaction of a `write()` is committed; never where it is rolled back."""
    tx.info.setdefault(_AFTER, []).append(act)


class Database:
    """One engine. A `write()` commits when its block ends and rolls back when the block raises.

    `is_pooled` is for a pooler in transaction mode between us and PostgreSQL.

    Raises Misconfigured for a URL that names no database, and when an SQLite file is opened that nobody has made.
    """

    def __init__(self, url: str, *, is_pooled: bool = False) -> None:
        self.url = _read_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        try:
            self.engine = (
                _sqlite_engine(self.url)
                if self.is_sqlite
                else _postgresql_engine(self.url, is_pooled=is_pooled)
            )
        except (sa.exc.ArgumentError, ImportError):
            raise Misconfigured(
                f"THROUGHFARE_DATABASE_URL names the driver {self.url.drivername!r}, which is not here; write {_LIKE}"
            ) from None
        self.commits = Commits()
        # SQLite has one writer: threads that queue here wait in order instead of polling a busy file.
        self._writer = threading.Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that only reads."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, *, is_lasting: bool = True) -> Iterator[Transaction]:
        """A transaction that may write; on SQLite it takes the write lock at once (BEGIN IMMEDIATE).

        One that need not outlast a crash of the server waits for no disk and no standby on PostgreSQL.
        """
        with self._writer, self.engine.connect() as connection:
            writer = connection.execution_options(throughfare_write=True)
            writer.info.pop(_AFTER, None)  # of a transaction that was rolled back on this connection
            with writer.begin() as transaction:
                if not is_lasting and not self.is_sqlite:
                    writer.exec_driver_sql("SET LOCAL synchronous_commit TO off")
                yield writer
                with self.commits.sent():
                    transaction.commit()
            for act in writer.info.pop(_AFTER, ()):
                act()

    def server_time(self) -> datetime | None:
        """The clock of the server's machine; None for SQLite, which has ours."""
        if self.is_sqlite:
            return None
        with self.read() as tx:
            at: datetime = tx.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return at

    def create(self) -> None:
        """Make the file of an SQLite database, with its folder, where there is none."""
        file = _file_of(self.url)
        if self.is_sqlite and file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(exist_ok=True)

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def _read_url(url: str) -> sa.URL:
    try:
        found = sa.make_url(_several_hosts(url.replace("postgresql://", "postgresql+psycopg://", 1)))
        backend = found.get_backend_name()
    except (sa.exc.ArgumentError, ValueError):  # its text is not repeated: it may hold a password
        raise Misconfigured(f"THROUGHFARE_DATABASE_URL is no address of a database; write {_LIKE}") from None
    if backend not in {"sqlite", "postgresql"}:
        raise Misconfigured(f"THROUGHFARE_DATABASE_URL names {backend!r}; write {_LIKE}")
    return found


def _several_hosts(url: str) -> str:
    """Write the hosts of libpq's form `h1:5432,h2:5433` as SQLAlchemy reads them: one `host=` of the query each."""
    parts = urlsplit(url)
    user, at, hosts = parts.netloc.rpartition("@")
    if "," not in hosts:
        return url
    named = "&".join(f"host={host if ':' in host else host + ':5432'}" for host in hosts.split(","))
    query = f"{named}&{parts.query}" if parts.query else named
    return f"{parts.scheme}://{user}{at}{parts.path}?{query}"


def _file_of(url: sa.URL) -> Path | None:
    """The file of an SQLite database; None for one in memory."""
    return Path(url.database) if url.database and url.database != ":memory:" else None


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    file = _file_of(url)
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(engine, "do_connect")
    def _find(*_: Any) -> None:  # SQLite would make an empty one
        if file is not None and not file.exists():
            raise Misconfigured(
                f"THROUGHFARE_DATABASE_URL: there is no database at {file}; `throughfare db upgrade` makes one"
            )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy, not the driver, says BEGIN
        # With recursive triggers a REPLACE is refused as the DELETE that it is.
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("throughfare_write", False):
            _await_turn(connection)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _await_turn(connection: sa.Connection) -> None:
    """Begin to write once no other process does.

    SQLite itself would look again after 1, 2, 5 and at last 100 ms: a process that writes without a pause then leaves no gap
    for those who sleep, and their callers wait for a second.
    """
    driver: Any = connection.connection.driver_connection
    ends = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < ends:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(random.uniform(0.5, 1.0) * _TURN_SECONDS)
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # says what is in the way
    finally:
        driver.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")


def _postgresql_engine(url: sa.URL, *, is_pooled: bool) -> sa.Engine:
    """An engine whose connections notice within seconds that their server is gone (libpq's own parameters)."""
    dead_after = {name: value for name, value in _DEAD_AFTER.items() if name not in url.query}
    if is_pooled:
        # A pooler hands a transaction to any of its servers: nothing of a session lasts from one to the next.
        engine = sa.create_engine(url, pool_size=8, connect_args={"prepare_threshold": None, **dead_after})
        event.listen(engine, "begin", _set_for_this_transaction)
    else:
        asked = url.query.get("options", "")  # a deployment's own, such as its search_path
        given = asked if isinstance(asked, str) else " ".join(asked)
        options = f"{given} -c statement_timeout={_STATEMENT_TIMEOUT_MS} -c timezone=UTC".strip()
        engine = sa.create_engine(url, pool_size=8, connect_args={"options": options, **dead_after})

    @event.listens_for(engine, "checkin")
    def _leave(_connection: Any, record: Any) -> None:
        record.info[_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ping(connection: Any, record: Any, _proxy: Any) -> None:
        # A server that has gone cuts all connections: one that answered a moment ago is not asked again whether it does.
        since = record.info.get(_SINCE)
        if since is None or time.monotonic() - since < _TRUSTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise sa.exc.InvalidatePoolError from error

    return engine


def _set_for_this_transaction(connection: sa.Connection) -> None:
    connection.exec_driver_sql(
        f"SET LOCAL statement_timeout = {_STATEMENT_TIMEOUT_MS}; SET LOCAL timezone = 'UTC'"
    )
