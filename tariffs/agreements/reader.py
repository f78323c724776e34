"""Read `agreements.json`: every fault with the agreement's place in the list and the path inside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast, get_args

from tariffs.agreements.continuation import sets_no_price
from tariffs.agreements.model import FILE, AgreedPrice, Agreement, Element, Kind
from tariffs.agreements.reading import DocumentReader, is_one_of
from tariffs.agreements.shares import PRO_RATA, SELLER
from tariffs.findings import Finding

_KEYS = {
    "id", "kind", "version", "parties", "valid_from", "valid_to", "pattern", "max_connection_seconds",
    "window_seconds", "return_within_seconds", "prices", "percent", "conditions", "apportionment", "bearer",
    "note", "priority",
}  # fmt: skip
_ELEMENT_KEYS = {"operator", "network", "from_area", "to_area", "mode", "stops", "add_on"}
_CONDITION_KEYS = {"same_calendar_day", "weekdays", "refund", "compulsory"}
_WEEKDAYS = frozenset(range(1, 8))
_MAX_PERCENT = 100
_MAX_PRIORITY = 1000


def load(
    documents: Any, operators: Sequence[str], riders: Sequence[str]
) -> tuple[list[Agreement], list[Finding]]:
    """Read the decoded file; `row` of a finding is the agreement's place in the list, from 1."""
    if not isinstance(documents, list):
        return [], [Finding(FILE, 0, "", "not_a_list", "the file must hold a list of agreements")]
    findings: list[Finding] = []
    agreements: list[Agreement] = []
    for row, document in enumerate(documents, 1):
        if sets_no_price(document):  # read apart: it sets no price
            continue
        reader = _Reader(FILE, row, findings, operators, riders)
        agreement = reader.read(document)
        if agreement is None:
            continue
        if _is_there(agreement, agreements):
            reader.fault("id", "duplicate_key", f"{agreement.id!r} has version {agreement.version} twice")
            continue
        rival = next((old for old in agreements if _is_rival(old, agreement)), None)
        if rival:
            reader.fault(
                "priority",
                "ambiguous",
                f"shares the same rides as {rival.name}, and neither comes before the other",
            )
        agreements.append(agreement)
    return agreements, findings


def _is_there(agreement: Agreement, agreements: Sequence[Agreement]) -> bool:
    """Tell whether this version of an agreement has been read already."""
    return any((old.id, old.version) == (agreement.id, agreement.version) for old in agreements)


def _is_rival(one: Agreement, other: Agreement) -> bool:
    """Tell whether two shares of a line's income are over the same rides on the same days, with one priority.

    Agreements with prices of their own are told apart by the price.
    """
    return (
        one.kind == other.kind == "revenue_share"
        and one.pattern == other.pattern
        and one.priority == other.priority
        and one.valid_from <= other.valid_to
        and other.valid_from <= one.valid_to
        and bool(one.weekdays & other.weekdays)
    )


