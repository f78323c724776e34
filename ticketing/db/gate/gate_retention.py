"""Let gate facts go when they have been kept long enough: ticket by ticket and whole, leaving counts."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ticketing.db.engine import Transaction
from ticketing.db.rows import insert_once
from ticketing.db.tables.books import period
from ticketing.db.tables.devices import enrolment_code, gate_journal, journal_start
from ticketing.db.tables.gates import (
    control_code,
    double_use,
    gate_retention,
    holder_salt,
    refunded_ride,
    ride_count,
    scan,
    scan_echo,
    scan_fact,
    ticket_move,
    ticket_use,
    use_change,
    use_claim,
    used_ticket,
)
from ticketing.db.tables.sale import group_code, order, ticket
from ticketing.db.ticket import group_codes


def first_open_month(tx: Transaction) -> str | None:
    """The first month of any region whose books are not closed, as `2026-10`."""
    return tx.execute(sa.select(sa.func.min(period.c.id)).where(period.c.state != "closed")).scalar()


def keep_since(tx: Transaction, moment: datetime) -> datetime:
    """Move the mark below which the database lets facts go; gives where it is, which may be later."""
    tx.execute(insert_once(tx, gate_retention, {"id": 1, "kept_since": moment}))
    # The row is held until the transaction ends: of two workers one lets go, and nothing is counted twice.
    held: datetime = tx.execute(sa.select(gate_retention.c.kept_since).with_for_update()).scalar_one()
    if held >= moment:
        return held
    tx.execute(sa.update(gate_retention).values(kept_since=moment))
    return moment


def list_due(tx: Transaction, before: datetime, limit: int) -> list[str]:
    """List tickets, known or not, whose facts may go: expired before then, and nothing was told of them since.

    A scan of a group's code is a fact about each of its tickets: what belongs to one group goes together or stays.
    """
    due_tickets: set[str] = set()
    for table in (scan, scan_fact):
        newer = [
            sa.exists().where(other.c.jti == table.c.jti, other.c.received_at >= before)
            for other in (scan.alias(), scan_fact.alias())
        ]
        query = (
            sa.select(table.c.jti)
            .select_from(table.outerjoin(ticket, ticket.c.jti == table.c.jti))
            .where(table.c.received_at < before, table.c.jti.is_not(None))
            .where(sa.or_(ticket.c.jti.is_(None), ticket.c.expires_at < before))
            .where(*(sa.not_(told) for told in newer))
            .distinct()
            .limit(limit)
        )
        due_tickets.update(tx.execute(query).scalars())
    due = sorted(due_tickets)[:limit]
    families = _families(tx, due)
    due_families = [family for family in families if _is_due(tx, family, before)]
    whole = {jti for family in due_families for jti in family}
    alone = set(due).difference(*families)
    return sorted(alone | whole)


def _families(tx: Transaction, jtis: Collection[str]) -> list[frozenset[str]]:
    """The tickets and codes of each order that has a group among these."""
    codes = group_codes.list_concerned(tx, jtis)
    if not codes:
        return []
    mine = sa.select(group_code.c.order_id).where(group_code.c.jti.in_(list(codes)))
    families = []
    for order_id in sorted(set(tx.execute(mine).scalars())):
        rows = (sa.select(table.c.jti).where(table.c.order_id == order_id) for table in (ticket, group_code))
        families.append(frozenset(jti for query in rows for jti in tx.execute(query).scalars()))
    return families


def _is_due(tx: Transaction, family: Collection[str], before: datetime) -> bool:
    """Tell whether all tickets of a group have expired, and nothing was told of any of them or of their codes since."""
    kept = [sa.select(ticket.c.jti).where(ticket.c.jti.in_(family), ticket.c.expires_at >= before)]
    kept += [
        sa.select(table.c.jti).where(table.c.jti.in_(family), table.c.received_at >= before)
        for table in (scan, scan_fact)
    ]
    return all(tx.execute(query.limit(1)).first() is None for query in kept)


def count_and_forget(tx: Transaction, jtis: Collection[str]) -> None:
    """Let everything go that gates have told of some tickets; how many uses there were is kept by month."""
    _count(tx, jtis)
    scans_told = sa.select(scan.c.gate_key_id, scan.c.scan_id).where(scan.c.jti.in_(jtis)).subquery()
    tx.execute(
        sa.delete(scan_echo).where(
            sa.exists().where(
                scans_told.c.gate_key_id == scan_echo.c.gate_key_id,
                scans_told.c.scan_id == scan_echo.c.first_scan_id,
            )
        )
    )
    for table in (
        double_use,
        refunded_ride,
        ticket_use,
        use_change,
        use_claim,
        ticket_move,
        control_code,
        holder_salt,
        scan_fact,
        scan,
    ):
        tx.execute(sa.delete(table).where(table.c.jti.in_(jtis)))
    tx.execute(sa.update(group_code).where(group_code.c.jti.in_(jtis)).values(control_code=None))


def forget_unread(tx: Transaction, before: datetime) -> int:
    """Let scans go that named no ticket; gives how many."""
    unread = sa.delete(scan).where(scan.c.jti.is_(None), scan.c.received_at < before)
    return tx.execute(unread).rowcount


def forget_journal(tx: Transaction, before: datetime) -> int:
    """Let the oldest entries of each journal go; where it begins now is kept, so that the rest can still be proven."""
    gone = 0
    for operator in tx.execute(sa.select(gate_journal.c.operator).distinct()).scalars().all():
        own = gate_journal.c.operator == operator
        kept = sa.select(sa.func.min(gate_journal.c.place)).where(own, gate_journal.c.at >= before)
        first_kept = tx.execute(kept).scalar()
        old = (own,) if first_kept is None else (own, gate_journal.c.place < first_kept)
        query = sa.select(gate_journal.c.place, gate_journal.c.chain).where(*old)
        last = tx.execute(query.order_by(gate_journal.c.place.desc()).limit(1)).first()
        if last is None:
            continue
        _upsert(
            tx, journal_start, ["operator"], {"operator": operator, "place": last.place, "chain": last.chain}
        )
        gone += tx.execute(sa.delete(gate_journal).where(*old)).rowcount
    return gone


def forget_passing(tx: Transaction, ended_before: datetime, codes_before: datetime) -> int:
    """Forget what is of no use any more: what bundles need not tell of tickets long ended, and used-up enrolment codes."""
    expired = sa.exists().where(ticket.c.jti == use_change.c.jti, ticket.c.expires_at < ended_before)
    codes = sa.delete(enrolment_code).where(enrolment_code.c.expires_at < codes_before)
    return sum(tx.execute(wanted).rowcount for wanted in (sa.delete(use_change).where(expired), codes))


def count_rides(
    tx: Transaction, region: str, before: str, products: Sequence[str] | None, *, since: str | None = None
) -> Counter[str]:
    """Count the rides that were let go, by operator; months as `2026-10`, `before` is not among them."""
    query = sa.select(ride_count.c.operator, sa.func.sum(ride_count.c.count)).where(
        ride_count.c.region == region,
        ride_count.c.month < before,
        ride_count.c.kind.in_(("ride", "in", "transfer")),
    )
    if products is not None:
        query = query.where(ride_count.c.product.in_(products))
    if since is not None:
        query = query.where(ride_count.c.month >= since)
    return Counter({row[0]: int(row[1]) for row in tx.execute(query.group_by(ride_count.c.operator))})


def _count(tx: Transaction, jtis: Collection[str]) -> None:
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    used: set[str] = set()
    for table, kind in ((ticket_use, ticket_use.c.kind), (double_use, sa.literal("double_use"))):
        query = (
            sa.select(
                table.c.jti,
                order.c.region,
                table.c.operator,
                ticket.c.product,
                table.c.at,
                kind.label("kind"),
            )
            .join(ticket, ticket.c.jti == table.c.jti)
            .join(order, order.c.id == ticket.c.order_id)
            .where(table.c.jti.in_(jtis))
        )
        for row in tx.execute(query):
            counts[row.region, row.operator, row.product, f"{row.at:%Y-%m}", row.kind] += 1
            used.add(row.jti)
    names = ["region", "operator", "product", "month", "kind"]
    for place, count in sorted(counts.items()):
        _upsert(tx, ride_count, names, {**dict(zip(names, place, strict=True)), "count": count}, adds="count")
    for jti in sorted(used):
        tx.execute(insert_once(tx, used_ticket, {"jti": jti}))


def _upsert(
    tx: Transaction, table: sa.Table, key: list[str], row: dict[str, Any], *, adds: str | None = None
) -> None:
    made = (sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert)(table).values(**row)
    changed = {
        name: table.c[name] + made.excluded[name] if name == adds else made.excluded[name]
        for name in row
        if name not in key
    }
    tx.execute(made.on_conflict_do_update(index_elements=key, set_=changed))
