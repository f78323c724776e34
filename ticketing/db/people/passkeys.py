"""Passkeys: the public keys with which people sign in without a password (WebAuthn)."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find
from ticketing.db.tables.people import passkey


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One passkey: `id` is its credential id and `public_key` its COSE key, both base64url; `uses` is its own counter."""

    id: str
    person_id: str
    label: str
    public_key: str
    uses: int
    created_at: datetime
    used_at: datetime | None


def insert_passkey(tx: Transaction, made: Passkey) -> bool:
    """Store a passkey; False when its credential id is known already."""
    try:
        with tx.begin_nested():
            tx.execute(sa.insert(passkey).values(**columns(made)))
    except sa.exc.IntegrityError:
        return False
    return True


def find_passkey(tx: Transaction, passkey_id: str) -> Passkey | None:
    """Read a passkey and hold its row, so that its counter moves once."""
    return find(tx, sa.select(passkey).where(passkey.c.id == passkey_id).with_for_update(), Passkey)


def list_passkeys(tx: Transaction, person_id: str) -> list[Passkey]:
    """List the passkeys of an account, oldest first."""
    query = sa.select(passkey).where(passkey.c.person_id == person_id)
    return fetch(tx, query.order_by(passkey.c.created_at, passkey.c.id), Passkey)


def use_passkey(tx: Transaction, passkey_id: str, uses: int, at: datetime) -> None:
    """Write down a sign-in and the counter that came with it."""
    tx.execute(sa.update(passkey).where(passkey.c.id == passkey_id).values(uses=uses, used_at=at))


def remove_passkey(tx: Transaction, person_id: str, passkey_id: str) -> bool:
    """Forget a passkey; False when there is none."""
    gone = sa.delete(passkey).where(passkey.c.id == passkey_id, passkey.c.person_id == person_id)
    return tx.execute(gone).rowcount == 1
