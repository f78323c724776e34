"""Settle several currencies in one, where the terms say so: positions are netted per currency, then converted once each.

Reference rates of the European Central Bank, as published (`rates.csv` of the region), of the last TARGET day of the
month or the mean of several days up to it. A run keeps the rates, their source and its SHA-256; without a rate that is
recent enough a position stays in its own currency, and the run says why.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from tariffs.findings import errors
from tariffs.money import Money
from tariffs.rates import EURO, FILE, Rates, UsedRate, load
from ticketing.errors import Fault, InvalidRequest
from ticketing.frozen import Conversion, Dataset, KeptRate, Unconverted
from ticketing.settlement.month.business_days import is_business_day
from ticketing.settlement.month.netting import Position
from ticketing.settlement.terms import Terms


def fixing_day(period: str) -> date:
    """The last TARGET day of a month."""
    year, month = int(period[:4]), int(period[5:])
    day = date(year + month // 12, month % 12 + 1, 1) - timedelta(1)
    while not is_business_day(day):
        day -= timedelta(1)
    return day


@dataclass(frozen=True, slots=True)
class RateSet:
    """The rates that a run converts by, where they come from, and why a currency has none.

    `days` are those of an average; `otherwise` is why a currency has none that the file does not know at all.
    """

    rates: Mapping[str, UsedRate] = field(default_factory=dict)
    days: Mapping[str, Sequence[date]] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    otherwise: str = ""

    def kept(self) -> dict[str, KeptRate]:
        """The rates as a run keeps them."""
        return {
            name: KeptRate(
                rate.target,
                rate.text,
                rate.day.isoformat(),
                tuple(map(date.isoformat, self.days.get(name, ()))),
            )
            for name, rate in sorted(self.rates.items())
        }

    def unconverted(self, positions: Iterable[Position]) -> tuple[Unconverted, ...]:
        """The positions that stay in their currency, and why."""
        return tuple(
            Unconverted(line.operator, Money(line.amount_minor, line.currency), because)
            for line in positions
            if line.amount_minor and (because := self._why_not(line.currency))
        )

    def _why_not(self, currency: str) -> str:
        if currency == self.target or currency in self.rates:
            return ""
        return self.missing.get(currency, self.otherwise.format(currency))


def read_rates(folder: Path | None, terms: Terms, period: str) -> RateSet:
    """The rates of every published currency into that of settlement, by the method of the terms.

    Raises InvalidRequest for a file with faults.
    """
    path, target = folder / FILE if folder else None, terms.settlement_currency
    if target is None:
        return RateSet()
    if path is None or not path.exists():
        return RateSet(target=target, otherwise=f"there is no {FILE}")
    content = path.read_bytes()
    published, findings = load(content.decode("utf-8"))
    if errors(findings):
        faults = [Fault(one.place, one.message) for one in errors(findings)]
        raise InvalidRequest(f"{FILE}: {faults[0].message}", faults)
    day, count = fixing_day(period), terms.fx.days if terms.fx else 1
    method = {"method": "average", "days": count} if terms.fx else {"method": "fixed"}
    source = {
        "publisher": "European Central Bank, euro foreign exchange reference rates",
        "file": FILE,
        "sha256": hashlib.sha256(content).hexdigest(),
        **method,
        "up_to": day.isoformat(),
    }
    rates, days, missing = dict[str, UsedRate](), dict[str, Sequence[date]](), dict[str, str]()
    for name in sorted({*published.days, EURO} - {target}):
        rate, of_days = _rate(published, name, target, day, terms)
        if rate is None:
            missing[name] = published.why_none(name, target, day)
        else:
            rates[name] = rate
        if of_days:
            days[name] = of_days
    return RateSet(
        rates=rates,
        days=days,
        source=source,
        missing=missing,
        target=target,
        otherwise=f"{FILE} has no rate of {{}}",
    )


def _rate(
    published: Rates, name: str, target: str, day: date, terms: Terms
) -> tuple[UsedRate | None, Sequence[date]]:
    """The rate of a currency by the method of the terms, with the days whose mean it is."""
    if not terms.fx:
        return published.find(name, target, day), ()
    averaged = published.average(name, target, day, terms.fx.days)
    return averaged or (None, ())


def kept_rates(run: Dataset) -> RateSet:
    """The rates that a run has kept, and why it left what it has not converted."""
    return RateSet(
        {
            name: UsedRate(name, one.target, Fraction(one.rate), date.fromisoformat(one.day))
            for name, one in run.rates.items()
        },
        {name: list(map(date.fromisoformat, one.days)) for name, one in run.rates.items() if one.days},
        run.rates_from,
        {line.amount.currency: line.because for line in run.unconverted},
    )


def convert(positions: tuple[Position, ...], rates: Mapping[str, UsedRate]) -> list[Conversion]:
    """Convert each position of a currency with a rate, rounded once, half away from zero."""
    owed = (
        (line.operator, Money(line.amount_minor, line.currency)) for line in positions if line.amount_minor
    )
    return [
        Conversion(operator, source, rate.convert(source), rate.text, rate.day.isoformat())
        for operator, source in owed
        if (rate := rates.get(source.currency))
    ]
