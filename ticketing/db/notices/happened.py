"""Find what happened to orders with contacts and was not written into the outbox yet: read from the orders' own history."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.tables.disruption import disruption_affected, disruption_event
from ticketing.db.tables.notices import contact, notice
from ticketing.db.tables.sale import order, order_event, refund

# A contact that comes later is told of what may still matter to it.
_RUNS_BACK, _REFUNDS_BACK = timedelta(days=1), timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that a contact is to be told: `what` names it, with the id of its row; `topic` names the message of it."""

    contact_id: str
    order_id: str
    what: str
    row_id: str
    topic: str


def topic_of(order_id: str, digest: str, what: str, row_id: str) -> str:
    """Name a message: by order and address, so that a contact that goes and comes again is told nothing twice."""
    return f"{order_id}:{digest}:{what}:{row_id}"


def list_untold(tx: Transaction, now: datetime, limit: int) -> list[Happened]:
    """List what contacts are to be told and no message was written of, oldest contacts first."""
    tickets = _about("tickets_ready", order.c.id).join(order, order.c.id == contact.c.order_id)
    undone = _about("order_undone", order_event.c.id).join(
        order_event, order_event.c.order_id == contact.c.order_id
    )
    sent = _about("refund_sent", refund.c.id).join(refund, refund.c.order_id == contact.c.order_id)
    runs = _about("journey", disruption_event.c.id).join(
        disruption_affected, disruption_affected.c.order_id == contact.c.order_id
    )
    runs = runs.join(disruption_event, disruption_event.c.id == disruption_affected.c.event_id)
    is_sent = (refund.c.state == "confirmed", refund.c.amount_minor > 0)
    is_confirmed = disruption_event.c.status == "confirmed"
    queries = (
        tickets.where(order.c.state.in_(("ticketed", "part_refunded"))),
        undone.where(order_event.c.to_state == "cancelled", order_event.c.at >= contact.c.created_at),
        sent.where(*is_sent, refund.c.created_at >= now - _REFUNDS_BACK),
        runs.where(is_confirmed, disruption_event.c.confirmed_at >= now - _RUNS_BACK).distinct(),
    )
    return [one for query in queries for one in _untold(tx, query, limit)]


def _about(what: str, row_id: sa.ColumnElement[str]) -> sa.Select[Any]:
    """Select the contacts with a thing of theirs."""
    return sa.select(
        contact.c.id,
        contact.c.order_id,
        sa.literal(what).label("what"),
        row_id.label("row_id"),
        (contact.c.order_id + ":" + contact.c.digest + f":{what}:" + row_id).label("topic"),
    )


def _untold(tx: Transaction, query: sa.Select[Any], limit: int) -> list[Happened]:
    things = query.subquery()
    told = sa.exists(sa.select(sa.literal(1)).where(notice.c.topic == things.c.topic))
    rows = sa.select(things).where(~told).order_by(things.c.id).limit(limit)
    return [Happened(*row) for row in tx.execute(rows)]
