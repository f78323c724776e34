"""Postings of settlement: approved runs, the bank's lines, the month's end, corrections.

Kinds that begin with `run_` move money between what is owed and what is being paid: they are no part of a
month's position. Kinds that begin with `month_end_` are booked into the month while it closes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tariffs.money import Money
from ticketing.books import accounts
from ticketing.books.balanced import balanced
from ticketing.db.books.books import Account, Booked, Entry

OWN_KINDS = "run_"
MONTH_END = "month_end_"


Amounts = Mapping[tuple[str, str], int]


def run_approved(
    run_id: str,
    owed: Amounts,
    due: Amounts,
    *,
    converted: Sequence[tuple[Money, Money]],
    region: str,
    at: datetime,
    note: Mapping[str, Any],
) -> Entry | None:
    """Post the amounts of an approved run as payable: both by (operator, currency) in minor units that the operator gets.

    `owed` are positions, `due` payments; they differ by what was `converted` from one currency into another. The
    `note` says who prepared and approved what, and to which accounts it is paid.
    """
    lines = _due(owed, due, converted)
    return balanced(("run_approved", "settlement_run", run_id, region, at), lines, note=note)


def run_voided(
    run_id: str,
    owed: Amounts,
    due: Amounts,
    *,
    converted: Sequence[tuple[Money, Money]],
    region: str,
    at: datetime,
    reverses: str | None,
) -> Entry | None:
    """An approved run is taken back before it was paid."""
    lines = [(account, -amount) for account, amount in _due(owed, due, converted)]
    return balanced(("run_voided", "settlement_run", run_id, region, at), lines, reverses=reverses)


def bank_movement(
    kind: str,
    line_id: str,
    account: Account | None,
    *,
    region: str,
    expected: int,
    booked: int,
    at: datetime,
    note: Mapping[str, Any],
    rest: Account | None = None,
) -> Entry | None:
    """A line of the bank settles an account by what was expected; a difference waits in suspense, in sight.

    Amounts are positive for money that came in. Without an account the whole line waits. `rest` takes the difference
    in the place of suspense.
    """
    currency = note["currency"]
    lines = [(accounts.bank(currency), booked), (rest or accounts.suspense(currency), expected - booked)]
    if account is not None:
        lines.append((account, -expected))
    return balanced((kind, "bank_line", line_id, region, at), lines, note=note)


def bank_taken_back(
    kind: str, source_id: str, booked: Booked, *, region: str, at: datetime, note: Mapping[str, Any]
) -> Entry | None:
    """Post the reverse of a booked line of the bank; it belongs to the month of the line."""
    lines = [(posting.account, -posting.amount_minor) for posting in booked.postings]
    return balanced(
        (kind, "bank_line", source_id, region, at),
        lines,
        note=note,
        reverses=booked.id,
        original_period=booked.original_period,
    )


def suspense_cleared(
    source_id: str,
    account: Account,
    amount: int,
    *,
    currency: str,
    region: str,
    at: datetime,
    note: Mapping[str, Any],
) -> Entry | None:
    """Post money from suspense (`amount`, debit positive) to its owner: the bank, an operator, the scheme."""
    lines = [(accounts.suspense(currency), -amount), (account, amount)]
    return balanced(("suspense_cleared", "bank_line", source_id, region, at), lines, note=note)


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


def _due(owed: Amounts, due: Amounts, converted: Sequence[tuple[Money, Money]]) -> list[tuple[Account, int]]:
    """Creditors wait for the bank in netting_clearing, debtors become receivables."""
    lines = [(accounts.operator_payable(*key), amount) for key, amount in sorted(owed.items())]
    for (operator, currency), amount in sorted(due.items()):
        other = (
            accounts.netting_clearing(currency)
            if amount > 0
            else accounts.operator_receivable(operator, currency)
        )
        lines.append((other, -amount))
    for source, target in converted:
        lines += [
            (accounts.fx_clearing(source.currency), -source.minor),
            (accounts.fx_clearing(target.currency), target.minor),
        ]
    return lines
