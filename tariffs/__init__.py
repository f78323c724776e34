"""Prices: pure functions of data. Standard library only, no clock, no I/O, no float near money."""
