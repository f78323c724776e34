"""Read one GTFS table from its text: rows with their line numbers, values trimmed, faults collected."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tariffs.findings import Finding

T = TypeVar("T")

# Told of lines as they are read: how many more.
Read = Callable[[int], None]

_BOM = "\ufeff"
_TOLD_LINES = 5_000
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}


class Row:
    """One line of a table: trimmed values by column, empty where the column or the value is absent."""

    __slots__ = ("_table", "_values", "file", "findings", "line")

    def __init__(self, table: "Table", line: int, values: Sequence[str]) -> None:
        self.file, self.line, self.findings = table.file, line, table.findings
        self._table, self._values = table, values

    def text(self, field: str) -> str:
        """A value, or the empty text."""
        at = self._table.columns.get(field)
        return self._values[at] if at is not None and at < len(self._values) else ""

    def required(self, field: str) -> str:
        """A value that must be there; its absence is a fault, unless the table has reported the whole column."""
        value = self.text(field)
        if not value and field not in self._table.lacks:
            self.fault(field, "missing_value", f"{field} is required")
        return value

    def parsed(self, field: str, parse: Callable[[str], T], code: str, what: str) -> T | None:
        """A value through a parser; empty gives None, a ValueError is a fault."""
        value = self.text(field)
        if not value:
            return None
        try:
            return parse(value)
        except ValueError:
            self.fault(field, code, f"{value!r} is not {what}")
            return None

    def days(self, first: str, last: str) -> tuple[date, date]:
        """Two days, both inclusive; an empty one is open. An end before its start is a fault."""
        start = self.parsed(first, date.fromisoformat, "invalid_date", "a date like 2026-01-31")
        end = self.parsed(last, date.fromisoformat, "invalid_date", "a date like 2026-01-31")
        if start and end and end < start:
            self.fault(last, "end_before_start", f"{end} is before {start}")
        return start or date.min, end or date.max

    def fault(self, field: str, code: str, message: str) -> None:
        """Report an error of this row."""
        self.findings.append(Finding(self.file, self.line, field, code, message))


class Table:
    """One file of a feed. An absent file is an empty table; `read` hears of every few thousand lines."""

    def __init__(
        self, file: str, text: str | None, findings: list[Finding], read: Read | None = None
    ) -> None:
        self.file, self.findings, self._read = file, findings, read
        self.present = text is not None
        self.lacks: set[str] = set()
        self._readable = True
        self._reader = csv.reader(io.StringIO((text or "").removeprefix(_BOM), newline=""), strict=True)
        header = self._header()
        self.columns = {name: at for at, name in reversed(list(enumerate(header)))}

    def require(self, *fields: str) -> None:
        """Report each column that a present table must have and lacks: where it cannot have any, once and with the cause."""
        absent = [field for field in fields if field not in self.columns] if self.present else []
        self.lacks.update(absent)
        header = ",".join(self.columns)
        separator = next((mark for mark in _OTHER_SEPARATORS if mark in header), "")
        if absent and separator:
            message = f"the columns are separated by {_OTHER_SEPARATORS[separator]}: write commas"
            self.findings.append(Finding(self.file, 1, "", "wrong_separator", message))
            self._readable = False
        elif absent and not any(self.columns):
            message = f"the file is empty: its first row must name the columns {', '.join(absent)}"
            self.findings.append(Finding(self.file, 1, "", "missing_column", message))
        else:
            self.findings.extend(
                Finding(self.file, 1, field, "missing_column", f"the column {field} is required")
                for field in absent
            )

    def rows(self) -> Iterator[Row]:
        """Yield the rows that are not blank; one that cannot be read ends the table with a fault. With other separators there are none."""
        while self._readable:
            try:
                values = list(map(str.strip, next(self._reader)))
            except StopIteration:
                return
            except csv.Error as error:
                line = self._reader.line_num
                self.findings.append(Finding(self.file, line, "", "unreadable_csv", str(error)))
                return
            if not any(values):
                continue
            line = self._reader.line_num
            if self._read and line % _TOLD_LINES == 0:
                self._read(_TOLD_LINES)
            if len(values) > len(self.columns) and not self.lacks:
                self.findings.append(
                    Finding(
                        file=self.file,
                        row=line,
                        field="",
                        code="too_many_values",
                        message="the row has more values than columns",
                        severity="warning",
                    )
                )
            yield Row(self, line, values)

    def _header(self) -> list[str]:
        try:
            header = [name.strip() for name in next(self._reader, [])]
        except csv.Error as error:
            self.findings.append(Finding(self.file, 1, "", "unreadable_csv", str(error)))
            return []
        if self.present and not any(header):
            self.findings.append(
                Finding(
                    file=self.file,
                    row=1,
                    field="",
                    code="empty_file",
                    message="the file has no header",
                    severity="warning",
                )
            )
        for name in sorted(name for name, times in Counter(header).items() if name and times > 1):
            self.findings.append(
                Finding(self.file, 1, name, "duplicate_column", f"the column {name} is repeated")
            )
        return header


def unique(row: Row, field: str, key: object, seen: "Mapping[str, object] | set[str]") -> bool:
    """Tell whether a key is new; a repeated one is a fault, an empty one has been reported."""
    if key in seen:
        row.fault(field, "duplicate_key", f"{str(key).replace(chr(0), ' / ')!r} is repeated")
        return False
    return bool(key)


def known(row: Row, field: str, value: str | None, ids: "Mapping[str, object] | set[str]") -> None:
    """Report a reference to nothing."""
    if value and value not in ids:
        row.fault(field, "unknown_reference", f"{value!r} is not defined")


class _Placed(Protocol):
    """A stop of a timetable or a tariff."""

    @property
    def parent(self) -> str | None:
        """The id of its station."""


def warn_of_orphans(rows: Sequence[tuple[Row, str]], stops: Mapping[str, _Placed]) -> list[str]:
    """Warn once of the stops whose station is not in the feed, and list them: each is a place of its own then."""
    orphans = [(row, stop) for row, stop in rows if (stops[stop].parent or stop) not in stops]
    if orphans:
        first, stop = orphans[0]
        more = f" (and {len(orphans) - 1} more like it)" if len(orphans) > 1 else ""
        message = f"the station {stops[stop].parent!r} is not defined: {stop} is a place of its own{more}"
        first.findings.append(
            Finding(
                file=first.file,
                row=first.line,
                field="parent_station",
                code="unknown_reference",
                message=message,
                severity="warning",
            )
        )
    return [stop for _, stop in orphans]


def zone_name(value: str) -> str:
    """Check an IANA time zone; raises ValueError."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(value) from error
    return value
