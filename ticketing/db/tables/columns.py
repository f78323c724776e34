"""Build every table: one metadata, columns by kind. Ids are UUIDv7 text, amounts 64-bit minor units, times UTC."""

import sqlalchemy as sa

from ticketing.db.tables.types import Instant, Int64

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    """A table; STRICT on SQLite."""
    return sa.Table(name, metadata, *parts, sqlite_strict=True)


def text(name: str, *parts: sa.schema.SchemaItem, key: bool = False, null: bool = False) -> sa.Column[str]:
    """A column of text."""
    return sa.Column(name, sa.Text(), *parts, primary_key=key, nullable=null)


def number(
    name: str, *parts: sa.schema.SchemaItem, key: bool = False, null: bool = False, default: str | None = None
) -> sa.Column[int]:
    """A column of whole numbers, 64 bits wide."""
    return sa.Column(
        name, Int64, *parts, primary_key=key, nullable=null, autoincrement=False, server_default=default
    )


def moment(name: str, *, null: bool = False) -> "sa.Column[object]":
    """A column of moments in UTC."""
    return sa.Column(name, Instant(), nullable=null)


def one_of(column: str, *values: str) -> sa.CheckConstraint:
    """A check that a column holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)
