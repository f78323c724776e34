"""Read one object of a region's JSON files: what agreements and passes have in common. Every fault has its path."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, cast, get_args

from tariffs.agreements.model import AgreedPrice
from tariffs.agreements.shares import FINAL, Method, Step
from tariffs.findings import Finding
from tariffs.money import MoneyError, parse

_PRICE_KEYS = {"rider", "sale_channel", "operator", "amount", "currency"}
_MAX_PERCENT = 100
_IN_MONEY = {"fixed_first", "min_guarantee"}


def is_one_of(value: object, words: Container[str]) -> bool:
    """Tell whether a value of a file is one of these words; a list or an object in its place is none of them."""
    return isinstance(value, str) and value in words


@dataclass(frozen=True, slots=True)
class DocumentReader:
    """Reads one object; `row` is its place in the file's list, from 1."""

    file: str
    row: int
    findings: list[Finding]
    operators: Sequence[str]
    riders: Sequence[str]

    def fault(self, field: str, code: str, message: str) -> None:
        """Report an error."""
        self.findings.append(Finding(self.file, self.row, field, code, message))

    def identity(self, document: Mapping[str, Any]) -> str:
        """Its `id`."""
        if not isinstance(document.get("id"), str) or not document["id"]:
            self.fault("id", "missing_value", "its id is required")
        return str(document.get("id"))

    def version(self, document: Mapping[str, Any]) -> int:
        """Its `version`, from 1."""
        version = document.get("version")
        if type(version) is not int or version < 1:
            self.fault("version", "invalid_value", "version is a whole number from 1")
            return 0
        return version

    def steps(self, document: Any) -> tuple[Step, ...]:
        """The steps of an `apportionment`; the last must be able to take everything."""
        rows = document.get("steps") if isinstance(document, Mapping) else None
        if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
            self.fault("apportionment", "invalid_value", "needs a list of steps")
            return ()
        steps = [self.step(row, f"apportionment.steps[{at}]") for at, row in enumerate(rows)]
        if steps[-1].method not in FINAL:
            self.fault("apportionment", "invalid_enum", f"the last step must be one of {', '.join(FINAL)}")
        return tuple(steps)

    def step(self, row: Mapping[str, Any], path: str) -> Step:
        """One step with its factors."""
        named = row.get("method", "")
        method = cast("Method", str(named))
        if not is_one_of(named, get_args(Method)):
            self.fault(
                f"{path}.method", "invalid_enum", f"{named!r} is not one of {', '.join(get_args(Method))}"
            )
        self.unknown(row, {"method", "by_operator", "currency"}, f"{path}.")
        factors: dict[str, Fraction] = {}
        for operator, value in (row.get("by_operator") or {}).items():
            self.operator(operator, f"{path}.by_operator")
            try:
                factors[operator] = (
                    Fraction(parse(value, row.get("currency", "")).minor)
                    if method in _IN_MONEY
                    else Fraction(value)
                )
            except (MoneyError, TypeError, ValueError) as error:
                self.fault(f"{path}.by_operator", "invalid_value", f"{operator}: {error}")
        if any(factor < 0 for factor in factors.values()):
            self.fault(f"{path}.by_operator", "invalid_value", "must not be negative")
        needs = method in {"agreed_factor", "percent", "residual", *_IN_MONEY}
        if needs != bool(factors):
            self.fault(
                f"{path}.by_operator", "missing_value" if needs else "forbidden_value", f"for {method}"
            )
        if method == "percent" and sum(factors.values()) != _MAX_PERCENT:
            self.fault(f"{path}.by_operator", "invalid_value", "percentages sum to 100")
        return Step(method, factors)

    def day(self, document: Mapping[str, Any], field: str, *, optional: bool = False) -> date | None:
        """A date; an optional one that is absent lies at the end of time."""
        value = document.get(field)
        if value is None and optional:
            return date.max
        try:
            return date.fromisoformat(value or "")
        except (TypeError, ValueError):
            self.fault(field, "invalid_date", f"{value!r} is not a date like 2026-01-31")
            return None

    def operator(self, name: Any, path: str) -> None:
        """Report a name that no operator has."""
        if not is_one_of(name, self.operators):
            self.fault(path, "unknown_reference", f"{name!r} is not an operator")

    def unknown(self, document: Any, keys: set[str], prefix: str) -> None:
        """Report every key that is not one of `keys`."""
        if not isinstance(document, Mapping):
            self.fault(prefix.rstrip("."), "not_an_object", "must be an object")
            return
        for name in document:
            if name not in keys:
                self.fault(f"{prefix}{name}", "unknown_key", f"{name!r} means nothing here")

    def prices(self, rows: Any) -> tuple[AgreedPrice, ...]:
        """A list of prices by rider, sale channel and, where it matters, operator."""
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            self.fault("prices", "invalid_value", "must be a list of prices")
            return ()
        prices: list[AgreedPrice] = []
        for at, row in enumerate(rows):
            self.unknown(row, _PRICE_KEYS, f"prices[{at}].")
            if not is_one_of(row.get("rider"), self.riders):
                self.fault(
                    f"prices[{at}].rider",
                    "unknown_reference",
                    f"{row.get('rider')!r} is not a rider category",
                )
            if row.get("operator") is not None:
                self.operator(row["operator"], f"prices[{at}].operator")
            try:
                amount = parse(row.get("amount", ""), row.get("currency", ""))
            except MoneyError as error:
                self.fault(f"prices[{at}].amount", "invalid_amount", str(error))
                continue
            if amount.minor < 0:
                self.fault(f"prices[{at}].amount", "invalid_amount", "a price must not be negative")
            prices.append(
                AgreedPrice(str(row.get("rider")), row.get("sale_channel"), row.get("operator"), amount)
            )
        return tuple(prices)
