"""Read agreements about what follows a cancelled or missed departure: `continuation` (other operators take the ticket) and `other_way`.

They set no price for a passenger, so pricing leaves them out. The model is the Agreement on Journey Continuation (AJC) of the International Rail
Transport Committee: the ticket of the cancelled departure is taken by the next one, a seat is not guaranteed. By the kind `other_way` a passenger
whom no continuation helps goes any other way, and somebody bears what it costs more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from tariffs.agreements.model import FILE
from tariffs.agreements.reading import DocumentReader, is_one_of
from tariffs.findings import Finding
from tariffs.money import Money, MoneyError, parse

Document = Mapping[str, object]
KIND, OTHER_WAY = "continuation", "other_way"
CAUSING, SCHEME = "causing_operator", "scheme"
_KEYS = {
    "id", "kind", "version", "valid_from", "valid_to", "from", "to", "when", "until_hours", "fare", "currency",
    "bearer", "broken_by", "note",
}  # fmt: skip
# The keys of a continuation, without those that say from where on and at what fare; a cap stands in their place.
_OTHER_WAY_KEYS = (_KEYS - {"to", "until_hours", "fare"}) | {"cap"}
Event = Literal["cancelled", "connection_broken"]
EVENTS: tuple[Event, ...] = get_args(Event)
BROKEN: Event = "connection_broken"
_MOST_HOURS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """Tickets for a cancelled departure of `givers` open departures of `takers`, for `until_hours` after the planned one.

    `fare` is what the taker gets for each passenger, and `bearer` pays it: the operator whose departure was cancelled, or whose ride
    broke the connection, or the scheme. `when` are the events after which it counts, `breakers` the operators beside the givers
    whose rides may break a connection.
    """

    id: str
    version: int
    givers: frozenset[str]
    takers: frozenset[str]
    valid_from: date
    valid_to: date
    until_hours: int
    fare: Money
    bearer: str
    when: frozenset[str] = frozenset({"cancelled"})
    breakers: frozenset[str] = frozenset()

    def joins(self, giver: str, taker: str) -> bool:
        """Tell whether one operator takes the passengers of another, which it is not itself."""
        return giver != taker and giver in self.givers and taker in self.takers

    def answers_for(self, broken_by: str | None) -> bool:
        """Tell whether an operator that broke a connection is a party; None where none did."""
        return broken_by is None or broken_by in self.givers | self.breakers

    def holds_on(self, day: date) -> bool:
        """Tell whether it holds on a service day."""
        return self.valid_from <= day <= self.valid_to


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWay:
    """Passengers of a departure of `givers` that does not take them go another way: `bearer` pays what it costs more, up to `cap` for each.

    `when`, `breakers` and `bearer` are as in a `Continuation`.
    """

    id: str
    version: int
    givers: frozenset[str]
    valid_from: date
    valid_to: date
    cap: Money
    bearer: str
    when: frozenset[str] = frozenset({"cancelled"})
    breakers: frozenset[str] = frozenset()

    def holds_for(self, giver: str, day: date, broken_by: str | None) -> bool:
        """Tell whether it is for a departure of an operator on a service day, missed by a ride of `broken_by` or cancelled."""
        event: Event = "cancelled" if broken_by is None else BROKEN
        is_party = broken_by is None or broken_by in self.givers | self.breakers
        in_time = self.valid_from <= day <= self.valid_to
        return event in self.when and in_time and giver in self.givers and is_party


def load_continuations(
    documents: object, operators: Sequence[str], currency: str
) -> tuple[tuple[Continuation, ...], list[Finding]]:
    """Read the agreements of this kind out of the decoded file; every fault has the agreement's place in the list and its field."""
    findings: list[Finding] = []
    agreements = []
    for row, document in enumerate(documents if isinstance(documents, list) else [], 1):
        if _is_of(document, KIND):
            reader = _Reader(FILE, row, findings, operators, ())
            agreement = reader.read_continuation(document, currency)
            if agreement is not None:
                agreements.append(agreement)
    return tuple(agreements), findings


def load_other_ways(
    documents: object, operators: Sequence[str], currency: str
) -> tuple[tuple[OtherWay, ...], list[Finding]]:
    """Read the agreements about other ways out of the decoded file, with their faults."""
    findings: list[Finding] = []
    agreements = []
    for row, document in enumerate(documents if isinstance(documents, list) else [], 1):
        if _is_of(document, OTHER_WAY):
            reader = _Reader(FILE, row, findings, operators, ())
            agreement = reader.read_other_way(document, currency)
            if agreement is not None:
                agreements.append(agreement)
    return tuple(agreements), findings


def sets_no_price(document: object) -> bool:
    """Tell whether an agreement is about what follows a departure that does not take its passengers, and makes no price."""
    return _is_of(document, KIND) or _is_of(document, OTHER_WAY)


def _is_of(document: object, kind: str) -> bool:
    return isinstance(document, Mapping) and document.get("kind") == kind


