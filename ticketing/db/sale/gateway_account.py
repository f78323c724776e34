"""A gateway's own account of our money as it tells it: lines, payouts and balances, each kept once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, insert_once
from ticketing.db.tables.books import account, entry, period, posting
from ticketing.db.tables.gateway import gateway_balance, gateway_line, gateway_payout

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the gateway's account. `amount_minor` less `fee_minor` moves its balance; `verdict` says what became of it here."""

    gateway: str
    id: str
    kind: str
    category: str
    source: str
    charge_id: str | None
    currency: str
    amount_minor: int
    fee_minor: int
    exchanged_currency: str
    exchanged_minor: int
    description: str
    region: str
    at: datetime
    learned_at: datetime
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A state of a payout, told once; negative for money that the gateway takes from the bank."""

    gateway: str
    id: str
    state: str
    currency: str
    amount_minor: int
    arrives_on: str
    trace: str
    payer: str
    reason: str
    region: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The gateway's balance at a moment, the sum of its lines that we have, and what our books say."""

    gateway: str
    currency: str
    at: datetime
    balance_minor: int
    lines_minor: int
    books_minor: int


def insert_line(tx: Transaction, line: Line) -> bool:
    """Keep a line; False when it is kept already."""
    return (
        tx.execute(insert_once(tx, gateway_line, columns(line)).returning(gateway_line.c.id)).first()
        is not None
    )


def list_lines(
    tx: Transaction, gateway: str, until: datetime | None = None, *, since: datetime | None = None
) -> list[Line]:
    """List the lines of a gateway, oldest first, of all time or since and until a moment."""
    query = sa.select(gateway_line).where(gateway_line.c.gateway == gateway)
    if until is not None:
        query = query.where(gateway_line.c.at < until)
    if since is not None:
        query = query.where(gateway_line.c.at >= since)
    return fetch(tx, query.order_by(gateway_line.c.at, gateway_line.c.id), Line)


def find_last_line(tx: Transaction, gateway: str) -> datetime | None:
    """The moment of the newest line that is kept."""
    query = sa.select(sa.func.max(gateway_line.c.at)).where(gateway_line.c.gateway == gateway)
    return tx.execute(query).scalar_one_or_none()


def list_known(tx: Transaction, gateway: str, ids: Sequence[str]) -> dict[str, Line]:
    """Those of some lines that are kept, by id."""
    known: dict[str, Line] = {}
    for at in range(0, len(ids), _AT_ONCE):
        part = gateway_line.c.id.in_(ids[at : at + _AT_ONCE])
        query = sa.select(gateway_line).where(gateway_line.c.gateway == gateway, part)
        known |= {line.id: line for line in fetch(tx, query, Line)}
    return known


def list_waiting(tx: Transaction, gateway: str) -> list[Line]:
    """The lines that were of no payment of ours when they were kept, oldest first."""
    query = sa.select(gateway_line).where(
        gateway_line.c.gateway == gateway, gateway_line.c.verdict == "waits"
    )
    return fetch(tx, query.order_by(gateway_line.c.at, gateway_line.c.id), Line)


def list_of_charge(tx: Transaction, gateway: str, charge_id: str) -> list[Line]:
    """The kept lines of one charge, oldest first."""
    query = sa.select(gateway_line).where(
        gateway_line.c.gateway == gateway, gateway_line.c.charge_id == charge_id
    )
    return fetch(tx, query.order_by(gateway_line.c.at, gateway_line.c.id), Line)


def find_first_month(tx: Transaction) -> str | None:
    """The month in which the books of the first region begin."""
    return tx.execute(sa.select(sa.func.min(period.c.id))).scalar_one_or_none()


def sum_lines(tx: Transaction, gateway: str, verdict: str | None = None) -> dict[str, int]:
    """Sum what the lines of a gateway have moved, or those of one verdict, by currency."""
    net = sa.func.sum(gateway_line.c.amount_minor - gateway_line.c.fee_minor)
    query = sa.select(gateway_line.c.currency, net).where(gateway_line.c.gateway == gateway)
    if verdict is not None:
        query = query.where(gateway_line.c.verdict == verdict)
    rows = tx.execute(query.group_by(gateway_line.c.currency))
    return {currency: int(minor) for currency, minor in rows}


def insert_payout(tx: Transaction, payout: Payout) -> bool:
    """Keep a state of a payout; False when it is kept already."""
    query = insert_once(tx, gateway_payout, columns(payout)).returning(gateway_payout.c.id)
    return tx.execute(query).first() is not None


def list_payouts(tx: Transaction) -> list[Payout]:
    """List the states of all payouts, as they were told."""
    return fetch(tx, sa.select(gateway_payout).order_by(gateway_payout.c.at, gateway_payout.c.id), Payout)


def insert_balance(tx: Transaction, balance: Balance) -> None:
    """Keep what the gateway says its balance is."""
    tx.execute(insert_once(tx, gateway_balance, columns(balance)))


def list_gateways(tx: Transaction) -> list[str]:
    """The gateways whose account is kept here, by name."""
    query = sa.select(gateway_balance.c.gateway).distinct().order_by(gateway_balance.c.gateway)
    return list(tx.execute(query).scalars())


def list_balances(tx: Transaction, gateway: str, until: datetime | None = None) -> list[Balance]:
    """The newest balance of each currency, of now or before a moment."""
    query = sa.select(gateway_balance).where(gateway_balance.c.gateway == gateway)
    if until is not None:
        query = query.where(gateway_balance.c.at < until)
    newest = {one.currency: one for one in fetch(tx, query.order_by(gateway_balance.c.at), Balance)}
    return [newest[currency] for currency in sorted(newest)]


def sum_clearing_by_currency(tx: Transaction, purpose: str = "psp_clearing") -> dict[str, int]:
    """Sum a gateway's account in the books of all regions, by currency."""
    months = sa.select(period.c.id)
    query = (
        sa.select(posting.c.currency, sa.func.sum(posting.c.amount_minor))
        .join(entry, sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id))
        .join(account, account.c.id == posting.c.account_id)
        .where(posting.c.period.in_(months), account.c.purpose == purpose)
        .group_by(posting.c.currency)
    )
    return {currency: int(minor) for currency, minor in tx.execute(query) if minor}
