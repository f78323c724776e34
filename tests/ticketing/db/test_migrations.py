"""The migrations and the tables say the same."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ticketing.db import Database, devices_tables, gates_tables  # noqa: F401 (completes the metadata)
from ticketing.db.migrate import is_current, upgrade
from ticketing.db.tables import metadata


def test_the_migrated_schema_is_the_schema_of_the_tables(database: Database) -> None:
    with database.read() as tx:
        differences = compare_metadata(MigrationContext.configure(tx), metadata)

    assert differences == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    upgrade(database)

    assert is_current(database)
