"""The vehicle of a ride: where it is and how full, by its operator's last word."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

from operators.port import Connector, Vehicle
from throughfare_gate.moments import written
from ticketing.db import Transaction
from ticketing.db.operators import run_states
from ticketing.db.operators.run_states import RunKey
from ticketing.regions.run_news import vehicles_in


def find_vehicles(
    tx: Transaction, region: str, runs: Collection[RunKey], connectors: Mapping[str, Connector], now: datetime
) -> dict[RunKey, Vehicle]:
    """Read the vehicles of some runs; a position that is older than its operator's word holds is left out."""
    telling = {run[0] for run in runs if run[0] in connectors and connectors[run[0]].capabilities.vehicles}
    if not telling:
        return {}
    kept = run_states.find_vehicles(tx, region)
    vehicles: dict[RunKey, Vehicle] = {}
    for operator in telling & kept.keys():
        holds = timedelta(seconds=connectors[operator].capabilities.told_for_seconds)
        for vehicle in vehicles_in(kept[operator]):
            run = (operator, vehicle.trip_id, vehicle.service_date)
            if run in runs and now - vehicle.as_of <= holds:
                vehicles[run] = vehicle
    return vehicles


def vehicle_on(vehicles: Iterable[Vehicle], trip_id: str, day: date | None) -> Vehicle | None:
    """Find the vehicle of a trip of a service day."""
    return next((one for one in vehicles if (one.trip_id, one.service_date) == (trip_id, day)), None)


def shown(vehicle: Vehicle) -> dict[str, object]:
    """Show the position of a ride's vehicle and how full it is, with the time at which it was."""
    return {
        "lat": vehicle.lat,
        "lon": vehicle.lon,
        "stop_id": vehicle.stop_id,
        "status": vehicle.status,
        "occupancy": vehicle.occupancy,
        "occupancy_percent": vehicle.occupancy_percent,
        "wheelchair": vehicle.wheelchair,
        "as_of": written(vehicle.as_of),
    }
