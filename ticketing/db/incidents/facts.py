"""Facts that are there already and may be an incident: withdrawn keys, silent gates, double uses, chargebacks; and counts at our gates."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import fetch
from ticketing.db.tables.devices import gate_device
from ticketing.db.tables.gates import double_use, scan, scan_fact
from ticketing.db.tables.purchase import dispute
from ticketing.db.tables.sale import ticket

# A question about shown tickets reads so many at most.
_MOST_SHOWN = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StolenDevice:
    """A device that was revoked and has scanned since: how often."""

    id: str
    operator: str
    revoked_at: datetime
    scans: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleUses:
    """Double uses of one product at one operator."""

    operator: str
    product: str
    uses: int
    first_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSeen:
    """A device that is not revoked, and when it fetched its last bundle."""

    id: str
    operator: str
    software: str | None
    last_bundle_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Chargeback:
    """A payment that its payer disputes at the gateway as fraud."""

    id: str
    amount_minor: int
    currency: str
    opened_at: datetime


def count_gates(tx: Transaction) -> int:
    """Count the devices that are not revoked."""
    return int(tx.execute(_count(gate_device).where(gate_device.c.revoked_at.is_(None))).scalar_one())


def count_unknown_key(tx: Transaction, since: datetime) -> int:
    """Count the scans since a moment whose ticket bears a key that the gate did not know, online and offline."""
    online = _count(scan).where(scan.c.received_at >= since, scan.c.reason == "unknown_key")
    offline = _count(scan_fact).where(scan_fact.c.received_at >= since, scan_fact.c.reason == "unknown_key")
    return int(tx.execute(online).scalar_one()) + int(tx.execute(offline).scalar_one())


def count_shown(tx: Transaction, hashes: Collection[str], since: datetime) -> int:
    """Count the tickets of these SHA-256 of ids that were shown at our gates since a moment."""
    shown: set[str] = set()
    for source in (scan, scan_fact):
        query = sa.select(source.c.jti).where(source.c.received_at >= since, source.c.jti.is_not(None))
        shown.update(tx.execute(query.distinct().limit(_MOST_SHOWN)).scalars())
    return sum(hashlib.sha256(jti.encode()).hexdigest() in hashes for jti in shown)


def list_stolen(tx: Transaction) -> list[StolenDevice]:
    """List the devices that have scanned after they were revoked."""
    query = (
        sa.select(
            gate_device.c.id, gate_device.c.operator, gate_device.c.revoked_at, sa.func.count().label("scans")
        )
        .join(scan_fact, scan_fact.c.gate_key_id == gate_device.c.id)
        .where(gate_device.c.revoked_at.is_not(None), scan_fact.c.received_at > gate_device.c.revoked_at)
        .group_by(gate_device.c.id, gate_device.c.operator, gate_device.c.revoked_at)
    )
    return fetch(tx, query, StolenDevice)


def list_double_uses(tx: Transaction, since: datetime, most: int) -> list[DoubleUses]:
    """List products of operators with more double uses than `most`, found since a moment."""
    query = (
        sa.select(
            double_use.c.operator,
            ticket.c.product,
            sa.func.count().label("uses"),
            sa.func.min(double_use.c.at).label("first_at"),
        )
        .join(ticket, ticket.c.jti == double_use.c.jti)
        .where(double_use.c.found_at >= since)
        .group_by(double_use.c.operator, ticket.c.product)
        .having(sa.func.count() > most)
    )
    return fetch(tx, query, DoubleUses)


def list_devices_seen(tx: Transaction, since: datetime) -> list[DeviceSeen]:
    """List the devices at work that have fetched a bundle since a moment."""
    query = sa.select(gate_device).where(
        gate_device.c.revoked_at.is_(None), gate_device.c.last_bundle_at >= since
    )
    return fetch(tx, query.order_by(gate_device.c.id), DeviceSeen)


def list_frauds(tx: Transaction, since: datetime) -> list[Chargeback]:
    """List the payments that were disputed as fraud since a moment."""
    query = sa.select(dispute).where(
        dispute.c.opened_at >= since,
        dispute.c.reason.in_(("fraudulent", "unrecognized", "debit_not_authorized")),
    )
    return fetch(tx, query.order_by(dispute.c.opened_at), Chargeback)


def _count(table: sa.Table) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(table)
