"""Offers: a price for a journey as a token that its holder carries; who searches writes it, who quotes reads it."""

from ticketing.offers.body import AddedRun, Member, OfferBody, RideName, owner_of
from ticketing.offers.sealed import OfferTokens
from ticketing.offers.token import MOST_CHARS, PREFIX, digest

__all__ = [
    "MOST_CHARS",
    "PREFIX",
    "AddedRun",
    "Member",
    "OfferBody",
    "OfferTokens",
    "RideName",
    "digest",
    "owner_of",
]
