"""Idempotency records: the key is claimed first, the answer is stored with the effect."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.tables import idempotency

LEASE = timedelta(seconds=30)
LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Claim:
    """One use of an Idempotency-Key by one principal on one route."""

    principal: str
    route: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a claim: `answer` is None while the first call runs."""

    body_hash: str
    answer: Any


def claim(tx: Transaction, wanted: Claim, now: datetime) -> Stored | None:
    """Take the key: None when it is ours now, else what is stored. A dead call's lease passes on."""
    tx.execute(sa.delete(idempotency).where(idempotency.c.created_at < now - LIFE))
    row = {**_identity(wanted), "body_hash": wanted.body_hash, "created_at": now, "lease_until": now + LEASE}
    try:
        with tx.begin_nested():
            tx.execute(sa.insert(idempotency).values(**row))
    except sa.exc.IntegrityError:
        return _take_over(tx, wanted, now)
    return None


def store(tx: Transaction, done: Claim, answer: Any) -> None:
    """Keep the answer; called in the transaction of the effect."""
    change = sa.update(idempotency).where(*_same(done))
    tx.execute(change.values(answer=canonical(answer)))


def release(tx: Transaction, failed: Claim) -> None:
    """Free a key whose call had no effect, so that a corrected call may use it."""
    tx.execute(sa.delete(idempotency).where(*_same(failed), idempotency.c.answer.is_(None)))


def _take_over(tx: Transaction, wanted: Claim, now: datetime) -> Stored | None:
    row = tx.execute(sa.select(idempotency).where(*_same(wanted)).with_for_update()).one_or_none()
    if row is None:  # released between our insert and our look: its call is only just over
        return Stored(wanted.body_hash, None)
    dead = row.answer is None and row.lease_until < now and row.body_hash == wanted.body_hash
    if dead:
        tx.execute(sa.update(idempotency).where(*_same(wanted)).values(lease_until=now + LEASE))
        return None
    answer = None if row.answer is None else json.loads(row.answer)
    return Stored(row.body_hash, answer)


def _identity(found: Claim) -> dict[str, str]:
    return {"principal": found.principal, "route": found.route, "key": found.key}


def _same(found: Claim) -> list[sa.ColumnElement[bool]]:
    return [idempotency.c[name] == value for name, value in _identity(found).items()]


def delete_before(tx: Transaction, moment: datetime) -> int:
    """Forget answers older than a moment; answers how many."""
    return tx.execute(sa.delete(idempotency).where(idempotency.c.created_at < moment)).rowcount
