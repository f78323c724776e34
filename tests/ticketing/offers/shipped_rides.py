"""Rides of the shipped regions."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from operators.gtfs.added import origin_of
from tariffs.journey import Ride
from ticketing.regions import Region
from ticketing.regions.planned import ride_on

NOW = datetime(2026, 10, 13, 2, 10, tzinfo=UTC)


def rides_of(region: Region, seed: int) -> Iterator[Ride]:
    """Rides over all of a region: of each pattern some trips, between two of its stops, on days on which they run."""
    chance = random.Random(seed)
    for operator, timetable in region.data.timetables.items():
        for pattern in timetable.patterns:
            for trip in chance.sample(pattern.trips, min(3, len(pattern.trips))):
                service = timetable.services[trip.service]
                days = [day for at in range(14) if service.runs_on(day := (NOW + timedelta(at)).date())]
                for day in days[:2]:
                    ends = sorted(chance.sample(range(len(pattern.stops)), 2))
                    begins = int(origin_of(day, timetable.timezone).timestamp()) + trip.start
                    yield ride_on(region.data, operator, (pattern, trip), (ends[0], ends[1]), begins).ride
