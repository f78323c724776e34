"""Scans: every presentation of a ticket at a gate, with the answer that the gate got."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, insert_once
from ticketing.db.tables.gates import proof_seen, scan_echo


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One presentation; (`gate_key_id`, `scan_id`) is its identity, `answer` the JSON that was given."""

    gate_key_id: str
    scan_id: str
    operator: str
    body_hash: str
    jti: str | None
    leg: int | None
    stop_id: str | None
    decision: str
    reason: str
    answer: str
    device_ts: datetime
    received_at: datetime
    nonce: str | None = None
    direction: str | None = None


@dataclass(frozen=True, slots=True)
class Echo:
    """The same code read again at once by the same device: not a scan of its own."""

    gate_key_id: str
    scan_id: str
    body_hash: str
    first_scan_id: str
    at: datetime


def add_echo(tx: Transaction, echo: Echo) -> None:
    """Remember that a scan was only the same code read again."""
    tx.execute(insert_once(tx, scan_echo, columns(echo)))


def list_proofs(tx: Transaction, jti: str) -> list[str]:
    """The nonces of the proofs that were shown for a ticket."""
    return list(tx.execute(sa.select(proof_seen.c.nonce).where(proof_seen.c.jti == jti)).scalars())


def remember_proof(tx: Transaction, jti: str, nonce: str, at: datetime) -> None:
    """Remember a proof, so that a copy of it is known."""
    tx.execute(_REMEMBER, {"jti": jti, "nonce": nonce, "at": at})


def forget_proofs(tx: Transaction, before: datetime) -> int:
    """Forget proofs that are too old to be shown again; gives how many."""
    return tx.execute(sa.delete(proof_seen).where(proof_seen.c.at < before)).rowcount


_REMEMBER = sa.insert(proof_seen)
