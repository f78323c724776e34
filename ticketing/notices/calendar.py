"""Write a journey as calendar entries (RFC 5545): one for each leg, the same UID whenever it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType

from icalendar import Alarm, Calendar, Event, vGeo

from ticketing.frozen import Leg

# Some minutes before check-in closes, or before the departure of what has none.
_ALARM = timedelta(minutes=30)
# It stands for an order's id while entries are written: as long as the id, so that lines fold at the same letters.
_PLACE = "~"


@dataclass(frozen=True, slots=True)
class Change:
    """The present state of a leg: whether it is cancelled, and how many seconds late it leaves and arrives."""

    is_cancelled: bool = False
    leaves_late: int = 0
    arrives_late: int = 0


AS_PLANNED = Change()


def calendar(
    order_id: str,
    issuer: str,
    legs: Sequence[tuple[int, Leg]],
    now: datetime,
    *,
    changes: Mapping[int, Change] = MappingProxyType({}),
    revision: int = 0,
) -> bytes:
    """Write the legs of a journey, each with its place in the order, times in UTC; `revision` counts its changes.

    It is stamped with the minute: what many holders of the same legs get differs in the order's id alone, and is written once.
    """
    changed = tuple((at, leg, changes.get(at, AS_PLANNED)) for at, leg in legs)
    stamp = now.astimezone(UTC).replace(second=0, microsecond=0)
    written = _entries(changed, issuer, stamp, revision, _PLACE * len(order_id))
    return written.replace(_PLACE.encode() * len(order_id), order_id.encode())


@lru_cache(maxsize=256)
def _entries(
    legs: tuple[tuple[int, Leg, Change], ...], issuer: str, stamp: datetime, revision: int, order_id: str
) -> bytes:
    entries = Calendar()
    entries.add("prodid", f"-//{issuer}//tickets//EN")
    entries.add("version", "2.0")
    entries.add("method", "PUBLISH")
    for at, leg, change in legs:
        leaves = leg.departure.astimezone(UTC) + timedelta(seconds=change.leaves_late)
        entry = Event()
        entry.add("uid", f"{order_id}-{at}@{issuer}")
        entry.add("sequence", revision)
        entry.add("dtstamp", stamp)
        entry.add("dtstart", leaves)
        entry.add("dtend", leg.arrival.astimezone(UTC) + timedelta(seconds=change.arrives_late))
        entry.add("summary", f"{leg.operator_name} {leg.line}: {leg.start.name} - {leg.end.name}")
        entry.add("location", leg.start.name)
        entry.add("geo", vGeo((leg.start.lat, leg.start.lon)))
        entry.add("status", "CANCELLED" if change.is_cancelled else "CONFIRMED")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", leg.start.name)
        alarm.add("trigger", (leg.check_in_until or leg.departure).astimezone(UTC) - _ALARM)
        entry.add_component(alarm)
        entries.add_component(entry)
    return bytes(entries.to_ical())
