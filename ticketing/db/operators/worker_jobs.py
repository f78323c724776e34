"""Keep the figures of the worker's jobs, for people and for metrics: one row a job, written over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, insert_once
from ticketing.db.tables.purchase import worker_job


@dataclass(frozen=True, slots=True)
class WorkerJob:
    """A job: when it ran and last succeeded, how often it has failed since the worker began, and is failing now."""

    name: str
    ran_at: datetime
    succeeded_at: datetime | None
    failures: int
    failing: int
    detail: str


def put_jobs(tx: Transaction, jobs: Iterable[WorkerJob]) -> None:
    """Store how jobs fare."""
    for made in jobs:
        if not tx.execute(insert_once(tx, worker_job, columns(made))).rowcount:
            tx.execute(sa.update(worker_job).where(worker_job.c.name == made.name).values(**columns(made)))


def list_jobs(tx: Transaction) -> list[WorkerJob]:
    """List the jobs by name."""
    return fetch(tx, sa.select(worker_job).order_by(worker_job.c.name), WorkerJob)
