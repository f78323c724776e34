"""Long work that somebody of the office has asked the worker for, and how far it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import fetch, find, insert
from ticketing.db.tables.settlement import office_work

Kind = Literal["close", "export"]
_WANTED = sa.select(office_work).where(office_work.c.id == sa.bindparam("wanted"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One piece of work: to close a month (`subject`) or to export a run; `wish` is how, as JSON.

    `result` is the run that it made, `fault` why it came to nothing; both are empty while it waits or runs.
    """

    id: str
    kind: Kind
    region: str
    subject: str
    asked_by: str
    asked_at: datetime
    wish: str
    stage: str = ""
    done: int = 0
    whole: int = 0
    ended_at: datetime | None = None
    result: str = ""
    fault: str = ""

    @property
    def wishes(self) -> Mapping[str, str]:
        """The wishes that it was asked for with: reasons, a language."""
        wishes: dict[str, str] = json.loads(self.wish)
        return wishes


def insert_work(tx: Transaction, work: Work) -> None:
    """Ask for a piece of work."""
    insert(tx, office_work, work)


def find_work(tx: Transaction, work_id: str) -> Work | None:
    """Read a piece of work."""
    return find(tx, _WANTED, Work, wanted=work_id)


def find_open_work(tx: Transaction, kind: Kind, region: str, subject: str) -> Work | None:
    """Read the work of this kind that has not ended."""
    waits = sa.select(office_work).where(
        office_work.c.kind == kind,
        office_work.c.region == region,
        office_work.c.subject == subject,
        office_work.c.ended_at.is_(None),
    )
    return find(tx, waits, Work)


def list_open_work(tx: Transaction) -> list[Work]:
    """List what waits for the worker, oldest first."""
    return fetch(
        tx, sa.select(office_work).where(office_work.c.ended_at.is_(None)).order_by(office_work.c.id), Work
    )


def tell_work(tx: Transaction, work_id: str, stage: str, done: int, whole: int) -> None:
    """Say how far it is."""
    change = sa.update(office_work).where(office_work.c.id == work_id, office_work.c.ended_at.is_(None))
    tx.execute(change.values(stage=stage, done=done, whole=whole))


def end_work(tx: Transaction, work_id: str, at: datetime, *, result: str = "", fault: str = "") -> None:
    """Keep how it ended."""
    change = sa.update(office_work).where(office_work.c.id == work_id, office_work.c.ended_at.is_(None))
    tx.execute(change.values(ended_at=at, result=result, fault=fault))
