"""Disputed lines of statements and their trail."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, insert_once
from ticketing.db.settlement_tables import dispute_step, line_dispute
from ticketing.db.tables import account, entry, posting, share


@dataclass(frozen=True, slots=True)
class Dispute:
    """A line that an operator disputes; each line once."""

    id: str
    run_id: str
    operator: str
    line_id: str
    reason: str
    opened_by: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeStep:
    """What was said or done about it; `entry_id` is the correction."""

    dispute_id: str
    seq: int
    state: str
    actor: str
    at: datetime
    text: str
    entry_id: str | None


def insert_dispute(tx: Transaction, made: Dispute) -> bool:
    """Store a dispute; False when this line is disputed already."""
    result = tx.execute(insert_once(tx, line_dispute, columns(made)).returning(line_dispute.c.id))
    return result.first() is not None


def find_dispute(tx: Transaction, dispute_id: str) -> Dispute | None:
    """Read one dispute."""
    return find(tx, sa.select(line_dispute).where(line_dispute.c.id == dispute_id), Dispute)


def list_disputes(tx: Transaction, operator: str | None) -> list[Dispute]:
    """List disputes, oldest first: of one operator or of all."""
    query = sa.select(line_dispute).order_by(line_dispute.c.id)
    return fetch(tx, query.where(line_dispute.c.operator == operator) if operator else query, Dispute)


def insert_step(tx: Transaction, made: DisputeStep) -> None:
    """Add to the trail; two at once collide on the number."""
    tx.execute(sa.insert(dispute_step).values(**columns(made)))


def list_steps(tx: Transaction, dispute_id: str) -> list[DisputeStep]:
    """The trail of a dispute, first to last."""
    query = sa.select(dispute_step).where(dispute_step.c.dispute_id == dispute_id)
    return fetch(tx, query.order_by(dispute_step.c.seq), DisputeStep)


def find_line_currency(tx: Transaction, region: str, period: str, operator: str, line_id: str) -> str | None:
    """The currency of a line of an operator's statement; None when there is no such line."""
    shares = sa.select(share.c.currency).where(
        share.c.period == period,
        share.c.id == line_id,
        share.c.region == region,
        share.c.operator == operator,
    )
    found: str | None = tx.execute(shares).scalar_one_or_none()
    if found is not None:
        return found
    entries = (
        sa.select(posting.c.currency)
        .join(entry, sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id))
        .join(account, account.c.id == posting.c.account_id)
        .where(entry.c.period == period, entry.c.id == line_id, entry.c.region == region)
        .where(account.c.purpose == "operator_payable", account.c.operator == operator)
    )
    return tx.execute(entries.limit(1)).scalar_one_or_none()
