"""Regions: the data folders this process serves, loaded and checked once."""

from ticketing.regions.connectors import Connectors, open_connectors
from ticketing.regions.load import Region, check_region, load_regions
from ticketing.regions.watch import Watch

__all__ = ["Connectors", "Region", "Watch", "check_region", "load_regions", "open_connectors"]
