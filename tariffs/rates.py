"""Reference rates of the European Central Bank, as published (eurofxref-hist.csv): one euro in each currency, by day.

A rate is dated data like a tariff: the one used is frozen in the derivation. None is invented: a currency
without a recent rate has no price in another.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from tariffs.findings import Finding
from tariffs.money import Money, MoneyError, exponent, half_up
from tariffs.table import Row, Table

FILE = "rates.csv"
EURO = "EUR"
# The bank publishes on its working days only; the longest pause, Easter or Christmas, is five days.
LONGEST_PAUSE = timedelta(days=7)
_NONE = ("", "N/A")


@dataclass(frozen=True, slots=True)
class UsedRate:
    """So many units of `target` for one of `source`, as published on `day`."""

    source: str
    target: str
    rate: Fraction
    day: date

    def convert(self, amount: Money) -> Money:
        """The amount in the target currency, rounded once, half away from zero; a TypeError for another currency."""
        if amount.currency != self.source:
            raise TypeError(f"{amount.currency} is not {self.source}")
        scale = Fraction(10) ** (exponent(self.target) - exponent(self.source))
        return Money(half_up(amount.minor * self.rate * scale), self.target)

    @property
    def text(self) -> str:
        """The rate exactly, as a fraction of whole numbers."""
        return f"{self.rate.numerator}/{self.rate.denominator}"


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates by currency: its days in order, and what one euro was worth on each."""

    days: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    values: Mapping[str, tuple[Fraction, ...]] = field(default_factory=dict)

    def find(self, source: str, target: str, day: date) -> UsedRate | None:
        """The rate that holds on a day: the last one published for both, at most a long holiday old."""
        named = [name for name in (source, target) if name != EURO]
        published = [self._last(name, day) for name in named]
        if not all(published):
            return None
        # Both sides on one day: two days' rates never make one quotient.
        common = min((found for found in published if found), default=day)
        dividend, divisor = self._value(target, common), self._value(source, common)
        if dividend is None or divisor is None or day - common > LONGEST_PAUSE:
            return None
        return UsedRate(source, target, dividend / divisor, common)

    def average(self, source: str, target: str, day: date, count: int) -> tuple[UsedRate, list[date]] | None:
        """The rate by the mean of the last `count` days on which both were published, up to a day; with those days.

        What one euro was worth is averaged on each side, exactly, before one side is divided by the other. No pause
        between these days, or after them, is longer than a long holiday.
        """
        days = self._common(source, target, day)[-count:]
        pauses = zip(days, [*days[1:], day], strict=True)
        if len(days) < count or any(later - earlier > LONGEST_PAUSE for earlier, later in pauses):
            return None
        rate = self._mean(target, days) / self._mean(source, days)
        return UsedRate(source, target, rate, days[-1]), days

    def _mean(self, name: str, days: Sequence[date]) -> Fraction:
        return sum((self._value(name, day) or Fraction(0) for day in days), Fraction(0)) / len(days)

    def why_none(self, source: str, target: str, day: date) -> str:
        """Why there is no rate on a day."""
        for name in (name for name in (source, target) if name != EURO):
            last = self._last(name, day)
            if last is None:
                return f"there is no rate of {name} up to {day}"
            if day - last > LONGEST_PAUSE:
                return (
                    f"the last rate of {name} is of {last}, more than {LONGEST_PAUSE.days} days before {day}"
                )
        return f"the days up to {day} on which {source} and {target} have a rate are too few or too far apart"

    def _common(self, source: str, target: str, day: date) -> list[date]:
        """The days up to one on which both have a rate, in order."""
        published = [set(self.days.get(name, ())) for name in (source, target) if name != EURO]
        return sorted(one for one in set.intersection(*published) if one <= day) if published else []

    def _last(self, currency: str, day: date) -> date | None:
        days = self.days.get(currency, ())
        at = bisect_right(days, day)
        return days[at - 1] if at else None

    def _value(self, currency: str, day: date) -> Fraction | None:
        if currency == EURO:
            return Fraction(1)
        days = self.days.get(currency, ())
        at = bisect_right(days, day)
        return self.values[currency][at - 1] if at and days[at - 1] == day else None


def _currencies_of(table: Table, findings: list[Finding]) -> list[str]:
    """The columns that hold rates; one that is no currency is a finding."""
    named = [name for name in table.columns if name and name != "Date"]
    faults = ((name, _no_currency(name)) for name in named)
    findings += [Finding(table.file, 1, name, "invalid_currency", fault) for name, fault in faults if fault]
    return named


def _no_currency(name: str) -> str | None:
    """Name the fault of a currency; None for one that is known."""
    try:
        exponent(name)
    except MoneyError as error:
        return str(error)
    return None


def _take_day(row: Row, day: date, found: dict[str, dict[date, Fraction]]) -> None:
    """Read the rates of one day, of each currency that has one."""
    for name, rates in found.items():
        rate = _rate(row, name)
        if day in rates:
            row.fault("Date", "duplicate_key", f"a second rate of {name} on {day}")
        elif rate:
            rates[day] = rate


def load(text: str, file: str = FILE) -> tuple[Rates, list[Finding]]:
    """Read the file as published: `Date` and one column a currency; `N/A` where there was no rate."""
    findings: list[Finding] = []
    table = Table(file, text or None, findings)
    table.require("Date")
    currencies = _currencies_of(table, findings)
    by_currency: dict[str, dict[date, Fraction]] = {name: {} for name in currencies}
    for row in table.rows():
        row.required("Date")
        day = row.parsed("Date", date.fromisoformat, "invalid_date", "a date like 2026-01-31")
        if day:
            _take_day(row, day, by_currency)
    dated = {name: dict(sorted(rates.items())) for name, rates in by_currency.items() if rates}
    return Rates(
        {name: tuple(rates) for name, rates in dated.items()},
        {name: tuple(rates.values()) for name, rates in dated.items()},
    ), findings


def _rate(row: Row, name: str) -> Fraction | None:
    if row.text(name) in _NONE:
        return None
    rate = row.parsed(name, Fraction, "invalid_rate", "a number of units for one euro")
    if rate is not None and rate <= 0:
        row.fault(name, "invalid_rate", "must be more than zero")
        return None
    return rate