@dataclass(frozen=True, slots=True)
class _Reader(DocumentReader):
    """Reads one agreement and reports its faults."""

    def read(self, document: Any) -> Agreement | None:
        if not isinstance(document, Mapping):
            self.fault("", "not_an_object", "an agreement must be an object")
            return None
        before = len(self.findings)
        self.unknown(document, _KEYS, "")
        kind = self._kind(document)
        parties = self._parties(document.get("parties"))
        pattern = self._pattern(document.get("pattern"), needed=kind != "highest_fare_window")
        if kind != "border_point":  # its parties are the two sides; the train may be of neither
            self._all_are_parties(pattern, parties)
        prices = self.prices(document.get("prices", []))
        percent = self._percent(document)
        self._prices_fit(kind, prices, percent)
        if kind == "add_on" and pattern and not any(element.add_on for element in pattern):
            self.fault("pattern", "missing_value", "an add_on marks what is added with add_on: true")
        conditions = document.get("conditions", {})
        self.unknown(conditions, _CONDITION_KEYS, "conditions.")
        if not isinstance(conditions, Mapping):
            conditions = {}
        start, end = self._days(document)
        waits, back = self._waits(document, len(pattern)), self._return(document, kind)
        agreement = Agreement(
            id=self.identity(document),
            version=self.version(document),
            row=self.row,
            kind=kind,
            parties=parties,
            valid_from=start,
            valid_to=end,
            pattern=_there_and_back(pattern) if back and pattern else pattern,
            max_connection_seconds=(*waits, *waits[::-1]) if back else waits,
            window_seconds=back or self._window(document, needed=kind == "highest_fare_window"),
            prices=prices,
            percent=percent,
            steps=self.steps(document.get("apportionment")),
            bearers=self._bearers(document.get("bearer", PRO_RATA)),
            same_calendar_day=conditions.get("same_calendar_day") is True,
            weekdays=self._weekdays(conditions.get("weekdays")),
            # Inside a border zone neither home tariff applies; a supplement is owed.
            compulsory=conditions.get("compulsory") is True
            or kind in {"border_zone", "supplement", "revenue_share"},
            priority=self._priority(document.get("priority", 0)),
        )
        return None if len(self.findings) > before else agreement

    def _kind(self, document: Mapping[str, Any]) -> Kind:
        kind: Any = document.get("kind", "")
        if not is_one_of(kind, get_args(Kind)):
            self.fault("kind", "invalid_enum", f"{kind!r} is not one of {', '.join(get_args(Kind))}")
        return cast("Kind", str(kind))

    def _percent(self, document: Mapping[str, Any]) -> int | None:
        percent = document.get("percent")
        if percent is None or (type(percent) is int and 0 <= percent <= _MAX_PERCENT):
            return percent
        self.fault("percent", "invalid_value", "percent is a whole number from 0 to 100")
        return None

    def _days(self, document: Mapping[str, Any]) -> tuple[date, date]:
        """The first and the last day on which the agreement holds."""
        start, end = self.day(document, "valid_from"), self.day(document, "valid_to", optional=True)
        if start and end and end < start:
            self.fault("valid_to", "end_before_start", "the agreement ends before it starts")
        return start or date.min, end or date.max

    def _priority(self, value: Any) -> int:
        if type(value) is not int or not 0 <= value <= _MAX_PRIORITY:
            self.fault("priority", "invalid_value", f"must be a whole number from 0 to {_MAX_PRIORITY}")
            return 0
        return value

    def _parties(self, names: Any) -> tuple[str, ...]:
        if not isinstance(names, list) or not names:
            self.fault("parties", "invalid_value", "must be a list of operators")
            return ()
        for at, name in enumerate(names):
            self.operator(name, f"parties[{at}]")
        return tuple(map(str, names))

    def _pattern(self, rows: Any, *, needed: bool) -> tuple[Element, ...]:
        if rows is None and not needed:
            return ()
        if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
            self.fault("pattern", "invalid_value", "must be a list of elements")
            return ()
        elements = []
        for at, row in enumerate(rows):
            self.unknown(row, _ELEMENT_KEYS, f"pattern[{at}].")
            self.operator(row.get("operator"), f"pattern[{at}].operator")
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

    def _all_are_parties(self, pattern: Sequence[Element], parties: Sequence[str]) -> None:
        """Check that every operator of an agreement's rides has agreed to it."""
        for at, element in enumerate(pattern):
            if parties and element.operator not in parties:
                message = f"{element.operator} is in the pattern and not among the parties"
                self.fault(f"pattern[{at}].operator", "not_a_party", message)

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

    def _return(self, document: Mapping[str, Any], kind: Kind) -> int:
        """Seconds from the first departure to the last boarding of a return trip."""
        within = document.get("return_within_seconds")
        if within is None:
            return 0
        if type(within) is not int or within < 1:
            self.fault("return_within_seconds", "invalid_value", "must be a positive number of seconds")
            return 0
        if kind != "through_fare":
            self.fault("return_within_seconds", "forbidden_value", "only a through_fare has a way back")
            return 0
        return within

    def _bearers(self, value: Any) -> tuple[str, ...]:
        """Charge the bearers of a discount, in order: each as far as it can, the rest falls to everybody pro rata."""
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            self.fault("bearer", "invalid_value", "must be a bearer, or a list of bearers in order")
            return (PRO_RATA,)
        for name in names:
            kind, _, whom = name.partition(":")
            if name not in {PRO_RATA, SELLER} and (kind not in {"operator", "funder"} or not whom):
                message = f"{name!r} is not pro_rata, seller, operator:<id> or funder:<authority>"
                self.fault("bearer", "invalid_enum", message)
            if kind == "operator" and whom:
                self.operator(whom, "bearer")
        return tuple(names)

    def _window(self, document: Mapping[str, Any], *, needed: bool) -> int:
        window = document.get("window_seconds", None if needed else 0)
        if type(window) is not int or window < 0 or (needed and window == 0):
            self.fault("window_seconds", "invalid_value", "window_seconds is a positive number of seconds")
            return 0
        return window

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


def _there_and_back(pattern: tuple[Element, ...]) -> tuple[Element, ...]:
    """A pattern, then the same way back. The last operator's rides out and back follow each other: one run."""
    *out, last = pattern
    turn = replace(last, to_area=last.from_area, turn=True)
    back = (replace(element, from_area=element.to_area, to_area=element.from_area) for element in out[::-1])
    return (*out, turn, *back)
