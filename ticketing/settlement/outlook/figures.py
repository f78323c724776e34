"""The figures of a month: tickets, passengers, the money that was paid, and who gets it.

The left side of the identity comes from the rows of VAT, which part each price whole; the right side has net and fee of
the shares and the VAT of the tax rows. The two were written apart from each other, so that they agree says something.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tariffs.money import Money
from ticketing.db import Transaction
from ticketing.db.books import month_books, month_counts
from ticketing.db.books.month_counts import KindSum, PriceSum
from ticketing.db.settlement import runs
from ticketing.frozen import ShareSum
from ticketing.settlement.office import Office
from ticketing.settlement.run_state import GONE

MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The money of a month in one currency: paid, given back, and what it becomes."""

    currency: str
    paid: Money
    given_back: Money
    shares: Money
    vat: Money
    fee: Money

    @property
    def kept(self) -> Money:
        """The money that was paid and not given back."""
        return self.paid - self.given_back

    @property
    def divided(self) -> Money:
        """The money that shares, VAT and fee come to."""
        return self.shares + self.vat + self.fee

    @property
    def holds(self) -> bool:
        """True where paid − given back = shares + VAT + fee."""
        return self.kept == self.divided


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A month in figures; `net` is what each operator gets, by (operator, currency), in minor units."""

    period: str
    tickets: int
    passengers: int
    given_back: int
    flows: tuple[Flow, ...]
    net: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NetOfMonth:
    """The net of the operators in one month, by (operator, currency), in minor units."""

    period: str
    net: Mapping[tuple[str, str], int]


def flows_of(kinds: Sequence[KindSum], prices: Sequence[PriceSum]) -> tuple[Flow, ...]:
    """Put the sums of a month together, by currency. Pure."""
    currencies = sorted({one.currency for one in kinds} | {one.currency for one in prices})
    return tuple(_flow(currency, kinds, prices) for currency in currencies)


def _flow(currency: str, kinds: Sequence[KindSum], prices: Sequence[PriceSum]) -> Flow:
    def money(minor: int) -> Money:
        return Money(minor, currency)

    mine = [one for one in kinds if one.currency == currency]
    priced = [one for one in prices if one.currency == currency]
    return Flow(
        currency=currency,
        paid=money(sum(one.gross_minor for one in priced if one.kind == "sale")),
        given_back=money(-sum(one.gross_minor for one in priced if one.kind != "sale")),
        shares=money(sum(one.net_minor for one in mine)),
        vat=money(sum(one.vat_minor for one in priced)),
        fee=money(sum(one.fee_minor for one in mine)),
    )


def get_figures(office: Office, region: str, period: str) -> Figures:
    """Count and sum a month as it stands now."""
    with office.database.read() as tx:
        return read_figures(tx, region, period)


def read_figures(tx: Transaction, region: str, period: str) -> Figures:
    """Count and sum a month inside of a transaction."""
    counted = month_counts.count_month(tx, region, period)
    kinds = month_counts.sum_kinds(tx, region, period)
    return Figures(
        period=period,
        tickets=counted.tickets,
        passengers=counted.passengers,
        given_back=counted.given_back,
        flows=flows_of(kinds, month_counts.sum_prices(tx, region, period)),
        net=_net(tx, region, period),
    )


def list_net(office: Office, region: str, until: str, limit: int = MONTHS) -> list[NetOfMonth]:
    """List what the operators have got in the last months, oldest first; a closed month says what its run does."""
    with office.database.read() as tx:
        return [
            NetOfMonth(month, _net_of_run(tx, region, month) or _net(tx, region, month))
            for month in month_counts.last_months(tx, region, until, limit)
        ]


def _net_of_run(tx: Transaction, region: str, period: str) -> dict[tuple[str, str], int]:
    run = runs.find_run_of_period(tx, region, period)
    if run is None or run.state in {"draft", *GONE}:
        return {}
    return {_key(one): one.net.minor for one in run.dataset.operators}


def _key(one: ShareSum) -> tuple[str, str]:
    return one.operator, one.net.currency


def _net(tx: Transaction, region: str, period: str) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for part in month_books.sum_shares(tx, region, period):
        key = part.operator, part.currency
        sums[key] = sums.get(key, 0) + part.net_minor
    return sums
