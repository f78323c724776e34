"""From rows to values and back: a dataclass names its columns; `document` columns hold canonical JSON."""

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.errors import NotFound

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)
else:
    T = TypeVar("T")


def find(tx: Transaction, query: sa.Select[Any], kind: type[T]) -> T | None:
    """Read the one row of a query, or None."""
    row = tx.execute(query).mappings().one_or_none()
    return None if row is None else value(row, kind)


def get(tx: Transaction, query: sa.Select[Any], kind: type[T]) -> T:
    """Read the one row of a query; raises NotFound."""
    found = find(tx, query, kind)
    if found is None:
        raise NotFound(f"there is no such {kind.__name__.lower()}")
    return found


def fetch(tx: Transaction, query: sa.Select[Any], kind: type[T]) -> list[T]:
    """Read every row of a query."""
    return [value(row, kind) for row in tx.execute(query).mappings()]


def value(row: sa.RowMapping, kind: type[T]) -> T:
    """Turn one row into a value of the given dataclass."""
    found = {field.name: row[field.name] for field in fields(kind)}
    if "document" in found:
        found["document"] = json.loads(found["document"])
    return kind(**found)


def insert_once(tx: Transaction, table: sa.Table, row: dict[str, Any]) -> sa.Insert:
    """An insert that does nothing where the key is there already; its `rowcount` is 1 or 0 on either database.

    SQLAlchemy tells -1 for an insert on PostgreSQL unless it is asked to keep the count.
    """
    insert = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    made = insert(table).values(**row).on_conflict_do_nothing()
    return made.execution_options(preserve_rowcount=True)


def columns(made: "DataclassInstance") -> dict[str, Any]:
    """Turn a value into the columns of its row."""
    found = {field.name: getattr(made, field.name) for field in fields(made)}
    if "document" in found:
        found["document"] = canonical(found["document"])
    return found
