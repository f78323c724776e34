"""API keys: only the hash of a secret is stored."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find
from ticketing.db.tables.sale import api_key


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A credential with its role; `operator` limits gates and operators' finance staff to their own.

    `line` is the first key of its line of successors; None where that is this one.
    `is_test` is 1 for a key that no live deployment takes. `staff_id` is the person whose it is, None for a machine's;
    `verified_at` is when that person last gave a code of their second factor for it.
    """

    id: str
    role: str
    operator: str | None
    label: str
    secret_hash: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    line: str | None = None
    is_test: int = 0
    staff_id: str | None = None
    verified_at: datetime | None = None


def insert_key(tx: Transaction, made: ApiKey) -> None:
    """Store a key."""
    tx.execute(sa.insert(api_key).values(**columns(made)))


def find_key_by_hash(tx: Transaction, secret_hash: str) -> ApiKey | None:
    """Read the key with this hash."""
    return find(tx, sa.select(api_key).where(api_key.c.secret_hash == secret_hash), ApiKey)


def list_keys(tx: Transaction) -> list[ApiKey]:
    """List all keys, oldest first."""
    return fetch(tx, sa.select(api_key).order_by(api_key.c.id), ApiKey)


def own_line(tx: Transaction, line: str, staff_id: str) -> int:
    """Give the keys of a line that belong to nobody to a person; answers how many."""
    mine = sa.and_(sa.or_(api_key.c.id == line, api_key.c.line == line), api_key.c.staff_id.is_(None))
    return tx.execute(sa.update(api_key).where(mine).values(staff_id=staff_id)).rowcount


def verify_key(tx: Transaction, key_id: str, at: datetime) -> None:
    """A code of the owner's second factor was given for a key."""
    tx.execute(sa.update(api_key).where(api_key.c.id == key_id).values(verified_at=at))


def expire_key(tx: Transaction, key_id: str, at: datetime) -> None:
    """Let a key end at a moment, unless it ends before."""
    earlier = sa.or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > at)
    tx.execute(sa.update(api_key).where(api_key.c.id == key_id, earlier).values(expires_at=at))


def revoke_key(tx: Transaction, key_id: str, at: datetime) -> bool:
    """Make a key useless from now on; False when there is none."""
    change = sa.update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
    return tx.execute(change.values(revoked_at=at)).rowcount == 1
