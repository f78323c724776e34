"""From rows to values and back: a dataclass names its columns; `document` columns hold canonical JSON.

A statement that runs often is made once, with `sa.bindparam` for what changes, and given its values when it runs: making
it anew costs more than running it.
"""

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from operator import itemgetter
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


def find(tx: Transaction, query: sa.Select[Any], kind: type[T], **given: Any) -> T | None:
    """Read the one row of a query, or None; `given` are the values of its parameters."""
    result = tx.execute(query, given)
    row = result.one_or_none()
    return None if row is None else _reader(kind, tuple(result.keys()))(row)


def get(tx: Transaction, query: sa.Select[Any], kind: type[T], **given: Any) -> T:
    """Read the one row of a query; raises NotFound."""
    found = find(tx, query, kind, **given)
    if found is None:
        raise NotFound(f"there is no such {kind.__name__.lower()}")
    return found


def fetch(tx: Transaction, query: sa.Select[Any], kind: type[T], **given: Any) -> list[T]:
    """Read every row of a query."""
    result = tx.execute(query, given)
    read = _reader(kind, tuple(result.keys()))
    return [read(row) for row in result.all()]


def value(row: sa.RowMapping, kind: type[T]) -> T:
    """Turn one row into a value of the given dataclass."""
    found = {name: row[name] for name in _names(kind)}
    if "document" in found:
        found["document"] = _kept_as(kind)[0](json.loads(found["document"]))
    return kind(**found)


def insert(tx: Transaction, table: sa.Table, made: "DataclassInstance") -> None:
    """Store a value as a new row."""
    tx.execute(inserting(table), columns(made))


@functools.cache
def inserting(table: sa.Table) -> sa.Insert:
    """The statement that stores rows of a table, one or many."""
    return sa.insert(table)


def insert_once(tx: Transaction, table: sa.Table, row: dict[str, Any]) -> sa.Insert:
    """An insert that does nothing where the key is there already; its `rowcount` is 1 or 0 on either database.

    SQLAlchemy tells -1 for an insert on PostgreSQL unless it is asked to keep the count.
    """
    insert = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    made = insert(table).values(**row).on_conflict_do_nothing()
    return made.execution_options(preserve_rowcount=True)


def put_once(tx: Transaction, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is there; True where it was inserted."""
    return tx.execute(_inserting_once(table, tx.dialect.name), row).rowcount == 1


def put_all_once(tx: Transaction, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    """Insert those rows whose key is not there, in one statement; the primary keys of those that were inserted."""
    return {tuple(key) for key in tx.execute(_telling_once(table, tx.dialect.name), rows)}


def add_all_once(tx: Transaction, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert those rows whose keys are not there; answers how many were inserted.

    The driver sends the same short statement with each row, and adds up the counts. One statement with all rows would be read
    by psycopg anew, value by value, which for some thousand rows takes longer than to write them.
    """
    return tx.execute(_inserting_once(table, tx.dialect.name), rows).rowcount if rows else 0


@functools.cache
def _telling_once(table: sa.Table, dialect: str) -> Any:
    return _inserting_once(table, dialect).returning(*table.primary_key.columns)


@functools.cache
def _inserting_once(table: sa.Table, dialect: str) -> sa.Insert:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


def columns(made: "DataclassInstance") -> dict[str, Any]:
    """Turn a value into the columns of its row."""
    names = _names(type(made))
    found = {name: getattr(made, name) for name in names}
    if "document" in found:
        found["document"] = canonical(_kept_as(type(made))[1](found["document"]))
    return found


def kept_as(
    read: Callable[[object], Any], write: Callable[[Any], object] | None = None
) -> Mapping[str, Callable[[Any], Any]]:
    """Say of the field of a `document` that has a type how it is read from JSON, and how it is written, if it ever is."""
    return {"read": read, "write": write or _never_written}


@functools.cache
def _kept_as(kind: "type[DataclassInstance]") -> tuple[Callable[[object], Any], Callable[[Any], object]]:
    """Choose the reader and the writer of a row's document; it stays as it is, where it has no type."""
    known = next(one.metadata for one in fields(kind) if one.name == "document")
    return known.get("read", _as_it_is), known.get("write", _as_it_is)


def _never_written(document: object) -> object:
    raise TypeError(f"a document of {type(document).__name__} is read and never written")


def _as_it_is(document: Any) -> Any:
    return document


@functools.cache
def _names(kind: "type[DataclassInstance]") -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@functools.cache
def _reader(kind: type[T], keys: tuple[str, ...]) -> Callable[[Any], T]:
    """Choose the function that turns a row with these columns into a value."""
    names = _names(kind)
    chosen = [keys.index(name) for name in names]
    take = itemgetter(*chosen) if len(chosen) > 1 else lambda row: (row[chosen[0]],)
    understand = _kept_as(kind)[0] if "document" in names else _as_it_is

    def read(row: Any) -> T:
        return kind(**dict(zip(names, take(row), strict=True)))

    def read_document(row: Any) -> T:
        found = dict(zip(names, take(row), strict=True))
        found["document"] = understand(json.loads(found["document"]))
        return kind(**found)

    return read_document if "document" in names else read
