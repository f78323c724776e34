"""Idempotency records: the key is claimed first, the answer is stored with the effect."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.rows import put_once
from ticketing.db.tables.sale import idempotency

# Renewed every second by the process that holds it.
LEASE = timedelta(seconds=3)
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
    """The state of a claim: `answer` is None while the first call runs."""

    body_hash: str
    answer: Any


def claim(tx: Transaction, wanted: Claim, now: datetime) -> Stored | None:
    """Take the key: None when it is ours now, else what is stored. A dead call's lease passes on, and so does an old key."""
    row = {"body_hash": wanted.body_hash, "created_at": now, "lease_until": now + LEASE}
    if put_once(tx, idempotency, {**_identity(wanted), **row}):
        return None
    return _take_over(tx, wanted, row, now)


def store(tx: Transaction, done: Claim, answer: Any) -> None:
    """Keep the answer; called in the transaction of the effect."""
    tx.execute(_CHANGE, {**_same(done), "answer": canonical(answer)})


def release(tx: Transaction, failed: Claim) -> None:
    """Free a key whose call had no effect, so that a corrected call may use it."""
    tx.execute(_RELEASE, _same(failed))


def renew(tx: Transaction, running: Claim, now: datetime) -> None:
    """Keep the key of a call that still runs."""
    tx.execute(_RENEW, {**_same(running), "until": now + LEASE})


def delete_before(tx: Transaction, moment: datetime) -> int:
    """Forget answers older than a moment; answers how many."""
    return tx.execute(sa.delete(idempotency).where(idempotency.c.created_at < moment)).rowcount


def _take_over(tx: Transaction, wanted: Claim, claimed: dict[str, Any], now: datetime) -> Stored | None:
    row = tx.execute(_STORED, _same(wanted)).one_or_none()
    if row is None:  # released between our insert and our look: its call is only just over
        return Stored(wanted.body_hash, None)
    dead = row.answer is None and row.lease_until < now and row.body_hash == wanted.body_hash
    if dead:
        tx.execute(_CHANGE, {**_same(wanted), "lease_until": now + LEASE})
        return None
    if row.created_at < now - LIFE:  # forgotten already, although nobody has deleted it yet
        tx.execute(_CHANGE, {**_same(wanted), **claimed, "answer": None})
        return None
    answer = None if row.answer is None else json.loads(row.answer)
    return Stored(row.body_hash, answer)


def _identity(found: Claim) -> dict[str, str]:
    return {"principal": found.principal, "route": found.route, "key": found.key}


def _same(found: Claim) -> dict[str, str]:
    """The parameters of the statements that look for a claim."""
    return {f"of_{name}": value for name, value in _identity(found).items()}


_IS_SAME = [idempotency.c[name] == sa.bindparam(f"of_{name}") for name in ("principal", "route", "key")]
_STORED = sa.select(idempotency).where(*_IS_SAME).with_for_update()
_CHANGE = sa.update(idempotency).where(*_IS_SAME)
_RELEASE = sa.delete(idempotency).where(*_IS_SAME, idempotency.c.answer.is_(None))
_RENEW = (
    sa.update(idempotency)
    .where(*_IS_SAME, idempotency.c.answer.is_(None))
    .values(lease_until=sa.bindparam("until", type_=idempotency.c.lease_until.type))
)
