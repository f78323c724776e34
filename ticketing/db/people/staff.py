"""Staff of the console and their sessions: only hashes of passwords and of cookies are stored."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, insert_once
from ticketing.db.tables.staff import STAFF_ROLES, staff_member, staff_session

# The roles that the database takes.
ROLES = STAFF_ROLES


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """Somebody who works in the console; `operator` limits an operator's finance staff to their own."""

    id: str
    email: str
    name: str
    name_key: str
    role: str
    operator: str | None
    password_hash: str
    must_change: int
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class StaffSession:
    """One browser that is signed in, by the hash of its cookie."""

    hash: str
    staff_id: str
    created_at: datetime
    used_at: datetime
    ended_at: datetime | None
    verified_at: datetime | None = None


def hash_of(cookie: str) -> str:
    """The hash by which a session is kept: 256 random bits cannot be guessed, so a plain one is enough."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def insert_member(tx: Transaction, made: StaffMember) -> bool:
    """Store somebody; False when the address or the name is taken."""
    result = tx.execute(insert_once(tx, staff_member, columns(made)).returning(staff_member.c.id))
    return result.first() is not None


def find_member(tx: Transaction, staff_id: str) -> StaffMember | None:
    """Read somebody by id."""
    return find(tx, sa.select(staff_member).where(staff_member.c.id == staff_id), StaffMember)


def find_member_by_email(tx: Transaction, email: str) -> StaffMember | None:
    """Read somebody by address (already folded)."""
    return find(tx, sa.select(staff_member).where(staff_member.c.email == email), StaffMember)


def list_members(tx: Transaction) -> list[StaffMember]:
    """List everybody, those who have left too, oldest first."""
    return fetch(tx, sa.select(staff_member).order_by(staff_member.c.id), StaffMember)


def set_password(tx: Transaction, staff_id: str, password_hash: str, *, must_change: bool) -> None:
    """Store a new hash."""
    change = sa.update(staff_member).where(staff_member.c.id == staff_id)
    tx.execute(change.values(password_hash=password_hash, must_change=int(must_change)))


def end_member(tx: Transaction, staff_id: str, at: datetime) -> bool:
    """Somebody leaves; False when they have left already."""
    change = sa.update(staff_member).where(staff_member.c.id == staff_id, staff_member.c.ended_at.is_(None))
    return tx.execute(change.values(ended_at=at)).rowcount == 1


def insert_session(tx: Transaction, made: StaffSession) -> None:
    """Store a session."""
    tx.execute(sa.insert(staff_session).values(**columns(made)))


def find_session(tx: Transaction, hashed: str) -> StaffSession | None:
    """Read a session by the hash of its cookie."""
    return find(tx, sa.select(staff_session).where(staff_session.c.hash == hashed), StaffSession)


def touch_session(tx: Transaction, hashed: str, at: datetime) -> None:
    """A session was used."""
    tx.execute(sa.update(staff_session).where(staff_session.c.hash == hashed).values(used_at=at))


def verify_session(tx: Transaction, hashed: str, at: datetime, *, renewed: str) -> None:
    """A code of the second factor was given in a session, which goes on under the hash of another cookie."""
    change = sa.update(staff_session).where(staff_session.c.hash == hashed)
    tx.execute(change.values(verified_at=at, hash=renewed))


def end_sessions(
    tx: Transaction, staff_id: str, at: datetime, *, only: str | None = None, but: str | None = None
) -> int:
    """End somebody's sessions: all, one, or all but one; answers how many."""
    change = sa.update(staff_session).where(
        staff_session.c.staff_id == staff_id, staff_session.c.ended_at.is_(None)
    )
    if only is not None:
        change = change.where(staff_session.c.hash == only)
    if but is not None:
        change = change.where(staff_session.c.hash != but)
    return tx.execute(change.values(ended_at=at)).rowcount


def end_session(tx: Transaction, hashed: str, at: datetime) -> None:
    """End one session, whosever it is."""
    change = sa.update(staff_session).where(
        staff_session.c.hash == hashed, staff_session.c.ended_at.is_(None)
    )
    tx.execute(change.values(ended_at=at))


def end_all_sessions(tx: Transaction, at: datetime) -> int:
    """End the sessions of everybody; answers how many."""
    change = sa.update(staff_session).where(staff_session.c.ended_at.is_(None))
    return tx.execute(change.values(ended_at=at)).rowcount


def end_oldest(tx: Transaction, staff_id: str, at: datetime, *, keep: int) -> None:
    """End somebody's sessions but for those that were used last."""
    open_ones = (staff_session.c.staff_id == staff_id, staff_session.c.ended_at.is_(None))
    kept = sa.select(staff_session.c.hash).where(*open_ones).order_by(staff_session.c.used_at.desc())
    surplus = sa.update(staff_session).where(*open_ones, staff_session.c.hash.not_in(kept.limit(keep)))
    tx.execute(surplus.values(ended_at=at))


def forget_sessions(tx: Transaction, before: datetime) -> int:
    """Delete sessions that were last used before a moment; answers how many."""
    return tx.execute(sa.delete(staff_session).where(staff_session.c.used_at < before)).rowcount
