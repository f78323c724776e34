"""Bank accounts with their approvals, the lines of bank statements, and what each line was matched with."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, insert_once
from ticketing.db.tables.books import account, entry, period, posting
from ticketing.db.tables.gateway import gateway_payout
from ticketing.db.tables.settlement import (
    approval,
    bank_account,
    bank_line,
    bank_match,
    batch_part,
    run_account,
)

SUBJECT = "bank_account"
BOOKED = ("payment", "receipt", "payout", "suspense", "bank_fee", "fx")


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """The bank account of a party; a change is a new row, and the newest approved row is in force."""

    id: str
    party: str
    name: str
    iban: str
    bic: str
    town: str
    country: str
    entered_by: str
    entered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Somebody's decision about one subject, bound to its digest."""

    id: str
    subject_type: str
    subject_id: str
    digest: str
    decision: str
    actor: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """One booked line of the scheme's bank; `amount_minor` is positive for money that came in.

    The account is one for all regions: `region` is the one whose movement it was when it was imported, or else the one
    that it was imported for. Any region may book it.
    """

    id: str
    region: str
    iban: str
    statement_id: str
    seq: int
    booking_date: str
    value_date: str
    currency: str
    amount_minor: int
    end_to_end_id: str
    bank_reference: str
    counterparty: str
    remittance: str
    imported_at: datetime
    structured: str = ""
    batch: str = ""
    batch_count: int = 0
    return_reason: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankMatch:
    """One step of a line's trail: what it was booked as (`amount_minor` is the line's), or what became of that.

    `unbooked` takes the booking back, `cleared` takes its suspense (`amount_minor`) away, `uncleared` brings it back.
    """

    line_id: str
    kind: str
    run_id: str | None
    party: str | None
    amount_minor: int
    reason: str
    actor: str
    at: datetime
    seq: int = 1


@dataclass(frozen=True, slots=True)
class Suspended:
    """The money on suspense of one line: debit positive, as in the books."""

    line_id: str
    region: str
    currency: str
    amount_minor: int


def insert_account(tx: Transaction, made: BankAccount) -> None:
    """Store an account, not yet in force."""
    tx.execute(sa.insert(bank_account).values(**columns(made)))


def find_account(tx: Transaction, account_id: str) -> BankAccount | None:
    """Read one account."""
    return find(tx, sa.select(bank_account).where(bank_account.c.id == account_id), BankAccount)


def list_accounts(tx: Transaction) -> list[BankAccount]:
    """List all accounts by party, newest last."""
    return fetch(tx, sa.select(bank_account).order_by(bank_account.c.party, bank_account.c.id), BankAccount)


def list_accounts_in_force(tx: Transaction) -> list[BankAccount]:
    """The newest approved account of each party."""
    query = (
        sa.select(bank_account)
        .join(approval, approval.c.subject_id == bank_account.c.id)
        .where(approval.c.subject_type == SUBJECT, approval.c.decision == "approved")
        .order_by(approval.c.decided_at, approval.c.id)
    )
    return list({account.party: account for account in fetch(tx, query, BankAccount)}.values())


def bind_account(tx: Transaction, run_id: str, made: BankAccount) -> None:
    """Bind a run to the account that it pays a party to."""
    tx.execute(sa.insert(run_account).values(run_id=run_id, party=made.party, account_id=made.id))


def list_bound_accounts(tx: Transaction, run_id: str) -> dict[str, BankAccount]:
    """The accounts that a run is bound to, by party."""
    query = sa.select(bank_account).join(run_account, run_account.c.account_id == bank_account.c.id)
    found = fetch(tx, query.where(run_account.c.run_id == run_id), BankAccount)
    return {account.party: account for account in found}


def insert_approval(tx: Transaction, made: Approval) -> bool:
    """Keep a decision; False when this subject was decided before."""
    result = tx.execute(insert_once(tx, approval, columns(made)).returning(approval.c.id))
    return result.first() is not None


def list_approvals(tx: Transaction, subject_type: str) -> list[Approval]:
    """List the decisions about one kind of subject."""
    return fetch(tx, sa.select(approval).where(approval.c.subject_type == subject_type), Approval)


def insert_line(tx: Transaction, made: BankLine) -> bool:
    """Store a line of the bank; False when it was imported before."""
    return tx.execute(insert_once(tx, bank_line, columns(made)).returning(bank_line.c.id)).first() is not None


def find_line(tx: Transaction, line_id: str) -> BankLine | None:
    """Read one line."""
    return find(tx, sa.select(bank_line).where(bank_line.c.id == line_id), BankLine)


