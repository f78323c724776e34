"""Name the version of an operator's feed: by its content, with what people tell versions apart by."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from operators.gtfs.timetable import Timetable


@dataclass(frozen=True, slots=True)
class ServedFeed:
    """A feed as it was read: `digest` is the SHA-256 of its tables by name, days are those on which its trips may run."""

    digest: str
    stops: int
    trips: int
    first_day: date | None
    last_day: date | None


def served_feed(files: Mapping[str, str], timetable: Timetable) -> ServedFeed:
    """Describe a feed by its tables and the timetable that was read from them."""
    content = hashlib.sha256()
    for name, text in sorted(files.items()):
        content.update(f"{name}\0{len(text)}\0".encode())
        content.update(text.encode())
    used = {trip.service for pattern in timetable.patterns for trip in pattern.trips}
    days = [day for service in used for day in timetable.services[service].ends]
    return ServedFeed(
        digest=content.hexdigest(),
        stops=len({stop for pattern in timetable.patterns for stop in pattern.stops}),
        trips=sum(len(pattern.trips) for pattern in timetable.patterns),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
    )
