"""Read a feed without its few faulty rows: these are left out and reported, and the rest is as a strict reader takes it.

A feed is refused only if what is left cannot be trusted: where a table is missing or unreadable, where a rule that
forbids something would be lost, or where more than a share of a table's rows is at fault.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from operators.gtfs.reader import load_timetable
from operators.gtfs.timetable import Timetable
from operators.netex import notes
from tariffs.findings import Finding, errors

# In percent of a table's rows: those that are at fault themselves, and those that refer to them.
TOLERATED, TOLERATED_CONSEQUENCES = 1, 10
_ROUNDS = 6
_TRANSFERS = "transfers.txt"
_CALENDARS = ("calendar.txt", "calendar_dates.txt")
_TIMES, _FREQUENCIES, _TRIPS = "stop_times.txt", "frequencies.txt", "trips.txt"
_UNKNOWN_STOP = (_TIMES, "stop_id", "unknown_reference")
# Tables of things with an id of their own. A calendar has days instead, and goes as a whole.
_NAMED = {"stops.txt", "routes.txt", _TRIPS}
# Rules of changes that ask for time or forbid (transfer_type).
_BINDING = {"2", "3"}
# The row alone may go: its trip runs all the same. Any other fault of a call or a frequency takes its trip with it.
_ROW_ALONE = {
    _UNKNOWN_STOP,
    (_TIMES, "trip_id", "unknown_reference"),
    (_FREQUENCIES, "trip_id", "unknown_reference"),
}

_Lines = dict[str, set[int]]


@dataclass(frozen=True, slots=True)
class Read:
    """A feed as it can be used: its timetable, None where it was refused, its texts without faulty rows, and all findings."""

    timetable: Timetable | None
    files: Mapping[str, str]
    findings: list[Finding]


def load_leaving_out(operator: str, files: Mapping[str, str], tolerated: int = TOLERATED) -> Read:
    """Read a timetable, leaving out faulty rows up to `tolerated` percent of a table; rows keep their line numbers."""
    noted = notes.read(files)
    timetable, strict = load_timetable(operator, files)
    causes = errors(strict)
    if errors(noted):
        # What a delivery's tables lack follows from what it says of itself.
        return Read(None, files, noted)
    if not causes:
        return Read(timetable, files, [*noted, *strict])
    left: _Lines = {}
    consequences: _Lines = {}
    used, now = dict(files), causes
    for number in range(_ROUNDS):
        more = _rows_of(used, now)
        if more is None:
            return Read(None, files, [*noted, *strict])
        _add(left if number == 0 else consequences, more)
        untrusted = _too_many(files, left, tolerated) or _too_many(
            files, consequences, TOLERATED_CONSEQUENCES
        )
        if untrusted:
            return Read(None, files, [*noted, *strict, untrusted])
        used.update({file: _without(used[file], lines) for file, lines in more.items()})
        timetable, findings = load_timetable(operator, used)
        now = errors(findings)
        if not now:
            return Read(timetable, used, [*noted, *_told(causes), *_told_of(consequences), *findings])
    return Read(None, files, [*noted, *strict])


def _rows_of(files: Mapping[str, str], faults: Sequence[Finding]) -> _Lines | None:
    """The rows that go because of some faults; None where one of them cannot be tolerated."""
    if any(map(_is_too_much, faults)) or _loses_a_rule_of_a_station(files, faults):
        return None
    alone: _Lines = {}
    with_trip: _Lines = {}
    of_service: _Lines = {}
    for fault in faults:
        kind = alone if _goes_alone(fault) else with_trip
        rows = of_service if fault.file in _CALENDARS else kind
        rows.setdefault(fault.file, set()).add(fault.row)
    calls = {fault.row for fault in faults if _kind(fault) == _UNKNOWN_STOP}
    trips = _values(files, with_trip, "trip_id") | _indivisible(files, calls)
    services = _values(files, of_service, "service_id")
    # A service that no trip names is no sure name: the day off that its row told may be another one's.
    if "" in trips or not services <= _all(files.get(_TRIPS, ""), "service_id"):
        return None
    _add(alone, _alike(files, faults))
    _add(alone, {_TRIPS: _lines_of(files.get(_TRIPS, ""), "trip_id", trips)})
    _add(alone, {file: _lines_of(files.get(file, ""), "service_id", services) for file in _CALENDARS})
    return {file: rows for file, rows in alone.items() if rows} or None


def _is_too_much(fault: Finding) -> bool:
    """Tell whether a single fault makes the feed unusable: of a table as a whole, of the agency, or of a rule that may forbid a change."""
    if fault.row <= 1 or fault.code == "unreadable_csv" or fault.file == "agency.txt":
        return True
    return fault.file == _TRANSFERS and not _goes_alone(fault)


def _goes_alone(fault: Finding) -> bool:
    """Tell whether the row alone goes: what it refers to is not there, so that it says nothing of the rest."""
    if fault.file == _TRANSFERS:
        return fault.code == "unknown_reference"
    return fault.file not in {_TIMES, _FREQUENCIES} or _kind(fault) in _ROW_ALONE


def _kind(fault: Finding) -> tuple[str, str, str]:
    return fault.file, fault.field, fault.code


def _loses_a_rule_of_a_station(files: Mapping[str, str], faults: Sequence[Finding]) -> bool:
    """Tell whether a station that is not there has a rule of changes: its stops would be used without the rule."""
    rows = {fault.row for fault in faults if fault.file == _TRANSFERS}
    if not rows:
        return False
    text = files[_TRANSFERS]
    at = [_column(text, field) for field in ("transfer_type", "from_stop_id", "to_stop_id")]
    stations = _all(files["stops.txt"], "parent_station") - _all(files["stops.txt"], "stop_id")
    for _, last, values in _rows(text):
        kind, *ends = (_value(values, one) for one in at)
        if last in rows and kind in _BINDING and not stations.isdisjoint(ends):
            return True
    return False


def _indivisible(files: Mapping[str, str], calls: set[int]) -> set[str]:
    """The trips of some calls that would go at another time or for another price without them.

    The first call gives the others of a frequency their times, and any call those between which have none.
    """
    if not calls:
        return set()
    trips = _values(files, {_TIMES: calls}, "trip_id")
    if "area_sets.txt" in files or _all(files.get("fare_rules.txt", ""), "contains_id"):
        return trips
    return trips & (_all(files.get(_FREQUENCIES, ""), "trip_id") | _without_times(files[_TIMES]))


def _without_times(text: str) -> set[str]:
    """The trips with a call that has no time."""
    trip, arrival, departure = (_column(text, name) for name in ("trip_id", "arrival_time", "departure_time"))
    return {
        _value(values, trip)
        for _, _, values in _rows(text)
        if not _value(values, arrival) and not _value(values, departure)
    }


def _alike(files: Mapping[str, str], faults: Sequence[Finding]) -> _Lines:
    """All rows that share the id of another one: nothing tells which of them is meant."""
    lines: _Lines = {}
    repeated = [fault for fault in faults if fault.code == "duplicate_key" and fault.file in _NAMED]
    for file, field in {(fault.file, fault.field) for fault in repeated}:
        rows = {fault.row for fault in repeated if fault.file == file}
        _add(lines, {file: _lines_of(files[file], field, _values(files, {file: rows}, field))})
    return lines


def _add(lines: _Lines, more: Mapping[str, Iterable[int]]) -> None:
    for file, rows in more.items():
        lines.setdefault(file, set()).update(rows)


def _rows(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield each row with its first and last line; a blank one too."""
    reader = csv.reader(io.StringIO(text, newline=""))
    before = 0
    for values in reader:
        yield before + 1, reader.line_num, values
        before = reader.line_num


