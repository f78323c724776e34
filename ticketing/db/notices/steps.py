"""Change many rows in steps: each is a transaction of its own, so that none holds rows for long or runs into the time of a statement."""

from collections.abc import Callable

import sqlalchemy as sa

from ticketing.db.engine import Database, Transaction

AT_ONCE = 1000


def in_steps(database: Database, step: Callable[[Transaction, str], str | None]) -> None:
    """Repeat a step, from the beginning (`""`) on: each answers the id that it has come to, None at the end."""
    after: str | None = ""
    while after is not None:
        with database.write() as tx:
            after = step(tx, after)


def next_ids(
    tx: Transaction, column: "sa.Column[str]", after: str, *conditions: sa.ColumnElement[bool]
) -> list[str]:
    """List the ids of one step's rows, behind the last step's."""
    query = sa.select(column).where(column > after, *conditions).order_by(column).limit(AT_ONCE)
    return list(tx.execute(query).scalars())


def come_to(ids: list[str]) -> str | None:
    """Say where the next step begins; None where there is no further one."""
    return ids[-1] if len(ids) == AT_ONCE else None
