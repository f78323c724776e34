"""Read region.toml: operators, riders, terminals, crossings and the scheme's rules; every fault with its path."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from operators.feed_terms import FeedTerms, read_feed_terms
from operators.promises import NONE, SERVICES, LateRefund, Promises
from operators.rights_terms import RIGHTS_KEYS, RightsTerms, read_rights
from operators.sale_terms import Guests
from operators.table import ConnectorTable
from tariffs.findings import Finding
from tariffs.money import MoneyError, exponent, is_currency, parse

REGION_TOML = "region.toml"
_KEYS = frozenset({
    "name", "member_states", "currency", "languages", "fee_basis_points", "offer_minutes", "product", "walking",
    "interchange", "rider_categories", "operators", "terminals", "crossings", "companions", "guests", "place_kinds", "category_names", "guarantee",
    "open_data", "impact", "parties",
})  # fmt: skip
_ROW_KEYS: Mapping[str, frozenset[str]] = {
    "operators": frozenset({
        "id", "name", "member_state", "medium", "refund", "refund_fee", "connector", "states", "service", "late_refund",
        "tell_minutes", "refund_bearer", "places", "feed", *RIGHTS_KEYS,
    }),
    "terminals": frozenset({"stop", "member_state", "check_in_minutes", "exit_minutes"}),
    "crossings": frozenset({"stops", "distance_m"}),
}  # fmt: skip
_PERCENT = 100
_MAX_BASIS_POINTS = 10_000
# Operators and the product become codes in tickets, so they are short.
_MAX_CODE = 12
_MAX_NAME = 200
# ISO 3166 alpha-2; XX is the sea beyond territorial waters.
_TERRITORY = re.compile(r"[A-Z]{2}")
_OPERATOR = re.compile(rf"[a-z0-9]{{1,{_MAX_CODE}}}")


@dataclass(frozen=True, slots=True)
class RefundStep:
    """Until so many hours before departure, so many percent come back."""

    until_hours_before: int
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One carrier of the region; `medium` is the fare medium that the scheme sells for it.

    `connector` says how its system is reached; None is open transport, which needs none. `states` tell the
    Member State of each stop of an operator that runs in several. `refund_fee_minor` is what it keeps of each
    ticket that is given back, in the region's currency. `promises` are what it owes beside that. `places` are those
    of a usual run of an operator that holds places: what a share of a sailing is counted from. No `rights`: nobody has decided.
    """

    id: str
    name: str
    member_state: str | None
    medium: str | None
    refund: tuple[RefundStep, ...]
    connector: ConnectorTable | None = None
    states: Mapping[str, str] = field(default_factory=dict)
    refund_fee_minor: int = 0
    promises: Promises = NONE
    places: int = 300
    rights: RightsTerms | None = None
    feed: FeedTerms = field(default_factory=FeedTerms)


@dataclass(frozen=True, slots=True)
class Terminal:
    """A place where boarding closes before departure and leaving takes its time."""

    member_state: str
    check_in_seconds: int
    exit_seconds: int


@dataclass(frozen=True, slots=True)
class Walking:
    """The walking between stops: metres per second, the longest way, the detour over the straight line."""

    speed_m_per_s: float
    max_m: int
    detour_percent: int


