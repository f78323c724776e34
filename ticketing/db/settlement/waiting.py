"""Find what waits for a person of finance: runs and accounts for a second one, disputes for an answer, cases for somebody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.settlement.bank import SUBJECT
from ticketing.db.tables.books import run
from ticketing.db.tables.purchase import alert
from ticketing.db.tables.settlement import approval, bank_account, dispute_step, line_dispute, run_step

_ANSWERED = ("corrected", "rejected", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Things of one kind that wait, in one place: a region's, a party's; `since` is when the oldest began to."""

    kind: Literal["run", "account", "dispute", "case"]
    of: str
    count: int
    since: datetime


def list_waiting(tx: Transaction) -> list[Waiting]:
    """List what waits, by kind and place. Runs are named by region and month, accounts and disputes by their party."""
    oldest, count = sa.func.min, sa.func.count()
    runs = (
        sa.select((run.c.region + " " + run.c.period).label("of"), count, oldest(run.c.created_at))
        .where(run.c.state == "calculated")
        .group_by(run.c.region, run.c.period)
    )
    decided = sa.select(approval.c.subject_id).where(approval.c.subject_type == SUBJECT)
    accounts = (
        sa.select(bank_account.c.party.label("of"), count, oldest(bank_account.c.entered_at))
        .where(bank_account.c.id.not_in(decided))
        .group_by(bank_account.c.party)
    )
    answered = sa.select(dispute_step.c.dispute_id).where(dispute_step.c.state.in_(_ANSWERED))
    disputes = (
        sa.select(line_dispute.c.operator.label("of"), count, oldest(line_dispute.c.opened_at))
        .where(line_dispute.c.id.not_in(answered))
        .group_by(line_dispute.c.operator)
    )
    cases = (
        sa.select(sa.literal("").label("of"), count, oldest(alert.c.raised_at))
        .where(alert.c.resolved_at.is_(None))
        .having(count > 0)
    )
    kinds = (("run", runs), ("account", accounts), ("dispute", disputes), ("case", cases))
    return [
        Waiting(kind=kind, of=row[0], count=int(row[1]), since=row[2])  # type: ignore[arg-type]
        for kind, query in kinds
        for row in tx.execute(query.order_by("of"))
    ]


def list_approvals(tx: Transaction, since: datetime) -> list[tuple[str, datetime]]:
    """List the runs that were approved since a moment, with when, oldest first."""
    query = sa.select(run_step.c.run_id, run_step.c.at).where(
        run_step.c.state == "approved", run_step.c.at >= since
    )
    return [(row[0], row[1]) for row in tx.execute(query.order_by(run_step.c.at, run_step.c.run_id))]
