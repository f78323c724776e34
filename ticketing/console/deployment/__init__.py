"""The deployment: devices, staff and keys, the terms of a region, and its tariffs with the price of a trip."""

from ticketing.console.deployment import devices, people, tariffs, terms

__all__ = ["devices", "people", "tariffs", "terms"]
