"""Bring a database to the newest schema, or say whether it is there."""

import functools
import re
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg.errors
import sqlalchemy as sa

from ticketing import shipped
from ticketing.db.engine import Database, Transaction
from ticketing.db.tables.schema_steps import schema_step
from ticketing.errors import Misconfigured
from ticketing.progress import Counted, Progress, silent

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_FOLDER = shipped.folder_of("migrations")
_REVISION = re.compile(r'^revision = "([^"]+)"', re.MULTILINE)
# A migration says so that the code works without it.
_DISPENSABLE = re.compile(r"^needed = False", re.MULTILINE)
_DOWN_REVISION = re.compile(r'^down_revision = "([^"]+)"', re.MULTILINE)

# The schema of 0.2.0 is that of the last revision before it: such a database goes on, an older one does not.
_FIRST_RELEASED, _BEFORE_IT = "0035_schema_of_0_2", "0034_uses_of_passes_by_order"
# An arbitrary number of ours.
_LOCK = 0x7466_6D69
_LOCK_TIMEOUT, _TRIES, _PAUSE_SECONDS = "1s", 60, 0.5
_IN_THE_WAY = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)
_STRANGE = (
    "THROUGHFARE_DATABASE_URL: the database is at {seen}, which is no revision of this release: a newer release made it, or one "
    "before 0.2.0, which brings it to {before} first"
)


def upgrade(
    database: Database,
    revision: str = "head",
    progress: Progress = silent,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Run every migration up to a revision that this database has not seen, telling each that has run.

    Each is a transaction of its own: it waits for a lock for a second, gives way to the sales that hold it, and tries
    again. An SQLite database that is not there is made. Raises Misconfigured for a database that is older than the first
    release, or of a newer one: nothing of it is changed.
    """
    from alembic.script import ScriptDirectory  # noqa: PLC0415  takes a tenth of a second, and most commands migrate nothing

    database.create()
    configuration = _configuration()
    script = ScriptDirectory.from_config(configuration)
    with database.write() as tx:
        seen = _seen(tx, script)
    waiting = [one.revision for one in script.iterate_revisions(revision, seen)][::-1]
    applied = Counted(progress, "running migrations", len(waiting))
    for step in waiting:
        _run_patiently(database, configuration, script, step, wait)
        applied.more()


def _run_patiently(
    database: Database,
    configuration: "Config",
    script: "ScriptDirectory",
    step: str,
    wait: Callable[[float], None],
) -> None:
    """Run one revision; whoever else migrates at this moment has run it, or does so first."""
    for left in range(_TRIES, 0, -1):
        try:
            with database.write() as tx:
                _run(tx, configuration, script, step)
        except sa.exc.OperationalError as error:
            if left == 1 or not isinstance(error.orig, _IN_THE_WAY):
                raise
            wait(_PAUSE_SECONDS)
        else:
            return


def _run(tx: Transaction, configuration: "Config", script: "ScriptDirectory", step: str) -> None:
    from alembic import command  # noqa: PLC0415  see `upgrade`

    if tx.dialect.name == "postgresql":
        # One migrates at a time. A lock is waited for shortly, and held as long as the work takes.
        tx.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'; SET LOCAL statement_timeout = 0")
        tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    if step in _behind(script, _seen(tx, script)):
        return
    configuration.attributes["connection"] = tx
    command.upgrade(configuration, step)
    _write_steps(tx, _behind(script, step))


def _seen(tx: Transaction, script: "ScriptDirectory") -> str:
    """The revision of a database, `base` for an empty one; raises Misconfigured for one that this release does not know."""
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415  see `upgrade`

    seen = _go_on(tx, MigrationContext.configure(tx).get_current_revision()) or "base"
    if seen != "base" and seen not in {one.revision for one in script.walk_revisions()}:
        raise Misconfigured(_STRANGE.format(seen=seen, before=_BEFORE_IT))
    return seen


def _behind(script: "ScriptDirectory", seen: str) -> set[str]:
    """The revisions that a database at this one contains."""
    return set() if seen == "base" else {one.revision for one in script.iterate_revisions(seen, "base")}


def _write_steps(tx: Transaction, steps: Collection[str]) -> None:
    """Name the schemas that the database contains, once it has a place for their names."""
    if not sa.inspect(tx).has_table("schema_step"):
        return
    known = set(tx.execute(sa.select(schema_step.c.revision)).scalars())
    now = datetime.now(UTC)
    for step in sorted(set(steps) - known):
        tx.execute(sa.insert(schema_step).values(revision=step, applied_at=now))


def _go_on(tx: Transaction, seen: str | None) -> str | None:
    """Name a database at the last revision before the first release by that release's own."""
    if seen != _BEFORE_IT:
        return seen
    tx.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{_FIRST_RELEASED}'")  # noqa: S608  a name of ours
    return _FIRST_RELEASED


def is_current(database: Database) -> bool:
    """Tell whether the schema is the newest one of this code."""
    with database.read() as tx:
        return _version(tx) == newest()


def is_served(database: Database) -> bool:
    """Tell whether this code works on the schema: its newest one, one before that it still serves, or a newer release's.

    A newer release's database names every schema that it contains, and takes off the list the ones that it has ended.
    Every process asks this when it starts, so alembic stays out of it: its import takes longer than all the rest.
    """
    with database.read() as tx:
        version = _version(tx)
        if version is None or version in _before_served():
            return False
        if version in _chain():
            return True
        has_steps = sa.inspect(tx).has_table("schema_step")
        mine = sa.select(schema_step.c.revision).where(schema_step.c.revision == newest())
        return has_steps and tx.execute(mine).first() is not None


def _version(tx: Transaction) -> str | None:
    has_any = sa.inspect(tx).has_table("alembic_version")
    return tx.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() if has_any else None


@functools.cache
def _before_served() -> frozenset[str]:
    """The revisions before the newest one that the code needs: without that one it does not work."""
    chain = _chain()
    texts = [path.read_text(encoding="utf-8") for path in _files()]
    dispensable = {_named(_REVISION, text) for text in texts if _DISPENSABLE.search(text)}
    needed = [revision for revision in chain if revision not in dispensable]
    return frozenset(chain[: chain.index(needed[-1])])


def _files() -> list[Path]:
    return list((_FOLDER / "versions").glob("*.py"))


@functools.cache
def newest() -> str:
    """The newest revision: the one that no other comes after."""
    return _chain()[-1]


@functools.cache
def _chain() -> tuple[str, ...]:
    """Every revision, oldest first, by the first lines of all migrations."""
    after: dict[str | None, str] = {}
    for path in _files():
        text = path.read_text(encoding="utf-8")
        before = _DOWN_REVISION.search(text)
        after[before[1] if before else None] = _named(_REVISION, text)
    chain: list[str] = []
    following = after.get(None)
    while following is not None:
        chain.append(following)
        following = after.get(following)
    return tuple(chain)


def _named(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise ValueError("a migration names no revision")
    return found[1]


def _configuration() -> "Config":
    from alembic.config import Config  # noqa: PLC0415  see `upgrade`

    configuration = Config()
    configuration.set_main_option("script_location", str(_FOLDER))
    return configuration
