"""The migrations and the tables say the same."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ticketing.db import Database, gates_tables, settlement_tables  # noqa: F401 (complete the metadata)
from ticketing.db.migrate import is_current, upgrade
from ticketing.db.tables import metadata


def test_the_migrated_schema_is_the_schema_of_the_tables(database: Database) -> None:
    with database.read() as tx:
        differences = compare_metadata(
            MigrationContext.configure(tx, opts={"include_object": _is_no_partition}), metadata
        )

    assert differences == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    upgrade(database)

    assert is_current(database)


def _is_no_partition(part: Any, name: str, kind: str, reflected: bool, other: Any) -> bool:
    """PostgreSQL repeats a foreign key for each partition of the table that it points to."""
    return not (kind == "foreign_key_constraint" and part.elements[0].target_fullname.startswith("months."))
