"""An operator's next departure, as a ride."""

from zoneinfo import ZoneInfo

from operators.departures import upcoming
from operators.region import RegionData
from tariffs.journey import Ride
from ticketing.clock import FixedClock


def ride_of(region: RegionData, operator: str, clock: FixedClock) -> Ride:
    """The operator's next departure, as a ride."""
    timetable = region.timetables[operator]
    one, zone = upcoming(timetable, clock.now(), 1)[0], ZoneInfo(timetable.timezone)
    return Ride(
        operator=operator,
        trip_id=one.trip_id,
        route_id=one.route_id,
        from_stop_id=one.from_stop_id,
        to_stop_id=one.to_stop_id,
        departure=one.departs_at.astimezone(zone),
        arrival=one.arrives_at.astimezone(zone),
        calls=(one.from_stop_id, one.to_stop_id),
        mode="ferry",
        distance_m=(),
    )
