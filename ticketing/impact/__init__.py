"""Impact: a region's figures by corridor for its map, from published numbers alone, and the effect of another tariff on them."""

from ticketing.impact.comparing import PairChange, WhatIf, compare
from ticketing.impact.desk import ImpactDesk, Month, read_month
from ticketing.impact.figures import Access, Changes, Corridor, access_of, corridors_of
from ticketing.impact.picture import Coast, Mark, Spot, draw, steps_of
from ticketing.impact.places import spots
from ticketing.impact.proposing import AGREEMENTS, Proposal, by_book, changed_book, what_if

__all__ = [
    "AGREEMENTS",
    "Access",
    "Changes",
    "Coast",
    "Corridor",
    "ImpactDesk",
    "Mark",
    "Month",
    "PairChange",
    "Proposal",
    "Spot",
    "WhatIf",
    "access_of",
    "by_book",
    "changed_book",
    "compare",
    "corridors_of",
    "draw",
    "read_month",
    "spots",
    "steps_of",
    "what_if",
]
