"""Read the values of NeTEx: times with their days, durations, ranges of days. Pure."""

import re
from datetime import date, datetime, timedelta

from operators.elements import Element, leaves_of
from operators.netex.parts import Days

_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d):([0-5]\d)(?:\.0+)?")
_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,7})M)?(?:(\d{1,9})(?:\.0+)?S)?)?")
_DAY_SECONDS = 86400
# Each day of a timetable is written down: a century of them is no timetable.
_LONGEST = timedelta(days=366 * 20)


class Unread(ValueError):
    """A value is not what NeTEx says it is: a time, a duration, a date, an offset."""


def clock(text: str, offset: str = "") -> int | None:
    """Seconds after midnight of the operating day, with its DayOffset; None for no time. Raises Unread."""
    if not text:
        return None
    parts = _CLOCK.fullmatch(text)
    if not parts:
        raise Unread(f"{text[:40]!r} is not a local time like 06:34:00")
    if not re.fullmatch(r"-?\d{0,2}", offset):
        raise Unread(f"{offset[:40]!r} is not a number of days")
    hours, minutes, seconds = map(int, parts.groups())
    return hours * 3600 + minutes * 60 + seconds + int(offset or 0) * _DAY_SECONDS


def duration(text: str) -> int:
    """Seconds of an ISO 8601 duration without years and months. Raises Unread."""
    parts = _DURATION.fullmatch(text)
    if not parts or text[-1:] in {"P", "T"}:
        raise Unread(f"{text[:40]!r} is not a duration like PT10M")
    days, hours, minutes, seconds = (int(number or 0) for number in parts.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def day(text: str) -> date:
    """The date of a day, or of a moment at its beginning or end. Raises Unread."""
    try:
        return datetime.fromisoformat(text).date() if "T" in text else date.fromisoformat(text[:10])
    except ValueError as error:
        raise Unread(f"{text[:40]!r} is not a date") from error


def days(element: Element) -> Days:
    """The range of days of an element; where it is open, as many days as one may have. Raises Unread."""
    leaves = leaves_of(element)
    start = day(leaves["FromDate"]) if "FromDate" in leaves else None
    end = day(leaves["ToDate"]) if "ToDate" in leaves else None
    bits = leaves.get("ValidDayBits", "")
    if bits.strip("01"):
        raise Unread("ValidDayBits has other letters than 0 and 1")
    if start is None and (end is None or bits):
        raise Unread("FromDate is missing")
    try:
        start = start or (end or date.max) - _LONGEST
        end = start + timedelta(days=len(bits) - 1) if bits else end or start + _LONGEST
    except OverflowError as error:
        raise Unread("it goes on beyond the days of the calendar") from error
    if end < start:
        raise Unread(f"it ends on {end}, before it begins on {start}")
    if end - start > _LONGEST:
        raise Unread(f"it is longer than {_LONGEST.days} days, from {start} to {end}")
    return Days(start, end, bits)
