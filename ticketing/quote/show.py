"""A quote as its buyer reads it: every passenger's price, shares, taxes and derivation. Pure."""

from collections.abc import Sequence
from typing import Any

from operators.place_kinds import kind_of
from tariffs.money import Money
from tariffs.words import explain
from ticketing.clock import written
from ticketing.db.sale.offers import Quote
from ticketing.regions import Region, explained


def quote(frozen: Quote, region: Region, language: str = "en") -> dict[str, Any]:
    """A quote with every passenger's price, shares, taxes and derivation; sentences name products as the region does."""
    document = frozen.document
    return {
        "id": frozen.id,
        "region": frozen.region,
        "tariff_version": frozen.tariff_version,
        "total": _money(frozen.total_minor, frozen.currency),
        "created_at": written(frozen.created_at),
        "expires_at": written(frozen.expires_at),
        "tax_unverified": document["tax_unverified"],
        "passengers": [
            passenger(row, frozen.currency, explained(region, row, document["rides"], language))
            for row in document["passengers"]
        ],
        "legs": document["legs"],
        "excluded": document.get("excluded", []),
    }


def passenger(row: dict[str, Any], currency: str, explanation: Sequence[str] | None = None) -> dict[str, Any]:
    """One passenger of a frozen document, amounts written out, with the `explanation` of the price; in English where none is given."""
    return {
        "ref": row["ref"],
        "rider_category": row["rider"],
        "place": kind_of(row["rider"]),
        "total": _money(row["total_minor"], currency),
        "items": [
            {**_without_minor(item), "price": _money(item["amount_minor"], currency)} for item in row["items"]
        ],
        "shares": [_amounts(share, currency) for share in row["shares"]],
        "taxes": [
            {**_amounts(tax, currency, drop="rate_bp"), "rate_percent": _percent(tax["rate_bp"])}
            for tax in row["taxes"]
        ],
        "explanation": explain(row["derivation"], "en") if explanation is None else list(explanation),
        "derivation": row["derivation"],
    }


def _amounts(row: dict[str, Any], currency: str, drop: str = "") -> dict[str, Any]:
    """Write every `*_minor` of a row as money under its short name."""
    return {
        name.removesuffix("_minor"): _money(value, currency) if name.endswith("_minor") else value
        for name, value in row.items()
        if name != drop
    }


def _without_minor(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.endswith("_minor")}


def _percent(basis_points: int) -> str:
    return f"{basis_points // 100}.{basis_points % 100:02}"


def _money(minor: int, currency: str) -> dict[str, str]:
    return Money(minor, currency).as_dict()
