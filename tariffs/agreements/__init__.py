"""Rules between operators, as dated and versioned data. Format and an example of each kind: docs/agreements.md."""

from tariffs.agreements.continuation import (
    BROKEN,
    SCHEME,
    Continuation,
    OtherWay,
    between,
    load_continuations,
    load_other_ways,
    other_way_for,
    sets_no_price,
)
from tariffs.agreements.model import FILE, Agreement, Run, Terms
from tariffs.agreements.reader import load

__all__ = [
    "BROKEN",
    "FILE",
    "SCHEME",
    "Agreement",
    "Continuation",
    "OtherWay",
    "Run",
    "Terms",
    "between",
    "load",
    "load_continuations",
    "load_other_ways",
    "other_way_for",
    "sets_no_price",
]
