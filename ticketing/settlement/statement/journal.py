"""The general journal of a month in plain-text accounting, so that other people's programs can check the books.

Beancount: https://beancount.github.io/docs/beancount_language_syntax.html; hledger: https://hledger.org/hledger.html#journal.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Literal

from tariffs.money import Money
from ticketing.db.books.month_books import Balance, JournalLine
from ticketing.errors import Conflict
from ticketing.settlement.inert import row

Format = Literal["beancount", "hledger", "csv"]
# Each form with the ending of its file.
FORMATS: dict[Format, str] = {"beancount": "beancount", "hledger": "hledger", "csv": "csv"}
_ROOTS = {"asset": "Assets", "liability": "Liabilities", "income": "Income", "expense": "Expenses"}


def to_text(
    form: Format, period_end: str, balances: Sequence[Balance], lines: Iterable[JournalLine]
) -> Iterator[str]:
    """Yield a journal: accounts, entries, then our balance of each account, asserted with tolerance 0.

    `lines` come grouped by entry and are not held; `period_end` is the first day after the month, ISO 8601.
    Raises Conflict when two accounts would get the same name.
    """
    if form == "csv":
        yield from _table(lines)
        return
    names = _names(balances)
    if form == "beancount":
        # Without it half a cent passes, and so does an assertion that is one cent wrong.
        yield 'option "tolerance_multiplier" "0"\n'
    opening = "1970-01-01 open" if form == "beancount" else "account"
    for balance in balances:
        currency = f" {balance.currency}" if form == "beancount" else ""
        yield f"{opening} {names[balance.account_id]}{currency}\n"
    if form == "hledger":
        for currency in sorted({balance.currency for balance in balances}):
            yield f"commodity 1000.{'0' * _places(currency)} {currency}\n"
    for _, entry in groupby(lines, key=lambda line: line.entry_id):
        yield from _entry(form, list(entry), names)
    yield from _assertions(form, period_end, balances, names)


def _assertions(
    form: Format, period_end: str, balances: Sequence[Balance], names: dict[str, str]
) -> Iterator[str]:
    """Our balance of each account: beancount asserts it on the day after, hledger in an entry that moves nothing.

    hledger checks by date, so its assertions stand on the last moment there is: the day after the month.
    """
    if form == "beancount":
        for balance in balances:
            amount = Money(balance.amount_minor, balance.currency).text
            yield f"{period_end} balance {names[balance.account_id]} {amount} ~ 0 {balance.currency}\n"
        return
    if balances:
        yield f"\n{period_end} * balances of the month\n"
    for balance in balances:
        nothing, amount = Money(0, balance.currency).text, Money(balance.amount_minor, balance.currency).text
        yield f"  {names[balance.account_id]}  {nothing} {balance.currency} = {amount} {balance.currency}\n"


def _table(lines: Iterable[JournalLine]) -> Iterator[str]:
    """The general journal as CSV, a posting a line, debit and credit apart."""
    yield row(["entry", "date", "kind", "source", "source_id", "account", "debit", "credit", "currency"])
    for line in lines:
        amount = Money(abs(line.amount_minor), line.currency).text
        debit, credit = (amount, "") if line.amount_minor > 0 else ("", amount)
        yield row(
            [
                line.entry_id,
                f"{line.occurred_at:%Y-%m-%d}",
                line.kind,
                line.source_type,
                line.source_id,
                line.account_id,
                debit,
                credit,
                line.currency,
            ]
        )


def _entry(form: Format, lines: list[JournalLine], names: dict[str, str]) -> Iterator[str]:
    first = lines[0]
    text = re.sub(r'[\s";|\\]+', " ", f"{first.kind} {first.source_type} {first.source_id}")
    yield (
        f'\n{first.occurred_at:%Y-%m-%d} * "{text}"\n'
        if form == "beancount"
        else (f"\n{first.occurred_at:%Y-%m-%d} * ({first.entry_id}) {text}\n")
    )
    if form == "beancount":
        yield f'  entry: "{first.entry_id}"\n'
    for line in lines:
        yield f"  {names[line.account_id]}  {Money(line.amount_minor, line.currency).text} {line.currency}\n"


def _names(balances: Sequence[Balance]) -> dict[str, str]:
    """Map our account ids to names that both formats take; raises Conflict when a name is not unique."""
    names: dict[str, str] = {}
    for balance in balances:
        parts = (balance.purpose, balance.operator, balance.member_state, balance.currency)
        # A component begins with a capital or a digit and holds letters, digits and dashes.
        words = [re.sub(r"[^A-Za-z0-9]+", "-", part).strip("-") or "X" for part in parts if part]
        names[balance.account_id] = ":".join(
            [_ROOTS[balance.type], *(word[:1].upper() + word[1:] for word in words)]
        )
    if len(set(names.values())) < len(names):
        raise Conflict("two accounts get the same name in a journal: their operators' ids are too alike")
    return names


def _places(currency: str) -> int:
    return len(Money(0, currency).text.partition(".")[2])
