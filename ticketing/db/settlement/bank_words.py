"""The bank's words beside its lines: balances of a day, payments booked as one, refusals, payments made again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, insert_once
from ticketing.db.tables.settlement import bank_statement, batch_part, payment_again, payment_refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBalance:
    """The balances that a statement tells of an account; `day` is that of the closing one."""

    iban: str
    currency: str
    statement_id: str
    day: str
    opening_minor: int
    closing_minor: int
    region: str
    imported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPart:
    """One payment that a line of the bank settles together with others; `seq` is the step of the line's trail."""

    line_id: str
    seq: int
    party: str
    currency: str
    run_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A payment that the bank has refused before it moved any money: its code and words of pain.002."""

    run_id: str
    party: str
    currency: str
    attempt: int
    code: str
    words: str
    message_id: str
    told_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidAgain:
    """A payment of a run that is made once more: the `number`-th file of payments made again carries it."""

    run_id: str
    party: str
    currency: str
    attempt: int
    number: int
    account_id: str
    actor: str
    reason: str
    at: datetime


def insert_balance(tx: Transaction, balance: DayBalance) -> bool:
    """Keep the balances of a statement; False when they are kept already."""
    query = insert_once(tx, bank_statement, columns(balance)).returning(bank_statement.c.iban)
    return tx.execute(query).first() is not None


def list_balances(tx: Transaction) -> list[DayBalance]:
    """List the balances of every statement, account by account, by day."""
    order = (bank_statement.c.iban, bank_statement.c.currency, bank_statement.c.day)
    return fetch(tx, sa.select(bank_statement).order_by(*order, bank_statement.c.imported_at), DayBalance)


def insert_parts(tx: Transaction, parts: Sequence[BatchPart]) -> None:
    """Keep the payments that a line settles together."""
    for part in parts:
        tx.execute(sa.insert(batch_part).values(**columns(part)))


def list_parties(tx: Transaction, line_id: str, seq: int) -> list[str]:
    """The parties whose payments one step of a line has settled together."""
    query = sa.select(batch_part.c.party).where(batch_part.c.line_id == line_id, batch_part.c.seq == seq)
    return list(tx.execute(query).scalars())


def insert_refusal(tx: Transaction, refusal: Refusal) -> bool:
    """Keep a refusal; False when this attempt was refused before."""
    query = insert_once(tx, payment_refusal, columns(refusal)).returning(payment_refusal.c.run_id)
    return tx.execute(query).first() is not None


def list_refusals(tx: Transaction, run_ids: Sequence[str]) -> list[Refusal]:
    """List the refused payments of some runs, attempt by attempt."""
    query = sa.select(payment_refusal).where(payment_refusal.c.run_id.in_(run_ids))
    return fetch(tx, query.order_by(payment_refusal.c.attempt), Refusal)


def insert_again(tx: Transaction, again: PaidAgain) -> None:
    """Keep a payment that is made again; two at once collide on the attempt."""
    tx.execute(sa.insert(payment_again).values(**columns(again)))


def list_again(tx: Transaction, run_ids: Sequence[str]) -> list[PaidAgain]:
    """List the payments of some runs that were made again, attempt by attempt."""
    query = sa.select(payment_again).where(payment_again.c.run_id.in_(run_ids))
    return fetch(tx, query.order_by(payment_again.c.attempt), PaidAgain)
