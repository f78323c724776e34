"""Judged uses: what the facts about a ticket come to, kept for gates and refunds, and when it last changed."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch
from ticketing.db.tables.gates import double_use, ticket_use, use_change, used_ticket
from ticketing.db.tables.sale import ticket
from ticketing.frozen import TicketDocument, read_ticket

# Databases have a limit to what one statement may name.
_CHUNK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketUse:
    """One use that counts, transfers and check-outs included; `gate` is the name that staff know it by."""

    jti: str
    gate_key_id: str
    scan_id: str
    leg: int
    operator: str
    gate: str | None
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleUse:
    """One accepted use too many, with the use that it repeats; gates by name."""

    gate_key_id: str
    scan_id: str
    jti: str
    leg: int
    operator: str
    first_operator: str
    first_gate: str
    second_gate: str
    gap_seconds: int
    at: datetime
    found_at: datetime


def list_uses(tx: Transaction, jti: str) -> list[TicketUse]:
    """List the uses of a ticket, oldest first."""
    query = sa.select(ticket_use).where(ticket_use.c.jti == jti)
    return fetch(tx, query.order_by(ticket_use.c.at, ticket_use.c.scan_id), TicketUse)


def is_used(tx: Transaction, jti: str) -> bool:
    """Tell whether a ticket was ever used, also where its uses have been let go."""
    left = sa.select(used_ticket.c.jti).where(used_ticket.c.jti == jti)
    uses = sa.select(ticket_use.c.jti).where(ticket_use.c.jti == jti)
    return tx.execute(uses.union_all(left).limit(1)).first() is not None


def list_uses_of(tx: Transaction, jtis: Collection[str]) -> list[TicketUse]:
    """List the uses of many tickets."""
    return fetch(tx, sa.select(ticket_use).where(ticket_use.c.jti.in_(list(jtis))), TicketUse)


def list_boarded(
    tx: Transaction, operator: str, begins: datetime, ends: datetime
) -> list[tuple[int, str, TicketDocument]]:
    """List the counted uses at an operator from one moment to another: leg, signed ticket, and its document."""
    use = ticket_use.c
    query = (
        sa.select(use.leg, ticket.c.token, ticket.c.document)
        .join(ticket, ticket.c.jti == use.jti)
        .where(use.operator == operator, use.at >= begins, use.at < ends, use.kind.in_(("ride", "in")))
    )
    return [(row.leg, row.token, read_ticket(json.loads(row.document))) for row in tx.execute(query)]


def put_uses(
    tx: Transaction, jti: str, held: Iterable[TicketUse], wanted: Iterable[TicketUse], at: datetime
) -> None:
    """Make the uses of a ticket the wanted ones; operators whose part changes are told with their next bundle."""
    before, after = set(held), set(wanted)
    gone, new = before - after, after - before
    for use in gone:
        tx.execute(
            sa.delete(ticket_use).where(
                ticket_use.c.jti == jti,
                ticket_use.c.gate_key_id == use.gate_key_id,
                ticket_use.c.scan_id == use.scan_id,
            )
        )
    if new:
        tx.execute(sa.insert(ticket_use), [columns(use) for use in new])
    for operator in sorted({use.operator for use in gone | new}):
        mark_changed(tx, operator, jti, at)


def list_double_uses(tx: Transaction, jtis: Collection[str]) -> list[DoubleUse]:
    """List the double uses of many tickets."""
    return fetch(tx, sa.select(double_use).where(double_use.c.jti.in_(list(jtis))), DoubleUse)


def list_double_uses_of_operator(tx: Transaction, operator: str, since: datetime) -> list[DoubleUse]:
    """List the double uses at an operator's gates, newest first."""
    query = sa.select(double_use).where(double_use.c.operator == operator, double_use.c.at >= since)
    return fetch(tx, query.order_by(double_use.c.at.desc()).limit(500), DoubleUse)


