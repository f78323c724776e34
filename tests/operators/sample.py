"""Ask for one sailing and some travellers in tests of connectors."""

import uuid
from datetime import UTC, date, datetime, timedelta

from operators.port import Departure, HoldRequest, Traveller
from tariffs.money import Money
from ticketing.clock import FixedClock

MORNING = datetime(2026, 10, 13, 2, 10, tzinfo=UTC)


def departure(trip: str = "T0730", **changes: object) -> Departure:
    """A sailing at 07:30 in Tallinn on 13 October 2026."""
    leaves = MORNING.replace(hour=4, minute=30)
    values = {
        "trip_id": trip,
        "route_id": "TLL-HEL",
        "service_date": date(2026, 10, 13),
        "from_stop_id": "TLL",
        "to_stop_id": "HEL",
        "departs_at": leaves,
        "arrives_at": leaves + timedelta(hours=2),
        **changes,
    }
    return Departure(**values)  # type: ignore[arg-type]


def request(key: str | None = None, adults: int = 1, **changes: object) -> HoldRequest:
    """Hold places for some adults."""
    values = {
        "key": key or str(uuid.uuid4()),
        "departure": departure(),
        "travellers": tuple(Traveller(f"p{number}", "adult") for number in range(adults)),
        "price": Money(2500 * adults, "EUR"),
        **changes,
    }
    return HoldRequest(**values)  # type: ignore[arg-type]


def clock() -> FixedClock:
    """05:10 in Tallinn that morning."""
    return FixedClock(MORNING)
