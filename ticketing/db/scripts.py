"""Run a file of SQL in a transaction, on either database: how migrations make tables and guards."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ticketing.db.engine import Transaction


def run_script(tx: Transaction, file: Path) -> None:
    """Run every statement of a file."""
    # A percent sign in a function is no place for a value.
    plain = tx.execution_options(no_parameters=True)
    text = file.read_text(encoding="utf-8")
    for statement in [text] if tx.dialect.name == "postgresql" else _statements(text):
        plain.exec_driver_sql(statement)


def _statements(text: str) -> Iterator[str]:
    """Take a script apart: SQLite runs one statement at a time, and a trigger has semicolons of its own."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
