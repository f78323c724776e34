"""A region is a folder of data: region.toml, agreements.json, taxes.csv and one feed folder an operator."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operators.files import FeedUnreadable, read_feed
from operators.gtfs.reader import load_timetable
from operators.gtfs.timetable import FILES, Timetable
from tariffs.findings import Finding

_TOML = "region.toml"
_ALL = frozenset({
    *FILES, "areas.txt", "stop_areas.txt", "networks.txt", "route_networks.txt", "rider_categories.txt",
    "fare_media.txt", "fare_products.txt", "timeframes.txt", "area_sets.txt", "area_set_elements.txt",
    "fare_leg_rules.txt", "fare_leg_join_rules.txt", "fare_transfer_rules.txt",
})  # fmt: skip
_PERCENT = 100
_MAX_BASIS_POINTS = 10_000
_MAX_CODE = 12


@dataclass(frozen=True, slots=True)
class RefundStep:
    """Until so many hours before departure, so many percent come back."""

    until_hours_before: int
    percent: int


@dataclass(frozen=True, slots=True)
class Operator:
    """One carrier of the region; `medium` is the fare medium that the scheme sells for it."""

    id: str
    name: str
    member_state: str | None
    medium: str | None
    refund: tuple[RefundStep, ...]


@dataclass(frozen=True, slots=True)
class Terminal:
    """A place where boarding closes before departure and leaving takes its time."""

    member_state: str
    check_in_seconds: int
    exit_seconds: int


@dataclass(frozen=True, slots=True)
class Walking:
    """How people walk between stops: metres per second, the longest way, the detour over the straight line."""

    speed_m_per_s: float
    max_m: int
    detour_percent: int


@dataclass(frozen=True, slots=True)
class RegionData:
    """A region as its folder says. Stops are named `<operator>:<stop_id>` where operators meet.

    `crossings` give the metres by territory between two terminals, in the order of the pair.
    """

    id: str
    name: str
    member_states: tuple[str, ...]
    currency: str
    product: str
    offer_minutes: int
    fee_basis_points: int
    walking: Walking
    interchange_seconds: int
    operators: Mapping[str, Operator]
    riders: Mapping[str, Mapping[str, str]]
    terminals: Mapping[str, Terminal]
    crossings: Mapping[tuple[str, str], tuple[tuple[str, int], ...]]
    timetables: Mapping[str, Timetable]
    feed_texts: Mapping[str, Mapping[str, str]]
    agreements: Any
    tax_text: str


def load_region(folder: Path) -> tuple[RegionData, list[Finding]]:
    """Read a region's folder as far as it can be read, with every fault; use it only without errors."""
    findings: list[Finding] = []
    document = _toml(folder / _TOML, findings)
    reader = _Reader(document, findings)
    operators = reader.operators()
    texts, timetables = _feeds(folder, operators, findings)
    stops = {f"{operator}:{stop}" for operator, timetable in timetables.items() for stop in timetable.stops}
    walking = reader.table("walking")
    terminals = reader.terminals(stops)
    region = RegionData(
        id=folder.name,
        name=reader.text("name"),
        member_states=tuple(reader.texts("member_states")),
        currency=reader.text("currency"),
        product=reader.text("product", longest=_MAX_CODE),
        offer_minutes=reader.number("offer_minutes", 1, 60),
        fee_basis_points=reader.number("fee_basis_points", 0, _MAX_BASIS_POINTS),
        walking=Walking(
            float(walking.get("speed_m_per_s", 1.2)),
            int(walking.get("max_m", 800)),
            int(walking.get("detour_percent", _PERCENT)),
        ),
        interchange_seconds=int(reader.table("interchange").get("seconds", 60)),
        operators=operators,
        riders=reader.riders(operators),
        terminals=terminals,
        crossings=reader.crossings(stops),
        timetables=timetables,
        feed_texts=texts,
        agreements=_json(folder / "agreements.json", findings),
        tax_text=_text(folder / "taxes.csv", findings),
    )
    return region, findings