def _values(files: Mapping[str, str], lines: _Lines, field: str) -> set[str]:
    """The values of a field in some rows of some files; an empty text stands for a row without one."""
    found: set[str] = set()
    for file, rows in lines.items():
        at = _column(files[file], field)
        found |= {_value(values, at) for _, last, values in _rows(files[file]) if last in rows}
    return found


def _all(text: str, field: str) -> set[str]:
    at = _column(text, field)
    return {value for _, _, values in _rows(text) if (value := _value(values, at))}


def _lines_of(text: str, field: str, wanted: set[str]) -> set[int]:
    """The last lines of the rows whose field has one of some values."""
    if not wanted:
        return set()
    at = _column(text, field)
    return {last for _, last, values in _rows(text) if _value(values, at) in wanted}


def _column(text: str, field: str) -> int:
    header = next((values for _, _, values in _rows(text.removeprefix("\ufeff"))), [])
    names = [name.strip() for name in header]
    return names.index(field) if field in names else -1


def _value(values: Sequence[str], at: int) -> str:
    return values[at].strip() if 0 <= at < len(values) else ""


def _without(text: str, lines: set[int]) -> str:
    """The text with the rows that end on some lines made blank, so that all others keep their lines."""
    kept = list(io.StringIO(text, newline=""))
    for first, last, _ in _rows(text):
        if last in lines:
            kept[first - 1 : last] = ["\n"] * (last - first + 1)
    return "".join(kept)


def _too_many(files: Mapping[str, str], lines: _Lines, most: int) -> Finding | None:
    """Tell of the first table of which more rows than a share in percent would be left out."""
    for file, rows in sorted(lines.items()):
        total = sum(1 for _, _, values in _rows(files[file]) if any(values)) - 1
        if len(rows) * 100 > most * total:
            message = (
                f"{len(rows)} of {total} rows would be left out, more than {most} %: the rest cannot be trusted "
                "(`tolerated_percent` in region.toml is for faulty rows that are known)"
            )
            return Finding(file, 0, "", "too_many_faults", message)
    return None


def _told(causes: Sequence[Finding]) -> Iterator[Finding]:
    """Warn once of all faults of a kind, by the first of them."""
    kinds: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for fault in causes:
        kinds[fault.file, fault.field, fault.code].append(fault)
    for alike in kinds.values():
        more = f" (and {len(alike) - 1} more like it)" if len(alike) > 1 else ""
        yield replace(alike[0], message=f"{alike[0].message}: left out{more}", severity="warning")


def _told_of(consequences: _Lines) -> Iterator[Finding]:
    for file, rows in sorted(consequences.items()):
        message = f"{len(rows)} rows refer to something that was left out, and are left out too"
        yield Finding(
            file=file, row=min(rows), field="", code="left_out", message=message, severity="warning"
        )
