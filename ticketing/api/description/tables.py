"""Read the tables of operations and fields."""

import functools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_PART_OF_A_RULE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
# A table of a file, before its rows are read.
Row = Mapping[str, Any]
_EVERY, _PARAMETERS = "every", "parameters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An operation as its table names it."""

    id: str
    summary: str = ""
    spoken: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a field or a parameter, and an example where one helps."""

    text: str
    examples: tuple[object, ...] = ()


def call_of(method: str, rule: str) -> str:
    """A call as the description writes it, by the rule of its address: `GET /v1/orders/{order_id}`."""
    path = _PART_OF_A_RULE.sub(r"{\1}", rule)
    return f"{method.upper()} {path}"


@functools.cache
def operations() -> Mapping[str, Named]:
    """Every operation by `GET /v1/…`."""
    return {
        call: Named(**{**row, "problems": tuple(row.get("problems", ()))})
        for call, row in _read("operations.toml").items()
    }


@functools.cache
def meanings() -> Mapping[str, Mapping[str, Meaning]]:
    """The meaning of each field by its schema; `every` has those of all schemas, `parameters` those of parameters."""
    return {schema: _meanings_of(rows) for schema, rows in _read("fields.toml").items()}


def _meanings_of(rows: Row) -> Mapping[str, Meaning]:
    return {name: Meaning(row[0], tuple(row[1:])) for name, row in rows.items()}


def meaning_of_field(schemas: Sequence[str], name: str) -> Meaning | None:
    """The meaning of a field: of its schema, of one from which that inherits, or of every schema."""
    tables = meanings()
    return next(
        (tables[schema][name] for schema in (*schemas, _EVERY) if name in tables.get(schema, {})), None
    )


def meaning_of_parameter(name: str) -> Meaning | None:
    """The meaning of a part of an address or a query."""
    return meanings()[_PARAMETERS].get(name)


def _read(name: str) -> Mapping[str, Row]:
    with (_HERE / name).open("rb") as file:
        return tomllib.load(file)
