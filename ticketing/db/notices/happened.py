"""Find what happened to orders with contacts and was not written into the outbox yet: read from the orders' own history."""

import functools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.notices.webhooks import is_active, takes
from ticketing.db.tables.disruption import (
    disruption_affected,
    disruption_event,
    leg_of_ticket,
    place_hold,
    rerouting,
)
from ticketing.db.tables.gates import ticket_use
from ticketing.db.tables.notices import contact, notice, webhook, webhook_type
from ticketing.db.tables.rights import claim, claim_step
from ticketing.db.tables.sale import order, order_event, refund
from ticketing.db.tables.types import Instant

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
    "choice_due": "journey",
}
# A contact that comes later is told of what may still matter to it.
_RUNS_BACK, _REFUNDS_BACK = timedelta(days=1), timedelta(days=14)
# A holder has an hour to choose, and is reminded from three hours before the departure on the ticket until six hours after it.
_TIME_TO_CHOOSE, _REMINDED_BEFORE, _REMINDED_UNTIL = (
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
)
_ASKS = ("cancelled", "skipped", "too_late", "connection")
_CLAIM_ENDS = ("decided", "paid", "refused")
# What changes from one look to the next: the statements are made once (decision 0056), for they run in each round.
_NOW, _SINCE, _REFUNDS_FROM, _RUNS_FROM, _ASKED_BEFORE, _LEAVES_AFTER, _LEAVES_BEFORE = (
    sa.bindparam(name, type_=Instant())
    for name in (
        "now",
        "new_since",
        "refunds_from",
        "runs_from",
        "asked_before",
        "leaves_after",
        "leaves_before",
    )
)
_OF_WEBHOOK, _MOST = sa.bindparam("of_webhook", type_=sa.Text()), sa.bindparam("most", type_=sa.Integer())
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


@dataclass(frozen=True, slots=True)
class _Question:
    """One kind of thing that contacts are told: all of it, and the part that became so since a moment."""

    query: sa.Select[Any]
    became_so: sa.ColumnElement[bool]

    def of(self, *, new: bool) -> list[sa.Select[Any]]:
        """Ask for all of it, or for what is new since a moment: the thing itself, or the contact that is to be told of it.

        New things and new contacts are asked for apart: one of the two conditions is an index, both in one are none.
        """
        if not new:
            return [self.query]
        return [self.query.where(self.became_so), self.query.where(contact.c.created_at >= _SINCE)]


def list_untold(
    tx: Transaction,
    now: datetime,
    limit: int,
    *,
    new_since: datetime | None = None,
    missed: Missed | None = None,
) -> list[Happened]:
    """List what contacts are to be told and no message was written of, oldest contacts first.

    A contact that names a webhook is told of the types that it takes, of what happened since it takes them, and of nothing
    while it is off. With `new_since` only what became so since, or whose contact came since, is looked at. With `missed` it
    is what one webhook asks for again, also where that is older than what contacts are told.
    """
    refunds_from, runs_from = now - _REFUNDS_BACK, now - _RUNS_BACK
    if missed is not None:
        refunds_from, runs_from = min(refunds_from, missed.since), min(runs_from, missed.since)
    values = {
        "now": now,
        "new_since": new_since,
        "refunds_from": refunds_from,
        "runs_from": runs_from,
        "asked_before": now - _TIME_TO_CHOOSE,
        "leaves_after": now - _REMINDED_UNTIL,
        "leaves_before": now + _REMINDED_BEFORE,
        "of_webhook": missed.webhook_id if missed else None,
        "most": limit,
    }
    statements = _statements(new=new_since is not None, of_one=missed is not None)
    return [Happened(*row) for statement in statements for row in tx.execute(statement, values)]


@functools.cache
def _statements(*, new: bool, of_one: bool) -> tuple[sa.Select[Any], ...]:
    """The statements of one kind of look: at all or at what is new, for every contact or for one webhook."""
    questions = (
        _tickets_ready(),
        _orders_undone(),
        _refunds_sent(),
        _accounts_asked_for(),
        _runs_changed(),
        _claims_ended(),
        *_moves(),
        _choices_due(),
    )
    queries = [query for question in questions for query in question.of(new=new)]
    if of_one:
        queries = [query.where(contact.c.webhook_id == _OF_WEBHOOK) for query in queries]
    return tuple(_untold(query) for query in queries)


