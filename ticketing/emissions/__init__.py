"""Emissions of journeys: grams CO2e of each ride by dated factors, their total for one person, and the same way by car."""

from ticketing.emissions.journey import CarWay, JourneyEmissions, RideEmissions, emissions_of, order_of
from ticketing.emissions.rides import legs_emissions, rides_emissions
from ticketing.emissions.show import in_words, journey_shown, ride_shown

__all__ = [
    "CarWay",
    "JourneyEmissions",
    "RideEmissions",
    "emissions_of",
    "in_words",
    "journey_shown",
    "legs_emissions",
    "order_of",
    "ride_shown",
    "rides_emissions",
]
