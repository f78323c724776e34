"""Settlement runs: one calculation of one period, with versions, its steps and its files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.documents import canonical, digest
from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, kept_as
from ticketing.db.tables.books import period, run
from ticketing.db.tables.settlement import run_file, run_step
from ticketing.frozen import Dataset, Ending, RunDocument, Unreadable, read_run, write_run

_GONE = ("rejected", "voided")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run; its `document` is empty in a draft, then what its month ended by, then the dataset whose SHA-256 is `digest`."""

    id: str
    region: str
    period: str
    version: int
    state: str
    digest: str
    prepared_by: str
    created_at: datetime
    document: RunDocument = field(metadata=kept_as(read_run, write_run))

    @property
    def dataset(self) -> Dataset:
        """Positions, payments, sums and totals; raises LookupError for a draft, Unreadable where they cannot be read."""
        match self.document:
            case Dataset() as dataset:
                return dataset
            case Unreadable() as fault:
                raise fault
        raise LookupError(f"the run {self.id} is not calculated yet")

    @property
    def is_calculated(self) -> bool:
        """True where it has a dataset."""
        return isinstance(self.document, Dataset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a run into a state, with the person, the time and the digest that was seen."""

    run_id: str
    seq: int
    state: str
    actor: str
    at: datetime
    digest: str
    note: str


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file that a run was exported to."""

    run_id: str
    name: str
    sha256: str
    bytes: int
    at: datetime


def digest_of(run: Run) -> str:
    """SHA-256 of the document that a run has; empty where it cannot be read, so that it is nobody's digest."""
    return "" if isinstance(run.document, Unreadable) else digest(write_run(run.document))


def insert_run(tx: Transaction, made: Run) -> None:
    """Store a run; (region, period, version) is unique, so two closers make one run."""
    tx.execute(sa.insert(run).values(**columns(made)))


def find_run(tx: Transaction, run_id: str, *, hold: bool = False) -> Run | None:
    """Read one run; `hold` keeps it from other writers until the transaction ends."""
    query = sa.select(run).where(run.c.id == run_id)
    return find(tx, query.with_for_update() if hold else query, Run)


def find_run_of_period(tx: Transaction, region: str, period: str) -> Run | None:
    """Read the newest run of a period."""
    query = sa.select(run).where(run.c.region == region, run.c.period == period)
    return find(tx, query.order_by(run.c.version.desc()).limit(1), Run)


def find_version(tx: Transaction, region: str, period: str, version: int) -> Run | None:
    """Read one version of a period's run."""
    query = sa.select(run).where(run.c.region == region, run.c.period == period, run.c.version == version)
    return find(tx, query, Run)


def list_versions(tx: Transaction, region: str, period_id: str) -> list[Run]:
    """List every version of a period's run, those that were taken back too, first to last."""
    query = sa.select(run).where(run.c.region == region, run.c.period == period_id)
    return fetch(tx, query.order_by(run.c.version), Run)


def find_run_before(tx: Transaction, region: str, period: str) -> Run | None:
    """Read the run in force of the last settled month before this one."""
    query = sa.select(run).where(run.c.region == region, run.c.period < period, run.c.state.not_in(_GONE))
    return find(tx, query.order_by(run.c.period.desc(), run.c.version.desc()).limit(1), Run)


def find_run_after(tx: Transaction, region: str, period: str) -> Run | None:
    """Read the run in force of the next settled month, which opened with what this one carried forward."""
    query = sa.select(run).where(run.c.region == region, run.c.period > period, run.c.state.not_in(_GONE))
    return find(tx, query.order_by(run.c.period, run.c.version.desc()).limit(1), Run)


def list_runs(tx: Transaction, *, after: str | None, limit: int) -> list[Run]:
    """List runs by id (oldest first), starting behind `after`."""
    query = sa.select(run).order_by(run.c.id).limit(limit)
    return fetch(tx, query.where(run.c.id > after) if after else query, Run)


def list_months(tx: Transaction, region: str, limit: int) -> list[tuple[str, str, Run | None]]:
    """The newest months of a region with their state and the newest version of their run, newest first."""
    query = sa.select(period.c.id, period.c.state).where(period.c.region == region)
    months = tx.execute(query.order_by(period.c.id.desc()).limit(limit)).all()
    mine = sa.select(run).where(run.c.region == region, run.c.period.in_([row[0] for row in months]))
    newest = {found.period: found for found in fetch(tx, mine.order_by(run.c.version), Run)}
    return [(row[0], row[1], newest.get(row[0])) for row in months]


def list_runs_in_state(tx: Transaction, region: str, states: Sequence[str]) -> list[Run]:
    """List a region's runs in the given states, oldest first."""
    query = sa.select(run).where(run.c.region == region, run.c.state.in_(states))
    return fetch(tx, query.order_by(run.c.id), Run)


def set_ended(tx: Transaction, run_id: str, ending: Ending) -> None:
    """Keep in a draft what the end of its month was decided by."""
    change = sa.update(run).where(run.c.id == run_id, run.c.state == "draft")
    tx.execute(change.values(document=canonical(write_run(ending))))


def set_calculated(tx: Transaction, run_id: str, digest: str, dataset: Dataset) -> None:
    """Fill a draft; from then on the database keeps it frozen."""
    change = sa.update(run).where(run.c.id == run_id, run.c.state == "draft")
    tx.execute(change.values(state="calculated", digest=digest, document=canonical(write_run(dataset))))


def set_state(tx: Transaction, run_id: str, state: str) -> None:
    """Take a run into a state; the database refuses a step that does not exist."""
    tx.execute(sa.update(run).where(run.c.id == run_id).values(state=state))


def insert_step(
    tx: Transaction, run_id: str, *, state: str, actor: str, at: datetime, digest: str, note: str = ""
) -> None:
    """Keep who took a run into a state."""
    last = tx.execute(
        sa.select(sa.func.max(run_step.c.seq)).where(run_step.c.run_id == run_id)
    ).scalar_one_or_none()
    tx.execute(
        sa.insert(run_step).values(
            run_id=run_id, seq=(last or 0) + 1, state=state, actor=actor, at=at, digest=digest, note=note
        )
    )


def list_steps(tx: Transaction, run_id: str) -> list[Step]:
    """List the steps of a run, first to last."""
    return fetch(tx, sa.select(run_step).where(run_step.c.run_id == run_id).order_by(run_step.c.seq), Step)


def insert_file(tx: Transaction, made: RunFile) -> None:
    """Keep the hash of an exported file."""
    tx.execute(sa.insert(run_file).values(**columns(made)))


def list_files(tx: Transaction, run_id: str) -> list[RunFile]:
    """List the files of a run by name."""
    return fetch(
        tx, sa.select(run_file).where(run_file.c.run_id == run_id).order_by(run_file.c.name), RunFile
    )
