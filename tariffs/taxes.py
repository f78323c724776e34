"""VAT on passenger transport: by Member State and distance (Art. 48 Directive 2006/112/EC, C-116/96).

Rates are dated data with their source; a row that nobody has verified carries that flag to the quote. The
state `XX` (ISO 3166 leaves it to its users) is the sea beyond every territorial water, outside the scope.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tariffs.apportion import by_weights
from tariffs.findings import Finding
from tariffs.money import half_up
from tariffs.table import Row, Table

_TREATMENTS = ("taxable", "zero", "exempt", "exempt_with_credit", "outside")
_SCOPES = ("domestic", "international")
_WIDER_MODES = {"ferry": ("ferry", "ship", "any"), "bus": ("bus", "road", "any")}
# `ship` is every ferry, `road` every bus; no ride goes by air yet, and a table may have its row already.
_MODES = ("any", "bus", "tram", "metro", "rail", "ferry", "ship", "road", "air")
_BASIS = 10_000
_ONE_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRule:
    """One dated row; `rate_bp` in basis points, 0 where nothing is taxed. `valid_to` is inclusive."""

    member_state: str
    mode: str
    scope: str
    treatment: str
    rate_bp: int
    valid_from: date
    valid_to: date
    verified: bool


@dataclass(frozen=True, slots=True)
class TaxKey:
    """The key of a tax row in a price."""

    member_state: str
    mode: str
    scope: str
    treatment: str
    rate_bp: int
    verified: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a ride in one Member State, with the operator who runs it."""

    operator: str
    member_state: str
    mode: str
    scope: str
    metres: int
    day: date


@dataclass(frozen=True, slots=True)
class TaxRow:
    """Gross and VAT of a price in one row, and the VAT that each operator's stretch stands for."""

    key: TaxKey
    metres: int
    gross: int
    vat: int
    vat_by_operator: tuple[tuple[str, int], ...]


class UnknownTax(ValueError):
    """No row covers a stretch: the tax cannot be told, so the price is not sold."""


@dataclass(frozen=True, slots=True)
class TaxTable:
    """All rows, by Member State."""

    rules: Mapping[str, tuple[TaxRule, ...]]

    def covers(self, member_state: str, mode: str, scope: str, days: tuple[date, date]) -> bool:
        """Tell whether any row is for a mode in a state, at home or over a border, on some day of a span (both inclusive)."""
        first, last = days
        return any(
            row.mode in _modes(mode) and row.scope == scope
            for row in self.rules.get(member_state, ())
            if row.valid_from <= last and first <= row.valid_to
        )

    def key_of(self, stretch: Stretch) -> TaxKey:
        """The row for a stretch on its day, the mode's own before `any`; raises UnknownTax."""
        rows = self.rules.get(stretch.member_state, ())
        for mode in _modes(stretch.mode):
            for row in rows:
                if (
                    row.mode == mode
                    and row.scope == stretch.scope
                    and row.valid_from <= stretch.day <= row.valid_to
                ):
                    return TaxKey(
                        member_state=row.member_state,
                        mode=stretch.mode,
                        scope=row.scope,
                        treatment=row.treatment,
                        rate_bp=row.rate_bp,
                        verified=row.verified,
                    )
        raise UnknownTax(
            f"no VAT row for {stretch.scope} {stretch.mode} in {stretch.member_state} on {stretch.day}"
        )


def _modes(mode: str) -> tuple[str, ...]:
    """The words of the table that cover a mode, its own first."""
    return _WIDER_MODES.get(mode, (mode, "any"))


def load(text: str, file: str = "taxes.csv") -> tuple[TaxTable, list[Finding]]:
    """Read the dated rows: member_state, mode, scope, treatment, rate, valid_from, valid_to, source, verified."""
    findings: list[Finding] = []
    table = Table(file, text, findings)
    table.require("member_state", "mode", "scope", "treatment", "rate", "valid_from", "verified")
    rules: dict[str, list[TaxRule]] = {}
    for row in table.rows():
        rule = _rule(row)
        if rule is None:
            continue
        same = [
            old
            for old in rules.get(rule.member_state, [])
            if (old.mode, old.scope) == (rule.mode, rule.scope)
        ]
        if any(old.valid_from <= rule.valid_to and rule.valid_from <= old.valid_to for old in same):
            row.fault("valid_from", "overlapping_rates", "another row covers the same days")
        rules.setdefault(rule.member_state, []).append(rule)
    return TaxTable({state: tuple(found) for state, found in rules.items()}), findings