def _tickets_ready() -> _Question:
    of_order = order_event.c.order_id == order.c.id, order_event.c.to_state == "ticketed"
    ready_at = sa.select(sa.func.max(order_event.c.at)).where(*of_order).correlate(order).scalar_subquery()
    query = _about("tickets_ready", sa.literal("order.ticketed"), order.c.id, ready_at)
    query = query.join(order, order.c.id == contact.c.order_id)
    ready = sa.select(order_event.c.order_id).where(order_event.c.to_state == "ticketed")
    return _Question(
        query.where(order.c.state.in_(("ticketed", "part_refunded"))),
        order.c.id.in_(ready.where(order_event.c.at >= _SINCE)),
    )


def _orders_undone() -> _Question:
    at = order_event.c.at
    query = _about("order_undone", sa.literal("order.cancelled"), order_event.c.id, at)
    query = query.join(order_event, order_event.c.order_id == contact.c.order_id)
    return _Question(
        query.where(order_event.c.to_state == "cancelled", at >= contact.c.created_at),
        at >= _SINCE,
    )


def _refunds_sent() -> _Question:
    sent_at = sa.func.coalesce(refund.c.changed_at, refund.c.created_at, type_=refund.c.created_at.type)
    query = _about("refund_sent", sa.literal("refund.confirmed"), refund.c.id, sent_at)
    query = query.join(refund, refund.c.order_id == contact.c.order_id)
    return _Question(
        query.where(refund.c.state == "confirmed", refund.c.amount_minor > 0, sent_at >= _REFUNDS_FROM),
        sa.or_(refund.c.changed_at >= _SINCE, refund.c.created_at >= _SINCE),
    )


def _accounts_asked_for() -> _Question:
    row_id = claim_step.c.claim_id + ":" + sa.cast(claim_step.c.seq, sa.Text())
    query = _of_claims(ACCOUNT, sa.literal("claim.needs_account"), row_id)
    return _Question(
        query.where(claim_step.c.state == "needs_account", claim.c.state == "needs_account"),
        claim_step.c.at >= _SINCE,
    )


def _runs_changed() -> _Question:
    confirmed_at = disruption_event.c.confirmed_at
    kind = sa.literal("journey.") + disruption_event.c.kind
    query = _about("journey", kind, disruption_event.c.id, confirmed_at).join(
        disruption_affected, disruption_affected.c.order_id == contact.c.order_id
    )
    query = query.join(disruption_event, disruption_event.c.id == disruption_affected.c.event_id)
    return _Question(
        query.where(disruption_event.c.status == "confirmed", confirmed_at >= _RUNS_FROM).distinct(),
        confirmed_at >= _SINCE,
    )


def _claims_ended() -> _Question:
    """People read of the money itself: of claims they are told here where one pays nothing."""
    step = claim_step.c
    query = _of_claims("claim", sa.literal("claim.") + step.state, step.claim_id + ":" + step.state)
    is_for = sa.or_(contact.c.kind == "webhook", step.state == "refused")
    return _Question(
        query.where(step.state.in_(_CLAIM_ENDS), is_for, step.at >= _REFUNDS_FROM).distinct(),
        step.at >= _SINCE,
    )


def _of_claims(what: str, type_: sa.ColumnElement[str], row_id: sa.ColumnElement[str]) -> sa.Select[Any]:
    steps = _about(what, type_, row_id, claim_step.c.at)
    steps = steps.join(claim, claim.c.order_id == contact.c.order_id)
    return steps.join(claim_step, claim_step.c.claim_id == claim.c.id)


