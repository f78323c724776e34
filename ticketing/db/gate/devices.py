"""Gate devices: single-use enrolment codes, and the devices that came of them."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find
from ticketing.db.tables.devices import enrolment_code, gate_device
from ticketing.db.tables.gates import scan, scan_fact
from ticketing.db.tables.sale import api_key


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentCode:
    """A code that makes one device; only its hash is stored."""

    code_hash: str
    operator: str
    name: str
    stop_id: str | None
    zone: str | None
    direction: str | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One gate with its own key. Health as it told last: queue length, seconds its clock is off, software."""

    id: str
    operator: str
    name: str
    stop_id: str | None
    zone: str | None
    direction: str | None
    kid: str
    public_key: str
    enrolled_at: datetime
    revoked_at: datetime | None
    revoked_because: str | None
    last_bundle_at: datetime | None
    last_upload_at: datetime | None
    queue_length: int | None
    clock_offset: int | None
    software: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of a device: uploaded scans, accepted ones, and missing numbers."""

    told: int
    accepted: int
    missing: int


def insert_code(tx: Transaction, made: EnrolmentCode) -> None:
    """Store an enrolment code."""
    tx.execute(sa.insert(enrolment_code).values(**columns(made)))


def use_code(tx: Transaction, code_hash: str, at: datetime) -> EnrolmentCode | None:
    """Use a code up; None when there is none, it has expired, or somebody was faster."""
    change = (
        sa.update(enrolment_code)
        .where(enrolment_code.c.code_hash == code_hash, enrolment_code.c.used_at.is_(None))
        .where(enrolment_code.c.expires_at > at)
    )
    if tx.execute(change.values(used_at=at)).rowcount != 1:
        return None
    return find(tx, sa.select(enrolment_code).where(enrolment_code.c.code_hash == code_hash), EnrolmentCode)


def insert_device(tx: Transaction, made: Device) -> None:
    """Store a device."""
    tx.execute(sa.insert(gate_device).values(**columns(made)))


def find_device(tx: Transaction, device_id: str) -> Device | None:
    """Read a device by its id."""
    return find(tx, sa.select(gate_device).where(gate_device.c.id == device_id), Device)


def find_device_by_kid(tx: Transaction, kid: str) -> Device | None:
    """Read a device by the id of its key."""
    return find(tx, sa.select(gate_device).where(gate_device.c.kid == kid), Device)


def list_devices(tx: Transaction, operator: str) -> list[Device]:
    """List an operator's devices, oldest first."""
    query = sa.select(gate_device).where(gate_device.c.operator == operator).order_by(gate_device.c.id)
    return fetch(tx, query, Device)


def list_operators(tx: Transaction) -> list[str]:
    """List every operator that has devices."""
    return sorted(tx.execute(sa.select(gate_device.c.operator).distinct()).scalars())


def list_revoked(tx: Transaction, operator: str) -> list[str]:
    """List the ids of an operator's revoked devices."""
    query = sa.select(gate_device.c.id).where(
        gate_device.c.operator == operator, gate_device.c.revoked_at.is_not(None)
    )
    return sorted(tx.execute(query).scalars())


def count_heard(tx: Transaction, operator: str, since: datetime) -> int:
    """Count the devices of an operator that have fetched a bundle since then and are not revoked."""
    query = sa.select(sa.func.count()).where(
        gate_device.c.operator == operator,
        gate_device.c.revoked_at.is_(None),
        gate_device.c.last_bundle_at >= since,
    )
    return int(tx.execute(query.select_from(gate_device)).scalar_one())


def revoke_device(tx: Transaction, device_id: str, because: str, at: datetime) -> bool:
    """Revoke a device; False when it was revoked before."""
    change = sa.update(gate_device).where(gate_device.c.id == device_id, gate_device.c.revoked_at.is_(None))
    return tx.execute(change.values(revoked_at=at, revoked_because=because)).rowcount == 1


def note_health(tx: Transaction, device_id: str, **health: Any) -> None:
    """Keep what a device tells about itself."""
    tx.execute(sa.update(gate_device).where(gate_device.c.id == device_id).values(**health))


def note_upload(tx: Transaction, device_id: str, scans: int, at: datetime) -> None:
    """Keep when a device uploaded last, and that so many scans wait no longer on it."""
    queue = gate_device.c.queue_length
    left = sa.case((queue > scans, queue - scans), else_=0)
    change = sa.update(gate_device).where(gate_device.c.id == device_id)
    tx.execute(change.values(last_upload_at=at, queue_length=left))


def lock_gate(tx: Transaction, gate_key_id: str) -> None:
    """Let the uploads of one gate wait for each other."""
    for table in (gate_device, api_key):
        tx.execute(sa.select(table.c.id).where(table.c.id == gate_key_id).with_for_update())


def names(tx: Transaction) -> dict[str, str]:
    """Device id → name."""
    return {row.id: row.name for row in tx.execute(sa.select(gate_device.c.id, gate_device.c.name))}


def labels(tx: Transaction, operator: str) -> dict[str, str]:
    """List the names of all that call for an operator's gates, by id: of a device its name, of a key its label.

    Of keys that share a label each has its id with it.
    """
    query = sa.select(api_key.c.id, api_key.c.label)
    keys = tx.execute(query.where(api_key.c.role == "gate", api_key.c.operator == operator)).all()
    used = Counter(row.label for row in keys)
    called = {row.id: row.label if used[row.label] == 1 else f"{row.label} ({row.id})" for row in keys}
    return called | names(tx)


def count_scans(tx: Transaction, gate_key_ids: list[str]) -> dict[str, Counts]:
    """Count what each device has told; a gap in its numbers is a scan that never arrived."""
    query = (
        sa.select(
            scan_fact.c.gate_key_id,
            sa.func.count(sa.distinct(scan_fact.c.scan_id)).label("told"),
            sa.func.count(sa.distinct(scan_fact.c.scan_id))
            .filter(scan_fact.c.decision == "accept")
            .label("accepted"),
            sa.func.count(sa.distinct(scan_fact.c.seq)).label("numbers"),
            sa.func.max(scan_fact.c.seq).label("last"),
            sa.func.min(scan_fact.c.seq).label("first"),
        )
        .where(scan_fact.c.gate_key_id.in_(gate_key_ids))
        .group_by(scan_fact.c.gate_key_id)
    )
    return {
        row.gate_key_id: Counts(row.told, row.accepted, row.last - min(row.first, 1) + 1 - row.numbers)
        for row in tx.execute(query)
    }


def count_online(tx: Transaction, gate_key_ids: list[str]) -> dict[str, int]:
    """Count the scans of each device that were answered online."""
    query = sa.select(scan.c.gate_key_id, sa.func.count().label("scans")).where(
        scan.c.gate_key_id.in_(gate_key_ids)
    )
    return {row.gate_key_id: row.scans for row in tx.execute(query.group_by(scan.c.gate_key_id))}
