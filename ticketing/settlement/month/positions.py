"""Positions of a month: what each operator is owed, what waits for the next month, and who pays whom. Pure.

The scheme stands in the middle: whoever is owed gets one payment from it, whoever owes makes one to it, so a
currency has at most participants - 1 payments and the scheme's own bank file holds every payment that it makes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ticketing.settlement.month.netting import Obligation, Position

SCHEME = "scheme"
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Owed:
    """The debt to an operator in a currency: the month's own part, and the amount that the last run carried forward."""

    operator: str
    currency: str
    month_minor: int
    opening_minor: int

    @property
    def total_minor(self) -> int:
        """Both together; negative when the operator owes."""
        return self.month_minor + self.opening_minor


@dataclass(frozen=True, slots=True)
class Settled:
    """Positions that sum to zero per currency, the payments that settle them, and what is carried forward."""

    positions: tuple[Position, ...]
    payments: tuple[Obligation, ...]
    carried: tuple[Position, ...]
    gross: tuple[tuple[str, int], ...]
    net: tuple[tuple[str, int], ...]


def _carried_on(
    owed: Iterable[Owed], thresholds: Mapping[str, int], waiting: Collection[str]
) -> Iterator[Position]:
    """The totals that are not paid now: too small, or of an operator that waits."""
    for line in owed:
        small = abs(line.total_minor) < thresholds.get(line.currency, 0)
        if line.total_minor and (small or line.operator in waiting):
            yield Position(line.operator, line.total_minor, line.currency)


def settle(
    month: Mapping[Key, int],
    opening: Mapping[Key, int],
    thresholds: Mapping[str, int],
    held_back: Iterable[str] = (),
) -> Settled:
    """Decide what is paid now. Keys are (operator, currency), amounts minor units that the operator is owed.

    A total below the threshold of its currency, on either side of zero, is carried forward, and so is every
    total of an operator that is held back (insolvency, a dispute).
    """
    owed = owed_of(month, opening)
    carried = tuple(_carried_on(owed, thresholds, set(held_back)))
    later = {(line.operator, line.currency) for line in carried}
    due = [
        Position(
            line.operator, 0 if (line.operator, line.currency) in later else line.total_minor, line.currency
        )
        for line in owed
    ]
    currencies = sorted({line.currency for line in owed})
    own = [Position(SCHEME, -_due_minor(due, currency), currency) for currency in currencies]
    payments = tuple(payment(line) for line in due if line.amount_minor)
    gross = dict.fromkeys(currencies, 0)
    net = dict(gross)
    for line in owed:
        gross[line.currency] += abs(line.month_minor)
    for paid in payments:
        net[paid.currency] += paid.amount_minor
    return Settled(
        tuple(sorted([*due, *own], key=lambda line: (line.currency, line.operator))),
        payments,
        carried,
        tuple(gross.items()),
        tuple(net.items()),
    )


def _due_minor(due: Iterable[Position], currency: str) -> int:
    return sum(line.amount_minor for line in due if line.currency == currency)


def owed_of(month: Mapping[Key, int], opening: Mapping[Key, int]) -> list[Owed]:
    """List the debts to each operator, by currency and name."""
    keys = sorted({*month, *opening}, key=lambda key: (key[1], key[0]))
    return [Owed(*key, month.get(key, 0), opening.get(key, 0)) for key in keys]


def payment(line: Position) -> Obligation:
    """The one payment that settles a position: from the scheme, or to it."""
    if line.amount_minor > 0:
        return Obligation(SCHEME, line.operator, line.amount_minor, line.currency)
    return Obligation(line.operator, SCHEME, -line.amount_minor, line.currency)
