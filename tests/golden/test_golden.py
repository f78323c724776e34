"""Golden journeys: what a tariff clerk wrote down is what the engine says, for every region that has a file."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from ticketing.regions import Region
from ticketing.regions.rides import find_ride

FILES = sorted(Path(__file__).parent.glob("*.toml"))
JOURNEYS = [
    pytest.param(file.stem, journey, id=f"{file.stem}: {journey['name']}")
    for file in FILES
    for journey in tomllib.loads(file.read_text(encoding="utf-8"))["journey"]
]


def ride(region: Region, facts: list[str]) -> Ride:
    operator, route, start, end, *times = facts
    departure, arrival = map(datetime.fromisoformat, times)
    found = find_ride(region.data, operator, route, (start, end), (departure, arrival))
    assert found is not None, f"{route} does not run from {start} to {end}"
    return found


@pytest.mark.parametrize(("region", "journey"), JOURNEYS)
def test_a_golden_journey_costs_what_the_clerk_wrote(
    every_region: dict[str, Region], region: str, journey: dict[str, Any]
) -> None:
    here = every_region[region]
    rides = [ride(here, facts) for facts in journey["rides"]]
    currency = journey.get("currency", here.data.currency)

    found = price_journey(
        here.book,
        rides,
        [Passenger("p", journey["rider"])],
        channel=journey.get("channel"),
        at=rides[0].departure - timedelta(hours=1),
    ).passengers[0]

    assert found.total is not None, found.reason
    assert str(found.total) == f"{journey['total']} {currency}"
    assert {share.operator: Money(share.gross, currency).text for share in found.shares} == journey["shares"]
