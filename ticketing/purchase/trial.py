"""Try a quote before anybody pays: build its tickets, their entries and the reversal of a whole refund. Pure.

What cannot be built now could not be issued after the money was taken, so such a quote is not made.
"""

from collections.abc import Sequence
from datetime import datetime

from ticketing.books import postings
from ticketing.db.books.books import Share, Tax
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.order_holders import Holder
from ticketing.frozen import PricedPassenger
from ticketing.purchase.allocation import shares_of, taxes_of
from ticketing.purchase.issue import ticket_order
from ticketing.purchase.refund.reversal import take_back
from ticketing.tickets.issue import Press

_JTI = "trial-trial-trial-tria"
_PLACE = ("trial", 0)


def why_not(press: Press, quote: Quote, now: datetime) -> str | None:
    """Why a quote could not be booked, with the passenger's rider category and rules; None for one that can."""
    if sum(passenger.total_minor for passenger in quote.document.passengers) != quote.total_minor:
        return "the prices of the passengers do not add up to the total"
    for passenger in quote.document.passengers:
        try:
            _try(press, quote, passenger, now)
        except (ValueError, LookupError, ArithmeticError) as error:
            rules = "; ".join(dict.fromkeys(row.rule for row in passenger.shares)) or "no rule"
            return f"{passenger.rider} by {rules}: {error}"
    return None


def _try(press: Press, quote: Quote, passenger: PricedPassenger, now: datetime) -> None:
    """Build what issuing one ticket and giving it back whole would write; raises what building it would raise."""
    press.check(ticket_order(quote, passenger, Holder(), jti=_JTI, place=_PLACE, now=now, bound=press.bound))
    shares, taxes = shares_of(_JTI, quote, passenger), taxes_of(_JTI, quote, passenger)
    _check_sums(passenger.total_minor, shares, taxes)
    postings.allocation(_JTI, region=quote.region, shares=shares, taxes=taxes, at=now)
    back = take_back(shares, taxes, passenger.total_minor, 1)
    postings.refund_decided("trial", _JTI, region=quote.region, shares=back.shares, taxes=back.taxes, at=now)
    left = [*shares, *back.shares]
    if _gross(left) or _gross([*taxes, *back.taxes]) or sum(row.net_minor for row in left):
        raise ValueError("a whole refund does not end at nothing")


def _check_sums(total: int, shares: Sequence[Share], taxes: Sequence[Tax]) -> None:
    """Hold the rows against the total: net + VAT + fee for each party, and everything in sum."""
    for row in shares:
        if row.net_minor + row.vat_minor + row.fee_minor != row.gross_minor:
            raise ValueError(f"net, VAT and fee of {row.operator} are not its share")
    if not _gross(shares) == _gross(taxes) == total:
        raise ValueError(f"shares of {_gross(shares)} and taxed prices of {_gross(taxes)} are not {total}")
    if sum(row.vat_minor for row in shares) != sum(row.vat_minor for row in taxes):
        raise ValueError("the VAT withheld from the parties is not the VAT of the tax rows")


def _gross(rows: Sequence[Share | Tax]) -> int:
    return sum(row.gross_minor for row in rows)
