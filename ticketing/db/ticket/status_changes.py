"""Changes of tickets' status: told to signed lists without counting every ticket, and measured until gates have them."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import insert_once
from ticketing.db.tables.gates import gate_fetch, status_change
from ticketing.db.tables.sale import ticket

Mark = tuple[int, datetime | None]


@dataclass(frozen=True, slots=True)
class Lags:
    """The delays of changes, in whole seconds: to the first signed list, and to the first gate that fetched it."""

    publication: list[int]
    first_gate: list[int]


def note_tickets(tx: Transaction, jtis: Collection[str], at: datetime) -> None:
    """Note that the bits of some tickets have changed; in the transaction that changes them."""
    query = sa.select(ticket.c.status_list, ticket.c.status_index).where(ticket.c.jti.in_(list(jtis)))
    for row in tx.execute(query.order_by(ticket.c.jti)).all():
        note_place(tx, row.status_list, row.status_index, at)


def note_place(tx: Transaction, status_list: str, index: int, at: datetime) -> None:
    """Note that the bits at one place of a list have changed."""
    row = {
        "status_list": status_list,
        "status_index": index,
        "at": at,
        "published_at": None,
        "fetched_at": None,
    }
    tx.execute(insert_once(tx, status_change, row))


def mark_of(tx: Transaction, status_list: str, since: datetime) -> Mark:
    """Return a mark of a list: as long as it is the same, nothing in the list has changed."""
    row = tx.execute(_MARK, {"list": status_list, "since": since}).one()
    return int(row[0]), row[1]


def list_unpublished(tx: Transaction, status_list: str) -> list[tuple[int, datetime]]:
    """List the changes of a list, by index and moment, that no signed list has carried."""
    query = sa.select(status_change.c.status_index, status_change.c.at).where(
        status_change.c.status_list == status_list, status_change.c.published_at.is_(None)
    )
    return [(row.status_index, row.at) for row in tx.execute(query)]


def mark_published(
    tx: Transaction, status_list: str, changes: Sequence[tuple[int, datetime]], at: datetime
) -> None:
    """Note when a signed list carried some changes for the first time."""
    change = sa.update(status_change).where(
        status_change.c.status_list == status_list,
        status_change.c.status_index == sa.bindparam("index"),
        status_change.c.at == sa.bindparam("moment", type_=status_change.c.at.type),
        status_change.c.published_at.is_(None),
    )
    values = [{"index": index, "moment": moment} for index, moment in changes]
    tx.execute(change.values(published_at=at), values)


def note_fetch(tx: Transaction, device_id: str, operator: str, since: datetime, at: datetime) -> None:
    """Note what a gate came to know by a fetch at this moment: the changes that were published since its last one."""
    carried = (status_change.c.published_at > since, status_change.c.published_at <= at)
    moments = list(tx.execute(sa.select(status_change.c.at).where(*carried)).scalars())
    if not moments:
        return
    lags = [_seconds(at - moment) for moment in moments]
    row = {"device_id": device_id, "operator": operator, "at": at, "lags": json.dumps(lags)}
    tx.execute(insert_once(tx, gate_fetch, row))
    first = sa.update(status_change).where(*carried, status_change.c.fetched_at.is_(None))
    tx.execute(first.values(fetched_at=at))


def lags_since(tx: Transaction, since: datetime, limit: int) -> Lags:
    """List the delays of the newest changes since then."""
    query = (
        sa.select(status_change)
        .where(status_change.c.published_at >= since)
        .order_by(status_change.c.published_at.desc())
        .limit(limit)
    )
    rows = tx.execute(query).all()
    return Lags(
        [_seconds(row.published_at - row.at) for row in rows],
        [_seconds(row.fetched_at - row.at) for row in rows if row.fetched_at is not None],
    )


def lags_of_gates(tx: Transaction, operator: str, since: datetime, limit: int) -> list[int]:
    """List the delays of changes to each of an operator's gates, the newest fetches first."""
    query = (
        sa.select(gate_fetch.c.lags)
        .where(gate_fetch.c.operator == operator, gate_fetch.c.at >= since)
        .order_by(gate_fetch.c.at.desc())
        .limit(limit)
    )
    lags: list[int] = []
    for text in tx.execute(query).scalars():
        lags += json.loads(text)
    return lags


def delete_before(tx: Transaction, moment: datetime) -> int:
    """Forget changes and fetches that have been measured; gives how many."""
    return sum(
        tx.execute(sa.delete(table).where(table.c.at < moment)).rowcount
        for table in (status_change, gate_fetch)
    )


def _seconds(lasted: timedelta) -> int:
    return max(0, int(lasted.total_seconds()))


_MARK: Any = sa.select(sa.func.count(), sa.func.max(status_change.c.at)).where(
    status_change.c.status_list == sa.bindparam("list"),
    status_change.c.at >= sa.bindparam("since", type_=status_change.c.at.type),
)