def list_open_lines(tx: Transaction) -> list[BankLine]:
    """List the lines that are not booked, or not any more, oldest first."""
    standing = _standing()
    query = (
        sa.select(bank_line)
        .outerjoin(standing, standing.c.line_id == bank_line.c.id)
        .where(standing.c.line_id.is_(None))
        .order_by(bank_line.c.booking_date, bank_line.c.statement_id, bank_line.c.seq)
    )
    return fetch(tx, query, BankLine)


def list_lines_like(tx: Transaction, part: str, limit: int = 10) -> list[BankLine]:
    """The lines whose ids end or begin so."""
    like = [bank_line.c.id.endswith(part, autoescape=True), bank_line.c.id.startswith(part, autoescape=True)]
    query = sa.select(bank_line).where(sa.or_(*like))
    return fetch(tx, query.order_by(bank_line.c.id).limit(limit), BankLine)


def list_lines_with(tx: Transaction, words: str, minor: int | None, limit: int) -> list[BankLine]:
    """List the newest lines with these words in a reference, a name or a text, or with an amount of either sign."""
    names = ("end_to_end_id", "bank_reference", "counterparty", "remittance")
    like = [bank_line.c[name].icontains(words, autoescape=True) for name in names]
    wanted = like if minor is None else [sa.func.abs(bank_line.c.amount_minor) == abs(minor)]
    query = sa.select(bank_line).where(sa.or_(*wanted))
    return fetch(tx, query.order_by(bank_line.c.booking_date.desc(), bank_line.c.id).limit(limit), BankLine)


def list_regions(tx: Transaction) -> list[str]:
    """The regions that have books, by name."""
    return list(tx.execute(sa.select(period.c.region).distinct().order_by(period.c.region)).scalars())


def list_bookings(tx: Transaction, ways: Sequence[str]) -> list[tuple[BankMatch, int]]:
    """Every step that booked a line in one of these ways, each with the amount of its line."""
    query = sa.select(bank_match, bank_line.c.amount_minor.label("told"))
    query = query.join(bank_line, bank_line.c.id == bank_match.c.line_id).where(bank_match.c.kind.in_(ways))
    rows = tx.execute(query.order_by(bank_match.c.at, bank_match.c.line_id)).mappings()
    return [(_match(row), row["told"]) for row in rows]


def _match(row: sa.RowMapping) -> BankMatch:
    return BankMatch(**{field.name: row[field.name] for field in fields(BankMatch)})


def insert_match(tx: Transaction, made: BankMatch) -> None:
    """Add to the trail of a line; two at once collide on the number."""
    tx.execute(sa.insert(bank_match).values(**columns(made)))


def list_trail(tx: Transaction, line_id: str) -> list[BankMatch]:
    """List the history of a line, first to last."""
    query = sa.select(bank_match).where(bank_match.c.line_id == line_id).order_by(bank_match.c.seq)
    return fetch(tx, query, BankMatch)


def list_suspense(tx: Transaction, region: str) -> list[Suspended]:
    """List the money on suspense in a region's books, line by line, summed from the postings."""
    months = sa.select(period.c.id).where(period.c.region == region)
    accounts = sa.select(account.c.id).where(account.c.purpose == "suspense")
    query = (
        sa.select(entry.c.source_id, posting.c.currency, posting.c.amount_minor)
        .join(entry, sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id))
        .where(posting.c.period.in_(months), posting.c.account_id.in_(accounts))
        .where(entry.c.region == region, entry.c.source_type == "bank_line")
        .order_by(entry.c.id)
    )
    sums: dict[tuple[str, str], int] = {}
    for source_id, currency, amount in tx.execute(query):
        key = source_id.partition("/")[0], currency
        sums[key] = sums.get(key, 0) + amount
    return [Suspended(line, region, currency, amount) for (line, currency), amount in sums.items() if amount]


def sum_purpose(tx: Transaction, region: str, purpose: str) -> dict[str, int]:
    """Sum the accounts of a purpose in the books of a region, over all months: debit positive, by currency."""
    months = sa.select(period.c.id).where(period.c.region == region)
    accounts = sa.select(account.c.id).where(account.c.purpose == purpose)
    query = (
        sa.select(posting.c.currency, sa.func.sum(posting.c.amount_minor))
        .join(entry, sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id))
        .where(posting.c.period.in_(months), posting.c.account_id.in_(accounts), entry.c.region == region)
        .group_by(posting.c.currency)
        .order_by(posting.c.currency)
    )
    return {row[0]: int(row[1]) for row in tx.execute(query) if row[1]}


def list_matches(tx: Transaction, limit: int) -> list[tuple[BankLine, BankMatch]]:
    """The steps of the bank's lines that were taken last, newest first, each with its line."""
    matches = fetch(
        tx,
        sa.select(bank_match)
        .order_by(bank_match.c.at.desc(), bank_match.c.line_id, bank_match.c.seq.desc())
        .limit(limit),
        BankMatch,
    )
    query = sa.select(bank_line).where(bank_line.c.id.in_([match.line_id for match in matches]))
    lines = {line.id: line for line in fetch(tx, query, BankLine)}
    return [(lines[match.line_id], match) for match in matches]


