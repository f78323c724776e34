"""Run a statement that was compiled once straight on the driver: on a hot path SQLAlchemy takes longer to hand it over than to run it."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from ticketing.db.engine import Transaction

_Turn = Callable[[Any], Any]


class _Ready(NamedTuple):
    """A statement of a dialect: its text, the order of its values where they have no names there, and how values are turned."""

    text: str
    names: list[str] | None
    constants: Mapping[str, object]
    parameters: list[tuple[str, _Turn]]
    results: list[tuple[int, _Turn]]


class Prepared:
    """A statement whose values all have names; each dialect's text and the conversions of its values are kept."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._compiled = functools.cache(self._compile)

    def run(self, tx: Transaction, values: Mapping[str, object]) -> int:
        """Run it in a transaction; the number of rows that it has changed."""
        return int(self._execute(tx, values).rowcount)

    def rows(self, tx: Transaction, values: Mapping[str, object]) -> list[Sequence[Any]]:
        """Run it in a transaction; the rows that it reads, with values as SQLAlchemy would give them."""
        found: list[Sequence[Any]] = self._execute(tx, values).fetchall()
        turns = self._compiled(tx.dialect).results
        return [_turned(row, turns) for row in found] if turns else found

    def _execute(self, tx: Transaction, values: Mapping[str, object]) -> Any:
        ready = self._compiled(tx.dialect)
        given = {**ready.constants, **values}
        for name, turn in ready.parameters:
            given[name] = turn(given[name])
        driver: Any = tx.connection.driver_connection
        cursor = driver.cursor()
        sent = given if ready.names is None else [given[name] for name in ready.names]
        event = (tx, cursor, ready.text, sent, None, False)  # in SQLAlchemy's order
        for listener in tx.dispatch.before_cursor_execute:
            listener(*event)
        try:
            return cursor.execute(ready.text, sent)
        except tx.dialect.loaded_dbapi.Error as error:  # as SQLAlchemy would have said it
            kind = tx.dialect.loaded_dbapi.Error
            raise sa.exc.DBAPIError.instance(ready.text, None, error, kind, dialect=tx.dialect) from error

    def _compile(self, dialect: sa.Dialect) -> _Ready:
        made = self._statement.compile(dialect=dialect)
        constants = {name: value for name, value in made.params.items() if value is not None}
        # SQLAlchemy has no public word for how it turns values; the tests of gates run on every one of them.
        turns = [(name, turn) for name, turn in made._bind_processors.items() if callable(turn)]  # noqa: SLF001
        kinds = [column.type for column in made._result_columns]  # noqa: SLF001
        read = [kind._cached_result_processor(dialect, None) for kind in kinds]  # noqa: SLF001
        results = [(at, turn) for at, turn in enumerate(read) if turn is not None]
        return _Ready(str(made), made.positiontup, constants, turns, results)


def _turned(row: Sequence[Any], turns: Sequence[tuple[int, _Turn]]) -> Sequence[Any]:
    turned = list(row)
    for at, turn in turns:
        turned[at] = turn(turned[at])
    return turned
