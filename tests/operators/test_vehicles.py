"""The position of a vehicle belongs to a run that the timetable has; a vehicle that tells nothing is left out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.transit import gtfs_realtime_pb2 as gtfs

from operators.gtfs import realtime
from operators.gtfs.reader import load_timetable
from operators.port import Vehicle
from tests.operators.written_feed import DAY, feed
from ticketing.regions.run_news import vehicles_in, vehicles_of

NOON = datetime(2026, 10, 13, 3, 0, tzinfo=UTC)


def read(trip_id: str = "t0", at: datetime = NOON, **told: Any) -> tuple[Vehicle, ...]:
    """Vehicles through a message and the document that is kept of it."""
    message = gtfs.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = int(NOON.timestamp())
    vehicle = message.entity.add(id="1").vehicle
    if trip_id:
        vehicle.trip.trip_id = trip_id
    vehicle.timestamp = int(at.timestamp())
    for name, value in told.pop("position", {}).items():
        setattr(vehicle.position, name, value)
    vehicle.vehicle.wheelchair_accessible = told.pop("wheelchair", 0)
    for name, value in told.items():
        setattr(vehicle, name, value)
    timetable, _ = load_timetable("a", feed())
    return vehicles_in(vehicles_of(realtime.read(message, timetable)))


def test_a_position_with_everything_it_tells() -> None:
    (found,) = read(
        position={"latitude": 59.43696, "longitude": 24.75353},
        current_stop_sequence=20,
        current_status=gtfs.VehiclePosition.STOPPED_AT,
        occupancy_status=gtfs.VehiclePosition.FEW_SEATS_AVAILABLE,
        occupancy_percentage=81,
        wheelchair=gtfs.VehicleDescriptor.WHEELCHAIR_ACCESSIBLE,
        at=NOON - timedelta(seconds=20),
    )

    assert found == Vehicle(
        trip_id="t0",
        service_date=DAY,
        lat=59.43696,
        lon=24.75353,
        stop_id="s2",
        status="stopped_at",
        occupancy="few_seats_available",
        occupancy_percent=81,
        wheelchair=True,
        as_of=NOON - timedelta(seconds=20),
    )


@pytest.mark.parametrize("trip_id", ["", "stranger"])
def test_a_vehicle_of_no_run_that_we_know_says_nothing(trip_id: str) -> None:
    assert read(trip_id) == ()


def test_a_position_of_a_quarter_of_an_hour_ago_says_nothing() -> None:
    assert read(at=NOON - timedelta(minutes=15)) == ()


@pytest.mark.parametrize("place", [(0, 0), (95, 24), (59, 181), (float("nan"), 24)])
def test_a_place_that_is_nowhere_is_left_out(place: tuple[float, float]) -> None:
    (found,) = read(position={"latitude": place[0], "longitude": place[1]})

    assert (found.lat, found.lon, found.trip_id) == (None, None, "t0")


def test_what_is_not_told_is_not_guessed() -> None:
    (found,) = read(occupancy_status=gtfs.VehiclePosition.NO_DATA_AVAILABLE, stop_id="elsewhere")

    assert (found.occupancy, found.occupancy_percent, found.wheelchair, found.stop_id) == (
        None,
        None,
        None,
        None,
    )
