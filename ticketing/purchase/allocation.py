"""The rows that a frozen price writes into the books: shares by party and taxes by Member State. Pure."""

from ticketing.db.books.books import Share, Tax
from ticketing.db.sale.offers import Quote
from ticketing.frozen import PricedPassenger


def shares_of(jti: str, quote: Quote, passenger: PricedPassenger) -> list[Share]:
    """List the shares of all parties in one passenger's ticket."""
    return [
        Share(
            ticket_jti=jti,
            region=quote.region,
            operator=row.operator,
            currency=quote.currency,
            kind="sale",
            seq=0,
            gross_minor=row.gross_minor,
            vat_minor=row.vat_minor,
            fee_minor=row.fee_minor,
            net_minor=row.net_minor,
            rule=row.rule,
        )
        for row in passenger.shares
    ]


def taxes_of(jti: str, quote: Quote, passenger: PricedPassenger) -> list[Tax]:
    """List each Member State's VAT in one passenger's ticket."""
    return [
        Tax(
            ticket_jti=jti,
            region=quote.region,
            member_state=row.key.member_state,
            mode=row.key.mode,
            scope=row.key.scope,
            treatment=row.key.treatment,
            rate_bp=row.key.rate_bp,
            verified=int(row.key.verified),
            distance_m=row.distance_m,
            currency=quote.currency,
            kind="sale",
            seq=0,
            gross_minor=row.gross_minor,
            vat_minor=row.vat_minor,
        )
        for row in passenger.taxes
    ]
