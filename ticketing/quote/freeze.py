"""Freeze a price: everything that is promised, as one document that no later tariff changes. Pure."""

from dataclasses import replace

from tariffs.result import JourneyPrice
from ticketing.frozen import PricedPassenger, QuoteDocument, is_unverified
from ticketing.quote.offered import Offered


def document(offer: Offered, price: JourneyPrice, product: str) -> QuoteDocument:
    """Make the document of a quote: rides, legs, and for each passenger items, shares, taxes and derivation."""
    passengers = tuple(map(PricedPassenger.of, price.passengers))
    return QuoteDocument(
        product=product,
        rides=tuple(offer.rides),
        legs=tuple(offer.legs),
        passengers=passengers,
        tax_unverified=is_unverified(passengers),
        person_id=offer.person_id,
        holder_ref=offer.holder_ref,
        sale_channel=offer.sale_channel,
        excluded=tuple(offer.excluded),
        priced_at=offer.made_at,
    )


def priced_again(promised: QuoteDocument, price: JourneyPrice) -> QuoteDocument:
    """Make the document that the same promise has at another price."""
    passengers = tuple(map(PricedPassenger.of, price.passengers))
    return replace(promised, passengers=passengers, tax_unverified=is_unverified(passengers))
