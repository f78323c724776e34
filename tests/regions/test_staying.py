"""A train that goes on as another one: found, sold and carried as one way, by whoever rides it, also when it is late."""

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tariffs.journey import Ride
from tests.api import Api
from tests.regions import begun
from tests.tariffs.island import table
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.regions import Region, check_region, is_in_seat, stays_seated
from ticketing.regions.planned import ride_on

_TRIPS = "r-1,daily,out,Bridge End,0,{block}", "r-1,daily,on,South Town,0,{block}"
_CALLS = table(
    "trip_id,arrival_time,departure_time,stop_id,stop_sequence",
    "out,08:00:00,08:00:00,STN,1",
    "out,08:09:00,08:09:00,BRIDGE,2",
    "on,08:09:00,08:09:00,BRIDGE,1",
    "on,08:15:00,08:15:00,SOUTH,2",
)
_WISH = {
    "from": {"place": "Station"},
    "to": {"place": "South Town"},
    "depart_at": "2026-10-13T07:50:00+02:00",
    "passengers": [{"ref": "ada", "rider_category": "adult"}],
}
_DAY = date(2026, 10, 13)


@pytest.fixture(params=["block", "rule"])
def region(tmp_path: Path, request: pytest.FixtureRequest) -> Region:
    """The begun region, whose railway runs one train in two trips: of one block, or by a rule of transfers.txt."""
    folder = begun.write(tmp_path / "rivers")
    by_block = request.param == "block"
    rows = (row.format(block="T" if by_block else "") for row in _TRIPS)
    header = "route_id,service_id,trip_id,trip_headsign,direction_id,block_id"
    rail = folder / "feeds/rail"
    (rail / "trips.txt").write_text(table(header, *rows), encoding="utf-8")
    (rail / "stop_times.txt").write_text(_CALLS, encoding="utf-8")
    (rail / "frequencies.txt").unlink()
    if not by_block:
        rule = table(
            "transfer_type,from_trip_id,to_trip_id,from_stop_id,to_stop_id", "4,out,on,BRIDGE,BRIDGE"
        )
        (rail / "transfers.txt").write_text(rule, encoding="utf-8")
    loaded, findings = check_region(folder)
    assert loaded is not None, findings
    assert [found.code for found in findings if found.severity == "error"] == []
    return loaded


@pytest.fixture
def rivers(settings: Settings, clock: FixedClock, region: Region) -> Iterator[Api]:
    app = create_app(settings, clock=clock, regions={"rivers": region})
    yield Api(app.test_client(), clock, lambda *_: "")
    app.extensions["throughfare"].till.database.close()


def test_a_way_on_one_train_is_bought_without_a_change(rivers: Api) -> None:
    bought = rivers.buy(**_WISH)

    way = bought.itinerary
    assert (way["changes"], way["duration_seconds"], bought.order["state"]) == (0, 900, "ticketed")
    rides = [leg for leg in way["legs"] if leg["kind"] == "ride"]
    assert [(leg["trip_id"], leg["in_seat_transfer"]) for leg in rides] == [("out", False), ("on", True)]
    legs = bought.ticket_of("ada")["legs"]
    assert [(leg["from"]["stop_id"], leg["to"]["stop_id"]) for leg in legs] == [
        ("STN", "BRIDGE"),
        ("BRIDGE", "SOUTH"),
    ]


def test_the_region_knows_who_goes_on_in_the_same_vehicle(region: Region) -> None:
    out, on = ride(region, "out"), ride(region, "on")

    assert is_in_seat(region, out, on)
    assert not is_in_seat(region, on, out)
    assert not is_in_seat(region, out, ride(region, "on", day=1))
    assert stays_seated(region, "rail", _DAY, ("out", "BRIDGE"), ("on", "BRIDGE"))
    # Whoever leaves before the end of the trip, or boards after the start of the next one, is not seated in between.
    assert not stays_seated(region, "rail", _DAY, ("out", "STN"), ("on", "BRIDGE"))
    assert not stays_seated(region, "rail", _DAY, ("out", "BRIDGE"), ("on", "SOUTH"))
    assert not stays_seated(region, "bus", _DAY, ("out", "BRIDGE"), ("on", "BRIDGE"))


def ride(region: Region, trip_id: str, day: int = 0) -> Ride:
    """The whole of a trip, so many days after the thirteenth of October."""
    begins = int(datetime.combine(_DAY, time(), ZoneInfo("Europe/Vienna")).timestamp()) + day * 86_400
    pattern, trip = region.trips("rail")[trip_id]
    return ride_on(
        region.data, "rail", (pattern, trip), (0, len(pattern.stops) - 1), begins + trip.start
    ).ride
