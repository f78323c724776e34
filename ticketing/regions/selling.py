"""Tell whether an operator has ended its sale of a ride: its connector tells how long before a departure it sells the last ticket. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from operators.port import Connector
from operators.region import RegionData
from tariffs.journey import Ride
from ticketing.errors import Conflict, Fault


def is_closed(connectors: Mapping[str, Connector], ride: Ride, now: datetime) -> bool:
    """Tell whether the sale of a ride has ended; that of an operator which says nothing goes on until it leaves."""
    connector = connectors.get(ride.operator)
    seconds = 0 if connector is None else connector.capabilities.sale_ends_seconds
    return seconds > 0 and now + timedelta(seconds=seconds) >= ride.departure


def require_on_sale(
    data: RegionData, connectors: Mapping[str, Connector], rides: Sequence[Ride], now: datetime
) -> None:
    """Raise Conflict for the first ride whose operator has ended its sale, and name the ride."""
    for at, ride in enumerate(rides):
        if is_closed(connectors, ride, now):
            operator = data.operators[ride.operator].name
            minutes = connectors[ride.operator].capabilities.sale_ends_seconds // 60
            detail = (
                f"{operator} has ended its sale for the {ride.departure:%H:%M} departure on {ride.departure:%d.%m.%Y}, "
                f"{minutes} minutes before it leaves; choose a later one"
            )
            raise Conflict(detail, [Fault(f"legs[{at}]", detail)])
