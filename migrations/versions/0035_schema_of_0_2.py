"""The first schema that a release has: tables, indexes and guards as files of SQL, one pair for each database.

What came before was never released; a database at its last revision has this very schema (`ticketing.db.migrate`).
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from alembic import op

revision = "0035_schema_of_0_2"
down_revision = None
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Make every table and every guard."""
    connection = op.get_bind()
    name = connection.dialect.name
    # A percent sign in a function is no place for a value.
    connection = connection.execution_options(no_parameters=True)
    for file in (f"{name}.sql", f"{name}_guards.sql"):
        text = (_FOLDER / file).read_text(encoding="utf-8")
        for statement in [text] if name == "postgresql" else _statements(text):
            connection.exec_driver_sql(statement)


def _statements(text: str) -> Iterator[str]:
    """Take a script apart: SQLite runs one statement at a time, and a trigger has semicolons of its own."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