def list_settled(tx: Transaction, run_ids: Sequence[str]) -> set[tuple[str | None, str | None, str]]:
    """List the debts of some runs that lines of the bank have settled: (run, party, currency).

    A payment that came back settles nothing: a debt is settled while its payments and what came back of them differ in number.
    """
    standing = _standing()
    alone = (
        sa.select(standing.c.run_id, standing.c.party, bank_line.c.currency, standing.c.kind)
        .join(bank_line, bank_line.c.id == standing.c.line_id)
        .where(standing.c.run_id.in_(run_ids), standing.c.party.is_not(None))
    )
    together = sa.select(
        batch_part.c.run_id, batch_part.c.party, batch_part.c.currency, standing.c.kind
    ).join(standing, sa.and_(standing.c.line_id == batch_part.c.line_id, standing.c.seq == batch_part.c.seq))
    counts: Counter[tuple[str | None, str | None, str]] = Counter()
    for query in (alone, together.where(batch_part.c.run_id.in_(run_ids))):
        for run_id, party, currency, kind in tx.execute(query):
            counts[run_id, party, currency] += 1 if kind == "payment" else -1
    return {debt for debt, count in counts.items() if count}


def list_returns(tx: Transaction, run_id: str) -> list[tuple[BankLine, BankMatch]]:
    """List the lines that stand as money received for a run, oldest booking first."""
    standing = _standing()
    query = sa.select(standing).where(standing.c.run_id == run_id, standing.c.kind == "receipt")
    steps = fetch(tx, query.order_by(standing.c.at, standing.c.line_id), BankMatch)
    wanted = bank_line.c.id.in_([step.line_id for step in steps])
    lines = {line.id: line for line in fetch(tx, sa.select(bank_line).where(wanted), BankLine)}
    return [(lines[step.line_id], step) for step in steps]


@dataclass(frozen=True, slots=True, kw_only=True)
class InTransit:
    """A gateway's payout that is on no line of the bank yet; negative for money that it takes from the bank."""

    id: str
    currency: str
    amount_minor: int
    due: date
    payer: str
    trace: str


def list_payouts_in_transit(tx: Transaction, region: str) -> list[InTransit]:
    """List the payouts of gateways that are on no line of the bank yet, and did not fail."""
    standing = _standing()
    settled = sa.select(standing.c.party).where(standing.c.kind == "payout")
    query = (
        sa.select(
            entry.c.source_id, posting.c.currency, posting.c.amount_minor, entry.c.occurred_at, entry.c.kind
        )
        .join(posting, sa.and_(posting.c.period == entry.c.period, posting.c.entry_id == entry.c.id))
        .join(account, account.c.id == posting.c.account_id)
        .where(entry.c.region == region, account.c.purpose == "psp_in_transit")
        .where(entry.c.kind.in_(("payout_sent", "payout_failed")), entry.c.source_id.not_in(settled))
        .order_by(entry.c.id)
    )
    moved: dict[tuple[str, str], int] = {}
    sent_at: dict[str, datetime] = {}
    for payout, currency, amount, at, kind in tx.execute(query):
        moved[payout, currency] = moved.get((payout, currency), 0) + amount
        if kind == "payout_sent":
            sent_at[payout] = at
    words = sa.select(gateway_payout).order_by(gateway_payout.c.at)
    words_of = {row["id"]: row for row in tx.execute(words).mappings()}
    return [
        InTransit(
            id=payout,
            currency=currency,
            amount_minor=amount,
            due=_due(words_of.get(payout), sent_at.get(payout)),
            payer=words_of[payout]["payer"] if payout in words_of else "",
            trace=words_of[payout]["trace"] if payout in words_of else "",
        )
        for (payout, currency), amount in moved.items()
        if amount
    ]


def _due(told: sa.RowMapping | None, sent_at: datetime | None) -> date:
    """The day on which a payout is due at the bank: by the gateway's word, else the day it was sent."""
    if told is not None and told["arrives_on"]:
        return date.fromisoformat(told["arrives_on"])
    return sent_at.date() if sent_at else date.min


def _standing() -> Any:
    """Bookings of lines that were not taken back."""
    later = bank_match.alias()
    taken_back = sa.exists().where(
        later.c.line_id == bank_match.c.line_id, later.c.seq > bank_match.c.seq, later.c.kind == "unbooked"
    )
    return sa.select(bank_match).where(bank_match.c.kind.in_(BOOKED), ~taken_back).subquery()
