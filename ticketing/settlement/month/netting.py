"""Multilateral netting: obligations between participants become positions and a few payments.

Per currency: positions sum to zero and at most participants - 1 payments settle them. The answer depends
on the obligations alone, never on their order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush


@dataclass(frozen=True, slots=True)
class Obligation:
    """`debtor` owes `creditor` a positive number of minor units."""

    debtor: str
    creditor: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Position:
    """The amount that a participant gets (positive) or owes (negative) after netting."""

    operator: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Netting:
    """Positions, the payments that settle them, and the totals before and after, by currency."""

    positions: tuple[Position, ...]
    payments: tuple[Obligation, ...]
    gross: tuple[tuple[str, int], ...]
    net: tuple[tuple[str, int], ...]


def net(obligations: Iterable[Obligation]) -> Netting:
    """Net obligations; every participant that is named has a position, zero included."""
    balances: dict[tuple[str, str], int] = {}
    gross: dict[str, int] = {}
    for owed in obligations:
        debtor, creditor = (owed.currency, owed.debtor), (owed.currency, owed.creditor)
        balances[debtor] = balances.get(debtor, 0) - owed.amount_minor
        balances[creditor] = balances.get(creditor, 0) + owed.amount_minor
        gross[owed.currency] = gross.get(owed.currency, 0) + owed.amount_minor
    positions = tuple(
        Position(name, amount, currency) for (currency, name), amount in sorted(balances.items())
    )
    payments = tuple(payment for currency in sorted(gross) for payment in _payments(positions, currency))
    paid = dict.fromkeys(gross, 0)
    for payment in payments:
        paid[payment.currency] += payment.amount_minor
    return Netting(positions, payments, tuple(sorted(gross.items())), tuple(sorted(paid.items())))


def _payments(positions: Iterable[Position], currency: str) -> list[Obligation]:
    """Let the largest debtor pay the largest creditor until nobody owes: each payment settles at least one."""
    mine = [(one.amount_minor, one.operator) for one in positions if one.currency == currency]
    # Both ordered by (minus what is open, name): the largest first, ties to the lower name.
    creditors = [(-amount, name) for amount, name in mine if amount > 0]
    debtors = [(amount, name) for amount, name in mine if amount < 0]
    heapify(creditors)
    heapify(debtors)
    payments = []
    while creditors:
        (claim, creditor), (debt, debtor) = heappop(creditors), heappop(debtors)
        amount = -max(claim, debt)
        payments.append(Obligation(debtor, creditor, amount, currency))
        if claim + amount:
            heappush(creditors, (claim + amount, creditor))
        if debt + amount:
            heappush(debtors, (debt + amount, debtor))
    return payments
