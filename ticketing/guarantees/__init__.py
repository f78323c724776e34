"""Guarantees of connections between operators: what a missed one pays out of the pool, and who gives the pool back a part of it."""

from ticketing.guarantees.decision import REASONS, decide
from ticketing.guarantees.paying import list_broken, settle
from ticketing.guarantees.pool import watch_pools
from ticketing.guarantees.proving import verify_guarantees
from ticketing.guarantees.show import list_shown

__all__ = [
    "REASONS",
    "decide",
    "list_broken",
    "list_shown",
    "settle",
    "verify_guarantees",
    "watch_pools",
]
