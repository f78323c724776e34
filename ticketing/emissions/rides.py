"""Count the emissions of rides of a region: of a search, and of what was sold. Pure."""

from collections.abc import Sequence

from operators.emission_factors import EmissionFactor
from operators.region import RegionData
from tariffs.journey import Ride
from ticketing.emissions.everywhere import FACTORS
from ticketing.emissions.journey import JourneyEmissions, RideFacts, emissions_of
from ticketing.frozen import Leg


def rides_emissions(region: RegionData, rides: Sequence[Ride]) -> JourneyEmissions:
    """Count the emissions of one person on rides that a timetable plans."""
    return emissions_of([_of_ride(region, ride) for ride in rides], _factors(region))


def legs_emissions(region: RegionData, legs: Sequence[Leg]) -> JourneyEmissions:
    """Count the emissions of one person on legs that were sold, by the factors of their days."""
    return emissions_of([_of_leg(region, leg) for leg in legs], _factors(region))


def _factors(region: RegionData) -> tuple[EmissionFactor, ...]:
    """The region's own factors stand before those that hold everywhere."""
    return (*region.emission_factors, *FACTORS)


def _of_ride(region: RegionData, ride: Ride) -> RideFacts:
    stops = region.timetables[ride.operator].stops
    start, end = stops[ride.from_stop_id], stops[ride.to_stop_id]
    ends = (f"{ride.operator}:{ride.from_stop_id}", f"{ride.operator}:{ride.to_stop_id}")
    return RideFacts(
        mode=ride.mode,
        operator=ride.operator,
        from_stop=ends[0],
        to_stop=ends[1],
        start=(start.lat, start.lon),
        end=(end.lat, end.lon),
        metres=sum(metres for _, metres in ride.distance_m),
        is_crossing=ends in region.crossings,
        day=ride.departure.date(),
    )


def _of_leg(region: RegionData, leg: Leg) -> RideFacts:
    ends = (f"{leg.operator}:{leg.start.stop_id}", f"{leg.operator}:{leg.end.stop_id}")
    return RideFacts(
        mode=leg.mode,
        operator=leg.operator,
        from_stop=ends[0],
        to_stop=ends[1],
        start=(leg.start.lat, leg.start.lon),
        end=(leg.end.lat, leg.end.lon),
        metres=leg.distance_m,
        is_crossing=ends in region.crossings,
        day=leg.departure.date(),
    )
