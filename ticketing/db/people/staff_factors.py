"""Second factors of staff: sealed secrets of authenticator apps, each with the step of time that was used last."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, find, insert_once
from ticketing.db.tables.staff import staff_factor


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffFactor:
    """One authenticator app; it counts once `confirmed_at` is there."""

    id: str
    staff_id: str
    sealed: str
    last_step: int
    created_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None


def find_factor(tx: Transaction, staff_id: str) -> StaffFactor | None:
    """Read somebody's factor, confirmed or begun."""
    mine = sa.and_(staff_factor.c.staff_id == staff_id, staff_factor.c.ended_at.is_(None))
    return find(tx, sa.select(staff_factor).where(mine), StaffFactor)


def insert_factor(tx: Transaction, made: StaffFactor) -> bool:
    """Store a factor; False where somebody has one already."""
    result = tx.execute(insert_once(tx, staff_factor, columns(made)).returning(staff_factor.c.id))
    return result.first() is not None


def use_step(tx: Transaction, factor_id: str, step: int, at: datetime) -> bool:
    """Use a step of time, and confirm the factor with its first one; False where it or a later one was used before."""
    later = sa.and_(
        staff_factor.c.id == factor_id, staff_factor.c.last_step < step, staff_factor.c.ended_at.is_(None)
    )
    confirmed = sa.func.coalesce(
        staff_factor.c.confirmed_at, sa.bindparam("at", at, staff_factor.c.confirmed_at.type)
    )
    return (
        tx.execute(
            sa.update(staff_factor).where(later).values(last_step=step, confirmed_at=confirmed)
        ).rowcount
        == 1
    )


def end_factor(tx: Transaction, staff_id: str, at: datetime) -> bool:
    """End somebody's factor; False where there is none."""
    mine = sa.and_(staff_factor.c.staff_id == staff_id, staff_factor.c.ended_at.is_(None))
    return tx.execute(sa.update(staff_factor).where(mine).values(ended_at=at)).rowcount == 1
