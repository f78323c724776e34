"""How much is kept for people who have not paid: for guests a share of each sailing, for an account one group's places.

The region sets the share. An address says nothing of a person: a ferry's Wi-Fi is one address, and an attacker has many.
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
# What an account may keep of one sailing without having paid: the largest group that one order is for.
_MOST_OF_AN_ACCOUNT = 30


def check_company(till: Till, quote: Quote) -> None:
    """Raise Conflict for a journey of somebody who is sold a ticket only together with somebody else."""
    companions = till.regions[quote.region].data.companions
    riders = [passenger["rider"] for passenger in quote.document["passengers"]]
    at = company.lonely(companions, riders) if quote.document.get("rides") else None
    if at is not None:
        raise Conflict(company.refusal(companions, riders[at]))


def check_share(
    tx: Transaction, till: Till, quote: Quote, wanted: Sequence[Booking], person_id: str | None
) -> None:
    """Raise Conflict where more of an order or of a sailing would be kept unpaid than guests, or an account, may."""
    region = till.regions[quote.region].data
    most = region.guests.places_in_an_order
    if person_id is None and len(quote.document["passengers"]) > most:
        raise Conflict(f"without an account an order is for at most {most} people; sign in to order for more")
    asked = Counter(booking.sailing for booking in wanted if booking.sailing)
    if not asked:
        return
    bookings.queue_guests(tx, asked.keys())
    kept = bookings.count_unpaid(tx, asked.keys(), _OPEN, person_id)
    for booking in wanted:
        share = region.operators[booking.operator].places * region.guests.percent_of_a_sailing // _PERCENT
        allowed = max(share, most) if person_id is None else _MOST_OF_AN_ACCOUNT
        sailing = booking.sailing or ""
        if kept.get(sailing, 0) + asked[sailing] > allowed:
            raise Conflict(_refusal(booking.operator, person_id))


def _refusal(operator: str, person_id: str | None) -> str:
    if person_id is None:
        return (
            f"too many places of {operator} on this departure wait for payment or cost nothing without an account; "
            "sign in, or try again in some minutes"
        )
    return (
        f"your account keeps {_MOST_OF_AN_ACCOUNT} places of {operator} on this departure at most that are not paid "
        "for; pay an order, or let it go"
    )
