"""Read where vehicles are and how full: the position of a run that the timetable has. Pure.

GTFS Realtime Reference, `VehiclePosition`. A vehicle without a trip is on its way to one and says nothing to passengers; a
place that is nowhere on earth is left out.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from google.transit import gtfs_realtime_pb2 as gtfs

from operators.gtfs.runs import Runs
from operators.port import Vehicle

_OLD = timedelta(minutes=10)
_NORTH, _EAST = 90, 180
_MOST_PERCENT = 1_000
_WHEELCHAIR = {
    gtfs.VehicleDescriptor.WHEELCHAIR_ACCESSIBLE: True,
    gtfs.VehicleDescriptor.WHEELCHAIR_INACCESSIBLE: False,
}
_UNTOLD = {"no_data_available"}


def read_vehicle(position: Any, runs: Runs, now: datetime) -> Vehicle | None:
    """Read one position; None for one that is of no run that we know, or is older than ten minutes."""
    if not position.HasField("trip"):
        return None
    stamp = position.timestamp or int(now.timestamp())
    run = runs.find(position.trip, stamp)
    if isinstance(run, str) or abs(now.timestamp() - stamp) > _OLD.total_seconds():
        return None
    place = _place(position.position) if position.HasField("position") else None
    percent = position.occupancy_percentage if position.HasField("occupancy_percentage") else None
    return Vehicle(
        trip_id=run.trip_id,
        service_date=run.service_date,
        lat=place[0] if place else None,
        lon=place[1] if place else None,
        stop_id=_stop(position, run.pattern.stops, run.pattern.sequences),
        status=gtfs.VehiclePosition.VehicleStopStatus.Name(position.current_status).lower(),
        occupancy=_occupancy(position),
        occupancy_percent=percent if percent is not None and percent <= _MOST_PERCENT else None,
        wheelchair=_WHEELCHAIR.get(position.vehicle.wheelchair_accessible),
        as_of=datetime.fromtimestamp(stamp, UTC),
    )


def _place(position: Any) -> tuple[float, float] | None:
    lat, lon = round(position.latitude, 5), round(position.longitude, 5)
    is_somewhere = math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= _NORTH and abs(lon) <= _EAST
    # Nothing rides in the sea off Ghana: a receiver without a fix says 0, 0.
    return (lat, lon) if is_somewhere and (lat or lon) else None


def _stop(position: Any, stops: tuple[str, ...], sequences: tuple[int, ...]) -> str | None:
    if position.HasField("current_stop_sequence") and position.current_stop_sequence in sequences:
        return stops[sequences.index(position.current_stop_sequence)]
    return position.stop_id if position.stop_id in stops else None


def _occupancy(position: Any) -> str | None:
    if not position.HasField("occupancy_status"):
        return None
    word = gtfs.VehiclePosition.OccupancyStatus.Name(position.occupancy_status).lower()
    return None if word in _UNTOLD else word
