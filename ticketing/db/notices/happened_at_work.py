"""Find what happened to runs, statements and disputes and was not written for a webhook yet: read from their own history."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.notices.webhooks import is_active, takes
from ticketing.db.tables.books import account, entry, posting, run
from ticketing.db.tables.disruption import disruption_event
from ticketing.db.tables.notices import notice, webhook, webhook_type
from ticketing.db.tables.settlement import dispute_step, line_dispute, run_step

STATEMENT_READY = "statement.ready"
# What is told of a run beside its operator.
_OF_RUN = ("trip_id", "service_date", "region")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkEvent:
    """One thing that a webhook is to be told: `data` are ids, `operator` is that of the webhook, None for the scheme."""

    webhook_id: str
    operator: str | None
    type: str
    topic: str
    at: datetime
    data: dict[str, str]


def list_untold_runs(tx: Transaction, now: datetime, since: datetime, limit: int) -> list[WorkEvent]:
    """List the confirmed events of runs, from a moment on, of which no message was written, oldest first."""
    event = disruption_event.c
    type_ = sa.literal("run.") + event.kind
    source = sa.join(disruption_event, webhook, _concerns(event.operator))
    query = _of_webhooks(
        source, now, since, type_=type_, family="run", row_id=event.id, at=event.confirmed_at
    ).add_columns(
        event.id.label("event_id"), event.operator.label("of_operator"), *(event[name] for name in _OF_RUN)
    )
    query = query.where(event.status == "confirmed")
    return [_run_event(row) for row in _untold(tx, query, limit)]


def _run_event(row: sa.RowMapping) -> WorkEvent:
    run = {name: row[name] for name in _OF_RUN}
    return _work_event(row, event_id=row["event_id"], operator=row["of_operator"], **run)


def list_untold_statements(tx: Transaction, now: datetime, since: datetime, limit: int) -> list[WorkEvent]:
    """List the approvals of runs, from a moment on, of which no message was written; an operator need not be in each run."""
    step = run_step.c
    source = sa.join(run_step, run, run.c.id == step.run_id).join(webhook, sa.true())
    query = _of_webhooks(
        source,
        now,
        since,
        type_=sa.literal(STATEMENT_READY),
        family="statement",
        row_id=step.run_id,
        at=step.at,
    )
    query = query.where(step.state == "approved")
    query = query.add_columns(step.run_id, run.c.region, run.c.period)
    return [
        _work_event(row, run_id=row["run_id"], region=row["region"], period=row["period"])
        for row in _untold(tx, query, limit)
    ]


def list_untold_disputes(tx: Transaction, now: datetime, since: datetime, limit: int) -> list[WorkEvent]:
    """List the steps of disputes, from a moment on, of which no message was written, oldest first."""
    step, case = dispute_step.c, line_dispute.c
    word = sa.case((step.state == "open", "opened"), else_=step.state)
    row_id = step.dispute_id + ":" + sa.cast(step.seq, sa.Text())
    bears = sa.and_(step.state == "corrected", _bears(case.id))
    source = sa.join(dispute_step, line_dispute, case.id == step.dispute_id).join(
        run, run.c.id == case.run_id
    )
    source = source.join(webhook, sa.or_(_concerns(case.operator), bears))
    query = _of_webhooks(
        source, now, since, type_=sa.literal("dispute.") + word, family="dispute", row_id=row_id, at=step.at
    )
    query = query.add_columns(
        step.dispute_id, case.run_id, case.operator.label("of_operator"), run.c.region, run.c.period
    )
    return [
        _work_event(
            row,
            dispute_id=row["dispute_id"],
            run_id=row["run_id"],
            operator=row["of_operator"],
            region=row["region"],
            period=row["period"],
        )
        for row in _untold(tx, query, limit)
    ]


def _of_webhooks(
    source: sa.Join,
    now: datetime,
    since: datetime,
    *,
    type_: sa.ColumnElement[str],
    family: str,
    row_id: sa.ColumnElement[str],
    at: "sa.ColumnElement[object]",
) -> sa.Select[Any]:
    """Select the webhooks that take a type, with what happened since they do."""
    topic = webhook.c.id + f":{family}:" + row_id
    return (
        sa.select(
            webhook.c.id.label("webhook_id"),
            webhook.c.operator,
            type_.label("type"),
            topic.label("topic"),
            at.label("at"),
        )
        .select_from(source)
        .join(webhook_type, webhook_type.c.webhook_id == webhook.c.id)
        .where(is_active(now), takes(type_, family), at >= since, at >= webhook_type.c.since)
        .distinct()
    )


def _concerns(operator: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Select the webhooks of an operator, and those of the scheme."""
    return sa.or_(webhook.c.operator.is_(None), webhook.c.operator == operator)


def _bears(dispute_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Select the webhooks of an operator from which a correction was taken."""
    return (
        sa.select(sa.literal(1))
        .select_from(entry)
        .join(posting, sa.and_(posting.c.period == entry.c.period, posting.c.entry_id == entry.c.id))
        .join(account, account.c.id == posting.c.account_id)
        .where(entry.c.source_type == "dispute", entry.c.source_id == dispute_id)
        .where(account.c.purpose == "operator_payable", account.c.operator == webhook.c.operator)
        .correlate(webhook, line_dispute)
        .exists()
    )


def _untold(tx: Transaction, query: sa.Select[Any], limit: int) -> list[sa.RowMapping]:
    happened = query.subquery()
    told = sa.exists(sa.select(sa.literal(1)).where(notice.c.topic == happened.c.topic))
    rows = sa.select(happened).where(~told).order_by(happened.c.at, happened.c.topic).limit(limit)
    return list(tx.execute(rows).mappings())


def _work_event(row: sa.RowMapping, **data: str) -> WorkEvent:
    return WorkEvent(
        webhook_id=row["webhook_id"],
        operator=row["operator"],
        type=row["type"],
        topic=row["topic"],
        at=row["at"],
        data=data,
    )
