"""Rules between operators, as dated and versioned data: a pattern of operators' rides and a price for it.

A kind is one entry of `_KINDS`. The pricing engine asks an agreement two things only: does it cover these
rides, and what does it cost this rider.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tariffs.findings import Finding
from tariffs.money import Money, MoneyError, parse

FILE = "agreements.json"

_KEYS = {
    "id", "kind", "version", "parties", "valid_from", "valid_to", "pattern", "max_connection_seconds",
    "prices", "sale_channels", "rider_categories", "conditions", "apportionment", "bearer", "note",
}  # fmt: skip
_ELEMENT_KEYS = {"operator", "network", "from_area", "to_area", "mode"}
_PRICE_KEYS = {"rider", "sale_channel", "amount", "currency"}
_CONDITION_KEYS = {"same_calendar_day", "weekdays", "refund", "compulsory"}
_WEEKDAYS = frozenset(range(1, 8))
_KINDS = ("through_fare",)
_METHODS = ("standalone_fare",)


@dataclass(frozen=True, slots=True)
class Element:
    """One part of a pattern: rides of one operator; an empty field matches anything."""

    operator: str
    network: str | None
    from_area: str | None
    to_area: str | None
    mode: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive rides of one operator, as an agreement sees them."""

    operator: str
    legs: tuple[int, ...]
    networks: frozenset[str | None]
    from_areas: frozenset[str]
    to_areas: frozenset[str]
    modes: frozenset[str]
    departure_seconds: int
    arrival_seconds: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class AgreedPrice:
    """What the whole pattern costs a rider; a None channel means every channel."""

    rider: str
    channel: str | None
    price: Money


@dataclass(frozen=True, slots=True)
class Agreement:
    """A through fare: one price for the whole pattern, shared by the standalone fares."""

    id: str
    version: int
    row: int
    valid_from: date
    valid_to: date
    pattern: tuple[Element, ...]
    max_connection_seconds: tuple[int, ...]
    prices: tuple[AgreedPrice, ...]
    same_calendar_day: bool
    weekdays: frozenset[int]
    compulsory: bool

    def covers(self, runs: Sequence[Run]) -> bool:
        """Whether these runs fit the pattern, its days and its connection times (inclusive)."""
        if len(runs) != len(self.pattern) or not self.valid_from <= runs[0].first_day <= self.valid_to:
            return False
        if runs[0].first_day.isoweekday() not in self.weekdays:
            return False
        if self.same_calendar_day and runs[0].first_day != runs[-1].last_day:
            return False
        waits = [
            after.departure_seconds - before.arrival_seconds for before, after in itertools.pairwise(runs)
        ]
        if any(wait > limit for wait, limit in zip(waits, self.max_connection_seconds, strict=True)):
            return False
        return all(_fits(element, run) for element, run in zip(self.pattern, runs, strict=True))

    def price_for(self, rider: str, channel: str | None) -> Money | None:
        """The price for a rider, that of the sale channel before the one for every channel."""
        for wanted in (channel, None):
            for agreed in self.prices:
                if agreed.rider == rider and agreed.channel == wanted:
                    return agreed.price
        return None


def _fits(element: Element, run: Run) -> bool:
    return (
        element.operator == run.operator
        and (element.network is None or run.networks == {element.network})
        and (element.from_area is None or element.from_area in run.from_areas)
        and (element.to_area is None or element.to_area in run.to_areas)
        and (element.mode is None or run.modes == {element.mode})
    )


