"""Write the times of several operators by one clock: a feed has one time zone for all its agencies. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ticketing.publishing.gtfs.rows import Row

_TIMES = frozenset({"arrival_time", "departure_time", "start_time", "end_time"})
_MINUTE, _HOUR = 60, 3_600


def common_zone(zones: Iterable[str], year: int) -> str:
    """Choose the zone that is farthest east, so that no time of another comes before midnight."""
    return max(zones, key=lambda zone: (_offsets(zone, year), zone))


def shift_seconds(zone: str, common: str, year: int) -> int | None:
    """Tell by how much times of a zone are later on the common clock; None where that changes during the year."""
    pairs = zip(_offsets(common, year), _offsets(zone, year), strict=True)
    shifts = {one - other for one, other in pairs}
    return shifts.pop() if len(shifts) == 1 else None


def shifted(rows: Iterable[Row], seconds: int) -> Iterator[Row]:
    """Write the times of rows by the common clock."""
    for row in rows:
        if seconds:
            yield {name: _later(value, seconds) if name in _TIMES else value for name, value in row.items()}
        else:
            yield row


def _offsets(zone: str, year: int) -> tuple[int, ...]:
    """The seconds before Greenwich at every noon of a year."""
    known = ZoneInfo(zone)
    days = (datetime(year, month, day, 12, tzinfo=UTC) for month in range(1, 13) for day in range(1, 29))
    return tuple(
        int((day.astimezone(known).utcoffset() or UTC.utcoffset(day)).total_seconds()) for day in days
    )


def _later(text: str, seconds: int) -> str:
    if not text.strip():
        return text
    hours, minutes, rest = (int(part) for part in text.strip().split(":"))
    whole = hours * _HOUR + minutes * _MINUTE + rest + seconds
    return f"{whole // _HOUR:02}:{whole % _HOUR // _MINUTE:02}:{whole % _MINUTE:02}"
