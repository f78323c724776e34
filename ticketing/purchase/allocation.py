"""The rows that a frozen price writes into the books: shares by party and taxes by Member State. Pure."""

from collections.abc import Mapping
from typing import Any

from ticketing.db.books.books import Share, Tax
from ticketing.db.sale.offers import Quote


def shares_of(jti: str, quote: Quote, passenger: Mapping[str, Any]) -> list[Share]:
    """What each party gets of one passenger's ticket."""
    return [
        Share(
            jti, quote.region, row["operator"], quote.currency, "sale", 0, row["gross_minor"], row["vat_minor"],
            row["fee_minor"], row["net_minor"], row["rule"],
        )
        for row in passenger["shares"]
    ]  # fmt: skip


def taxes_of(jti: str, quote: Quote, passenger: Mapping[str, Any]) -> list[Tax]:
    """What each Member State's VAT is of one passenger's ticket."""
    return [
        Tax(
            jti, quote.region, row["member_state"], row["mode"], row["scope"], row["treatment"], row["rate_bp"],
            int(row["verified"]), row["distance_m"], quote.currency, "sale", 0, row["gross_minor"],
            row["vat_minor"],
        )
        for row in passenger["taxes"]
    ]  # fmt: skip
