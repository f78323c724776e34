"""Settle several currencies in one, where the terms say so: positions are netted per currency, then converted once each.

Reference rates of the European Central Bank, as published (`rates.csv` of the region), of the last TARGET day of the
month. A run keeps the rates that it used; without a rate a position stays in its own currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from tariffs.findings import errors
from tariffs.money import Money
from tariffs.rates import EURO, FILE, UsedRate, load
from ticketing.errors import Fault, InvalidRequest
from ticketing.settlement.business_days import is_business_day
from ticketing.settlement.netting import Position


@dataclass(frozen=True, slots=True)
class Conversion:
    """A position before and after; `rate` is exact, so anybody can do it again."""

    operator: str
    source: Money
    target: Money
    rate: str
    day: str

    def as_dict(self) -> dict[str, Any]:
        """The JSON that a run keeps."""
        return {
            "operator": self.operator, "from": self.source.as_dict(), "to": self.target.as_dict(),
            "rate": self.rate, "day": self.day,
        }  # fmt: skip


def fixing_day(period: str) -> date:
    """The last TARGET day of a month."""
    year, month = int(period[:4]), int(period[5:])
    day = date(year + month // 12, month % 12 + 1, 1) - timedelta(1)
    while not is_business_day(day):
        day -= timedelta(1)
    return day


def read_rates(folder: Path | None, target: str | None, period: str) -> dict[str, UsedRate]:
    """The rates of every published currency into `target` on the month's fixing day; raises InvalidRequest for a file with faults."""
    path = folder / FILE if folder else None
    if path is None or target is None or not path.exists():
        return {}
    rates, findings = load(path.read_text(encoding="utf-8"))
    if errors(findings):
        faults = [Fault(f"{FILE}:{one.row}:{one.field}", one.message) for one in errors(findings)]
        raise InvalidRequest(f"{FILE}: {faults[0].message}", faults)
    found = {
        name: rates.find(name, target, fixing_day(period)) for name in sorted({*rates.days, EURO} - {target})
    }
    return {name: rate for name, rate in found.items() if rate}


def kept_rates(document: Mapping[str, Any]) -> dict[str, UsedRate]:
    """The rates that a run has kept."""
    return {
        name: UsedRate(name, one["target"], Fraction(one["rate"]), date.fromisoformat(one["day"]))
        for name, one in document.get("rates", {}).items()
    }


def told_rates(rates: Mapping[str, UsedRate]) -> dict[str, Any]:
    """The rates as a run keeps them."""
    return {
        name: {"target": rate.target, "rate": rate.text, "day": rate.day.isoformat()}
        for name, rate in sorted(rates.items())
    }


def convert(positions: tuple[Position, ...], rates: Mapping[str, UsedRate]) -> list[Conversion]:
    """Convert each position of a currency with a rate, rounded once, half away from zero."""
    return [
        Conversion(line.operator, source, rate.convert(source), rate.text, rate.day.isoformat())
        for line in positions
        if line.amount_minor and (rate := rates.get(line.currency))
        for source in [Money(line.amount_minor, line.currency)]
    ]
