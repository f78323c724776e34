"""Impact: a region's figures by corridor for its map, from published numbers alone, and the effect of another tariff on them."""

from ticketing.impact.desk import ImpactDesk, Month, read_month
from ticketing.impact.figures import Access, Changes, Corridor, access_of, corridors_of
from ticketing.impact.picture import Mark, Spot, draw
from ticketing.impact.places import spots
from ticketing.impact.proposing import Proposal, changed_book, what_if
from ticketing.impact.what_if import PairChange, WhatIf, compare

__all__ = [
    "Access",
    "Changes",
    "Corridor",
    "ImpactDesk",
    "Mark",
    "Month",
    "PairChange",
    "Proposal",
    "Spot",
    "WhatIf",
    "access_of",
    "changed_book",
    "compare",
    "corridors_of",
    "draw",
    "read_month",
    "spots",
    "what_if",
]
