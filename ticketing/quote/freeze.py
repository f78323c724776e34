"""Freeze a price: everything that is promised, as one document that no later tariff changes. Pure."""

from collections.abc import Mapping
from typing import Any

from tariffs.excluded import Excluded, from_json
from tariffs.result import JourneyPrice
from ticketing.regions import prices


def document(offer: Mapping[str, Any], price: JourneyPrice, product: str) -> dict[str, Any]:
    """Write the document of a quote: rides, legs, and for each passenger items, shares, taxes and derivation.

    Amounts are minor units of the quote's currency.
    """
    return {
        **{
            name: offer[name]
            for name in ("person_id", "holder_ref", "sale_channel", "excluded", "priced_at")
            if name in offer
        },
        "product": product,
        "rides": offer["rides"],
        "legs": [leg for leg in offer["legs"] if leg["kind"] == "ride"],
        "passengers": [prices.to_json(found) for found in price.passengers],
        "tax_unverified": any(not row.key.verified for found in price.passengers for row in found.taxes),
    }


def excluded_of(document: Mapping[str, Any]) -> tuple[Excluded, ...]:
    """The rides that an offer or a quote does not pay for."""
    return tuple(from_json(one) for one in document.get("excluded", ()))
