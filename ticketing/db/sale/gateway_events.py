"""Keep gateways' reports, disputes, and alerts for people: rows that wait until somebody has dealt with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from throughfare_gate.ids import new_id
from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, insert_once
from ticketing.db.tables.purchase import alert, dispute, gateway_event

_DISPUTES = (
    sa.select(dispute)
    .where(dispute.c.payment_id.in_(sa.bindparam("wanted", expanding=True)))
    .order_by(dispute.c.opened_at, dispute.c.id)
)
_RESOLVE_ALERT_OF = sa.update(alert).where(
    alert.c.kind == sa.bindparam("of_kind"),
    alert.c.subject == sa.bindparam("of_subject"),
    alert.c.resolved_at.is_(None),
)

# The case of a region whose pool of guarantees is below its reserve: while it is open none is sold.
POOL_LOW = "guarantee_pool_low"
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One report, stored once; `document` is the verified body."""

    gateway: str
    id: str
    type: str
    object_id: str | None
    state: str
    tries: int
    received_at: datetime
    next_try_at: datetime
    note: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A cardholder's complaint about a payment."""

    id: str
    payment_id: str
    state: str
    reason: str
    amount_minor: int
    fee_minor: int
    currency: str
    opened_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something that a person has to look at; raised once for each subject."""

    id: str
    kind: str
    subject: str
    detail: str
    raised_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None


def store_event(tx: Transaction, event: Event) -> bool:
    """Store a report; False when it is there already."""
    return tx.execute(insert_once(tx, gateway_event, columns(event))).rowcount == 1


def find_event(tx: Transaction, gateway: str, event_id: str) -> Event | None:
    """Read one report and hold its row."""
    query = sa.select(gateway_event).where(gateway_event.c.gateway == gateway, gateway_event.c.id == event_id)
    return find(tx, query.with_for_update(), Event)


def list_due_events(tx: Transaction, now: datetime, limit: int) -> list[Event]:
    """List reports that wait to be dealt with, oldest first."""
    query = (
        sa.select(gateway_event)
        .where(gateway_event.c.state == "new", gateway_event.c.next_try_at <= now)
        .order_by(gateway_event.c.received_at, gateway_event.c.id)
        .limit(limit)
    )
    return fetch(tx, query, Event)


def settle_event(tx: Transaction, event: Event, state: str, note: str) -> None:
    """Write down what became of a report."""
    tx.execute(sa.update(gateway_event).where(*_same(event)).values(state=state, note=note))


def postpone_event(tx: Transaction, event: Event, now: datetime, note: str) -> None:
    """Try a report again after a growing pause."""
    pause = min(_FIRST_PAUSE * 2 ** min(event.tries, 20), _LONGEST_PAUSE)
    changed = {"tries": event.tries + 1, "next_try_at": now + pause, "note": note}
    tx.execute(sa.update(gateway_event).where(*_same(event)).values(**changed))


def oldest_new_event(tx: Transaction) -> datetime | None:
    """Find the time of the oldest report that nobody has dealt with."""
    query = sa.select(gateway_event.c.received_at).where(gateway_event.c.state == "new")
    return tx.execute(query.order_by(gateway_event.c.received_at).limit(1)).scalar()


def find_dispute(tx: Transaction, dispute_id: str) -> Dispute | None:
    """Read one dispute."""
    return find(tx, sa.select(dispute).where(dispute.c.id == dispute_id), Dispute)


def list_disputes(tx: Transaction, payment_ids: Sequence[str]) -> list[Dispute]:
    """List the disputes of some payments, oldest first."""
    return fetch(tx, _DISPUTES, Dispute, wanted=list(payment_ids)) if payment_ids else []


def put_dispute(tx: Transaction, found: Dispute) -> None:
    """Store a dispute, or its new state."""
    if not tx.execute(insert_once(tx, dispute, columns(found))).rowcount:
        changed = {"state": found.state, "fee_minor": found.fee_minor, "changed_at": found.changed_at}
        tx.execute(sa.update(dispute).where(dispute.c.id == found.id).values(**changed))


def raise_alert(
    tx: Transaction, kind: str, subject: str, detail: str, now: datetime, *, again: bool = False
) -> None:
    """Tell people once; `again` also where it was put away before, because it has happened anew."""
    fresh = Alert(
        id=new_id(),
        kind=kind,
        subject=subject,
        detail=detail,
        raised_at=now,
        resolved_at=None,
        resolved_by=None,
    )
    if tx.execute(insert_once(tx, alert, columns(fresh))).rowcount or not again:
        return
    reopened = {"detail": detail, "raised_at": now, "resolved_at": None, "resolved_by": None}
    change = sa.update(alert).where(
        alert.c.kind == kind, alert.c.subject == subject, alert.c.resolved_at.isnot(None)
    )
    tx.execute(change.values(**reopened))


def list_alerts(tx: Transaction, *, resolved: bool = False) -> list[Alert]:
    """List alerts, oldest first."""
    done = alert.c.resolved_at.isnot(None) if resolved else alert.c.resolved_at.is_(None)
    return fetch(tx, sa.select(alert).where(done).order_by(alert.c.raised_at, alert.c.id), Alert)


def find_raised(tx: Transaction, kind: str, subject: str) -> datetime | None:
    """Read since when a case waits for a person; None where it does not."""
    query = sa.select(alert.c.raised_at).where(alert.c.kind == kind, alert.c.subject == subject)
    raised: datetime | None = tx.execute(query.where(alert.c.resolved_at.is_(None))).scalar()
    return raised


def resolve_alert_of(tx: Transaction, kind: str, subject: str, by: str, at: datetime) -> None:
    """Put away what was told of something that has found its end, if anything was."""
    wanted = {"of_kind": kind, "of_subject": subject, "resolved_at": at, "resolved_by": by}
    tx.execute(_RESOLVE_ALERT_OF, wanted)


def resolve_alert(tx: Transaction, alert_id: str, by: str, at: datetime) -> bool:
    """Put an alert away; False when there is none that waits."""
    change = sa.update(alert).where(alert.c.id == alert_id, alert.c.resolved_at.is_(None))
    return tx.execute(change.values(resolved_at=at, resolved_by=by)).rowcount == 1


def _same(event: Event) -> list[sa.ColumnElement[bool]]:
    return [gateway_event.c.gateway == event.gateway, gateway_event.c.id == event.id]
