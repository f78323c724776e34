"""Settlement runs: one calculation of one period, with versions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find
from ticketing.db.tables import run


@dataclass(frozen=True, slots=True)
class Run:
    """A run; `document` holds positions, payments, lines and totals, `digest` is its SHA-256."""

    id: str
    region: str
    period: str
    version: int
    state: str
    digest: str
    prepared_by: str
    created_at: datetime
    document: dict[str, Any]


def insert_run(tx: Transaction, made: Run) -> None:
    """Store a run; (region, period, version) is unique, so two closers make one run."""
    tx.execute(sa.insert(run).values(**columns(made)))


def find_run(tx: Transaction, run_id: str) -> Run | None:
    """Read one run."""
    return find(tx, sa.select(run).where(run.c.id == run_id), Run)


def find_run_of_period(tx: Transaction, region: str, period: str) -> Run | None:
    """Read the newest run of a period."""
    query = sa.select(run).where(run.c.region == region, run.c.period == period)
    return find(tx, query.order_by(run.c.version.desc()).limit(1), Run)


def list_runs(tx: Transaction, *, after: str | None, limit: int) -> list[Run]:
    """List runs by id (oldest first), starting behind `after`."""
    query = sa.select(run).order_by(run.c.id).limit(limit)
    return fetch(tx, query.where(run.c.id > after) if after else query, Run)
