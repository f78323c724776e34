"""Entries and their allocations, months, the chain over them, and what their proof reads."""
