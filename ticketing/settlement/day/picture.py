"""Say where the money of a day is, what is unexplained, who owes since when, what the next run pays, and what jumped. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from tariffs.money import Money
from ticketing.db.books.day_sums import AccountSum
from ticketing.db.settlement.bank_words import DayBalance
from ticketing.settlement.credit_terms import Credit

# The measure against whoever has not paid for so long that its own payments wait (`[credit] hold_after_days`).
HOLD = "hold_payments"

# The places of money, in the order in which they are shown; each account of the books is in one of them.
PLACES = (
    "gateway",
    "reserve",
    "in_transit",
    "bank",
    "owed_to_us",
    "operators",
    "customers",
    "tax",
    "exchange",
    "suspense",
    "scheme",
)
_PLACE_OF: Mapping[str, str] = {
    "psp_clearing": "gateway",
    "demo_clearing": "gateway",
    "psp_reserve": "reserve",
    "psp_in_transit": "in_transit",
    "bank": "bank",
    "operator_receivable": "owed_to_us",
    "funder_receivable": "owed_to_us",
    "dispute_receivable": "owed_to_us",
    "operator_payable": "operators",
    "netting_clearing": "operators",
    "pool": "operators",
    "unearned": "customers",
    "refund_payable": "customers",
    "refund_transfer": "customers",
    "fx_clearing": "exchange",
    "psp_exchange": "exchange",
    "suspense": "suspense",
}
_TAX = "vat_payable"
# The last day of each step of an aged list.
_STEPS = ((0, "not_due"), (30, "1_30"), (60, "31_60"), (90, "61_90"))
_OLDEST = "over_90"


@dataclass(frozen=True, slots=True)
class Place:
    """The money at one place in one currency: debit positive, so what is owed to others is negative."""

    name: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Unexplained:
    """Money that nobody has explained, with its age; `kind` says where it was seen."""

    kind: str
    subject: str
    amount: Money
    detail: str
    days: int = 0


@dataclass(frozen=True, slots=True)
class Debt:
    """A party's debt to the scheme, and the day on which it is due."""

    party: str
    amount: Money
    due: date
    reference: str


@dataclass(frozen=True, slots=True)
class Aged:
    """A debt with its age in days after the due day, its step of the list, and what the terms make of it."""

    debt: Debt
    days: int
    step: str
    measure: str


@dataclass(frozen=True, slots=True)
class Exposure:
    """All that a party owes in a currency, held against its limit and its deposit."""

    party: str
    owed: Money
    deposit: Money
    limit: Money | None
    is_over: bool


@dataclass(frozen=True, slots=True)
class Jump:
    """A position that moved further than the terms expect: against what, from what, to what."""

    party: str
    against: str
    before: Money
    after: Money


def places(sums: Iterable[AccountSum]) -> list[Place]:
    """Sum the accounts by place and currency; all places of a currency together are nothing, as the books balance."""
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for one in sums:
        totals[place_of(one.purpose), one.currency] += one.minor
    ordered = sorted(totals.items(), key=lambda item: (item[0][1], PLACES.index(item[0][0])))
    return [Place(name, Money(minor, currency)) for (name, currency), minor in ordered if minor]


def place_of(purpose: str) -> str:
    """The place of an account by its purpose: what is neither money nor a debt is the scheme's own."""
    return "tax" if purpose.startswith(_TAX) else _PLACE_OF.get(purpose, "scheme")


def next_run(sums: Iterable[AccountSum]) -> list[tuple[str, Money]]:
    """List the amounts that the next run pays to each operator by the books of the day; negative for one that will owe."""
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for one in sums:
        if one.purpose == "operator_payable" and one.operator:
            totals[one.operator, one.currency] -= one.minor
    return [
        (operator, Money(minor, currency)) for (operator, currency), minor in sorted(totals.items()) if minor
    ]


def aged(debts: Iterable[Debt], on: date, credit: Credit) -> list[Aged]:
    """Age each debt, oldest first; the terms say when it is late and when its debtor's payments are held back."""
    rows = []
    for debt in debts:
        days = (on - debt.due).days
        measure = ""
        if days > credit.grace_days:
            measure = "late"
        if days > credit.hold_after_days:
            measure = HOLD
        rows.append(Aged(debt, max(0, days), step_of(days), measure))
    return sorted(rows, key=lambda row: (-row.days, row.debt.party, row.debt.reference))


def step_of(days: int) -> str:
    """The step of an aged list."""
    return next((name for last, name in _STEPS if days <= last), _OLDEST)


def exposures(debts: Iterable[Debt], credit: Credit) -> list[Exposure]:
    """Hold what each party owes against its limit; its deposit counts for it."""
    owed: dict[tuple[str, str], int] = defaultdict(int)
    for debt in debts:
        owed[debt.party, debt.amount.currency] += debt.amount.minor
    rows = []
    for (party, currency), minor in sorted(owed.items()):
        line = credit.line_of(party, currency)
        limit = None if line.limit_minor is None else Money(line.limit_minor, currency)
        is_over = limit is not None and minor - line.deposit_minor > limit.minor
        rows.append(
            Exposure(party, Money(minor, currency), Money(line.deposit_minor, currency), limit, is_over)
        )
    return rows


def jumps(
    after: Mapping[tuple[str, str], int], before: Mapping[tuple[str, str], int], against: str, credit: Credit
) -> list[Jump]:
    """Name each position that moved by more than the terms' part of the earlier one, and by their least amount."""
    rows = []
    for party, currency in sorted({*after, *before}):
        new, old = after.get((party, currency), 0), before.get((party, currency), 0)
        moved = abs(new - old)
        least = max(1, credit.jump_minimum.get(currency, 0))
        if moved >= least and moved * 100 > abs(old) * credit.jump_percent:
            rows.append(Jump(party, against, Money(old, currency), Money(new, currency)))
    return rows


def gaps(balances: Sequence[DayBalance], day: str) -> list[Unexplained]:
    """Name each place where a statement does not begin with the balance that the one before ended with."""
    by_account: dict[tuple[str, str], list[DayBalance]] = defaultdict(list)
    for one in balances:
        if one.day <= day:
            by_account[one.iban, one.currency].append(one)
    return [
        gap for (iban, currency), told in sorted(by_account.items()) for gap in _gaps_of(iban, currency, told)
    ]


def _gaps_of(iban: str, currency: str, balances: Iterable[DayBalance]) -> Iterator[Unexplained]:
    """The gaps of one account; of each day the statement that came last counts, as a bank may send a day again."""
    latest = {balance.day: balance for balance in balances}
    for before, after in pairwise(latest[day] for day in sorted(latest)):
        if after.opening_minor != before.closing_minor:
            detail = (
                f"{after.statement_id} opens with {Money(after.opening_minor, currency)}, "
                f"{before.statement_id} of {before.day} closed with {Money(before.closing_minor, currency)}"
            )
            missing = Money(after.opening_minor - before.closing_minor, currency)
            yield Unexplained("bank_gap", f"{iban} {after.statement_id}", missing, detail)
