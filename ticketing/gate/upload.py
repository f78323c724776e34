"""Take what gates tell after they were offline: keep every fact, judge the set, answer per item."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from throughfare_gate.tickets.products import THROUGH, ProductRule
from ticketing.clock import Clock
from ticketing.db import Database, Transaction
from ticketing.db.documents import digest
from ticketing.db.gate import devices, scan_facts
from ticketing.db.gate.scan_facts import ScanFact
from ticketing.db.ticket import group_codes, tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.gate import refunded
from ticketing.gate.hosts import Continuations
from ticketing.gate.judgment import Fact, Judged, answer
from ticketing.gate.projection import (
    Judgment,
    answered,
    judge_tickets,
    reconcile,
    uploaded,
)
from ticketing.tickets.issue import Press
from ticketing.tickets.regroup import regroup

_PLAIN = {THROUGH.code: THROUGH.rule}


@dataclass(frozen=True, slots=True, kw_only=True)
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
    direction: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """The gate that uploads; what a revoked device tells is kept and flagged."""

    gate_key_id: str
    operator: str
    is_revoked: bool = False


def upload(
    database: Database,
    clock: Clock,
    sender: Sender,
    items: Sequence[Told],
    rules: Mapping[str, ProductRule] = _PLAIN,
    *,
    press: Press | None = None,
    continuations: Continuations = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """Keep every fact of a batch and say what came of each, in the order of the batch.

    Facts are never refused: the stored set is the same for any order, split or repetition. The per-item
    answers tell what was known at that moment and may depend on arrival. With a `press` the code of a group is made
    anew for those who are left of it, where one of it was let in alone. `continuations` are the agreements by which a gate
    lets in the passengers of another operator.
    """
    now = clock.now()
    with database.write() as tx:
        devices.lock_gate(tx, sender.gate_key_id)
        known = _wordings(tx, sender, items)
        rows = [_row(sender, item, now) for item in items]
        # A scan that named another ticket before may change what that one comes to.
        named = {item.jti for item in items} | {fact.jti for facts in known.values() for fact in facts}
        groups = group_codes.list_concerned(tx, named)
        # All that a code stands for, and all that is judged with it.
        jtis = sorted(named.union(*groups.values()) - groups.keys())
        together = tickets.list_orders_of(tx, set().union(*groups.values()))
        beside = {one.jti for one in tickets.list_tickets_of(tx, together)}
        # A change of one ticket of a group locks all tickets of its order, in this order.
        held = tickets.find_tickets(tx, beside.union(jtis), lock=True)
        scan_facts.add_facts(tx, rows)
        judgment = judge_tickets(tx, held, jtis, rules, continuations)
        reconcile(tx, held, judgment, now)
        given_back = refunded.note(tx, held, judgment, now)
        if press:
            for order_id in together:
                regroup(tx, press, order_id, now)
        names = devices.labels(tx, sender.operator)
        outcomes = []
        for row in rows:
            fact = uploaded(row).fact
            outcomes.append(
                _outcome(
                    sender,
                    row,
                    held.get(groups.get(row.jti, (row.jti,))[0]),
                    judgment.of(fact),
                    known=known,
                    judgment=judgment,
                    names=names,
                    is_refunded=(row.gate_key_id, row.scan_id) in given_back,
                )
            )
            known[row.scan_id].append(fact)
        return outcomes


def judge_ticket(tx: Transaction, jti: str, ticket: Ticket | None) -> tuple[Judged, ...]:
    """Judge everything that is known about one ticket."""
    held = {} if ticket is None else {jti: ticket}
    return judge_tickets(tx, held, [jti], _PLAIN).by_ticket[jti]


def _outcome(
    sender: Sender,
    row: ScanFact,
    ticket: Ticket | None,
    mine: Judged,
    *,
    known: Mapping[str, Sequence[Fact]],
    judgment: Judgment,
    names: Mapping[str, str],
    is_refunded: bool,
) -> dict[str, Any]:
    found = {"scan_id": row.scan_id, "result": "unknown_ticket", "double_use": None, "refunded": False}
    said = answer(mine.fact, known[row.scan_id], mine.verdict, int(row.received_at.timestamp()))
    if ticket is None or not judgment.is_ride_of(ticket, row.leg, sender.operator):
        return found
    double_use = _double_use(mine, judgment, sender, names)
    return {**found, "result": said, "double_use": double_use, "refunded": is_refunded}


def _double_use(
    mine: Judged, judgment: Judgment, sender: Sender, names: Mapping[str, str]
) -> dict[str, Any] | None:
    if mine.repeats is None:
        return None
    first = judgment.told[mine.repeats.scan_id, mine.repeats.body]
    own = first.operator == sender.operator
    return {
        "first_gate": names.get(first.gate_key_id, first.gate_key_id) if own else "another operator",
        "second_gate": names.get(sender.gate_key_id, sender.gate_key_id),
        "gap_seconds": mine.gap_seconds,
    }


def _wordings(tx: Transaction, sender: Sender, told: Sequence[Told]) -> dict[str, list[Fact]]:
    """Every way in which the scans of a batch were told before, by scan id."""
    gates, scan_ids = [sender.gate_key_id], sorted({item.scan_id for item in told})
    found: dict[str, list[Fact]] = defaultdict(list)
    for entry in map(uploaded, scan_facts.list_facts_of_scans(tx, gates, scan_ids)):
        found[entry.scan_id].append(entry.fact)
    for entry in answered(scan_facts.list_online_scans_of(tx, gates, scan_ids)):
        found[entry.scan_id].append(entry.fact)
    return found


def _row(sender: Sender, item: Told, now: datetime) -> ScanFact:
    content = [item.jti, item.leg, item.seq, item.device_ts, item.clock_offset, item.decision, item.reason]
    more = [item.direction] if item.direction else []
    return ScanFact(
        gate_key_id=sender.gate_key_id,
        scan_id=item.scan_id,
        content_hash=digest([*content, item.bundle_version, *more]),
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
        direction=item.direction,
        is_flagged=int(sender.is_revoked),
    )
