"""Find what happened to orders with contacts and was not written into the outbox yet: read from the orders' own history."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.notices.webhooks import is_active, takes
from ticketing.db.tables.disruption import disruption_affected, disruption_event, place_hold, rerouting
from ticketing.db.tables.notices import contact, notice, webhook, webhook_type
from ticketing.db.tables.rights import claim, claim_step
from ticketing.db.tables.sale import order, order_event, refund

ACCOUNT = "claim_needs_account"
# The families of the events, where they are not named as their message is.
_FAMILIES = {
    "tickets_ready": "order",
    "order_undone": "order",
    "refund_sent": "refund",
    ACCOUNT: "claim",
    "moved": "journey",
    "place_held": "journey",
    "place_given_back": "journey",
}
# A contact that comes later is told of what may still matter to it.
_RUNS_BACK, _REFUNDS_BACK = timedelta(days=1), timedelta(days=14)
_CLAIM_ENDS = ("decided", "paid", "refused")
# The tables of what contacts are told.
_TOLD_FROM = (contact, claim_step, disruption_event, order, order_event, place_hold, refund, rerouting)


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that a contact is to be told: `what` names it, with the id of its row; `topic` names the message of it.

    `type` is that of the event as programs read it.
    """

    contact_id: str
    order_id: str
    what: str
    row_id: str
    topic: str
    type: str


def topic_of(order_id: str, digest: str, what: str, row_id: str) -> str:
    """Name a message: by order and address, so that a contact that goes and comes again is told nothing twice."""
    return f"{order_id}:{digest}:{what}:{row_id}"


@dataclass(frozen=True, slots=True)
class Missed:
    """The time since a moment in which a webhook has missed events, while it was off."""

    webhook_id: str
    since: datetime


def list_untold(tx: Transaction, now: datetime, limit: int, missed: Missed | None = None) -> list[Happened]:
    """List what contacts are to be told and no message was written of, oldest contacts first.

    A contact that names a webhook is told of the types that it takes, of what happened since it takes them, and of nothing
    while it is off. With `missed` it is what one webhook asks for again, also where that is older than what contacts are told.
    """
    ready = sa.select(sa.func.max(order_event.c.at)).where(
        order_event.c.order_id == order.c.id, order_event.c.to_state == "ticketed"
    )
    ready_at = ready.correlate(order).scalar_subquery()
    tickets = _about("tickets_ready", sa.literal("order.ticketed"), order.c.id, ready_at, now).join(
        order, order.c.id == contact.c.order_id
    )
    undone = _about(
        "order_undone", sa.literal("order.cancelled"), order_event.c.id, order_event.c.at, now
    ).join(order_event, order_event.c.order_id == contact.c.order_id)
    sent_at = sa.func.coalesce(refund.c.changed_at, refund.c.created_at, type_=refund.c.created_at.type)
    sent = _about("refund_sent", sa.literal("refund.confirmed"), refund.c.id, sent_at, now).join(
        refund, refund.c.order_id == contact.c.order_id
    )
    step_id = claim_step.c.claim_id + ":" + sa.cast(claim_step.c.seq, sa.Text())
    account = _about(ACCOUNT, sa.literal("claim.needs_account"), step_id, claim_step.c.at, now)
    account = account.join(claim, claim.c.order_id == contact.c.order_id)
    account = account.join(claim_step, claim_step.c.claim_id == claim.c.id)
    kind = sa.literal("journey.") + disruption_event.c.kind
    confirmed_at = disruption_event.c.confirmed_at
    runs = _about("journey", kind, disruption_event.c.id, confirmed_at, now).join(
        disruption_affected, disruption_affected.c.order_id == contact.c.order_id
    )
    runs = runs.join(disruption_event, disruption_event.c.id == disruption_affected.c.event_id)
    end_id = claim_step.c.claim_id + ":" + claim_step.c.state
    steps = _about("claim", sa.literal("claim.") + claim_step.c.state, end_id, claim_step.c.at, now)
    steps = steps.join(claim, claim.c.order_id == contact.c.order_id)
    steps = steps.join(claim_step, claim_step.c.claim_id == claim.c.id)
    # People read of the money itself; of a claim that pays nothing they read here.
    is_for = sa.or_(contact.c.kind == "webhook", claim_step.c.state == "refused")
    is_sent = (refund.c.state == "confirmed", refund.c.amount_minor > 0)
    is_confirmed = disruption_event.c.status == "confirmed"
    refunds_from, runs_from = now - _REFUNDS_BACK, now - _RUNS_BACK
    if missed is not None:
        refunds_from, runs_from = min(refunds_from, missed.since), min(runs_from, missed.since)
    queries = [
        tickets.where(order.c.state.in_(("ticketed", "part_refunded"))),
        undone.where(order_event.c.to_state == "cancelled", order_event.c.at >= contact.c.created_at),
        sent.where(*is_sent, sent_at >= refunds_from),
        account.where(claim_step.c.state == "needs_account", claim.c.state == "needs_account"),
        runs.where(is_confirmed, confirmed_at >= runs_from).distinct(),
        steps.where(claim_step.c.state.in_(_CLAIM_ENDS), is_for, claim_step.c.at >= refunds_from).distinct(),
    ]
    queries += _of_moves(now, runs_from)
    if missed is not None:
        queries = [query.where(contact.c.webhook_id == missed.webhook_id) for query in queries]
    return [one for query in queries for one in _untold(tx, query, limit)]


