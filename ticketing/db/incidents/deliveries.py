"""Steps on their way to partners: written with the step, claimed for a while, tried until they arrive."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, put_once
from ticketing.db.tables.incidents import incident_delivery

Way = Literal["http", "mail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One step for one partner by one way; `detail` is why the last try came to nothing."""

    step_id: str
    partner_id: str
    way: Way
    due_at: datetime
    tries: int = 0
    delivered_at: datetime | None = None
    detail: str = ""


def put_deliveries(tx: Transaction, wanted: Iterable[Delivery]) -> None:
    """Write deliveries down; one that is there stays as it is."""
    for delivery in wanted:
        put_once(tx, incident_delivery, columns(delivery))


def claim_due(tx: Transaction, now: datetime, until: datetime, limit: int) -> list[Delivery]:
    """Take what is due and keep it from other workers for a while; a worker that dies leaves it due again."""
    due = (
        sa.select(incident_delivery)
        .where(incident_delivery.c.delivered_at.is_(None), incident_delivery.c.due_at <= now)
        .order_by(incident_delivery.c.due_at, incident_delivery.c.step_id)
        .limit(limit)
    )
    if tx.dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True)
    claimed = fetch(tx, due, Delivery)
    for delivery in claimed:
        tx.execute(_of(delivery).values(due_at=until, tries=delivery.tries + 1))
    return claimed


def settle(
    tx: Transaction, delivery: Delivery, delivered_at: datetime | None, due_at: datetime, detail: str
) -> None:
    """Write down the outcome of a try: it has arrived, or when it is tried again and why."""
    tx.execute(_of(delivery).values(delivered_at=delivered_at, due_at=due_at, detail=detail))


def list_deliveries(tx: Transaction, step_ids: Iterable[str]) -> list[Delivery]:
    """List the deliveries of some steps."""
    query = sa.select(incident_delivery).where(incident_delivery.c.step_id.in_(list(step_ids)))
    return fetch(tx, query.order_by(incident_delivery.c.step_id, incident_delivery.c.partner_id), Delivery)


def _of(delivery: Delivery) -> sa.Update:
    table = incident_delivery.c
    return sa.update(incident_delivery).where(
        table.step_id == delivery.step_id,
        table.partner_id == delivery.partner_id,
        table.way == delivery.way,
    )
