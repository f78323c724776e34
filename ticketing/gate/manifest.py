"""List the people on board: for each sailing of an operator the booked ones, and those that its gates have let on (98/41/EC).

A ticket counts on the sailing that it is for, with all passengers that one scan of it admits. What they bring along (bicycles,
cars, cabins, dogs) is counted apart and is nobody on board.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from operators.place_kinds import FOOT, KINDS, OTHER_KINDS, kind_of
from throughfare_gate.moments import written
from ticketing.db.sale import bookings
from ticketing.db.ticket import uses
from ticketing.errors import NotFound
from ticketing.frozen import TicketDocument
from ticketing.gate.house import Gatehouse
from ticketing.regions import Sailing, lateness
from ticketing.tickets.own import of_own

# Gates open at most a day before a departure, and a ship is a day late at most.
_MARGIN = timedelta(days=1)


def manifest(house: Gatehouse, operator: str, day: date | None = None) -> list[dict[str, Any]]:
    """List the sailings of a local day (today where none is said) with those booked and those on board; raises NotFound.

    Only of an operator whose tickets are bound to their departure: nobody else knows who is on which vehicle.
    """
    if operator not in house.boarding:
        raise NotFound(f"tickets of {operator} are not bound to a departure")
    zone = ZoneInfo(house.zones.get(operator, "UTC"))
    local_day = day or house.clock.now().astimezone(zone).date()
    begins, ends = (
        datetime.combine(local_day + timedelta(days=ahead), time(), zone).astimezone(UTC) for ahead in (0, 1)
    )
    sailings = [
        sailing
        for region in house.sailings.neighbours(operator)
        for sailing in house.sailings.between(region, operator, begins, ends)
    ]
    with house.database.read() as tx:
        names = [_booked_as(sailing) for sailing in sailings]
        booked = bookings.count_confirmed(
            tx, [bookings.sailing_of(name, kind) for name in names for kind in KINDS]
        )
        boarded = _boarded(uses.list_boarded(tx, operator, begins - _MARGIN, ends + _MARGIN))
        late = lateness(tx, sailings)
    rows = []
    for sailing in sailings:
        known = late.get((operator, sailing.stop_id, sailing.departure))
        expected = known.departs_at if known else sailing.departure
        rows.append(
            {
                "trip_id": sailing.trip_id,
                "service_date": sailing.service_date.isoformat(),
                "stop_id": sailing.stop_id,
                "departure": _local(sailing.departure, zone),
                "expected_departure": None if expected is None else _local(expected, zone),
                "cancelled": bool(known and known.cancelled),
                "booked": booked.get(_booked_as(sailing), 0),
                "brought": {
                    kind: count
                    for kind in OTHER_KINDS
                    if (count := booked.get(bookings.sailing_of(_booked_as(sailing), kind), 0))
                },
                "boarded": boarded[sailing.stop_id, sailing.departure],
                "as_of": written(house.clock.now()),
            }
        )
    return rows


def _booked_as(sailing: Sailing) -> str:
    """The name that bookings know a run by."""
    return f"{sailing.region}/{sailing.operator}/{sailing.trip_id}/{sailing.service_date}"


def _boarded(rows: Sequence[tuple[int, str, TicketDocument]]) -> Counter[tuple[str, int]]:
    """Count the people let on, by boarding stop and planned minute."""
    counted: Counter[tuple[str, int]] = Counter()
    for leg, token, document in rows:
        if kind_of(document.rider) == FOOT and leg < len(document.legs):
            ride = document.legs[leg]
            leaves = int(ride.departure.timestamp())
            counted[ride.start.stop_id, leaves - leaves % 60] += of_own(token).passengers
    return counted


def _local(moment: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone(zone).isoformat()
