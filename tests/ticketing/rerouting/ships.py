"""Ships of one day as decisions see them: what the tests of options and of holds have in common."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ticketing.rerouting.options import Coming, DisruptedLeg

DAY = date(2026, 10, 13)


def at(clock: str) -> datetime:
    return datetime.combine(DAY, time.fromisoformat(clock), UTC)


def coming(leaves: str, operator: str = "tallink", **more: Any) -> Coming:
    """A departure between the two ports, two hours long."""
    leaves_at = at(leaves)
    ship = Coming(
        operator=operator,
        trip_id=f"{operator}-{leaves}",
        service_date=DAY,
        from_stop="TLL-D",
        to_stop="HEL-LT2",
        departs_at=leaves_at,
        arrives_at=leaves_at + timedelta(hours=2),
    )
    return replace(ship, **more)


def ship(why: str = "cancelled", **more: Any) -> DisruptedLeg:
    """The ship of 10:00, two hours late where it only is late."""
    late = timedelta(hours=2 if why == "too_late" else 0)
    disrupted = DisruptedLeg(
        at=1,
        why=why,
        departs_at=at("10:00"),
        arrives_at=at("12:00"),
        expected_departs_at=at("10:00") + late,
        expected_arrives_at=at("12:00") + late,
    )
    return replace(disrupted, **more)
