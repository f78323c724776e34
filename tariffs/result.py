"""Hold the result of pricing: the price of a party, of each passenger, and every party's share of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from tariffs.book import TariffBook
from tariffs.caps import Tap
from tariffs.excluded import Excluded
from tariffs.money import Money, half_up
from tariffs.parts import Bought, Part
from tariffs.party import Passenger
from tariffs.taxes import TaxRow

_BASIS = 10_000


@dataclass(frozen=True, slots=True)
class OperatorShare:
    """The share of one party in the price: gross = vat + fee + net, in minor units.

    A party is an operator, or who bears a discount: `seller` or `funder:<authority>`, with a negative gross.
    """

    operator: str
    gross: int
    vat: int
    fee: int
    rule: str

    @property
    def net(self) -> int:
        """The amount that the scheme owes the operator."""
        return self.gross - self.vat - self.fee


@dataclass(frozen=True, slots=True, kw_only=True)
class PassengerPrice:
    """The price of the whole way for one passenger; None comes with its reason.

    `taps` are its rides that caps of the tariff count, for what the passenger buys later. `unpriced_operator` is
    the one that has no price, where it is one, `unpriced_rule` the rule that says so, in words.
    """

    passenger: Passenger
    total: Money | None
    reason: str | None
    bought: tuple[Bought, ...] = ()
    shares: tuple[OperatorShare, ...] = ()
    taxes: tuple[TaxRow, ...] = ()
    derivation: tuple[dict[str, Any], ...] = ()
    taps: tuple[Tap, ...] = ()
    unpriced_operator: str | None = None
    unpriced_rule: str | None = None


@dataclass(frozen=True, slots=True)
class JourneyPrice:
    """The price for a party: the sum of its passengers, None as soon as one cannot be told.

    `expires_at` is when the first of the operators' own offers in it dies; None where there is none. `excluded` are the
    rides of the way that it does not pay for.
    """

    total: Money | None
    reason: str | None
    passengers: tuple[PassengerPrice, ...]
    tariff_version: str
    expires_at: datetime | None = None
    excluded: tuple[Excluded, ...] = ()


def shares_of(book: TariffBook, parts: Sequence[Part], taxes: Sequence[TaxRow]) -> tuple[OperatorShare, ...]:
    """Each party's gross by the rules above; an operator's less the VAT of its stretches and the scheme's fee."""
    gross: dict[str, int] = {}
    rules: dict[str, list[str]] = {}
    for part in parts:
        for party, amount in part.gross:
            gross[party] = gross.get(party, 0) + amount
            if part.rule not in rules.setdefault(party, []):
                rules[party].append(part.rule)
    vat: dict[str, int] = {}
    for row in taxes:
        for operator, amount in row.vat_by_operator:
            vat[operator] = vat.get(operator, 0) + amount
    return tuple(
        OperatorShare(party, amount, vat.get(party, 0), _fee(book, party, amount), "; ".join(rules[party]))
        for party, amount in sorted(gross.items())
    )


def _fee(book: TariffBook, party: str, gross: int) -> int:
    """The scheme's fee on an operator's share; whoever bears a discount pays none."""
    return half_up(Fraction(gross * book.fee_basis_points, _BASIS)) if party in book.feeds else 0
