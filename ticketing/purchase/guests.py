"""How much is kept for people without an account: so much in an order, and a share of each sailing that nobody has paid for.

The region sets both. An address says nothing of a person: a ferry's Wi-Fi is one address, and an attacker has many.
"""

from collections import Counter
from collections.abc import Sequence

from ticketing.db import Transaction, bookings
from ticketing.db.bookings import Booking
from ticketing.db.offers import Quote
from ticketing.errors import Conflict
from ticketing.purchase.order import PAYABLE
from ticketing.purchase.till import Till
from ticketing.regions import company

_OPEN = ("holding", "payment_unknown", *PAYABLE)
_PERCENT = 100


def check_company(till: Till, quote: Quote) -> None:
    """Raise Conflict for a journey of somebody who is sold a ticket only together with somebody else."""
    companions = till.regions[quote.region].data.companions
    riders = [passenger["rider"] for passenger in quote.document["passengers"]]
    at = company.lonely(companions, riders) if quote.document.get("rides") else None
    if at is not None:
        raise Conflict(company.refusal(companions, riders[at]))


def check_share(tx: Transaction, till: Till, quote: Quote, wanted: Sequence[Booking]) -> None:
    """Raise Conflict where guests would keep more of an order or of a sailing than the region leaves them."""
    region = till.regions[quote.region].data
    most = region.guests.places_in_an_order
    if len(quote.document["passengers"]) > most:
        raise Conflict(f"without an account an order is for at most {most} people; sign in to order for more")
    asked = Counter(booking.sailing for booking in wanted if booking.sailing)
    if not asked:
        return
    bookings.queue_guests(tx, asked.keys())
    kept = bookings.count_of_guests(tx, asked.keys(), _OPEN)
    for booking in wanted:
        share = region.operators[booking.operator].places * region.guests.percent_of_a_sailing // _PERCENT
        sailing = booking.sailing or ""
        if kept.get(sailing, 0) + asked[sailing] > max(share, most):
            raise Conflict(
                f"too many places of {booking.operator} on this departure wait for payment or cost nothing without an "
                "account; sign in, or try again in some minutes"
            )