def _moves() -> list[_Question]:
    """Ask for the orders whose tickets were moved, or for which a place is held or was given back unanswered."""
    done, hold = rerouting.c, place_hold.c
    moved = _about("moved", sa.literal("journey.moved"), done.id, done.ended_at)
    moved = moved.join(rerouting, done.order_id == contact.c.order_id)
    moved = moved.where(done.state == "done", done.kind == "later_departure", done.ended_at >= _RUNS_FROM)
    held = _about("place_held", sa.literal("journey.place_held"), hold.id, hold.made_at)
    held = held.where(hold.state == "held", hold.until.is_not(None), hold.made_at >= _RUNS_FROM)
    given = _about("place_given_back", sa.literal("journey.place_given_back"), hold.id, hold.ended_at)
    given = given.where(hold.state == "released", hold.until.is_not(None), hold.ended_at >= _RUNS_FROM)
    of_order = place_hold, hold.order_id == contact.c.order_id
    return [
        _Question(moved, done.ended_at >= _SINCE),
        _Question(held.join(*of_order), hold.made_at >= _SINCE),
        _Question(given.join(*of_order), hold.ended_at >= _SINCE),
    ]


def _choices_due() -> _Question:
    """Ask for the orders with a passenger who has not chosen how to go on, an hour after the event and close to the departure."""
    row, event, leg = disruption_affected.c, disruption_event.c, leg_of_ticket.c
    newer = disruption_event.alias()
    same = [newer.c[name] == event[name] for name in ("region", "operator", "trip_id", "service_date")]
    overtaken = sa.exists().where(*same, newer.c.status == "confirmed", newer.c.revision > event.revision)
    of_leg = sa.and_(
        leg.jti == row.jti,
        leg.leg == sa.case((row.why == "connection", row.then_leg), else_=row.leg),
        sa.or_(row.why == "connection", leg.trip_id == event.trip_id),
    )
    query = _about("choice_due", sa.literal("journey.choice_due"), event.id, event.confirmed_at)
    query = query.join(disruption_affected, row.order_id == contact.c.order_id)
    query = query.join(disruption_event, event.id == row.event_id).join(leg_of_ticket, of_leg)
    query = query.where(event.status == "confirmed", event.confirmed_at <= _ASKED_BEFORE)
    query = query.where(leg.departs_at <= _LEAVES_BEFORE, leg.departs_at > _LEAVES_AFTER)
    # A contact that comes later is told of the event itself, and that is reminder enough for an hour.
    query = query.where(contact.c.created_at <= _ASKED_BEFORE)
    query = query.where(row.why.in_(_ASKS), ~overtaken.correlate(disruption_event))
    query = query.where(*(~answer for answer in _answers()))
    # Time alone makes it due: nothing new is written then, and the look at everything finds it.
    return _Question(query.distinct(), sa.false())


def _answers() -> list[sa.ColumnElement[bool]]:
    """The answers of the holder of a leg: a choice, a place that is held or was kept, or a gate."""
    leg = leg_of_ticket.c
    of_leg = {"order_id": leg.order_id, "leg": leg.leg, "was_trip_id": leg.trip_id}

    def same(table: sa.Table) -> list[sa.ColumnElement[bool]]:
        return [table.c[name] == column for name, column in of_leg.items()]

    return [
        sa.exists().where(*same(rerouting), rerouting.c.state != "failed").correlate(leg_of_ticket),
        sa.exists().where(*same(place_hold), place_hold.c.state != "released").correlate(leg_of_ticket),
        sa.exists().where(ticket_use.c.jti == leg.jti, ticket_use.c.leg == leg.leg).correlate(leg_of_ticket),
    ]


def _about(
    what: str,
    type_: sa.ColumnElement[str],
    row_id: sa.ColumnElement[str],
    at: "sa.ColumnElement[Any]",
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
        .where(webhook.c.id == contact.c.webhook_id, is_active(_NOW), takes(type_, family))
        .where(sa.or_(at >= since, contact.c.created_at >= since))
        .correlate(*_TOLD_FROM)
    )
    topic = contact.c.order_id + ":" + contact.c.digest + f":{what}:" + row_id
    selected = sa.select(contact.c.id, contact.c.order_id, sa.literal(what).label("what"))
    return selected.add_columns(row_id.label("row_id"), topic.label("topic"), type_.label("type")).where(
        sa.or_(contact.c.webhook_id.is_(None), taken.exists())
    )


def _untold(query: sa.Select[Any]) -> sa.Select[Any]:
    things = query.subquery()
    told = sa.exists(sa.select(sa.literal(1)).where(notice.c.topic == things.c.topic))
    return sa.select(things).where(~told).order_by(things.c.id).limit(_MOST)
