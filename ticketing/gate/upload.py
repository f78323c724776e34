"""Take what gates tell after they were offline: keep every fact, judge the set, answer per item."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ticketing.clock import Clock
from ticketing.db import Database, Transaction, scan_facts, scans, tickets
from ticketing.db.documents import digest
from ticketing.db.scan_facts import ScanFact
from ticketing.db.scans import Scan
from ticketing.db.tickets import Ticket, Use
from ticketing.gate.judgment import Fact, Judged, Terms, answer, judge


@dataclass(frozen=True, slots=True)
class Told:
    """One uploaded scan. Times in POSIX seconds of the device, `clock_offset` seconds to be added."""

    scan_id: str
    seq: int
    jti: str
    leg: int
    device_ts: int
    clock_offset: int
    decision: str
    reason: str
    bundle_version: int | None


@dataclass(frozen=True, slots=True)
class Sender:
    """The gate that uploads, by its key."""

    gate_key_id: str
    operator: str


def upload(database: Database, clock: Clock, sender: Sender, told: Sequence[Told]) -> list[dict[str, Any]]:
    """Keep every fact of a batch and say what came of each, in the order of the batch.

    Facts are never refused: the stored set is the same for any order, split or repetition. The per-item
    answers tell what was known at that moment and may depend on arrival.
    """
    now = clock.now()
    with database.write() as tx:
        held = {jti: tickets.find_ticket(tx, jti, lock=True) for jti in sorted({item.jti for item in told})}
        return [_keep(tx, sender, item, held[item.jti], now) for item in told]


def judge_ticket(tx: Transaction, jti: str, ticket: Ticket | None) -> tuple[Judged, ...]:
    """Judge everything that is known about one ticket, told online or later."""
    told = scan_facts.list_facts(tx, jti)
    facts = [*map(_later, told), *_online(scan_facts.list_online_scans(tx, jti))]
    for gate_key_id, scan_id in {(fact.gate_key_id, fact.scan_id) for fact in told}:
        facts.extend(_wordings(tx, gate_key_id, scan_id))
    return tuple(entry for entry in judge(facts, _terms(jti, ticket)) if entry.fact.jti == jti)


def _keep(
    tx: Transaction, sender: Sender, item: Told, ticket: Ticket | None, now: datetime
) -> dict[str, Any]:
    known = _wordings(tx, sender.gate_key_id, item.scan_id)
    stored = _row(sender, item, now)
    scan_facts.add_fact(tx, stored)
    fact = _later(stored)
    mine = next(entry for entry in judge_ticket(tx, item.jti, ticket) if _same(entry.fact, fact))
    said = answer(fact, known, mine.verdict, int(now.timestamp()))
    if ticket is None or not _rides_with(ticket, item.leg, sender.operator):
        return {"scan_id": item.scan_id, "result": "unknown_ticket", "double_use": None}
    if mine.verdict == "ride":
        _close_leg(tx, sender, item, now)
    return {"scan_id": item.scan_id, "result": said, "double_use": _double_use(mine)}


def _close_leg(tx: Transaction, sender: Sender, item: Told, now: datetime) -> None:
    """Let gates online and the next bundles know of a use that they could not see.

    A leg whose use is claimed already stays with that claim; who rode is the judgment's to say, not the claim's.
    """
    at = datetime.fromtimestamp(min(now.timestamp(), max(0, item.device_ts + item.clock_offset)), UTC)
    use = Use(item.jti, item.leg, 1, sender.operator, sender.gate_key_id, item.scan_id, None, at)
    tickets.claim_use(tx, use)


def _double_use(mine: Judged) -> dict[str, Any] | None:
    if mine.repeats is None:
        return None
    return {
        "first_gate": mine.repeats.device,
        "second_gate": mine.fact.device,
        "gap_seconds": mine.gap_seconds,
    }


def _rides_with(ticket: Ticket, leg: int, operator: str) -> bool:
    """Whether a leg is this operator's; a gate learns nothing about the legs of others."""
    rides = [part for part in ticket.document["legs"] if part.get("operator")]
    return leg < len(rides) and rides[leg]["operator"] == operator


def _wordings(tx: Transaction, gate_key_id: str, scan_id: str) -> list[Fact]:
    """Every way in which one scan was told."""
    online = scans.find_scan(tx, gate_key_id, scan_id)
    later = map(_later, scan_facts.list_facts_of_scan(tx, gate_key_id, scan_id))
    return [*later, *_online([online] if online else [])]


def _same(one: Fact, other: Fact) -> bool:
    return (one.scan_id, one.body) == (other.scan_id, other.body)


def _terms(jti: str, ticket: Ticket | None) -> dict[str, Terms]:
    if ticket is None:
        return {}
    revoked = int(ticket.revoked_at.timestamp()) if ticket.revoked_at else None
    return {jti: Terms(revoked_at=revoked)}


def _later(row: ScanFact) -> Fact:
    """An uploaded fact; the gate is part of its name, so no gate can contradict the scan of another."""
    return Fact(
        f"{row.gate_key_id}/{row.scan_id}", row.gate_key_id, row.jti, row.leg, row.device_ts, row.clock_offset,
        row.decision == "accept", uploaded=True, list_issued_at=row.bundle_version,
    )  # fmt: skip


def _online(rows: Iterable[Scan]) -> list[Fact]:
    """The facts of online answers that name a leg; their time is the server's."""
    return [
        Fact(
            f"{row.gate_key_id}/{row.scan_id}", row.gate_key_id, row.jti, row.leg,
            int(row.device_ts.timestamp()), int(row.received_at.timestamp()) - int(row.device_ts.timestamp()),
            row.decision == "accept", uploaded=False,
        )
        for row in rows
        if row.jti is not None and row.leg is not None
    ]  # fmt: skip


def _row(sender: Sender, item: Told, now: datetime) -> ScanFact:
    content = [item.jti, item.leg, item.seq, item.device_ts, item.clock_offset, item.decision, item.reason]
    return ScanFact(
        gate_key_id=sender.gate_key_id,
        scan_id=item.scan_id,
        content_hash=digest([*content, item.bundle_version]),
        operator=sender.operator,
        jti=item.jti,
        leg=item.leg,
        seq=item.seq,
        device_ts=item.device_ts,
        clock_offset=item.clock_offset,
        decision=item.decision,
        reason=item.reason,
        bundle_version=item.bundle_version,
        received_at=now,
    )
