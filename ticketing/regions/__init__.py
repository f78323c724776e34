"""Regions: the data folders this process serves, loaded and checked once."""
