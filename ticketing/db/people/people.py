"""People: accounts, their sessions, phones and entitlements. Only `person` and `person_identity` say who somebody is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find
from ticketing.db.tables.notices import one_time_code
from ticketing.db.tables.people import (
    entitlement,
    passkey,
    person,
    person_identity,
    phone,
    refresh_token,
    session,
    sign_in,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account; `email` and `password_hash` are empty for one that signs in elsewhere, and after erasure.

    `confirmed_at` is when somebody proved that mail to the address reaches them.
    """

    id: str
    email: str | None
    password_hash: str | None
    language: str
    created_at: datetime
    erased_at: datetime | None
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One device that is signed in; its refresh tokens are one family."""

    id: str
    person_id: str
    label: str
    created_at: datetime
    used_at: datetime
    ended_at: datetime | None
    ended_why: str | None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One refresh token by its hash: good once."""

    hash: str
    session_id: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone's public key (JWK, as text) that tickets may be bound to."""

    id: str
    person_id: str
    label: str
    jwk: str
    created_at: datetime
    removed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """A proven entitlement: its last day (ISO date), and the hash of the proof; never the document."""

    id: str
    person_id: str
    claim: str
    issuer: str
    valid_until: str
    proof: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in at an identity provider that has begun; `document` holds its nonce and verifier."""

    state: str
    document: dict[str, Any]
    created_at: datetime


def insert_person(tx: Transaction, made: Person) -> bool:
    """Store an account; False when its address has one already."""
    try:
        with tx.begin_nested():
            tx.execute(sa.insert(person).values(**columns(made)))
    except sa.exc.IntegrityError:
        return False
    return True


def find_person(tx: Transaction, person_id: str) -> Person | None:
    """Read an account."""
    return find(tx, sa.select(person).where(person.c.id == person_id), Person)


def find_person_by_email(tx: Transaction, email: str) -> Person | None:
    """Read the account of an address (already folded)."""
    return find(tx, sa.select(person).where(person.c.email == email), Person)


def set_password(tx: Transaction, person_id: str, password_hash: str) -> None:
    """Store a new hash."""
    tx.execute(sa.update(person).where(person.c.id == person_id).values(password_hash=password_hash))


def forget_ways_in(tx: Transaction, person_id: str) -> None:
    """Forget every way into an account but its password: passkeys, phones, sign-ins at providers."""
    for table in (passkey, phone, person_identity):
        tx.execute(sa.delete(table).where(table.c.person_id == person_id))


def erase_person(tx: Transaction, person_id: str, at: datetime) -> None:
    """Forget who somebody is; the bare id stays, as the pseudonym that orders and books refer to."""
    tx.execute(sa.delete(person_identity).where(person_identity.c.person_id == person_id))
    tx.execute(sa.delete(entitlement).where(entitlement.c.person_id == person_id))
    tx.execute(sa.delete(phone).where(phone.c.person_id == person_id))
    tx.execute(sa.delete(passkey).where(passkey.c.person_id == person_id))
    mine = sa.select(session.c.id).where(session.c.person_id == person_id)
    tx.execute(sa.delete(refresh_token).where(refresh_token.c.session_id.in_(mine)))
    tx.execute(sa.delete(session).where(session.c.person_id == person_id))
    tx.execute(sa.delete(one_time_code).where(one_time_code.c.person_id == person_id))
    changed = {
        "email": None,
        "password_hash": None,
        "language": "en",
        "erased_at": at,
        "confirmed_at": None,
    }
    tx.execute(sa.update(person).where(person.c.id == person_id).values(**changed))


def insert_identity(tx: Transaction, issuer: str, subject: str, person_id: str, at: datetime) -> None:
    """Remember that a provider's subject is this account."""
    row = {"issuer": issuer, "subject": subject, "person_id": person_id, "created_at": at}
    tx.execute(sa.insert(person_identity).values(**row))


def find_person_by_identity(tx: Transaction, issuer: str, subject: str) -> Person | None:
    """Read the account of a provider's subject."""
    query = (
        sa.select(person)
        .join(person_identity, person_identity.c.person_id == person.c.id)
        .where(person_identity.c.issuer == issuer, person_identity.c.subject == subject)
    )
    return find(tx, query, Person)


def list_identities(tx: Transaction, person_id: str) -> list[tuple[str, str]]:
    """The provider and subject pairs of an account."""
    query = sa.select(person_identity.c.issuer, person_identity.c.subject)
    rows = tx.execute(
        query.where(person_identity.c.person_id == person_id).order_by(person_identity.c.issuer)
    )
    return [(row.issuer, row.subject) for row in rows]


def insert_session(tx: Transaction, made: Session) -> None:
    """Store a session."""
    tx.execute(sa.insert(session).values(**columns(made)))


def find_session(tx: Transaction, session_id: str) -> Session | None:
    """Read a session."""
    return find(tx, sa.select(session).where(session.c.id == session_id), Session)


def list_sessions(tx: Transaction, person_id: str) -> list[Session]:
    """List the devices that are signed in, newest first."""
    query = sa.select(session).where(session.c.person_id == person_id, session.c.ended_at.is_(None))
    return fetch(tx, query.order_by(session.c.id.desc()), Session)


