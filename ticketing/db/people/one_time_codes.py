"""Codes that are good once: to choose a new password, to confirm an address. Only their hashes are stored."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, find
from ticketing.db.tables.notices import one_time_code
from ticketing.db.tables.people import person

CodePurpose = Literal["reset_password", "confirm_address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCode:
    """One code by its hash, for one person and one purpose."""

    hash: str
    purpose: CodePurpose
    person_id: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


def insert_code(tx: Transaction, made: OneTimeCode) -> None:
    """Store a code beside earlier ones of the same person and purpose: who asks for another one ends nobody's."""
    tx.execute(sa.insert(one_time_code).values(**columns(made)))


def take_code(tx: Transaction, hashed: str, purpose: CodePurpose, now: datetime) -> str | None:
    """Use a code up; answers whose it is, None for one that is unknown, used or over.

    All codes of the person are held first, in one order: two of them used at once do not wait for each other.
    """
    owner = sa.select(one_time_code.c.person_id).where(one_time_code.c.hash == hashed).scalar_subquery()
    _hold(tx, one_time_code.c.person_id == owner, purpose)
    good = (
        one_time_code.c.hash == hashed,
        one_time_code.c.purpose == purpose,
        one_time_code.c.used_at.is_(None),
        one_time_code.c.expires_at > now,
    )
    if tx.execute(sa.update(one_time_code).where(*good).values(used_at=now)).rowcount != 1:
        return None
    code = find(tx, sa.select(one_time_code).where(one_time_code.c.hash == hashed), OneTimeCode)
    if code is None:
        return None
    end_codes(tx, code.person_id, purpose, now)
    return code.person_id


def end_codes(tx: Transaction, person_id: str, purpose: CodePurpose, now: datetime) -> None:
    """End the codes of a person for a purpose: one was used, or is needed no more."""
    _hold(tx, one_time_code.c.person_id == person_id, purpose)
    same = (one_time_code.c.person_id == person_id, one_time_code.c.purpose == purpose)
    tx.execute(sa.update(one_time_code).where(*same, one_time_code.c.used_at.is_(None)).values(used_at=now))


def confirm_address(tx: Transaction, person_id: str, now: datetime) -> None:
    """Note that mail to the address of an account reaches its owner."""
    tx.execute(sa.update(person).where(person.c.id == person_id).values(confirmed_at=now))


def forget_codes(tx: Transaction, before: datetime) -> int:
    """Delete codes that ended before a moment; answers how many."""
    return int(tx.execute(sa.delete(one_time_code).where(one_time_code.c.expires_at < before)).rowcount)


def _hold(tx: Transaction, owner: sa.ColumnElement[bool], purpose: CodePurpose) -> None:
    codes = sa.select(one_time_code.c.hash).where(owner, one_time_code.c.purpose == purpose)
    tx.execute(codes.order_by(one_time_code.c.hash).with_for_update())
