"""Regions: the data folders this process serves, loaded and checked once."""

from ticketing.regions.load import Region, check_region, load_regions

__all__ = ["Region", "check_region", "load_regions"]
