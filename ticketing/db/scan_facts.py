"""Uploaded scans: a set to which facts are only ever added."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.gates_tables import scan_fact
from ticketing.db.rows import columns, fetch
from ticketing.db.scans import Scan
from ticketing.db.tables import scan


@dataclass(frozen=True, slots=True)
class ScanFact:
    """One wording of one scan; `device_ts` is POSIX seconds of the device, `clock_offset` seconds to add."""

    gate_key_id: str
    scan_id: str
    content_hash: str
    operator: str
    jti: str
    leg: int
    seq: int
    device_ts: int
    clock_offset: int
    decision: str
    reason: str
    bundle_version: int | None
    received_at: datetime


def add_fact(tx: Transaction, fact: ScanFact) -> None:
    """Add a fact to the set; one that is there already changes nothing."""
    try:
        with tx.begin_nested():
            tx.execute(sa.insert(scan_fact).values(**columns(fact)))
    except sa.exc.IntegrityError:
        return


def list_facts(tx: Transaction, jti: str) -> list[ScanFact]:
    """List every uploaded fact about a ticket."""
    return fetch(tx, sa.select(scan_fact).where(scan_fact.c.jti == jti), ScanFact)


def list_facts_of_scan(tx: Transaction, gate_key_id: str, scan_id: str) -> list[ScanFact]:
    """List every wording of one scan, whichever ticket it names."""
    query = sa.select(scan_fact).where(scan_fact.c.gate_key_id == gate_key_id, scan_fact.c.scan_id == scan_id)
    return fetch(tx, query, ScanFact)


def list_online_scans(tx: Transaction, jti: str) -> list[Scan]:
    """List the scans of a ticket that were answered online."""
    return fetch(tx, sa.select(scan).where(scan.c.jti == jti), Scan)
