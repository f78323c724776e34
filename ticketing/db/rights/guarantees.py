"""Guarantees of connections: those that were missed and are to be decided, and the cases that were."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.operators.run_states import RunKey
from ticketing.db.rows import columns, fetch, put_once
from ticketing.db.sale.gateway_events import POOL_LOW, find_raised
from ticketing.db.tables.books import entry, posting
from ticketing.db.tables.disruption import disruption_affected, disruption_event
from ticketing.db.tables.rights import guarantee_case
from ticketing.db.tables.sale import order


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenConnection:
    """A connection of a ticket that an event has broken, and whose order has bought a guarantee."""

    order_id: str
    jti: str
    after_leg: int
    operator: str
    trip_id: str
    service_date: date
    cause: str | None

    @property
    def run(self) -> RunKey:
        """The name of the run that has broken it, in its region."""
        return self.operator, self.trip_id, self.service_date


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeCase:
    """A guaranteed connection that was missed: facts and decision as JSON, and the money; it is never changed."""

    id: str
    region: str
    order_id: str
    jti: str
    after_leg: int
    operator: str
    amount_minor: int
    recourse_minor: int
    currency: str
    facts: str
    decision: str
    refund_id: str | None
    decided_at: datetime


def list_broken(tx: Transaction, since: date, limit: int) -> list[BrokenConnection]:
    """List the broken connections of service days since one whose orders have a guarantee, and that have no case yet."""
    row, event, case = disruption_affected.c, disruption_event.c, guarantee_case.c
    decided = sa.exists().where(case.jti == row.jti, case.after_leg == row.leg)
    of_run = (event.operator, event.trip_id, event.service_date, event.cause)
    query = (
        sa.select(row.order_id, row.jti, row.leg.label("after_leg"), *of_run)
        .join(disruption_event, event.id == row.event_id)
        .join(order, order.c.id == row.order_id)
        .where(row.why == "connection", row.then_leg == row.leg + 1, order.c.guaranteed.is_not(None))
        .where(event.status == "confirmed", event.service_date >= since.isoformat(), ~decided)
        .order_by(event.confirmed_at, row.jti)
        .limit(limit)
    )
    broken = [
        BrokenConnection(**{**row, "service_date": date.fromisoformat(row["service_date"])})
        for row in tx.execute(query).mappings()
    ]
    return list({(one.jti, one.after_leg): one for one in broken}.values())


def put_case(tx: Transaction, case: GuaranteeCase) -> bool:
    """Store a case; False where somebody has decided it meanwhile."""
    return put_once(tx, guarantee_case, columns(case))


def find_case(tx: Transaction, jti: str, after_leg: int) -> GuaranteeCase | None:
    """Read the case of a connection."""
    mine = guarantee_case.c.jti == jti, guarantee_case.c.after_leg == after_leg
    return next(iter(fetch(tx, sa.select(guarantee_case).where(*mine), GuaranteeCase)), None)


def list_of_order(tx: Transaction, order_id: str) -> list[GuaranteeCase]:
    """List the cases of an order, oldest first."""
    query = sa.select(guarantee_case).where(guarantee_case.c.order_id == order_id)
    return fetch(tx, query.order_by(guarantee_case.c.id), GuaranteeCase)


def list_of_region(tx: Transaction, region: str, after: str, limit: int) -> list[GuaranteeCase]:
    """List a page of the cases of a region, oldest first."""
    query = sa.select(guarantee_case).where(guarantee_case.c.region == region, guarantee_case.c.id > after)
    return fetch(tx, query.order_by(guarantee_case.c.id).limit(limit), GuaranteeCase)


def sum_recourse(tx: Transaction, region: str, operator: str, since: datetime) -> int:
    """Sum the recourse to an operator since a moment; nobody else adds to it before this transaction ends."""
    if tx.dialect.name != "sqlite":
        lock = sa.func.hashtext(f"recourse {region} {operator}")
        tx.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
    case = guarantee_case.c
    query = sa.select(sa.func.coalesce(sa.func.sum(case.recourse_minor), 0)).where(
        case.region == region, case.operator == operator, case.decided_at >= since
    )
    return int(tx.execute(query).scalar_one())


def pool_balance(tx: Transaction, region: str, account: str) -> int:
    """Sum a region's postings to the account of its pool, in minor units: what fees and recourse have left of it, negative where the guarantor has paid."""
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(posting.c.amount_minor), 0))
        .join(entry, sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id))
        .where(posting.c.account_id == account, entry.c.region == region)
    )
    return -int(tx.execute(query).scalar_one())


def is_sale_stopped(tx: Transaction, region: str) -> bool:
    """Tell whether a region sells no guarantees now, because its pool is below its reserve."""
    return find_raised(tx, POOL_LOW, region) is not None


def list_sold(tx: Transaction, region: str) -> dict[str, str]:
    """List the guarantees of a region's orders that have tickets, by order, as JSON."""
    sold = sa.select(order.c.id, order.c.guaranteed).where(
        order.c.region == region, order.c.guaranteed.is_not(None)
    )
    return {row[0]: row[1] for row in tx.execute(sold)}