def put_double_uses(tx: Transaction, held: Iterable[DoubleUse], wanted: Iterable[DoubleUse]) -> None:
    """Make the double uses of a ticket the wanted ones; one that was found before keeps its moment."""
    before = {_fault(use): use for use in held}
    after = {_fault(use): use for use in wanted}
    for fault in before.keys() - after.keys():
        earlier = before[fault]
        tx.execute(
            sa.delete(double_use).where(
                double_use.c.gate_key_id == earlier.gate_key_id,
                double_use.c.scan_id == earlier.scan_id,
                double_use.c.jti == earlier.jti,
            )
        )
    new = [columns(use) for fault, use in after.items() if fault not in before]
    if new:
        tx.execute(sa.insert(double_use), new)


def list_changed(
    tx: Transaction, operator: str, since: datetime | None, at: datetime, limit: int
) -> list[tuple[str, datetime]]:
    """List unexpired tickets whose uses at an operator have changed since then, oldest change first."""
    query = (
        sa.select(use_change.c.jti, use_change.c.changed_at)
        .join(ticket, ticket.c.jti == use_change.c.jti)
        .where(use_change.c.operator == operator, ticket.c.expires_at > at)
        .order_by(use_change.c.changed_at, use_change.c.jti)
        .limit(limit)
    )
    if since is not None:
        query = query.where(use_change.c.changed_at >= since)
    return [(row.jti, row.changed_at) for row in tx.execute(query)]


def list_uses_of_operator(tx: Transaction, operator: str, at: datetime) -> list[TicketUse]:
    """List an operator's uses of tickets that are still inside their validity."""
    query = (
        sa.select(ticket_use)
        .join(ticket, ticket.c.jti == ticket_use.c.jti)
        .where(ticket_use.c.operator == operator, ticket.c.expires_at > at)
    )
    return fetch(tx, query.order_by(ticket_use.c.at, ticket_use.c.jti, ticket_use.c.scan_id), TicketUse)


def list_uses_at(tx: Transaction, operator: str, jtis: Collection[str]) -> list[TicketUse]:
    """List the uses of some tickets at one operator's gates."""
    wanted, found = list(jtis), []
    for start in range(0, len(wanted), _CHUNK):
        query = sa.select(ticket_use).where(ticket_use.c.operator == operator)
        query = query.where(ticket_use.c.jti.in_(wanted[start : start + _CHUNK]))
        found += fetch(tx, query, TicketUse)
    return sorted(found, key=lambda use: (use.at, use.jti, use.scan_id))


def list_rides(tx: Transaction, operator: str, since: datetime, until: datetime) -> list[TicketUse]:
    """List the rides at an operator's gates in a span of time: what shares by use and caps count."""
    query = sa.select(ticket_use).where(
        ticket_use.c.operator == operator,
        ticket_use.c.at >= since,
        ticket_use.c.at < until,
        ticket_use.c.kind.in_(("ride", "in")),
    )
    return fetch(tx, query.order_by(ticket_use.c.at, ticket_use.c.jti, ticket_use.c.scan_id), TicketUse)


def count_rides(tx: Transaction, operator: str, since: datetime, until: datetime) -> int:
    """Count the rides at an operator's gates in a span of time."""
    query = sa.select(sa.func.count()).where(
        ticket_use.c.operator == operator,
        ticket_use.c.at >= since,
        ticket_use.c.at < until,
        ticket_use.c.kind.in_(("ride", "in")),
    )
    return tx.execute(query).scalar_one()


def mark_uses_of(tx: Transaction, jtis: Collection[str], at: datetime) -> None:
    """Let bundles tell the uses of some tickets anew, to each operator that has any."""
    for operator, jti in sorted({(use.operator, use.jti) for use in list_uses_of(tx, jtis)}):
        mark_changed(tx, operator, jti, at)


def mark_changed(tx: Transaction, operator: str, jti: str, at: datetime) -> None:
    """Have an operator's gates told of a ticket with their next bundle."""
    made = sqlite.insert(use_change) if tx.dialect.name == "sqlite" else postgresql.insert(use_change)
    row = made.values(operator=operator, jti=jti, changed_at=at)
    tx.execute(row.on_conflict_do_update(index_elements=["operator", "jti"], set_={"changed_at": at}))


def _fault(use: DoubleUse) -> tuple[object, ...]:
    return (
        use.gate_key_id,
        use.scan_id,
        use.jti,
        use.leg,
        use.first_gate,
        use.second_gate,
        use.gap_seconds,
        use.at,
    )
