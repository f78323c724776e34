"""A passenger's price as JSON, as quotes keep it, and an operator's list price of one ride. Pure."""

from typing import Any

from tariffs.book import TariffBook
from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.own_price import Journey, price_as
from tariffs.parts import Unpriced
from tariffs.result import PassengerPrice
from tariffs.runs import runs_of
from ticketing.regions import travellers


def list_price(book: TariffBook, ride: Ride, own_rider: str) -> Money | None:
    """What an operator's tariff asks for one ride of one of its own rider categories; None where it tells nothing."""
    (run,) = runs = runs_of(book, [ride])
    found = price_as(Journey(book=book, rides=[ride], runs=runs, at=None, offers=()), run, own_rider)
    return None if isinstance(found, Unpriced) else Money(found.cost, found.currency)


def to_json(found: PassengerPrice) -> dict[str, Any]:
    """Write what one passenger is promised: items, shares, taxes and derivation."""
    return {
        **travellers.to_json(found.passenger),
        "total_minor": found.total.minor if found.total else 0,
        "items": [
            {
                "seller": item.seller,
                "fare_product_id": item.fare_product_id,
                "rider_category_id": item.rider_category_id,
                "fare_media_id": item.fare_media_id,
                "amount_minor": item.price.minor,
                "legs": list(item.legs),
                "because": item.because,
                **({"held_ticket": item.held_ticket} if item.held_ticket else {}),
            }
            for item in found.bought
        ],
        "shares": [
            {
                "operator": share.operator,
                "gross_minor": share.gross,
                "vat_minor": share.vat,
                "fee_minor": share.fee,
                "net_minor": share.net,
                "rule": share.rule,
            }
            for share in found.shares
        ],
        "taxes": [
            {
                "member_state": row.key.member_state,
                "mode": row.key.mode,
                "scope": row.key.scope,
                "treatment": row.key.treatment,
                "rate_bp": row.key.rate_bp,
                "verified": row.key.verified,
                "distance_m": row.metres,
                "gross_minor": row.gross,
                "vat_minor": row.vat,
            }
            for row in found.taxes
        ],
        "derivation": list(found.derivation),
        **({"taps": [travellers.tap_to_json(tap) for tap in found.taps]} if found.taps else {}),
    }
