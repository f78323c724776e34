"""Keep what a buyer was told of connections that nobody guarantees: the sentences by their version, and the language."""

import json
from dataclasses import dataclass

from ticketing.connections import VERSION, is_separate
from ticketing.db.sale.offers import Quote


@dataclass(frozen=True, slots=True)
class Disclosed:
    """The way a buyer was told: in which language, and whether they said that they have read it."""

    language: str
    acknowledged: bool


def disclosure_of(quote: Quote, told: Disclosed | None) -> str | None:
    """Write what is kept with an order, as JSON; None where one operator carries its holder all the way, or nobody was told."""
    if told is None or not is_separate([leg.operator for leg in quote.document.legs]):
        return None
    kept = {"version": VERSION, "language": told.language, "acknowledged": told.acknowledged}
    return json.dumps(kept, sort_keys=True)