def load(
    documents: Any, operators: Sequence[str], riders: Sequence[str]
) -> tuple[list[Agreement], list[Finding]]:
    """Read the decoded `agreements.json`; `row` of a finding is the agreement's place in the list, from 1."""
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
        if document.get("kind") not in _KINDS:
            self.fault("kind", "invalid_enum", f"{document.get('kind')!r} is not one of {', '.join(_KINDS)}")
        pattern = self._pattern(document.get("pattern"))
        waits = document.get("max_connection_seconds", [])
        if not isinstance(waits, list) or not all(type(wait) is int and wait >= 0 for wait in waits):
            self.fault("max_connection_seconds", "invalid_value", "must be a list of seconds")
        elif len(waits) != max(0, len(pattern) - 1):
            self.fault(
                "max_connection_seconds", "wrong_length", "one number for each connection of the pattern"
            )
        conditions = document.get("conditions", {})
        self._unknown(conditions, _CONDITION_KEYS, "conditions.")
        weekdays = self._weekdays(conditions)
        self._apportionment(document.get("apportionment"))
        identity, version = document.get("id"), document.get("version")
        if not isinstance(identity, str) or not identity:
            self.fault("id", "missing_value", "an agreement needs its id")
        if type(version) is not int or version < 1:
            self.fault("version", "invalid_value", "version is a whole number from 1")
        start, end = self._day(document, "valid_from"), self._day(document, "valid_to", optional=True)
        if start and end and end < start:
            self.fault("valid_to", "end_before_start", "the agreement ends before it starts")
        prices = self._prices(document.get("prices"))
        if len(self.findings) > before or start is None or end is None:
            return None
        return Agreement(
            id=str(identity),
            version=int(version or 0),
            row=self.row,
            valid_from=start,
            valid_to=end,
            pattern=pattern,
            max_connection_seconds=tuple(waits),
            prices=prices,
            same_calendar_day=bool(conditions.get("same_calendar_day")),
            weekdays=weekdays,
            compulsory=bool(conditions.get("compulsory")),
        )

    def _pattern(self, rows: Any) -> tuple[Element, ...]:
        if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
            self.fault("pattern", "invalid_value", "must be a list of elements")
            return ()
        elements = []
        for at, row in enumerate(rows):
            self._unknown(row, _ELEMENT_KEYS, f"pattern[{at}].")
            if row.get("operator") not in self.operators:
                self.fault(
                    f"pattern[{at}].operator",
                    "unknown_reference",
                    f"{row.get('operator')!r} is not an operator",
                )
            fields = [row.get(name) for name in ("network", "from_area", "to_area", "mode")]
            elements.append(Element(str(row.get("operator")), *fields))
        return tuple(elements)

    def _weekdays(self, conditions: Any) -> frozenset[int]:
        """ISO weekdays (Monday is 1) of the first departure; absent means every day."""
        days = conditions.get("weekdays") if isinstance(conditions, Mapping) else None
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

    def _prices(self, rows: Any) -> tuple[AgreedPrice, ...]:
        if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
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
            try:
                amount = parse(row.get("amount", ""), row.get("currency", ""))
            except MoneyError as error:
                self.fault(f"prices[{at}].amount", "invalid_amount", str(error))
                continue
            prices.append(AgreedPrice(str(row.get("rider")), row.get("sale_channel"), amount))
        return tuple(prices)

    def _apportionment(self, document: Any) -> None:
        steps = document.get("steps") if isinstance(document, Mapping) else None
        methods = [step.get("method") if isinstance(step, Mapping) else None for step in steps or []]
        if len(methods) != 1 or methods[0] not in _METHODS:
            self.fault("apportionment", "invalid_enum", f"one step with a method of {', '.join(_METHODS)}")

    def _day(self, document: Mapping[str, Any], field: str, *, optional: bool = False) -> date | None:
        value = document.get(field)
        if value is None and optional:
            return date.max
        try:
            return date.fromisoformat(value or "")
        except (TypeError, ValueError):
            self.fault(field, "invalid_date", f"{value!r} is not a date like 2026-01-31")
            return None

    def _unknown(self, document: Any, keys: set[str], prefix: str) -> None:
        if not isinstance(document, Mapping):
            self.fault(prefix.rstrip("."), "not_an_object", "must be an object")
            return
        for name in document:
            if name not in keys:
                self.fault(f"{prefix}{name}", "unknown_key", f"{name!r} is not a key of an agreement")
