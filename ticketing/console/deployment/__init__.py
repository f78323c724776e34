"""The deployment: devices, staff and keys, the terms of a region, and its tariffs with the price of a trip."""

from ticketing.console.deployment import codes, devices, people, tariffs, terms

__all__ = ["codes", "devices", "people", "tariffs", "terms"]