@dataclass(frozen=True, slots=True)
class _Reader(DocumentReader):
    """Reads one agreement and reports its faults."""

    def read_continuation(self, document: Document, currency: str) -> Continuation | None:
        before = len(self.findings)
        self.unknown(document, _KEYS, "")
        givers, takers = self._operators(document, "from"), self._operators(document, "to")
        if givers == takers and len(givers) == 1:
            self.fault("to", "ambiguous", f"{min(givers)} would send its passengers to itself")
        start, end = self.day(document, "valid_from"), self.day(document, "valid_to", optional=True)
        if start and end and end < start:
            self.fault("valid_to", "end_before_start", "the agreement ends before it starts")
        agreement = Continuation(
            id=self.identity(document),
            version=self.version(document),
            givers=givers,
            takers=takers,
            valid_from=start or date.min,
            valid_to=end or date.max,
            until_hours=self._hours(document.get("until_hours")),
            fare=self._amount(document, "fare", currency),
            bearer=self._bearer(document.get("bearer")),
            when=self._when(document.get("when")),
            breakers=self._breakers(document),
        )
        return None if len(self.findings) > before else agreement

    def read_other_way(self, document: Document, currency: str) -> OtherWay | None:
        before = len(self.findings)
        self.unknown(document, _OTHER_WAY_KEYS, "")
        start, end = self.day(document, "valid_from"), self.day(document, "valid_to", optional=True)
        if start and end and end < start:
            self.fault("valid_to", "end_before_start", "the agreement ends before it starts")
        agreement = OtherWay(
            id=self.identity(document),
            version=self.version(document),
            givers=self._operators(document, "from"),
            valid_from=start or date.min,
            valid_to=end or date.max,
            cap=self._amount(document, "cap", currency),
            bearer=self._bearer(document.get("bearer")),
            when=self._when(document.get("when")),
            breakers=self._breakers(document),
        )
        return None if len(self.findings) > before else agreement

    def _operators(self, document: Document, name: str) -> frozenset[str]:
        names = document.get(name)
        if not isinstance(names, list) or not names:
            self.fault(name, "invalid_value", "must be a list of operators")
            return frozenset()
        for at, operator in enumerate(names):
            self.operator(operator, f"{name}[{at}]")
        return frozenset(map(str, names))

    def _when(self, events: object) -> frozenset[str]:
        listed = self._listed(events)
        if not listed or not all(is_one_of(one, EVENTS) for one in listed):
            self.fault("when", "invalid_enum", f"must be a list of {', '.join(EVENTS)}")
        return frozenset(map(str, listed))

    @staticmethod
    def _listed(events: object) -> list[object]:
        return events if isinstance(events, list) else []

    def _breakers(self, document: Document) -> frozenset[str]:
        if "broken_by" not in document:
            return frozenset()
        if BROKEN not in self._listed(document.get("when")):
            self.fault("broken_by", "ambiguous", f"means nothing unless when has {BROKEN}")
        return self._operators(document, "broken_by")

    def _hours(self, hours: object) -> int:
        if type(hours) is not int or not 1 <= hours <= _MOST_HOURS:
            self.fault("until_hours", "invalid_value", f"must be a whole number from 1 to {_MOST_HOURS}")
            return 1
        return hours

    def _amount(self, document: Document, name: str, currency: str) -> Money:
        amount, own = str(document.get(name, "")), str(document.get("currency", currency))
        try:
            fare = parse(amount, own)
        except MoneyError as error:
            self.fault(name, "invalid_amount", str(error))
            return Money(0, currency)
        if fare.minor < 0:
            self.fault(name, "invalid_amount", "must not be negative")
        return fare

    def _bearer(self, name: object) -> str:
        if not is_one_of(name, {CAUSING, SCHEME}):
            self.fault(
                "bearer",
                "missing_value",
                f"must say who pays for passengers that are carried on: {CAUSING} or {SCHEME}",
            )
            return SCHEME
        return str(name)


def between(
    agreements: Iterable[Continuation],
    giver: str,
    taker: str,
    day: date,
    *,
    broken_by: str | None = None,
) -> Continuation | None:
    """Find the agreement by which one operator takes the passengers of another on a day: of several the newest version.

    With `broken_by` it is for those who have missed the giver's departure by a ride of that operator, which has to be a party of
    the agreement; without, for those whose departure was cancelled.
    """
    event: Event = "cancelled" if broken_by is None else BROKEN
    counts = [one for one in agreements if event in one.when and one.holds_on(day)]
    fitting = [one for one in counts if one.joins(giver, taker) and one.answers_for(broken_by)]
    return max(fitting, key=lambda one: (one.version, one.id), default=None)


def other_way_for(
    agreements: Iterable[OtherWay], giver: str, day: date, *, broken_by: str | None = None
) -> OtherWay | None:
    """Find the agreement that bears another way for passengers of an operator's departure: of several the newest version."""
    fitting = [one for one in agreements if one.holds_for(giver, day, broken_by)]
    return max(fitting, key=lambda one: (one.version, one.id), default=None)
