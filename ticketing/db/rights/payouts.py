"""Accounts that holders gave for their claims, and the transfers that pay to them, in runs that two people make."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rights import claims
from ticketing.db.rights.claims import Claim
from ticketing.db.rows import columns, fetch, find, insert
from ticketing.db.tables.rights import claim, claim_account, claim_payout, claim_payout_run
from ticketing.db.tables.sale import refund
from ticketing.db.tables.settlement import bank_line, bank_match

RunState = Literal["prepared", "released", "withdrawn"]
PayoutState = Literal["prepared", "released", "withdrawn", "paid", "returned"]
OPEN: tuple[PayoutState, ...] = ("prepared", "released")
# A claim stays here until its money has arrived; a paid one comes again where it came back.
_UNDER_WAY = ("needs_account", "paying", "paid")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAccount:
    """The account that a holder gave for a claim; name and IBAN are gone once they are erased. `hint` is for anybody to read."""

    claim_id: str
    seq: int
    holder: str | None
    iban: str | None
    hint: str
    given_at: datetime
    erased_at: datetime | None = None

    def __repr__(self) -> str:
        """Show the hint alone: neither name nor IBAN gets into a log."""
        return f"ClaimAccount({self.claim_id!r}, {self.seq}, {self.hint!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutRun:
    """One file of transfers: `payer_id` is the scheme's account, `digest` binds payees and amounts."""

    id: str
    region: str
    state: RunState
    demo: int
    payer_id: str
    due: date
    digest: str
    prepared_by: str
    prepared_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """One transfer for a claim; its id is the reference at the bank."""

    id: str
    run_id: str
    claim_id: str
    attempt: int
    account_seq: int
    amount_minor: int
    currency: str
    state: PayoutState
    changed_at: datetime


def put_account(tx: Transaction, made: ClaimAccount) -> None:
    """Store an account; the caller holds the order of its claim."""
    insert(tx, claim_account, made)


def list_accounts(tx: Transaction, claim_id: str) -> list[ClaimAccount]:
    """List the accounts of a claim, oldest first."""
    query = sa.select(claim_account).where(claim_account.c.claim_id == claim_id)
    return fetch(tx, query.order_by(claim_account.c.seq), ClaimAccount)


def erase_accounts(tx: Transaction, claim_id: str, now: datetime) -> None:
    """Erase name and IBAN of every account of a claim."""
    tx.execute(_erasing(now).where(claim_account.c.claim_id == claim_id))


def erase_of_ended(tx: Transaction, before: datetime, now: datetime) -> int:
    """Erase the accounts of claims that have been at their end since before a moment; answers how many."""
    moved = sa.select(claim_payout.c.claim_id).where(
        claim_payout.c.claim_id == claim_account.c.claim_id, claim_payout.c.changed_at >= before
    )
    ended = sa.select(claim.c.id).where(claim.c.state.in_(("paid", "refused")))
    due = _erasing(now).where(
        claim_account.c.given_at < before, claim_account.c.claim_id.in_(ended), ~moved.exists()
    )
    return int(tx.execute(due).rowcount)


def list_to_settle(tx: Transaction, limit: int, *, currency: str) -> list[Claim]:
    """List the claims that a bank account is about: money of theirs failed, or the bank has shown a transfer or its return.

    One that has an account and waits for a run is not among them.
    """
    has_account = sa.exists().where(claim_account.c.claim_id == claim.c.id, claim_account.c.iban.isnot(None))
    is_lost = sa.and_(
        claim.c.currency == currency,
        claim.c.state.in_(("paying", "paid")),
        _failed(),
        sa.or_(claim.c.state == "paid", ~has_account),
    )
    seen = sa.exists().where(
        claim_payout.c.claim_id == claim.c.id,
        claim_payout.c.state.in_(("released", "paid")),
        bank_match.c.party == claim_payout.c.id,
        sa.or_(claim_payout.c.state == "released", bank_match.c.kind == "receipt"),
    )
    query = sa.select(claim.c.id).where(claim.c.state.in_(_UNDER_WAY), sa.or_(is_lost, seen))
    ids = tx.execute(query.order_by(claim.c.id).limit(limit)).scalars().all()
    return claims.list_by_id(tx, ids)


def list_payable(tx: Transaction, region: str, limit: int) -> list[Claim]:
    """List the claims of a region that wait for a transfer: an account is there, and no transfer is open."""
    given = sa.exists().where(claim_account.c.claim_id == claim.c.id, claim_account.c.iban.isnot(None))
    is_open = sa.exists().where(claim_payout.c.claim_id == claim.c.id, claim_payout.c.state.in_(OPEN))
    query = sa.select(claim.c.id).where(
        claim.c.region == region, claim.c.state == "paying", given, _failed(), ~is_open
    )
    ids = tx.execute(query.order_by(claim.c.id).limit(limit)).scalars().all()
    return claims.list_by_id(tx, ids)


def insert_run(tx: Transaction, made: PayoutRun, parts: Collection[Payout]) -> None:
    """Store a run with its transfers; a claim that has an open one is refused by the database."""
    row = {**columns(made), "due": made.due.isoformat()}
    tx.execute(sa.insert(claim_payout_run).values(**row))
    for one in parts:
        insert(tx, claim_payout, one)


