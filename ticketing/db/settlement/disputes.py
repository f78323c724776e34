"""Disputed lines of statements and their trail."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, insert_once
from ticketing.db.tables.books import account, entry, posting, share
from ticketing.db.tables.settlement import dispute_step, line_dispute


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A line that an operator disputes; each line once."""

    id: str
    run_id: str
    operator: str
    line_id: str
    reason: str
    opened_by: str
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeStep:
    """A statement or an act in a dispute; `entry_id` is the correction."""

    dispute_id: str
    seq: int
    state: str
    actor: str
    at: datetime
    text: str
    entry_id: str | None


@dataclass(frozen=True, slots=True)
class Correction:
    """The correction by a dispute: the operator got `amount_minor` (negative: gave back) from `against`, or from the scheme."""

    amount_minor: int
    currency: str
    against: str | None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """The facts that a dispute needs of its statement line."""

    currency: str
    gross_minor: int


def insert_dispute(tx: Transaction, made: Dispute) -> bool:
    """Store a dispute; False when this line is disputed already."""
    result = tx.execute(insert_once(tx, line_dispute, columns(made)).returning(line_dispute.c.id))
    return result.first() is not None


def find_dispute(tx: Transaction, dispute_id: str) -> Dispute | None:
    """Read one dispute."""
    return find(tx, sa.select(line_dispute).where(line_dispute.c.id == dispute_id), Dispute)


def list_disputes(tx: Transaction) -> list[Dispute]:
    """List all disputes, oldest first."""
    return fetch(tx, sa.select(line_dispute).order_by(line_dispute.c.id), Dispute)


def list_corrections(tx: Transaction, dispute_id: str | None = None) -> dict[str, Correction]:
    """List the corrections by disputes, one or all, each by its id: read from the postings of its correction."""
    query = (
        sa.select(
            line_dispute.c.id,
            line_dispute.c.operator.label("by"),
            account.c.purpose,
            account.c.operator,
            posting.c.amount_minor,
            posting.c.currency,
        )
        .join(entry, sa.and_(entry.c.source_type == "dispute", entry.c.source_id == line_dispute.c.id))
        .join(posting, sa.and_(posting.c.period == entry.c.period, posting.c.entry_id == entry.c.id))
        .join(account, account.c.id == posting.c.account_id)
        .where(entry.c.kind == "correction")
    )
    corrections: dict[str, Correction] = {}
    for row in tx.execute(query if dispute_id is None else query.where(line_dispute.c.id == dispute_id)):
        if row.purpose != "operator_payable" or row.operator != row.by:
            corrections[row.id] = Correction(row.amount_minor, row.currency, row.operator)
    return corrections


def insert_step(tx: Transaction, made: DisputeStep) -> None:
    """Add to the trail; two at once collide on the number."""
    tx.execute(sa.insert(dispute_step).values(**columns(made)))


def list_steps(tx: Transaction, dispute_id: str) -> list[DisputeStep]:
    """The trail of a dispute, first to last."""
    query = sa.select(dispute_step).where(dispute_step.c.dispute_id == dispute_id)
    return fetch(tx, query.order_by(dispute_step.c.seq), DisputeStep)


def find_line(tx: Transaction, region: str, period: str, operator: str, line_id: str) -> StatementLine | None:
    """A line of an operator's statement; None when there is no such line."""
    shares = sa.select(share.c.currency, share.c.gross_minor).where(
        share.c.period == period,
        share.c.id == line_id,
        share.c.region == region,
        share.c.operator == operator,
    )
    line = find(tx, shares, StatementLine)
    if line is not None:
        return line
    entries = (
        sa.select(posting.c.currency, (-posting.c.amount_minor).label("gross_minor"))
        .join(entry, sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id))
        .join(account, account.c.id == posting.c.account_id)
        .where(entry.c.period == period, entry.c.id == line_id, entry.c.region == region)
        .where(account.c.purpose == "operator_payable", account.c.operator == operator)
    )
    return find(tx, entries.limit(1), StatementLine)
