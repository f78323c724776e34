"""The deployment: devices, staff and keys, the terms of a region, its tariffs with the price of a trip, and other tariffs on trial."""

from ticketing.console.deployment import codes, devices, people, tariffs, terms, what_if

__all__ = ["codes", "devices", "people", "tariffs", "terms", "what_if"]
