"""Times of a plan: counted in POSIX seconds, written in the time zone of a stop; sums are never made of what was written. Pure.

Python takes the difference of two times of one zone by the wall clock, and a sum too: on a night when clocks change
it is an hour off. So an instant is a number until it is shown.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from operators.region import RegionData


def local(instant: int, zone: str) -> datetime:
    """An instant on the clock of a zone; of the two hours that a night repeats it is the right one."""
    return datetime.fromtimestamp(instant, ZoneInfo(zone))


def instant_of(moment: datetime) -> int:
    """An aware time as POSIX seconds."""
    return int(moment.timestamp())


def zone_of(region: RegionData, stop: str | None) -> str | None:
    """The time zone of a stop by its name `<operator>:<stop_id>`; None for a place that is no stop."""
    if stop is None:
        return None
    operator, stop_id = stop.split(":", 1)
    return region.timetables[operator].timezone_of(stop_id)


def home_zone(region: RegionData) -> str:
    """The time zone of the region's first operator: that of a place which is no stop."""
    return next(iter(region.timetables.values())).timezone
