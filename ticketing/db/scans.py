"""Scans: every presentation of a ticket at a gate, with the answer that the gate got."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.gates_tables import scan_echo
from ticketing.db.rows import columns, find, insert_once
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


def find_scan(tx: Transaction, gate_key_id: str, scan_id: str) -> Scan | None:
    """Read a scan by the gate's own id."""
    query = sa.select(scan).where(scan.c.gate_key_id == gate_key_id, scan.c.scan_id == scan_id)
    return find(tx, query, Scan)


def find_recent(
    tx: Transaction, gate_key_id: str, jti: str, nonce: str | None, since: datetime
) -> Scan | None:
    """Read the newest scan of a ticket, with the same proof, at a gate since then."""
    query = (
        sa.select(scan)
        .where(scan.c.jti == jti, scan.c.gate_key_id == gate_key_id, scan.c.received_at >= since)
        .where(scan.c.nonce.is_(None) if nonce is None else scan.c.nonce == nonce)
        .order_by(scan.c.received_at.desc(), scan.c.scan_id.desc())
        .limit(1)
    )
    return find(tx, query, Scan)


def find_echo(tx: Transaction, gate_key_id: str, scan_id: str) -> Echo | None:
    """Read what was stored of a code that was read again."""
    query = sa.select(scan_echo).where(scan_echo.c.gate_key_id == gate_key_id, scan_echo.c.scan_id == scan_id)
    return find(tx, query, Echo)


def add_echo(tx: Transaction, echo: Echo) -> None:
    """Remember that a scan was only the same code read again."""
    tx.execute(insert_once(tx, scan_echo, columns(echo)))


def insert_scan(tx: Transaction, made: Scan) -> bool:
    """Store a scan; False when this id was stored in the meantime."""
    row = insert_once(tx, scan, columns(made))
    return tx.execute(row, execution_options={"preserve_rowcount": True}).rowcount == 1


def list_proofs(tx: Transaction, jti: str) -> list[str]:
    """The nonces of the proofs that were shown for a ticket."""
    return list(tx.execute(sa.select(proof_seen.c.nonce).where(proof_seen.c.jti == jti)).scalars())


def remember_proof(tx: Transaction, jti: str, nonce: str, at: datetime, keep: timedelta) -> None:
    """Remember a proof, and forget those that can no longer be replayed."""
    tx.execute(sa.delete(proof_seen).where(proof_seen.c.at < at - keep))
    tx.execute(sa.insert(proof_seen).values(jti=jti, nonce=nonce, at=at))
