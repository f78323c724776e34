"""The deployment: the devices of operators, and what a region is set up by."""

from ticketing.console.deployment import devices

__all__ = ["devices"]
