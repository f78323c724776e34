"""Read `agreements.json`: every fault with the agreement's place in the list and the path inside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, get_args

from tariffs.agreements.model import FILE, AgreedPrice, Agreement, Element, Kind
from tariffs.agreements.shares import FINAL, Method, Step
from tariffs.findings import Finding
from tariffs.money import MoneyError, parse

_KEYS = {
    "id", "kind", "version", "parties", "valid_from", "valid_to", "pattern", "max_connection_seconds",
    "window_seconds", "prices", "percent", "conditions", "apportionment", "bearer", "note",
}  # fmt: skip
_ELEMENT_KEYS = {"operator", "network", "from_area", "to_area", "mode", "stops", "add_on"}
_PRICE_KEYS = {"rider", "sale_channel", "operator", "amount", "currency"}
_CONDITION_KEYS = {"same_calendar_day", "weekdays", "refund", "compulsory"}
_WEEKDAYS = frozenset(range(1, 8))
_MAX_PERCENT = 100
_IN_MONEY = {"fixed_first", "min_guarantee"}


def load(
    documents: Any, operators: Sequence[str], riders: Sequence[str]
) -> tuple[list[Agreement], list[Finding]]:
    """Read the decoded file; `row` of a finding is the agreement's place in the list, from 1."""
    if not isinstance(documents, list):
        return [], [Finding(FILE, 0, "", "not_a_list", "the file must hold a list of agreements")]
    findings: list[Finding] = []
    found: list[Agreement] = []
    for row, document in enumerate(documents, 1):
        reader = _Reader(row, findings, operators, riders)
        agreement = reader.read(document)
        if agreement and any((old.id, old.version) == (agreement.id, agreement.version) for old in found):
            reader.fault("id", "duplicate_key", f"{agreement.id!r} has version {agreement.version} twice")
        elif agreement:
            found.append(agreement)
    return found, findings


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one agreement and reports its faults."""

    row: int
    findings: list[Finding]
    operators: Sequence[str]
    riders: Sequence[str]

    def fault(self, field: str, code: str, message: str) -> None:
        self.findings.append(Finding(FILE, self.row, field, code, message))

    def read(self, document: Any) -> Agreement | None:
        if not isinstance(document, Mapping):
            self.fault("", "not_an_object", "an agreement must be an object")
            return None
        before = len(self.findings)
        self._unknown(document, _KEYS, "")
        kind: Kind = document.get("kind", "")
        if kind not in get_args(Kind):
            self.fault("kind", "invalid_enum", f"{kind!r} is not one of {', '.join(get_args(Kind))}")
        pattern = self._pattern(document.get("pattern"), needed=kind != "highest_fare_window")
        prices = self._prices(document.get("prices", []))
        percent = document.get("percent")
        if percent is not None and (type(percent) is not int or not 0 <= percent <= _MAX_PERCENT):
            self.fault("percent", "invalid_value", "percent is a whole number from 0 to 100")
        self._prices_fit(kind, prices, percent)
        if kind == "add_on" and pattern and not any(element.add_on for element in pattern):
            self.fault("pattern", "missing_value", "an add_on marks what is added with add_on: true")
        conditions = document.get("conditions", {})
        self._unknown(conditions, _CONDITION_KEYS, "conditions.")
        if not isinstance(conditions, Mapping):
            conditions = {}
        if document.get("bearer", "pro_rata") != "pro_rata":
            self.fault("bearer", "invalid_enum", "a discount is borne pro_rata")
        start, end = self._day(document, "valid_from"), self._day(document, "valid_to", optional=True)
        if start and end and end < start:
            self.fault("valid_to", "end_before_start", "the agreement ends before it starts")
        agreement = Agreement(
            id=self._identity(document),
            version=self._version(document),
            row=self.row,
            kind=kind,
            parties=self._parties(document.get("parties")),
            valid_from=start or date.min,
            valid_to=end or date.max,
            pattern=pattern,
            max_connection_seconds=self._waits(document, len(pattern)),
            window_seconds=self._window(document, needed=kind == "highest_fare_window"),
            prices=prices,
            percent=percent,
            steps=self._steps(document.get("apportionment")),
            same_calendar_day=conditions.get("same_calendar_day") is True,
            weekdays=self._weekdays(conditions.get("weekdays")),
            # Inside a border zone neither home tariff applies; a supplement is owed.
            compulsory=conditions.get("compulsory") is True
            or kind in {"border_zone", "supplement", "revenue_share"},
        )
        return None if len(self.findings) > before else agreement

    def _identity(self, document: Mapping[str, Any]) -> str:
        if not isinstance(document.get("id"), str) or not document["id"]:
            self.fault("id", "missing_value", "an agreement needs its id")
        return str(document.get("id"))

    def _version(self, document: Mapping[str, Any]) -> int:
        version = document.get("version")
        if type(version) is not int or version < 1:
            self.fault("version", "invalid_value", "version is a whole number from 1")
            return 0
        return version

    def _parties(self, names: Any) -> tuple[str, ...]:
        if not isinstance(names, list) or not names:
            self.fault("parties", "invalid_value", "must be a list of operators")
            return ()
        for at, name in enumerate(names):
            self._operator(name, f"parties[{at}]")
        return tuple(map(str, names))

    def _pattern(self, rows: Any, *, needed: bool) -> tuple[Element, ...]:
        if rows is None and not needed:
            return ()
        if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
            self.fault("pattern", "invalid_value", "must be a list of elements")
            return ()
        elements = []
        for at, row in enumerate(rows):
            self._unknown(row, _ELEMENT_KEYS, f"pattern[{at}].")
            self._operator(row.get("operator"), f"pattern[{at}].operator")
            elements.append(
                Element(
                    operator=str(row.get("operator")),
                    network=row.get("network"),
                    from_area=row.get("from_area"),
                    to_area=row.get("to_area"),
                    mode=row.get("mode"),
                    stops=frozenset(row.get("stops", ())),
                    add_on=row.get("add_on") is True,
                )
            )
        return tuple(elements)

    def _waits(self, document: Mapping[str, Any], elements: int) -> tuple[int, ...]:
        waits = document.get("max_connection_seconds", [])
        if not isinstance(waits, list) or not all(type(wait) is int and wait >= 0 for wait in waits):
            self.fault("max_connection_seconds", "invalid_value", "must be a list of seconds")
            return ()
        if len(waits) != max(0, elements - 1):
            self.fault(
                "max_connection_seconds", "wrong_length", "one number for each connection of the pattern"
            )
        return tuple(waits)

    def _window(self, document: Mapping[str, Any], *, needed: bool) -> int:
        window = document.get("window_seconds", None if needed else 0)
        if type(window) is not int or window < 0 or (needed and window == 0):
            self.fault("window_seconds", "invalid_value", "window_seconds is a positive number of seconds")
            return 0
        return window

    def _prices(self, rows: Any) -> tuple[AgreedPrice, ...]:
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            self.fault("prices", "invalid_value", "must be a list of prices")
            return ()
        prices: list[AgreedPrice] = []
        for at, row in enumerate(rows):
            self._unknown(row, _PRICE_KEYS, f"prices[{at}].")
            if row.get("rider") not in self.riders:
                self.fault(
                    f"prices[{at}].rider",
                    "unknown_reference",
                    f"{row.get('rider')!r} is not a rider category",
                )
            if row.get("operator") is not None:
                self._operator(row["operator"], f"prices[{at}].operator")
            try:
                amount = parse(row.get("amount", ""), row.get("currency", ""))
            except MoneyError as error:
                self.fault(f"prices[{at}].amount", "invalid_amount", str(error))
                continue
            prices.append(
                AgreedPrice(str(row.get("rider")), row.get("sale_channel"), row.get("operator"), amount)
            )
        return tuple(prices)

    def _prices_fit(self, kind: Kind, prices: Sequence[AgreedPrice], percent: Any) -> None:
        """A kind that sets a price needs one; one that does not must not have any."""
        free = kind in {"highest_fare_window", "revenue_share"}
        if free and (prices or percent is not None):
            self.fault("prices", "forbidden_value", f"a {kind} takes its price from the operators' own")
        by_percent = kind in {"through_fare", "add_on", "border_zone", "one_sided"} and percent is not None
        if not free and not prices and not by_percent:
            self.fault("prices", "invalid_value", "must be a list of prices")
        if kind == "border_point" and any(price.operator is None for price in prices):
            self.fault("prices", "missing_value", "each side of a border_point names its operator")

    def _steps(self, document: Any) -> tuple[Step, ...]:
        rows = document.get("steps") if isinstance(document, Mapping) else None
        if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
            self.fault("apportionment", "invalid_value", "needs a list of steps")
            return ()
        steps = [self._step(row, f"apportionment.steps[{at}]") for at, row in enumerate(rows)]
        if steps[-1].method not in FINAL:
            self.fault("apportionment", "invalid_enum", f"the last step must be one of {', '.join(FINAL)}")
        return tuple(steps)

    def _step(self, row: Mapping[str, Any], path: str) -> Step:
        method: Method = row.get("method", "")
        if method not in get_args(Method):
            self.fault(
                f"{path}.method", "invalid_enum", f"{method!r} is not one of {', '.join(get_args(Method))}"
            )
        self._unknown(row, {"method", "by_operator", "currency"}, f"{path}.")
        factors: dict[str, Fraction] = {}
        for operator, value in (row.get("by_operator") or {}).items():
            self._operator(operator, f"{path}.by_operator")
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

    def _weekdays(self, days: Any) -> frozenset[int]:
        """ISO weekdays (Monday is 1) of the first departure; absent means every day."""
        if days is None:
            return _WEEKDAYS
        if (
            not isinstance(days, list)
            or not days
            or not all(type(day) is int and day in _WEEKDAYS for day in days)
        ):
            self.fault("conditions.weekdays", "invalid_value", "must be a list of ISO weekdays, 1 to 7")
            return _WEEKDAYS
        return frozenset(days)

    def _day(self, document: Mapping[str, Any], field: str, *, optional: bool = False) -> date | None:
        value = document.get(field)
        if value is None and optional:
            return date.max
        try:
            return date.fromisoformat(value or "")
        except (TypeError, ValueError):
            self.fault(field, "invalid_date", f"{value!r} is not a date like 2026-01-31")
            return None

    def _operator(self, name: Any, path: str) -> None:
        if name not in self.operators:
            self.fault(path, "unknown_reference", f"{name!r} is not an operator")

    def _unknown(self, document: Any, keys: set[str], prefix: str) -> None:
        if not isinstance(document, Mapping):
            self.fault(prefix.rstrip("."), "not_an_object", "must be an object")
            return
        for name in document:
            if name not in keys:
                self.fault(f"{prefix}{name}", "unknown_key", f"{name!r} is not a key of an agreement")
