"""The migrations and the tables say the same."""

import contextlib
import gzip
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.conftest import new_database
from tests.ticketing.settlement.month import office
from ticketing.db import Database
from ticketing.db.migrate import is_current, newest, upgrade
from ticketing.db.tables.schema import metadata
from ticketing.errors import Misconfigured
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement.proof.verify import verify

OLD = Path(__file__).with_name("at_0034.sql.gz")


def test_the_migrated_schema_is_the_schema_of_the_tables(database: Database) -> None:
    with database.read() as tx:
        differences = compare_metadata(
            MigrationContext.configure(tx, opts={"include_object": _is_no_partition}), metadata
        )

    assert differences == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    upgrade(database)

    assert is_current(database)


def test_a_database_of_the_last_revision_before_the_first_release_goes_on_with_all_its_rows(
    tmp_path: Path,
) -> None:
    """`at_0034.sql.gz` is one that the code of that revision made: two orders, a refund, a scan at a gate."""
    path = tmp_path / "old.db"
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.executescript(gzip.decompress(OLD.read_bytes()).decode())
        columns = _columns(old)
        before = _rows(old, columns)
    database = Database(f"sqlite:///{path}")

    upgrade(database)

    with database.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []
    with contextlib.closing(sqlite3.connect(path)) as new:
        assert _rows(new, columns) == before
    assert is_current(database)
    assert verify(office(database), "helsinki-tallinn", take_back).faults == []
    database.close()


def test_a_database_of_that_revision_on_postgresql_goes_on(postgresql_server: str) -> None:
    database = Database(new_database(postgresql_server))
    upgrade(database, "0035_schema_of_0_2")
    _say_revision(database, "0034_uses_of_passes_by_order")
    before = is_current(database)

    upgrade(database)

    assert (before, is_current(database)) == (False, True)
    database.close()


def test_the_schema_that_an_address_names_is_the_one_that_is_made(postgresql_server: str) -> None:
    address = new_database(postgresql_server)
    bare = Database(address)
    with bare.write() as tx:
        tx.exec_driver_sql("CREATE SCHEMA fares")
    bare.close()
    database = Database(f"{address}?options=-csearch_path%3Dfares")

    upgrade(database)

    with database.read() as tx:
        assert tx.exec_driver_sql(
            "SELECT to_regclass('fares.ticket'), to_regclass('public.ticket')"
        ).one() == (
            "ticket",
            None,
        )
        assert tx.exec_driver_sql("SHOW statement_timeout").scalar_one() == "15s"
    database.close()


@pytest.mark.parametrize("revision", ["0012_run_accounts", "0099_of_a_newer_release"])
def test_a_database_of_another_time_is_refused_by_its_revision_and_left_as_it_is(
    database: Database, revision: str
) -> None:
    _say_revision(database, revision)

    with pytest.raises(Misconfigured, match=revision):
        upgrade(database)

    with database.read() as tx:
        assert MigrationContext.configure(tx).get_current_revision() == revision


def _say_revision(database: Database, revision: str) -> None:
    with database.write() as tx:
        tx.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")


def _columns(database: sqlite3.Connection) -> dict[str, str]:
    """The columns of every table, as a statement names them: later migrations add some."""
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: ", ".join(f'"{row[1]}"' for row in database.execute(f'PRAGMA table_info("{name}")'))
        for name in names
        if name != "alembic_version"
    }


def _rows(database: sqlite3.Connection, columns: dict[str, str]) -> dict[str, list[Any]]:
    return {
        name: database.execute(f'SELECT {wanted} FROM "{name}"').fetchall()
        for name, wanted in columns.items()
    }


def _is_no_partition(part: Any, name: str, kind: str, reflected: bool, other: Any) -> bool:
    """PostgreSQL repeats a foreign key for each partition of the table that it points to."""
    return not (kind == "foreign_key_constraint" and part.elements[0].target_fullname.startswith("months."))


def test_the_newest_revision_is_the_one_that_alembic_ends_at() -> None:
    configuration = Config()
    configuration.set_main_option("script_location", "migrations")

    assert newest() == ScriptDirectory.from_config(configuration).get_current_head()


def test_a_database_without_any_schema_is_not_current(tmp_path: Path) -> None:
    bare = Database(f"sqlite:///{tmp_path / 'bare.db'}")
    bare.create()

    assert not is_current(bare)
    bare.close()
