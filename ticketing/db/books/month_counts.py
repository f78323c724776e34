"""Count a month as people ask about it: tickets, passengers, and what was paid and given back by kind of booking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.books.books import next_month
from ticketing.db.engine import Transaction
from ticketing.db.tables.books import period, share, tax
from ticketing.db.tables.sale import order, ticket

_GIVEN_BACK = ("refund", "exchange", "chargeback")


@dataclass(frozen=True, slots=True)
class KindSum:
    """The shares of a kind in a currency: what they divide, and into what."""

    kind: str
    currency: str
    vat_minor: int
    fee_minor: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class PriceSum:
    """The prices of a kind in a currency, as their VAT rows have them."""

    kind: str
    currency: str
    gross_minor: int
    vat_minor: int


@dataclass(frozen=True, slots=True)
class Counted:
    """The numbers of tickets that a month has sold and given back, and of its passengers."""

    tickets: int
    passengers: int
    given_back: int


def count_month(tx: Transaction, region: str, period_id: str) -> Counted:
    """Count tickets and passengers; a passenger is counted once for each order."""
    mine = sa.and_(share.c.period == period_id, share.c.region == region)
    sold = (
        sa.select(ticket.c.order_id, ticket.c.passenger_ref, ticket.c.jti)
        .join(share, share.c.ticket_jti == ticket.c.jti)
        .where(mine, share.c.kind == "sale")
        .distinct()
        .subquery()
    )
    who = sa.select(sold.c.order_id, sold.c.passenger_ref).distinct().subquery()
    back = sa.select(sa.func.count(share.c.ticket_jti.distinct())).where(mine, share.c.kind.in_(_GIVEN_BACK))
    return Counted(
        tx.execute(sa.select(sa.func.count()).select_from(sold)).scalar_one(),
        tx.execute(sa.select(sa.func.count()).select_from(who)).scalar_one(),
        tx.execute(back).scalar_one(),
    )


def sum_kinds(tx: Transaction, region: str, period_id: str) -> list[KindSum]:
    """Sum the shares of a month by kind and currency."""
    names = ("vat_minor", "fee_minor", "net_minor")
    sums = [sa.cast(sa.func.sum(share.c[name]), sa.BigInteger) for name in names]
    query = (
        sa.select(share.c.kind, share.c.currency, *sums)
        .where(share.c.period == period_id, share.c.region == region)
        .group_by(share.c.kind, share.c.currency)
    )
    rows: Sequence[Any] = tx.execute(query).all()
    return [KindSum(*row) for row in rows]


def sum_prices(tx: Transaction, region: str, period_id: str) -> list[PriceSum]:
    """Sum the prices of a month by kind and currency, from the rows of VAT: they part each price whole."""
    sums = [sa.cast(sa.func.sum(tax.c[name]), sa.BigInteger) for name in ("gross_minor", "vat_minor")]
    query = (
        sa.select(tax.c.kind, tax.c.currency, *sums)
        .where(tax.c.period == period_id, tax.c.region == region)
        .group_by(tax.c.kind, tax.c.currency)
    )
    rows: Sequence[Any] = tx.execute(query).all()
    return [PriceSum(*row) for row in rows]


def list_unfinished(tx: Transaction, region: str, period_id: str, states: tuple[str, ...]) -> list[str]:
    """List the orders in some states that were placed in a month or before it, oldest first."""
    query = (
        sa.select(order.c.id)
        .where(order.c.region == region, order.c.state.in_(states))
        .where(order.c.created_at < _end_of(period_id))
        .order_by(order.c.id)
    )
    return list(tx.execute(query).scalars())


def last_months(tx: Transaction, region: str, until: str, limit: int) -> list[str]:
    """List a region's months up to one, oldest first."""
    query = sa.select(period.c.id).where(period.c.region == region, period.c.id <= until)
    return list(tx.execute(query.order_by(period.c.id.desc()).limit(limit)).scalars())[::-1]


def _end_of(period_id: str) -> datetime:
    return datetime.fromisoformat(f"{next_month(period_id)}-01T00:00:00+00:00")
