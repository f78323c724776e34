"""Golden journeys: what a tariff clerk wrote down is what the engine says, for every region that has a file."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from ticketing.regions import Region

FILES = sorted(Path(__file__).parent.glob("*.toml"))
JOURNEYS = [
    pytest.param(file.stem, journey, id=f"{file.stem}: {journey['name']}")
    for file in FILES
    for journey in tomllib.loads(file.read_text(encoding="utf-8"))["journey"]
]


def ride(region: Region, facts: list[str]) -> Ride:
    operator, route, start, end, departure, arrival = facts
    timetable = region.data.timetables[operator]
    pattern = next(
        pattern for pattern in timetable.patterns
        if pattern.route == route and start in pattern.stops and end in pattern.stops[pattern.stops.index(start) :]
    )  # fmt: skip
    calls = pattern.stops[
        pattern.stops.index(start) : pattern.stops.index(end, pattern.stops.index(start)) + 1
    ]
    crossing = region.data.crossings.get((f"{operator}:{start}", f"{operator}:{end}"))
    state = region.data.operators[operator].member_state or "EE"
    zone = ZoneInfo(timetable.timezone_of(start))
    return Ride(
        operator, "golden", route, start, end,
        datetime.fromisoformat(departure).replace(tzinfo=zone), datetime.fromisoformat(arrival).replace(tzinfo=zone),
        calls, timetable.routes[route].mode, crossing or ((state, 5000),),
    )  # fmt: skip


@pytest.mark.parametrize(("region", "journey"), JOURNEYS)
def test_a_golden_journey_costs_what_the_clerk_wrote(
    regions: dict[str, Region], region: str, journey: dict[str, Any]
) -> None:
    rides = [ride(regions[region], facts) for facts in journey["rides"]]

    found = price_journey(regions[region].book, rides, [Passenger("p", journey["rider"])]).passengers[0]

    assert found.total is not None, found.reason
    assert found.total.text == journey["total"]
    assert {share.operator: Money(share.gross, "EUR").text for share in found.shares} == journey["shares"]