def _of_moves(now: datetime, since: datetime) -> list[sa.Select[Any]]:
    """Select the contacts of orders whose tickets were moved, or for which a place is held or was given back unanswered."""
    done, hold = rerouting.c, place_hold.c
    moved = _about("moved", sa.literal("journey.moved"), done.id, done.ended_at, now)
    moved = moved.join(rerouting, done.order_id == contact.c.order_id)
    queries = [moved.where(done.state == "done", done.kind == "later_departure", done.ended_at >= since)]
    for what, state, at in (
        ("place_held", "held", hold.made_at),
        ("place_given_back", "released", hold.ended_at),
    ):
        query = _about(what, sa.literal(f"journey.{what}"), hold.id, at, now)
        query = query.join(place_hold, hold.order_id == contact.c.order_id)
        queries.append(query.where(hold.state == state, hold.until.is_not(None), at >= since))
    return queries


def _about(
    what: str,
    type_: sa.ColumnElement[str],
    row_id: sa.ColumnElement[str],
    at: "sa.ColumnElement[Any]",
    now: datetime,
) -> sa.Select[Any]:
    """Select the contacts with a thing of theirs, which became so `at` a moment.

    A webhook takes what happened since it takes its type, and what is told to an order that has named it since.
    """
    family = _FAMILIES.get(what, what)
    since = webhook_type.c.since
    taken = (
        sa.select(sa.literal(1))
        .select_from(webhook)
        .join(webhook_type, webhook_type.c.webhook_id == webhook.c.id)
        .where(webhook.c.id == contact.c.webhook_id, is_active(now), takes(type_, family))
        .where(sa.or_(at >= since, contact.c.created_at >= since))
        .correlate(*_TOLD_FROM)
    )
    topic = contact.c.order_id + ":" + contact.c.digest + f":{what}:" + row_id
    selected = sa.select(contact.c.id, contact.c.order_id, sa.literal(what).label("what"))
    return selected.add_columns(row_id.label("row_id"), topic.label("topic"), type_.label("type")).where(
        sa.or_(contact.c.webhook_id.is_(None), taken.exists())
    )


def _untold(tx: Transaction, query: sa.Select[Any], limit: int) -> list[Happened]:
    things = query.subquery()
    told = sa.exists(sa.select(sa.literal(1)).where(notice.c.topic == things.c.topic))
    rows = sa.select(things).where(~told).order_by(things.c.id).limit(limit)
    return [Happened(*row) for row in tx.execute(rows)]