def split(items: Iterable[tuple[int, tuple[Stretch, ...]]], taxes: TaxTable) -> list[TaxRow]:
    """Split prices over tax rows: each price by the metres of its own stretches, VAT once a row.

    `items` are (gross minor units, stretches). The rows' gross sums to the items'. Raises UnknownTax.
    """
    gross: dict[TaxKey, int] = {}
    metres: dict[TaxKey, dict[str, int]] = {}
    for amount, stretches in items:
        weights: dict[str, int] = {}
        keys: dict[str, TaxKey] = {}
        for stretch in stretches:
            key = taxes.key_of(stretch)
            name = _sortable(key)
            keys[name] = key
            weights[name] = weights.get(name, 0) + max(1, stretch.metres)
            by_operator = metres.setdefault(key, {})
            by_operator[stretch.operator] = by_operator.get(stretch.operator, 0) + stretch.metres
        for name, part in by_weights(amount, weights).items():
            gross[keys[name]] = gross.get(keys[name], 0) + part
    return [_tax_row(key, gross[key], metres[key]) for key in sorted(gross, key=_sortable)]


def _tax_row(key: TaxKey, gross: int, metres: Mapping[str, int]) -> TaxRow:
    vat = half_up(Fraction(gross * key.rate_bp, _BASIS + key.rate_bp))
    weights = {operator: max(1, distance) for operator, distance in metres.items()}
    return TaxRow(key, sum(metres.values()), gross, vat, tuple(sorted(by_weights(vat, weights).items())))


def _sortable(key: TaxKey) -> str:
    return f"{key.member_state} {key.mode} {key.scope} {key.treatment} {key.rate_bp:05} {key.verified}"


def _rule(row: Row) -> TaxRule | None:
    state, mode, scope = row.required("member_state"), row.required("mode"), row.required("scope")
    treatment = row.required("treatment")
    _check_words(row, state, mode)
    if scope not in _SCOPES:
        row.fault("scope", "invalid_enum", f"{scope!r} is neither domestic nor international")
    if treatment not in _TREATMENTS:
        row.fault("treatment", "invalid_enum", f"{treatment!r} is not one of {', '.join(_TREATMENTS)}")
    rate = _rate(row, treatment)
    row.required("valid_from")
    start = row.parsed("valid_from", date.fromisoformat, "invalid_date", "a date like 2026-01-31")
    end = row.parsed("valid_to", date.fromisoformat, "invalid_date", "a date like 2026-01-31")
    verified = row.text("verified")
    if verified not in {"yes", "no"}:
        row.fault("verified", "invalid_enum", f"{verified!r} is neither yes nor no")
    if not start or scope not in _SCOPES or treatment not in _TREATMENTS:
        return None
    return TaxRule(
        member_state=state,
        mode=mode,
        scope=scope,
        treatment=treatment,
        rate_bp=rate,
        valid_from=start,
        valid_to=end or date.max,
        verified=verified == "yes",
    )


def _check_words(row: Row, state: str, mode: str) -> None:
    """Report a state or a mode that no ride can have: its row would never be used."""
    if state and not re.fullmatch(r"[A-Z]{2}", state):
        row.fault("member_state", "invalid_enum", f"{state!r} is not a state by its two letters, like PL")
    if mode and mode not in _MODES:
        row.fault("mode", "invalid_enum", f"{mode!r} is not one of {', '.join(_MODES)}")


def _rate(row: Row, treatment: str) -> int:
    """The rate in basis points, 0 without one; a rate that does not fit the treatment is a fault, one below 1 % a doubt."""
    rate = row.parsed("rate", _basis_points, "invalid_rate", "a percentage like 13.50") or 0
    if treatment == "taxable" and not rate:
        message = (
            "a taxable row needs a rate above zero; where no VAT is charged it is zero, exempt or outside"
        )
        row.fault("rate", "missing_value", message)
    if treatment != "taxable" and rate:
        row.fault("rate", "forbidden_value", f"a row that is {treatment} has no rate")
    if 0 < rate < _ONE_PERCENT:
        message = f"{row.text('rate')} % is hardly the rate of a state: write 8.00 for 8 %"
        row.findings.append(Finding(row.file, row.line, "rate", "doubtful_rate", message, severity="warning"))
    return rate


def _basis_points(value: str) -> int:
    points = Fraction(value) * 100
    if points.denominator != 1 or not 0 <= points < _BASIS:
        raise ValueError(value)
    return int(points)