def open_toml(path: Path, findings: list[Finding]) -> "RegionToml":
    """Open region.toml; a file that is absent or no TOML is a fault and reads as empty."""
    document: dict[str, Any] = {}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        findings.append(Finding(path.name, 0, "", "missing_file", f"{path} is required"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        findings.append(Finding(path.name, 0, "", "unreadable_toml", str(error)))
    reader = RegionToml(document, findings)
    for key in sorted(document.keys() - _KEYS):
        reader.fault(key, "unknown_key", f"{key} means nothing here")
    return reader


@dataclass(frozen=True, slots=True)
class RegionToml:
    """Reads the document and reports its faults; `field` is the path of the value."""

    document: Mapping[str, Any]
    findings: list[Finding]

    def fault(self, field: str, code: str, message: str) -> None:
        """Report an error."""
        self.findings.append(Finding(REGION_TOML, 0, field, code, message))

    def name(self) -> str:
        """Read the region's name for people."""
        return self._text("name", self.document.get("name"), _MAX_NAME)

    def product(self) -> str:
        """Read the region's product code in tokens."""
        return self._text("product", self.document.get("product"), _MAX_CODE)

    def member_states(self) -> tuple[str, ...]:
        """The states of the region (ISO 3166 alpha-2)."""
        found = self.document.get("member_states")
        if not isinstance(found, list) or not found or not all(_is_territory(item) for item in found):
            self.fault("member_states", "invalid_value", 'must be a list of states like ["EE", "FI"]')
            return ()
        return tuple(found)

    def currency(self) -> str:
        """The currency in which the region sells (ISO 4217)."""
        currency = self.document.get("currency")
        try:
            exponent(currency)  # type: ignore[arg-type]  # it refuses whatever is no text
        except MoneyError as error:
            self.fault("currency", "invalid_value", str(error))
            return "XXX"
        if not is_currency(str(currency)):
            self.fault(
                "currency", "invalid_value", f"{currency!r} is no currency that ISO 4217 knows, like EUR"
            )
        return str(currency)

    def offer_minutes(self) -> int:
        """Read for how many minutes an offer may be bought."""
        return self._whole("offer_minutes", self.document.get("offer_minutes"), 1, 60)

    def fee_basis_points(self) -> int:
        """The scheme's fee on each operator's gross share."""
        return self._whole("fee_basis_points", self.document.get("fee_basis_points"), 0, _MAX_BASIS_POINTS)

    def walking(self) -> Walking:
        """Read the rules of walking."""
        row = self._settings("walking", {"speed_m_per_s": 1.2, "max_m": 800, "detour_percent": _PERCENT})
        return Walking(row["speed_m_per_s"], int(row["max_m"]), int(row["detour_percent"]))

    def interchange_seconds(self) -> int:
        """The time kept free at every change."""
        return int(self._settings("interchange", {"seconds": 60})["seconds"])

    def operators(self) -> dict[str, Operator]:
        """Read the operators by id."""
        by_id: dict[str, Operator] = {}
        for path, row in self._rows("operators"):
            identity, state, medium = row.get("id"), row.get("member_state"), row.get("medium")
            if not isinstance(identity, str) or not _OPERATOR.fullmatch(identity):
                self.fault(
                    f"{path}.id", "invalid_value", f"must be at most {_MAX_CODE} small letters and digits"
                )
                continue
            if identity in by_id:
                self.fault(f"{path}.id", "duplicate_key", f"{identity!r} is repeated")
            if state is not None and not _is_territory(state):
                self.fault(f"{path}.member_state", "invalid_value", "must be a state like EE")
            if medium is not None:
                medium = self._text(f"{path}.medium", medium, _MAX_NAME)
            name = self._text(f"{path}.name", row.get("name", identity), _MAX_NAME)
            by_id[identity] = Operator(
                id=identity,
                name=name,
                member_state=state,
                medium=medium,
                refund=self._refund(path, row),
                connector=self._connector(path, row),
                states=self._states(path, row),
                refund_fee_minor=self._refund_fee(path, row),
                promises=self._promises(path, identity, row),
                places=self._whole(f"{path}.places", row.get("places", 300), 1, 20_000),
                rights=read_rights(path, row, str(self.document.get("currency")), self.fault),
                feed=read_feed_terms(path, row, str(self.document.get("currency")), self.fault),
            )
        if not by_id:
            self.fault("operators", "missing_value", "a region needs operators")
        return by_id

    def riders(self, operators: Mapping[str, Operator]) -> dict[str, dict[str, str]]:
        """Read the scheme's rider categories with each operator's own name for them."""
        value = self.document.get("rider_categories")
        if not isinstance(value, dict) or not value:
            self.fault("rider_categories", "missing_value", "a region needs rider categories")
            return {}
        by_operator: dict[str, dict[str, str]] = {}
        for rider, mapped in value.items():
            path = f"rider_categories.{rider}"
            if not isinstance(mapped, dict):
                self.fault(path, "invalid_value", "must be a table from operator to its rider category")
                continue
            by_operator[rider] = {
                operator: self._text(f"{path}.{operator}", own, _MAX_NAME) for operator, own in mapped.items()
            }
            for operator in sorted(mapped.keys() - operators.keys()):
                self.fault(path, "unknown_reference", f"{operator!r} is not an operator")
        return by_operator

    def guests(self) -> Guests:
        """Read what may be sold without an account."""
        row = self._settings("guests", {"places_in_an_order": 30, "percent_of_a_sailing": 20})
        return Guests(
            self._whole("guests.places_in_an_order", row["places_in_an_order"], 1, 30),
            self._whole("guests.percent_of_a_sailing", row["percent_of_a_sailing"], 1, _PERCENT),
        )

    def terminals(self, stops: set[str]) -> dict[str, Terminal]:
        """Read the check-in and exit times of terminals."""
        by_name: dict[str, Terminal] = {}
        for path, row in self._rows("terminals"):
            stop, state = self._stop(f"{path}.stop", row.get("stop"), stops), row.get("member_state")
            if stop in by_name:
                self.fault(f"{path}.stop", "duplicate_key", f"{stop!r} is repeated")
            if not _is_territory(state):
                self.fault(f"{path}.member_state", "invalid_value", "must be a state like EE")
            minutes = [
                self._whole(f"{path}.{name}", row.get(name), 0, 24 * 60)
                for name in ("check_in_minutes", "exit_minutes")
            ]
            by_name[stop] = Terminal(str(state), 60 * minutes[0], 60 * minutes[1])
        return by_name

    def crossings(self, stops: set[str]) -> dict[tuple[str, str], tuple[tuple[str, int], ...]]:
        """Read the metres by territory of each crossing, usable both ways."""
        by_ends: dict[tuple[str, str], tuple[tuple[str, int], ...]] = {}
        for path, row in self._rows("crossings"):
            ends, metres = row.get("stops"), row.get("distance_m")
            if not isinstance(ends, list) or len(ends) != 2:  # noqa: PLR2004  a crossing has two ends
                self.fault(f"{path}.stops", "invalid_value", "must be two stops")
                continue
            start, end = (self._stop(f"{path}.stops", stop, stops) for stop in ends)
            if not isinstance(metres, list) or not metres or not all(_is_distance(part) for part in metres):
                self.fault(f"{path}.distance_m", "invalid_value", 'must be pairs like ["EE", 28000]')
                continue
            by_ends[start, end] = tuple((state, distance) for state, distance in metres)
            by_ends[end, start] = tuple(reversed(by_ends[start, end]))
        return by_ends

    def _refund(self, path: str, row: Mapping[str, Any]) -> tuple[RefundStep, ...]:
        steps = row.get("refund", [])
        if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
            self.fault(f"{path}.refund", "invalid_value", "must be a list of steps")
            return ()
        return tuple(
            RefundStep(
                self._whole(
                    f"{path}.refund[{at}].until_hours_before", step.get("until_hours_before"), 0, 8760
                ),
                self._whole(f"{path}.refund[{at}].percent", step.get("percent"), 0, _PERCENT),
            )
            for at, step in enumerate(steps)
        )

    def _refund_fee(self, path: str, row: Mapping[str, Any]) -> int:
        """`refund_fee = "5.00"`: in the region's currency, with exactly its digits."""
        text = row.get("refund_fee")
        if text is None:
            return 0
        try:
            fee = parse(text, str(self.document.get("currency"))).minor if isinstance(text, str) else -1
        except MoneyError:
            fee = -1
        if fee < 0:
            self.fault(
                f"{path}.refund_fee",
                "invalid_value",
                'must be an amount in the region\'s currency, like "5.00"',
            )
        return max(0, fee)

    def _promises(self, path: str, operator: str, row: Mapping[str, Any]) -> Promises:
        """`service = "coach"`, `late_refund = { departure_minutes = 20 }`, `refund_bearer = "tallink"`."""
        service, bearer, table = row.get("service"), row.get("refund_bearer"), row.get("late_refund", {})
        if service is not None and service not in SERVICES:
            self.fault(f"{path}.service", "invalid_value", f"must be one of {', '.join(SERVICES)}")
            service = None
        if bearer is not None and bearer != operator:
            message = (
                f"must be {operator!r}: the books take a refund from the share of the operator whose leg goes"
            )
            self.fault(f"{path}.refund_bearer", "invalid_value", message)
        if not isinstance(table, dict) or not table.keys() <= {"departure_minutes", "arrival_minutes"}:
            message = "must be like { departure_minutes = 20, arrival_minutes = 30 }"
            self.fault(f"{path}.late_refund", "invalid_value", message)
            table = {}
        minutes = {
            name: self._whole(f"{path}.late_refund.{name}", value, 1, 24 * 60)
            for name, value in table.items()
        }
        tell = self._whole(f"{path}.tell_minutes", row.get("tell_minutes", NONE.tell_minutes), 1, 24 * 60)
        return Promises(service, LateRefund(**minutes), operator if bearer is not None else None, tell)

    def _states(self, path: str, row: Mapping[str, Any]) -> dict[str, str]:
        """`states = { SE = ["..."], DK = ["..."] }`: the stops in each Member State."""
        table, states = row.get("states", {}), {}
        if not isinstance(table, dict) or not all(isinstance(stops, list) for stops in table.values()):
            self.fault(f"{path}.states", "invalid_value", 'must be like { SE = ["740000003"] }')
            return {}
        for state, stops in table.items():
            if not _is_territory(state):
                self.fault(f"{path}.states.{state}", "invalid_value", "must be a state like SE")
            for stop in map(str, stops):
                if stop in states:
                    self.fault(f"{path}.states.{state}", "duplicate_key", f"{stop!r} is in two states")
                states[stop] = state
        return states

    def _connector(self, path: str, row: Mapping[str, Any]) -> ConnectorTable | None:
        table = row.get("connector")
        if table is None:
            return None
        if not isinstance(table, dict) or not isinstance(table.get("kind"), str):
            self.fault(f"{path}.connector", "invalid_value", "must be a table with the kind of the connector")
            return None
        return ConnectorTable(table["kind"], {name: value for name, value in table.items() if name != "kind"})

    def _rows(self, field: str) -> list[tuple[str, Mapping[str, Any]]]:
        value = self.document.get(field, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fault(field, "invalid_value", "must be a list of tables")
            return []
        rows = [(f"{field}[{at}]", item) for at, item in enumerate(value)]
        for path, row in rows:
            for key in sorted(row.keys() - _ROW_KEYS[field]):
                self.fault(f"{path}.{key}", "unknown_key", f"{key} means nothing here")
        return rows

    def _settings(self, field: str, defaults: Mapping[str, float]) -> dict[str, float]:
        """A table of positive numbers, each with its default."""
        value = self.document.get(field, {})
        if not isinstance(value, dict):
            self.fault(field, "invalid_value", "must be a table")
            return dict(defaults)
        for name in sorted(value.keys() - defaults.keys()):
            self.fault(f"{field}.{name}", "unknown_key", f"{name} means nothing here")
        settings = dict(defaults)
        for name in defaults.keys() & value.keys():
            number = value[name]
            if type(number) not in {int, float} or not 0 < number < 1e6:  # noqa: PLR2004  a million metres is no walk
                self.fault(f"{field}.{name}", "invalid_value", "must be a positive number")
            else:
                settings[name] = number
        return settings

    def _text(self, field: str, value: Any, longest: int) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            self.fault(field, "invalid_value", f"must be a text of at most {longest} characters")
            return ""
        return value

    def _whole(self, field: str, value: Any, low: int, high: int) -> int:
        if type(value) is not int or not low <= value <= high:
            self.fault(field, "invalid_value", f"must be a whole number from {low} to {high}")
            return low
        return value

    def _stop(self, field: str, value: Any, stops: set[str]) -> str:
        if not isinstance(value, str) or value not in stops:
            self.fault(field, "unknown_reference", f"{value!r} is not a stop of a feed (operator:stop_id)")
        return str(value)


def _is_territory(value: Any) -> bool:
    return isinstance(value, str) and _TERRITORY.fullmatch(value) is not None


def _is_distance(part: Any) -> bool:
    return (
        isinstance(part, Sequence)
        and len(part) == 2  # noqa: PLR2004  a territory and its metres
        and _is_territory(part[0])
        and type(part[1]) is int
        and part[1] > 0
    )
