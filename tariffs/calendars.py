"""Service calendars of GTFS: a weekly pattern in a range of days, then exceptions."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from tariffs.table import Row, Table, unique

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ADDED, _REMOVED = "1", "2"


@dataclass(frozen=True, slots=True)
class Service:
    """Days on which a service runs: a weekly pattern in a range, then exceptions."""

    weekdays: frozenset[int]
    start: date
    end: date
    added: frozenset[date]
    removed: frozenset[date]

    def runs_on(self, day: date) -> bool:
        """Tell whether the service runs on a calendar day."""
        if day in self.added:
            return True
        return day not in self.removed and self.start <= day <= self.end and day.weekday() in self.weekdays

    @property
    def ends(self) -> list[date]:
        """Days of which the earliest and the latest are the first and the last on which it may run; none where it never does."""
        weekly = [self.start, self.end] if self.weekdays and self.start <= self.end else []
        return [*weekly, *self.added]


def read_services(calendar: Table, dates: Table) -> dict[str, Service]:
    """Read calendars with their exceptions; a service may live in `calendar_dates.txt` alone."""
    patterns: dict[str, tuple[frozenset[int], date, date]] = {}
    calendar.require("service_id", "start_date", "end_date", *_WEEKDAYS)
    for row in calendar.rows():
        service = row.required("service_id")
        days = frozenset(at for at, name in enumerate(_WEEKDAYS) if _flag(row, name))
        start, end = _date(row, "start_date"), _date(row, "end_date")
        if not unique(row, "service_id", service, patterns) or not start or not end:
            continue
        if end < start:
            row.fault("end_date", "end_before_start", "the calendar ends before it starts")
        patterns[service] = (days, start, end)
    added: dict[str, set[date]] = {}
    removed: dict[str, set[date]] = {}
    dates.require("service_id", "date", "exception_type")
    for row in dates.rows():
        service, day, kind = row.required("service_id"), _date(row, "date"), row.required("exception_type")
        if kind not in {_ADDED, _REMOVED}:
            row.fault("exception_type", "invalid_enum", f"{kind!r} is neither 1 nor 2")
        elif day:
            if day in added.get(service, ()) or day in removed.get(service, ()):
                row.fault("date", "duplicate_key", f"a second exception of {service} on {day}")
            (added if kind == _ADDED else removed).setdefault(service, set()).add(day)
    never = (frozenset[int](), date.max, date.min)
    return {
        service: Service(
            *patterns.get(service, never),
            frozenset(added.get(service, ())),
            frozenset(removed.get(service, ())),
        )
        for service in patterns.keys() | added.keys() | removed.keys()
    }


def _flag(row: Row, field: str) -> bool:
    value = row.text(field)
    if value not in {"0", "1"}:
        row.fault(field, "invalid_enum", f"{value!r} is neither 0 nor 1")
    return value == "1"


def _date(row: Row, field: str) -> date | None:
    row.required(field)
    return row.parsed(field, _parse_date, "invalid_date", "a date like 20260131")


def _parse_date(value: str) -> date:
    if not re.fullmatch(r"[0-9]{8}", value):
        raise ValueError(value)
    return datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007  a calendar day has no zone
