"""Rides that gates told late, on legs whose money had gone back by the time they were told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch
from ticketing.db.tables.gates import refunded_ride


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundedRide:
    """One ride: at which gate of whom it was, which refund or exchange gave its leg back, and when each was known."""

    gate_key_id: str
    scan_id: str
    jti: str
    leg: int
    operator: str
    refund_id: str
    at: datetime
    refunded_at: datetime
    found_at: datetime


def list_of_tickets(tx: Transaction, jtis: Collection[str]) -> list[RefundedRide]:
    """List what was found of some tickets."""
    return fetch(tx, sa.select(refunded_ride).where(refunded_ride.c.jti.in_(list(jtis))), RefundedRide)


def list_of_operator(tx: Transaction, operator: str, since: datetime) -> list[RefundedRide]:
    """List what was found at an operator's gates since then, newest first."""
    query = sa.select(refunded_ride).where(
        refunded_ride.c.operator == operator, refunded_ride.c.found_at >= since
    )
    return fetch(tx, query.order_by(refunded_ride.c.found_at.desc()).limit(500), RefundedRide)


def add(tx: Transaction, found: Sequence[RefundedRide]) -> None:
    """Write down what was found."""
    if found:
        tx.execute(sa.insert(refunded_ride), [columns(one) for one in found])


def remove(tx: Transaction, gone: Sequence[RefundedRide]) -> None:
    """Take back what a later fact has shown to be no ride."""
    for one in gone:
        tx.execute(
            sa.delete(refunded_ride).where(
                refunded_ride.c.gate_key_id == one.gate_key_id,
                refunded_ride.c.scan_id == one.scan_id,
                refunded_ride.c.jti == one.jti,
            )
        )
