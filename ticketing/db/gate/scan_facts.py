"""Uploaded scans: a set to which facts are only ever added."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ticketing.db.engine import Transaction
from ticketing.db.gate.scans import Scan
from ticketing.db.rows import columns, fetch
from ticketing.db.tables.gates import scan, scan_fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFact:
    """One wording of one scan; `device_ts` is POSIX seconds of the device, `clock_offset` seconds to add.

    `is_flagged` 1 marks what a device told after it was revoked.
    """

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
    direction: str | None
    is_flagged: int


def add_facts(tx: Transaction, facts: Sequence[ScanFact]) -> None:
    """Add facts to the set; those that are there already change nothing."""
    made = sqlite.insert(scan_fact) if tx.dialect.name == "sqlite" else postgresql.insert(scan_fact)
    tx.execute(made.on_conflict_do_nothing(), [columns(fact) for fact in facts])


def list_facts(tx: Transaction, jtis: Collection[str]) -> list[ScanFact]:
    """List every uploaded fact about some tickets."""
    return fetch(tx, sa.select(scan_fact).where(scan_fact.c.jti.in_(list(jtis))), ScanFact)


def list_facts_of_scans(
    tx: Transaction, gate_key_ids: Collection[str], scan_ids: Collection[str]
) -> list[ScanFact]:
    """List every wording of some scans of some gates, whichever ticket each names."""
    query = sa.select(scan_fact).where(
        scan_fact.c.gate_key_id.in_(list(gate_key_ids)), scan_fact.c.scan_id.in_(list(scan_ids))
    )
    return fetch(tx, query, ScanFact)


def list_online_scans(tx: Transaction, jtis: Collection[str]) -> list[Scan]:
    """List the scans of some tickets that were answered online."""
    return fetch(tx, sa.select(scan).where(scan.c.jti.in_(list(jtis))), Scan)


def list_online_scans_of(
    tx: Transaction, gate_key_ids: Collection[str], scan_ids: Collection[str]
) -> list[Scan]:
    """List some scans of some gates that were answered online."""
    query = sa.select(scan).where(
        scan.c.gate_key_id.in_(list(gate_key_ids)), scan.c.scan_id.in_(list(scan_ids))
    )
    return fetch(tx, query, Scan)


def list_newest(tx: Transaction, operator: str, since: datetime, limit: int) -> list[ScanFact]:
    """List the newest facts that an operator's gates have told, newest first."""
    query = sa.select(scan_fact).where(scan_fact.c.operator == operator, scan_fact.c.received_at >= since)
    return fetch(tx, query.order_by(scan_fact.c.received_at.desc()).limit(limit), ScanFact)


def list_operators(tx: Transaction) -> list[str]:
    """List every operator whose gates have told anything; steps from one to the next, and reads no fact between."""
    return sorted(tx.execute(_OPERATORS).scalars())


def _operators() -> sa.Select[Any]:
    first = sa.select(sa.func.min(scan_fact.c.operator).label("name")).cte("operators", recursive=True)
    following = sa.select(sa.func.min(scan_fact.c.operator)).where(scan_fact.c.operator > first.c.name)
    found = first.union_all(sa.select(following.scalar_subquery()).where(first.c.name.is_not(None)))
    return sa.select(found.c.name).where(found.c.name.is_not(None))


_OPERATORS = _operators()