def end_sessions(
    tx: Transaction,
    person_id: str,
    at: datetime,
    why: str,
    *,
    only: str | None = None,
    but: str | None = None,
) -> int:
    """End sessions of a person: all, one, or all but one; answers how many."""
    change = sa.update(session).where(session.c.person_id == person_id, session.c.ended_at.is_(None))
    if only is not None:
        change = change.where(session.c.id == only)
    if but is not None:
        change = change.where(session.c.id != but)
    return tx.execute(change.values(ended_at=at, ended_why=why)).rowcount


def end_oldest(tx: Transaction, person_id: str, at: datetime, why: str, *, keep: int) -> None:
    """End a person's sessions but for those that were used last."""
    open_ones = (session.c.person_id == person_id, session.c.ended_at.is_(None))
    kept = sa.select(session.c.id).where(*open_ones).order_by(session.c.used_at.desc(), session.c.id.desc())
    surplus = sa.update(session).where(*open_ones, session.c.id.not_in(kept.limit(keep)))
    tx.execute(surplus.values(ended_at=at, ended_why=why))


def end_all_sessions(tx: Transaction, at: datetime, why: str) -> int:
    """End the sessions of everybody; answers how many."""
    change = sa.update(session).where(session.c.ended_at.is_(None))
    return tx.execute(change.values(ended_at=at, ended_why=why)).rowcount


def insert_refresh_token(tx: Transaction, made: RefreshToken) -> None:
    """Store a refresh token's hash."""
    tx.execute(sa.insert(refresh_token).values(**columns(made)))


def find_refresh_token(tx: Transaction, token_hash: str) -> RefreshToken | None:
    """Read a refresh token and hold its row."""
    query = sa.select(refresh_token).where(refresh_token.c.hash == token_hash).with_for_update()
    return find(tx, query, RefreshToken)


def use_refresh_token(tx: Transaction, token: RefreshToken, at: datetime) -> None:
    """Mark a refresh token as used, and its session with it."""
    tx.execute(sa.update(refresh_token).where(refresh_token.c.hash == token.hash).values(used_at=at))
    tx.execute(sa.update(session).where(session.c.id == token.session_id).values(used_at=at))


def insert_phone(tx: Transaction, made: Phone) -> None:
    """Store a phone's key."""
    tx.execute(sa.insert(phone).values(**columns(made)))


def list_phones(tx: Transaction, person_id: str) -> list[Phone]:
    """List the phones that are not removed, oldest first."""
    query = sa.select(phone).where(phone.c.person_id == person_id, phone.c.removed_at.is_(None))
    return fetch(tx, query.order_by(phone.c.id), Phone)


def remove_phone(tx: Transaction, person_id: str, phone_id: str, at: datetime) -> bool:
    """Take a phone away; False when there is none."""
    change = sa.update(phone).where(
        phone.c.id == phone_id, phone.c.person_id == person_id, phone.c.removed_at.is_(None)
    )
    return tx.execute(change.values(removed_at=at)).rowcount == 1


def insert_entitlement(tx: Transaction, made: Entitlement) -> bool:
    """Store what was proven; False when this proof is in use already."""
    try:
        with tx.begin_nested():
            tx.execute(sa.insert(entitlement).values(**columns(made)))
    except sa.exc.IntegrityError:
        return False
    return True


def list_entitlements(tx: Transaction, person_id: str) -> list[Entitlement]:
    """List what somebody has proven, oldest first."""
    query = sa.select(entitlement).where(entitlement.c.person_id == person_id)
    return fetch(tx, query.order_by(entitlement.c.id), Entitlement)


def delete_entitlement(tx: Transaction, person_id: str, entitlement_id: str) -> bool:
    """Forget a proof; False when there is none."""
    mine = (entitlement.c.person_id == person_id, entitlement.c.id == entitlement_id)
    return tx.execute(sa.delete(entitlement).where(*mine)).rowcount == 1


def insert_sign_in(tx: Transaction, made: SignIn) -> None:
    """Remember a sign-in that has begun."""
    tx.execute(sa.insert(sign_in).values(**columns(made)))


def take_sign_in(tx: Transaction, state: str) -> SignIn | None:
    """Read a sign-in that has begun and forget it: its state is good once."""
    found = find(tx, sa.select(sign_in).where(sign_in.c.state == state).with_for_update(), SignIn)
    tx.execute(sa.delete(sign_in).where(sign_in.c.state == state))
    return found


def forget_old(
    tx: Transaction, sign_ins_before: datetime, sessions_before: datetime, today: str
) -> dict[str, int]:
    """Delete what is due: begun sign-ins, sessions long ended or unused with their tokens, proofs that have run out."""
    old = sa.or_(session.c.ended_at < sessions_before, session.c.used_at < sessions_before)
    gone = sa.select(session.c.id).where(old)
    tx.execute(sa.delete(refresh_token).where(refresh_token.c.session_id.in_(gone)))
    return {
        "sign_ins": tx.execute(sa.delete(sign_in).where(sign_in.c.created_at < sign_ins_before)).rowcount,
        "sessions": tx.execute(sa.delete(session).where(old)).rowcount,
        "entitlements": tx.execute(sa.delete(entitlement).where(entitlement.c.valid_until < today)).rowcount,
    }
