"""Scans: every presentation of a ticket at a gate, with the answer that the gate got."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, find
from ticketing.db.tables import proof_seen, scan


@dataclass(frozen=True, slots=True)
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


def find_scan(tx: Transaction, gate_key_id: str, scan_id: str) -> Scan | None:
    """Read a scan by the gate's own id."""
    query = sa.select(scan).where(scan.c.gate_key_id == gate_key_id, scan.c.scan_id == scan_id)
    return find(tx, query, Scan)


def insert_scan(tx: Transaction, made: Scan) -> bool:
    """Store a scan; False when this id was stored in the meantime."""
    try:
        with tx.begin_nested():
            tx.execute(sa.insert(scan).values(**columns(made)))
    except sa.exc.IntegrityError:
        return False
    return True


def list_proofs(tx: Transaction, jti: str) -> list[str]:
    """The nonces of the proofs that were shown for a ticket."""
    return list(tx.execute(sa.select(proof_seen.c.nonce).where(proof_seen.c.jti == jti)).scalars())


def remember_proof(tx: Transaction, jti: str, nonce: str, at: datetime, keep: timedelta) -> None:
    """Remember a proof, and forget those that can no longer be replayed."""
    tx.execute(sa.delete(proof_seen).where(proof_seen.c.at < at - keep))
    tx.execute(sa.insert(proof_seen).values(jti=jti, nonce=nonce, at=at))
