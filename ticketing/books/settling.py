"""Postings of settlement: approved runs, the bank's lines, the month's end, corrections.

Kinds that begin with `run_` move money between what is owed and what is being paid: they are no part of a
month's position. Kinds that begin with `month_end_` are booked into the month while it closes.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ticketing.books import accounts
from ticketing.books.balanced import balanced
from ticketing.db.books import Account, Entry

OWN_KINDS = "run_"
MONTH_END = "month_end_"


def run_approved(
    run_id: str, positions: Mapping[tuple[str, str], int], *, region: str, at: datetime
) -> Entry | None:
    """What is owed is about to be paid: positions are (operator, currency) -> minor units the operator gets."""
    return balanced(("run_approved", "settlement_run", run_id, region, at), _due(positions))


def run_voided(
    run_id: str, positions: Mapping[tuple[str, str], int], *, region: str, at: datetime, reverses: str | None
) -> Entry | None:
    """An approved run is taken back before it was paid."""
    lines = [(account, -amount) for account, amount in _due(positions)]
    return balanced(("run_voided", "settlement_run", run_id, region, at), lines, reverses=reverses)


def paid(line_id: str, *, region: str, amount: int, currency: str, at: datetime) -> Entry | None:
    """The bank has carried out a payment of a run."""
    return _bank("run_paid", line_id, region, at, (accounts.netting_clearing(currency), amount))


def received(
    line_id: str, operator: str, *, region: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """An operator has paid what it owed."""
    return _bank(
        "run_received", line_id, region, at, (accounts.operator_receivable(operator, currency), -amount)
    )


def payout_arrived(line_id: str, *, region: str, amount: int, currency: str, at: datetime) -> Entry | None:
    """A gateway's payout has reached the bank."""
    return _bank("payout_arrived", line_id, region, at, (accounts.in_transit(currency), -amount))


def unexplained(line_id: str, *, region: str, amount: int, currency: str, at: datetime) -> Entry | None:
    """A line of the bank that nobody can explain yet; `amount` is positive for money that came in."""
    return _bank("suspense", line_id, region, at, (accounts.suspense(currency), -amount))


def bank_charged(line_id: str, *, region: str, amount: int, currency: str, at: datetime) -> Entry | None:
    """The bank keeps a fee; `amount` is what it took."""
    return _bank("bank_fee", line_id, region, at, (accounts.bank_fee(currency), amount))


def month_end(
    what: str,
    source_id: str,
    lines: Iterable[tuple[Account, int]],
    *,
    region: str,
    at: datetime,
    note: Mapping[str, Any],
) -> Entry | None:
    """An entry of the closing month itself: pool, guarantee or subsidy, with the facts that it was made from."""
    return balanced((f"{MONTH_END}{what}", "period", source_id, region, at), lines, note=note)


def correction(
    source_id: str,
    operator: str,
    against: str | None,
    *,
    region: str,
    amount: int,
    currency: str,
    at: datetime,
    original_period: str,
    note: Mapping[str, Any],
    reverses: str | None = None,
) -> Entry | None:
    """Give an operator what it was short (negative: take back), from another operator or from the scheme."""
    other = accounts.operator_payable(against, currency) if against else accounts.corrections(currency)
    return balanced(
        ("correction", "dispute", source_id, region, at),
        [(accounts.operator_payable(operator, currency), -amount), (other, amount)],
        note=note,
        reverses=reverses,
        original_period=original_period,
    )


def _due(positions: Mapping[tuple[str, str], int]) -> list[tuple[Account, int]]:
    """Creditors wait for the bank in netting_clearing, debtors become receivables."""
    lines = []
    for (operator, currency), amount in sorted(positions.items()):
        other = (
            accounts.netting_clearing(currency)
            if amount > 0
            else accounts.operator_receivable(operator, currency)
        )
        lines += [(accounts.operator_payable(operator, currency), amount), (other, -amount)]
    return lines


def _bank(kind: str, line_id: str, region: str, at: datetime, other: tuple[Account, int]) -> Entry | None:
    account, amount = other
    return balanced(
        (kind, "bank_line", line_id, region, at),
        [(account, amount), (accounts.bank(account.currency), -amount)],
    )
