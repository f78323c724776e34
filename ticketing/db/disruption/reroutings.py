"""The choices of holders whose departure does not go as sold, each with the move of their tickets to another one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from ticketing.db.disruption import moves
from ticketing.db.disruption.moves import Move
from ticketing.db.engine import Transaction
from ticketing.db.operators.run_states import RunKey
from ticketing.db.rows import put_once
from ticketing.db.tables.disruption import rerouting, used_link

State = Literal["asked", "done", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerouting(Move):
    """A choice for a leg of some passengers of an order.

    It is `asked` while its operator holds places, then `done` or `failed`, with the reason. `chosen_by` is `machine` where nobody
    has answered, None where its holder has chosen.
    """

    kind: str
    state: State
    request_key: str
    created_at: datetime
    ended_at: datetime | None = None
    reason: str = ""
    chosen_by: str | None = None


def put_rerouting(tx: Transaction, made: Rerouting) -> None:
    """Store a choice."""
    tx.execute(sa.insert(rerouting).values(**moves.written(made)))


def end_rerouting(tx: Transaction, rerouting_id: str, state: State, at: datetime, reason: str = "") -> bool:
    """End a choice that is asked; False where it has ended meanwhile."""
    change = sa.update(rerouting).where(rerouting.c.id == rerouting_id, rerouting.c.state == "asked")
    return tx.execute(change.values(state=state, ended_at=at, reason=reason)).rowcount == 1


def find_rerouting(tx: Transaction, rerouting_id: str) -> Rerouting | None:
    """Read one choice."""
    return _first(tx, sa.select(rerouting).where(rerouting.c.id == rerouting_id))


def find_by_key(tx: Transaction, order_id: str, request_key: str) -> Rerouting | None:
    """Read the choice of an order that was made by a call."""
    mine = (rerouting.c.order_id == order_id, rerouting.c.request_key == request_key)
    return _first(tx, sa.select(rerouting).where(*mine))


def list_of_order(tx: Transaction, order_id: str) -> list[Rerouting]:
    """List the choices of an order, oldest first."""
    query = sa.select(rerouting).where(rerouting.c.order_id == order_id)
    rows = tx.execute(query.order_by(rerouting.c.created_at, rerouting.c.id)).mappings()
    return [_read(row) for row in rows]


def orders_moved_to(tx: Transaction, run: RunKey) -> set[str]:
    """Name the orders of which a ticket was moved to a run."""
    query = sa.select(rerouting.c.order_id).where(
        rerouting.c.operator == run[0],
        rerouting.c.trip_id == run[1],
        rerouting.c.service_date == run[2].isoformat(),
        rerouting.c.kind == "later_departure",
        rerouting.c.state == "done",
    )
    return set(tx.execute(query).scalars())


def list_asked(tx: Transaction, limit: int) -> list[Rerouting]:
    """List the choices that operators have not answered yet, oldest first."""
    query = sa.select(rerouting).where(rerouting.c.state == "asked").order_by(rerouting.c.id).limit(limit)
    return [_read(row) for row in tx.execute(query).mappings()]


def use_link(tx: Transaction, letter: str, order_id: str, at: datetime) -> bool:
    """Use the link of a letter; False where it was used before."""
    return put_once(tx, used_link, {"letter": letter, "order_id": order_id, "used_at": at})


def forget_links(tx: Transaction, before: datetime) -> int:
    """Forget the links that were used before a moment, and are over; answers how many."""
    return int(tx.execute(sa.delete(used_link).where(used_link.c.used_at < before)).rowcount)


def _first(tx: Transaction, query: sa.Select[Any]) -> Rerouting | None:
    row = tx.execute(query).mappings().first()
    return None if row is None else _read(row)


def _read(row: sa.RowMapping) -> Rerouting:
    return moves.read(Rerouting, row)