def _feeds(
    folder: Path, operators: Mapping[str, Operator], findings: list[Finding]
) -> tuple[dict[str, dict[str, str]], dict[str, Timetable]]:
    texts: dict[str, dict[str, str]] = {}
    timetables: dict[str, Timetable] = {}
    for operator in operators:
        place = folder / "feeds" / operator
        try:
            texts[operator] = read_feed(place if place.is_dir() else place.with_suffix(".zip"), _ALL)
        except FeedUnreadable as error:
            findings.append(Finding(f"feeds/{operator}", 0, "", "unreadable_feed", str(error)))
            continue
        timetable, faults = load_timetable(operator, texts[operator])
        findings.extend(
            Finding(
                f"{operator}/{fault.file}", fault.row, fault.field, fault.code, fault.message, fault.severity
            )
            for fault in faults
        )
        if timetable:
            timetables[operator] = timetable
    return texts, timetables


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads region.toml and reports its faults; `field` is the path of the value."""

    document: Mapping[str, Any]
    findings: list[Finding]

    def fault(self, field: str, code: str, message: str) -> None:
        self.findings.append(Finding(_TOML, 0, field, code, message))

    def text(self, field: str, *, longest: int = 200) -> str:
        value = self.document.get(field)
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            self.fault(field, "invalid_value", f"must be a text of at most {longest} characters")
            return ""
        return value

    def texts(self, field: str) -> list[str]:
        value = self.document.get(field)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            self.fault(field, "invalid_value", "must be a list of texts")
            return []
        return list(value)

    def number(self, field: str, low: int, high: int) -> int:
        value = self.document.get(field)
        if type(value) is not int or not low <= value <= high:
            self.fault(field, "invalid_value", f"must be a whole number from {low} to {high}")
            return low
        return value

    def table(self, field: str) -> Mapping[str, Any]:
        value = self.document.get(field, {})
        if not isinstance(value, dict) or not all(
            type(item) in {int, float} and item > 0 for item in value.values()
        ):
            self.fault(field, "invalid_value", "must be a table of positive numbers")
            return {}
        return value

    def rows(self, field: str) -> list[tuple[str, Mapping[str, Any]]]:
        value = self.document.get(field, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fault(field, "invalid_value", "must be a list of tables")
            return []
        return [(f"{field}[{at}]", item) for at, item in enumerate(value)]

    def operators(self) -> dict[str, Operator]:
        """Read the operators; ids become codes in tickets, so they are short."""
        found: dict[str, Operator] = {}
        for path, row in self.rows("operators"):
            identity = row.get("id")
            if not isinstance(identity, str) or not identity.isalnum() or len(identity) > _MAX_CODE:
                self.fault(f"{path}.id", "invalid_value", f"must be at most {_MAX_CODE} letters and digits")
                continue
            if identity in found:
                self.fault(f"{path}.id", "duplicate_key", f"{identity!r} is repeated")
            steps = []
            for at, step in enumerate(row.get("refund", [])):
                hours, percent = step.get("until_hours_before"), step.get("percent")
                if (
                    type(hours) is not int
                    or type(percent) is not int
                    or not 0 <= percent <= _PERCENT
                    or hours < 0
                ):
                    self.fault(
                        f"{path}.refund[{at}]", "invalid_value", "needs until_hours_before and percent"
                    )
                    continue
                steps.append(RefundStep(hours, percent))
            found[identity] = Operator(
                identity,
                str(row.get("name", identity)),
                row.get("member_state"),
                row.get("medium"),
                tuple(steps),
            )
        if not found:
            self.fault("operators", "missing_value", "a region needs operators")
        return found

    def riders(self, operators: Mapping[str, Operator]) -> dict[str, dict[str, str]]:
        """Read the scheme's rider categories with each operator's own name for them."""
        value = self.document.get("rider_categories")
        if not isinstance(value, dict) or not value:
            self.fault("rider_categories", "missing_value", "a region needs rider categories")
            return {}
        for rider, mapped in value.items():
            for operator in mapped:
                if operator not in operators:
                    self.fault(
                        f"rider_categories.{rider}", "unknown_reference", f"{operator!r} is not an operator"
                    )
        return {rider: dict(mapped) for rider, mapped in value.items()}

    def terminals(self, stops: set[str]) -> dict[str, Terminal]:
        """Read the check-in and exit times of terminals."""
        found: dict[str, Terminal] = {}
        for path, row in self.rows("terminals"):
            stop = self._stop(f"{path}.stop", row.get("stop"), stops)
            times = (row.get("check_in_minutes"), row.get("exit_minutes"))
            if not all(type(minutes) is int and minutes >= 0 for minutes in times):
                self.fault(path, "invalid_value", "needs check_in_minutes and exit_minutes, 0 or more")
                continue
            check_in, leave = (60 * int(minutes or 0) for minutes in times)
            found[stop] = Terminal(str(row.get("member_state", "")), check_in, leave)
        return found

    def crossings(self, stops: set[str]) -> dict[tuple[str, str], tuple[tuple[str, int], ...]]:
        """Read the metres by territory of each crossing, usable both ways."""
        found: dict[tuple[str, str], tuple[tuple[str, int], ...]] = {}
        for path, row in self.rows("crossings"):
            ends = row.get("stops")
            if not isinstance(ends, list) or len(ends) != 2:  # noqa: PLR2004  a crossing has two ends
                self.fault(f"{path}.stops", "invalid_value", "must be two stops")
                continue
            start, end = (self._stop(f"{path}.stops", stop, stops) for stop in ends)
            try:
                metres = tuple((str(state), int(distance)) for state, distance in row["distance_m"])
            except (KeyError, TypeError, ValueError):
                self.fault(f"{path}.distance_m", "invalid_value", 'must be pairs like ["EE", 28000]')
                continue
            found[start, end] = metres
            found[end, start] = tuple(reversed(metres))
        return found

    def _stop(self, field: str, value: Any, stops: set[str]) -> str:
        if value not in stops:
            self.fault(field, "unknown_reference", f"{value!r} is not a stop of a feed (operator:stop_id)")
        return str(value)


def _toml(path: Path, findings: list[Finding]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        findings.append(Finding(path.name, 0, "", "missing_file", f"{path} is required"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        findings.append(Finding(path.name, 0, "", "unreadable_toml", str(error)))
    return {}


def _json(path: Path, findings: list[Finding]) -> Any:
    text = _text(path, findings)
    try:
        return json.loads(text or "[]")
    except ValueError as error:
        findings.append(Finding(path.name, 0, "", "unreadable_json", str(error)))
        return []


def _text(path: Path, findings: list[Finding]) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        findings.append(Finding(path.name, 0, "", "missing_file", f"{path.name} is required"))
    except UnicodeDecodeError as error:
        findings.append(Finding(path.name, 0, "", "not_utf8", str(error)))
    return ""
