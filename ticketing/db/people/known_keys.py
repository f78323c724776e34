"""The keys of this database's issuer by kid, with their thumbprint and state."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch
from ticketing.db.tables.keys import known_key


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as the database knows it; `kind` is what it signs or seals."""

    kid: str
    kind: str
    thumbprint: str
    state: str
    known_since: datetime
    changed_at: datetime


def list_known(tx: Transaction) -> list[KnownKey]:
    """List every key that was ever known, oldest first."""
    return fetch(tx, sa.select(known_key).order_by(known_key.c.known_since, known_key.c.kid), KnownKey)


def insert_known(tx: Transaction, made: KnownKey) -> bool:
    """Write a key down; False where its kind has an active one, or its kid is taken, by another process' word."""
    try:
        with tx.begin_nested():
            tx.execute(sa.insert(known_key).values(**columns(made)))
    except sa.exc.IntegrityError:
        return False
    return True


def set_state(tx: Transaction, kid: str, state: str, now: datetime) -> None:
    """Write down what has become of a key."""
    change = sa.update(known_key).where(known_key.c.kid == kid)
    tx.execute(change.values(state=state, changed_at=now))
