"""A quote as its buyer reads it: every passenger's price, shares, taxes and derivation. Pure."""

from collections.abc import Sequence

from operators.place_kinds import FOOT, kind_of
from tariffs.caps import Standing, standings
from tariffs.money import Money
from tariffs.words import explain, spoken
from throughfare_gate.moments import written
from ticketing.connections import connections_shown, guarantee_in_words
from ticketing.db.sale.offers import Quote
from ticketing.emissions import journey_shown, legs_emissions
from ticketing.frozen import PricedPassenger, PriceItem, PriceShare, PriceTax, write_leg
from ticketing.regions import Region, explained, guarantee_for


def quote(
    frozen: Quote, region: Region, language: str = "en", *, with_guarantee: bool = True
) -> dict[str, object]:
    """A quote with every passenger's price, shares, taxes and derivation; sentences name products as the region does.

    `with_guarantee` is false while the region sells none.
    """
    document = frozen.document
    return {
        "id": frozen.id,
        "region": frozen.region,
        "tariff_version": frozen.tariff_version,
        "total": _money(frozen.total_minor, frozen.currency),
        "created_at": written(frozen.created_at),
        "expires_at": written(frozen.expires_at),
        "tax_unverified": document.tax_unverified,
        "passengers": [
            {
                **passenger(row, frozen.currency, explained(region, row, document.rides, language)),
                "caps": caps_after(row, region) if row.ref == document.holder_ref else [],
            }
            for row in document.passengers
        ],
        "legs": [write_leg(leg) for leg in document.legs],
        "connections": connections_shown(
            ((leg.operator, leg.operator_name) for leg in document.legs), language
        ),
        "guarantee": _guarantee(frozen, region, language) if with_guarantee else None,
        "emissions": journey_shown(legs_emissions(region.data, document.legs), language)
        if document.legs
        else None,
        "excluded": [one.to_json() for one in document.excluded],
    }


def caps_after(row: PricedPassenger, region: Region) -> list[dict[str, object]]:
    """Show the caps of an account's owner, as they stand once the last ride of the quote is paid."""
    if not row.taps:
        return []
    last = max(tap.at for tap in row.taps)
    counted = [tap for tap in row.passenger.paid if tap.at <= last]
    return [cap(one) for one in standings([*counted, *row.taps], region.book.caps, last)]


def cap(standing: Standing) -> dict[str, object]:
    """A cap as its rider reads it."""
    return {
        "id": standing.cap.id,
        "window": standing.cap.window,
        "limit": standing.cap.limit.as_dict(),
        "paid": standing.paid.as_dict(),
        "left": standing.left.as_dict(),
        "rides_left": standing.rides_left,
    }


def _guarantee(frozen: Quote, region: Region, language: str) -> dict[str, object] | None:
    """Show the guarantee of connections that may be ordered with a quote; None where none is sold."""
    document = frozen.document
    people = sum(kind_of(one.rider) == FOOT for one in document.passengers)
    sold = guarantee_for(region.data, document.rides, people)
    if sold is None:
        return None
    return {
        **sold.as_dict(),
        "text": guarantee_in_words(
            language,
            guarantor=sold.guarantor,
            price=_in_words(sold.each_minor, sold.currency, language),
            minutes=sold.wait_minutes,
            pays=_in_words(sold.pays_minor, sold.currency, language),
        ),
    }


def _in_words(minor: int, currency: str, language: str) -> str:
    return spoken(Money(minor, currency), language)


def passenger(
    row: PricedPassenger, currency: str, explanation: Sequence[str] | None = None
) -> dict[str, object]:
    """One passenger of a frozen document, amounts written out, with the `explanation` of the price; in English where none is given."""
    return {
        "ref": row.ref,
        "rider_category": row.rider,
        "place": kind_of(row.rider),
        "total": _money(row.total_minor, currency),
        "items": [_item(item, currency) for item in row.items],
        "shares": [_share(share, currency) for share in row.shares],
        "taxes": [_tax(tax, currency) for tax in row.taxes],
        "explanation": explain(row.derivation, "en") if explanation is None else list(explanation),
        "derivation": list(row.derivation),
    }


def _item(item: PriceItem, currency: str) -> dict[str, object]:
    return {
        "seller": item.seller,
        "fare_product_id": item.fare_product_id,
        "rider_category_id": item.rider_category_id,
        "fare_media_id": item.fare_media_id,
        "legs": list(item.legs),
        "because": item.because,
        **({"held_ticket": item.held_ticket} if item.held_ticket else {}),
        "price": _money(item.amount_minor, currency),
    }


def _share(share: PriceShare, currency: str) -> dict[str, object]:
    return {
        "operator": share.operator,
        "gross": _money(share.gross_minor, currency),
        "vat": _money(share.vat_minor, currency),
        "fee": _money(share.fee_minor, currency),
        "net": _money(share.net_minor, currency),
        "rule": share.rule,
    }


def _tax(tax: PriceTax, currency: str) -> dict[str, object]:
    key = tax.key
    return {
        "member_state": key.member_state,
        "mode": key.mode,
        "scope": key.scope,
        "treatment": key.treatment,
        "verified": key.verified,
        "distance_m": tax.distance_m,
        "gross": _money(tax.gross_minor, currency),
        "vat": _money(tax.vat_minor, currency),
        "rate_percent": _percent(key.rate_bp),
    }


def _percent(basis_points: int) -> str:
    return f"{basis_points // 100}.{basis_points % 100:02}"


def _money(minor: int, currency: str) -> dict[str, str]:
    return Money(minor, currency).as_dict()
