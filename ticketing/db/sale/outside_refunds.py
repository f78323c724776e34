"""Keep the refunds that somebody has made on a gateway's own pages."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, insert_once
from ticketing.db.tables.purchase import outside_refund


@dataclass(frozen=True, slots=True)
class OutsideRefund:
    """A refund that the gateway has and we have not asked for; `failed`: it has come back from the bank."""

    external_id: str
    payment_id: str
    state: str
    amount_minor: int
    currency: str
    learned_at: datetime


def put_outside_refund(tx: Transaction, found: OutsideRefund) -> None:
    """Store what was learned of an outside refund, or its new state."""
    if not tx.execute(insert_once(tx, outside_refund, columns(found))).rowcount:
        change = sa.update(outside_refund).where(outside_refund.c.external_id == found.external_id)
        tx.execute(change.values(state=found.state))


def list_outside_refunds(tx: Transaction, payment_id: str) -> list[OutsideRefund]:
    """List what was paid back of a payment elsewhere and has not come back, oldest first."""
    query = sa.select(outside_refund).where(
        outside_refund.c.payment_id == payment_id, outside_refund.c.state == "confirmed"
    )
    return fetch(tx, query.order_by(outside_refund.c.learned_at, outside_refund.c.external_id), OutsideRefund)
