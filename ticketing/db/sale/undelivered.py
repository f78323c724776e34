"""Orders whose money was taken and whose tickets could not be issued: how often it was tried, and when it is again."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, insert_once
from ticketing.db.tables.purchase import undelivered

_UNDELIVERED = sa.select(undelivered).where(undelivered.c.order_id == sa.bindparam("wanted"))
_FORGET = sa.delete(undelivered).where(undelivered.c.order_id == sa.bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An order that waits for its tickets; `detail` says what went wrong at the last of `tries`."""

    order_id: str
    region: str
    tries: int
    first_at: datetime
    next_try_at: datetime
    detail: str


def find_undelivered(tx: Transaction, order_id: str) -> Undelivered | None:
    """Read what went wrong with an order after its money was taken."""
    return find(tx, _UNDELIVERED, Undelivered, wanted=order_id)


def list_undelivered(tx: Transaction, region: str | None = None) -> list[Undelivered]:
    """List the orders that wait for their tickets, of one region or of all, the oldest first."""
    query = sa.select(undelivered).order_by(undelivered.c.first_at, undelivered.c.order_id)
    return fetch(tx, query if region is None else query.where(undelivered.c.region == region), Undelivered)


def put_undelivered(tx: Transaction, made: Undelivered) -> None:
    """Store a failed try, over the one before."""
    if not tx.execute(insert_once(tx, undelivered, columns(made))).rowcount:
        change = sa.update(undelivered).where(undelivered.c.order_id == made.order_id)
        tx.execute(change.values(tries=made.tries, next_try_at=made.next_try_at, detail=made.detail))


def try_now(tx: Transaction, order_id: str, now: datetime) -> None:
    """Let an order be tried again at once."""
    change = sa.update(undelivered).where(undelivered.c.order_id == order_id)
    tx.execute(change.values(next_try_at=now))


def delete_undelivered(tx: Transaction, order_id: str) -> bool:
    """Forget the failed tries of an order that has found its end; False where there were none."""
    return tx.execute(_FORGET, {"wanted": order_id}).rowcount > 0
