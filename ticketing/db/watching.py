"""Watch transactions from outside: when each begins, and how it ended with how many statements."""

from collections.abc import Callable

from sqlalchemy import Connection, event

from ticketing.db.engine import Database

# Told how a transaction ended (`commit` or `rollback`) and the number of its statements.
Ended = Callable[[str, int], None]
# Told the kind of database and whether the transaction may write; None where this one is of no interest.
Begun = Callable[[str, bool], Ended | None]

_ENDED = "throughfare_watched"
_STATEMENTS = "throughfare_statements"


def watch(database: Database, begun: Begun) -> None:
    """Tell of each transaction of a database. No statement's text is told."""
    engine = database.engine

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = bool(connection.get_execution_options().get("throughfare_write", False))
        ended = begun(engine.dialect.name, writes)
        if ended is not None:
            connection.info[_ENDED], connection.info[_STATEMENTS] = ended, 0

    @event.listens_for(engine, "before_cursor_execute")
    def _count(connection: Connection, *_: object) -> None:
        if _ENDED in connection.info:
            connection.info[_STATEMENTS] += 1

    def _end(connection: Connection, outcome: str) -> None:
        ended = connection.info.pop(_ENDED, None)
        if ended is not None:
            ended(outcome, connection.info.pop(_STATEMENTS))

    event.listen(engine, "commit", lambda connection: _end(connection, "commit"))
    event.listen(engine, "rollback", lambda connection: _end(connection, "rollback"))
