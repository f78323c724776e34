"""Find what happened to orders with contacts and was not written into the outbox yet: read from the orders' own history."""

from dataclasses import dataclass

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.tables.disruption import disruption_affected, disruption_event
from ticketing.db.tables.notices import contact, notice
from ticketing.db.tables.sale import order, order_event, refund


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that a contact is to be told: `what` names it in the topic of its message, with the id of its row."""

    contact_id: str
    order_id: str
    what: str
    row_id: str


def list_untold(tx: Transaction, limit: int) -> list[Happened]:
    """List what contacts are to be told and no message was written of, oldest contacts first.

    Tickets are told of to everybody, also to a contact that came after them; the rest from the contact's first moment on.
    """
    since = contact.c.created_at
    ticketed = sa.select(
        contact.c.id,
        contact.c.order_id,
        sa.literal("tickets_ready").label("what"),
        order.c.id.label("row_id"),
    ).join(order, order.c.id == contact.c.order_id)
    ticketed = ticketed.where(order.c.state.in_(("ticketed", "part_refunded")))
    undone = sa.select(
        contact.c.id,
        contact.c.order_id,
        sa.literal("order_undone").label("what"),
        order_event.c.id.label("row_id"),
    ).join(order_event, order_event.c.order_id == contact.c.order_id)
    undone = undone.where(order_event.c.to_state == "cancelled", order_event.c.at >= since)
    sent = sa.select(
        contact.c.id, contact.c.order_id, sa.literal("refund_sent").label("what"), refund.c.id.label("row_id")
    ).join(refund, refund.c.order_id == contact.c.order_id)
    sent = sent.where(refund.c.state == "confirmed", refund.c.amount_minor > 0, refund.c.created_at >= since)
    concerned = (
        sa.select(
            contact.c.id,
            contact.c.order_id,
            sa.literal("journey").label("what"),
            disruption_event.c.id.label("row_id"),
        )
        .join(disruption_affected, disruption_affected.c.order_id == contact.c.order_id)
        .join(disruption_event, disruption_event.c.id == disruption_affected.c.event_id)
        .where(disruption_event.c.status == "confirmed", disruption_event.c.confirmed_at >= since)
        .distinct()
    )
    found: list[Happened] = []
    for query in (ticketed, undone, sent, concerned):
        inner = query.subquery()
        topic = inner.c.id + ":" + inner.c.what + ":" + inner.c.row_id
        told = sa.exists(sa.select(sa.literal(1)).where(notice.c.topic == topic))
        rows = sa.select(inner).where(~told).order_by(inner.c.id).limit(limit)
        found.extend(Happened(row[0], row[1], row[2], row[3]) for row in tx.execute(rows))
    return found
