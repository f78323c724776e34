"""Rules between operators, as dated and versioned data. Format and an example of each kind: docs/agreements.md."""

from tariffs.agreements.continuation import (
    BROKEN,
    Continuation,
    between,
    is_continuation,
    load_continuations,
)
from tariffs.agreements.model import FILE, Agreement, Run, Terms
from tariffs.agreements.reader import load

__all__ = [
    "BROKEN",
    "FILE",
    "Agreement",
    "Continuation",
    "Run",
    "Terms",
    "between",
    "is_continuation",
    "load",
    "load_continuations",
]
