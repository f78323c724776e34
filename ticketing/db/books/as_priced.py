"""Rows of allocations as a price has them, so that what was booked can be held against what was promised."""

from tariffs.taxes import TaxKey
from ticketing.db.books.books import Share, Tax
from ticketing.frozen import PriceShare, PriceTax


def share_as_priced(row: Share) -> PriceShare:
    """A share without its ticket."""
    return PriceShare(
        operator=row.operator,
        gross_minor=row.gross_minor,
        vat_minor=row.vat_minor,
        fee_minor=row.fee_minor,
        net_minor=row.net_minor,
        rule=row.rule,
    )


def tax_as_priced(row: Tax) -> PriceTax:
    """A tax row without its ticket."""
    return PriceTax(key_of(row), row.distance_m, row.gross_minor, row.vat_minor)


def key_of(row: Tax) -> TaxKey:
    """The key by which a row is the same as one of a price."""
    return TaxKey(
        member_state=row.member_state,
        mode=row.mode,
        scope=row.scope,
        treatment=row.treatment,
        rate_bp=row.rate_bp,
        verified=bool(row.verified),
    )