def find_run(tx: Transaction, run_id: str, *, hold: bool = False) -> PayoutRun | None:
    """Read a run; `hold` keeps it from other writers."""
    query = sa.select(claim_payout_run).where(claim_payout_run.c.id == run_id)
    row = tx.execute(query.with_for_update() if hold else query).mappings().first()
    return None if row is None else _run(row)


def list_runs(tx: Transaction, region: str, limit: int) -> list[PayoutRun]:
    """List the runs of a region, newest first."""
    query = sa.select(claim_payout_run).where(claim_payout_run.c.region == region)
    rows = tx.execute(query.order_by(claim_payout_run.c.id.desc()).limit(limit)).mappings()
    return [_run(row) for row in rows]


def decide_run(tx: Transaction, run_id: str, state: RunState, by: str, now: datetime) -> None:
    """Release or withdraw a run with all its transfers."""
    change = sa.update(claim_payout_run).where(claim_payout_run.c.id == run_id)
    tx.execute(change.values(state=state, decided_by=by, decided_at=now))
    parts = sa.update(claim_payout).where(claim_payout.c.run_id == run_id)
    tx.execute(parts.values(state=state, changed_at=now))


def set_payout(tx: Transaction, payout_id: str, state: PayoutState, now: datetime) -> None:
    """Write what has become of a transfer."""
    change = sa.update(claim_payout).where(claim_payout.c.id == payout_id)
    tx.execute(change.values(state=state, changed_at=now))


def find_payout(tx: Transaction, payout_id: str) -> Payout | None:
    """Read one transfer by its reference."""
    return find(tx, sa.select(claim_payout).where(claim_payout.c.id == payout_id), Payout)


def list_of_run(tx: Transaction, run_id: str) -> list[Payout]:
    """List the transfers of a run, by claim."""
    query = sa.select(claim_payout).where(claim_payout.c.run_id == run_id)
    return fetch(tx, query.order_by(claim_payout.c.claim_id), Payout)


def list_of_claim(tx: Transaction, claim_id: str) -> list[Payout]:
    """List the transfers of a claim, oldest first."""
    query = sa.select(claim_payout).where(claim_payout.c.claim_id == claim_id)
    return fetch(tx, query.order_by(claim_payout.c.attempt), Payout)


def list_at_bank(tx: Transaction, region: str, since: datetime) -> list[tuple[Payout, PayoutRun, str]]:
    """List the transfers of a region that the bank may show or return, each with its run and its payee's name.

    A paid one may come back until it has been paid since before a moment.
    """
    query = (
        sa.select(claim_payout, claim_account.c.holder.label("payee"))
        .join(claim_payout_run, claim_payout_run.c.id == claim_payout.c.run_id)
        .join(
            claim_account,
            sa.and_(
                claim_account.c.claim_id == claim_payout.c.claim_id,
                claim_account.c.seq == claim_payout.c.account_seq,
            ),
        )
        .where(claim_payout_run.c.region == region)
        .where(
            sa.or_(
                claim_payout.c.state == "released",
                sa.and_(claim_payout.c.state.in_(("paid", "returned")), claim_payout.c.changed_at >= since),
            )
        )
    )
    at_bank = []
    for row in tx.execute(query.order_by(claim_payout.c.id)).mappings().all():
        run = find_run(tx, row["run_id"])
        if run is not None:
            part = Payout(**{name: row[name] for name in Payout.__dataclass_fields__})
            at_bank.append((part, run, row["payee"] or ""))
    return at_bank


def list_seen(tx: Transaction, payout_ids: Collection[str]) -> set[tuple[str, str]]:
    """List the bookings of the bank's lines for some transfers that stand: (`payment` or `receipt`, the transfer)."""
    later = bank_match.alias()
    taken_back = sa.exists().where(
        later.c.line_id == bank_match.c.line_id, later.c.seq > bank_match.c.seq, later.c.kind == "unbooked"
    )
    query = (
        sa.select(bank_match.c.kind, bank_match.c.party)
        .join(bank_line, bank_line.c.id == bank_match.c.line_id)
        .where(bank_match.c.kind.in_(("payment", "receipt")), bank_match.c.run_id.is_(None))
        .where(bank_match.c.party.in_(list(payout_ids)), ~taken_back)
    )
    return {(row.kind, row.party) for row in tx.execute(query)}


def _failed() -> sa.Exists:
    """Select the refunds of a claim that are owed."""
    return sa.exists().where(
        refund.c.order_id == claim.c.order_id,
        refund.c.state == "failed",
        refund.c.document.contains(claim.c.id),
    )


def _erasing(now: datetime) -> Any:
    return (
        sa.update(claim_account)
        .where(claim_account.c.erased_at.is_(None))
        .values(holder=None, iban=None, erased_at=now)
    )


def _run(row: sa.RowMapping) -> PayoutRun:
    known = {name: row[name] for name in PayoutRun.__dataclass_fields__}
    return PayoutRun(**{**known, "due": date.fromisoformat(row["due"])})
