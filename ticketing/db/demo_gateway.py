"""The demo gateway's own records, kept apart from ours as another company's would be."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, find
from ticketing.db.tables import demo_call, demo_charge


@dataclass(frozen=True, slots=True)
class Charge:
    """One pretended card payment."""

    id: str
    method: str
    state: str
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    currency: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """One call by its idempotency key: what was asked, and the answer as JSON."""

    idempotency_key: str
    request: str
    document: dict[str, Any]


def find_call(tx: Transaction, key: str) -> Call | None:
    """Read an earlier call."""
    return find(tx, sa.select(demo_call).where(demo_call.c.idempotency_key == key), Call)


def insert_call(tx: Transaction, call: Call) -> None:
    """Remember a call with its answer."""
    tx.execute(sa.insert(demo_call).values(**columns(call)))


def get_charge(tx: Transaction, charge_id: str) -> Charge:
    """Read a charge and hold its row; raises LookupError for one that was never made."""
    found = find(tx, sa.select(demo_charge).where(demo_charge.c.id == charge_id).with_for_update(), Charge)
    if found is None:
        raise LookupError(f"the demo gateway knows no charge {charge_id}")
    return found


def insert_charge(tx: Transaction, charge: Charge) -> None:
    """Store a new charge."""
    tx.execute(sa.insert(demo_charge).values(**columns(charge)))


def update_charge(tx: Transaction, charge: Charge, **changes: Any) -> Charge:
    """Change a charge and answer the new one."""
    changed = replace(charge, **changes)
    tx.execute(sa.update(demo_charge).where(demo_charge.c.id == charge.id).values(**columns(changed)))
    return changed
