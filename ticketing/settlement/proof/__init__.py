"""Prove the books: entries, runs, steps and what ended with a month, and the anchors that show that nothing was changed."""

from ticketing.settlement.proof.bookkeeping import (
    anchors_file,
    ask,
    carry_out,
    list_anchors,
    list_asked,
    list_checks,
    tend_region,
)
from ticketing.settlement.proof.verify import verify as verify_books

__all__ = [
    "anchors_file",
    "ask",
    "carry_out",
    "list_anchors",
    "list_asked",
    "list_checks",
    "tend_region",
    "verify_books",
]
