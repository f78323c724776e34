"""Limit the places kept for people who have not paid: for strangers a share of each sailing, for an account one group's places.

The region sets the share; bicycles, cars, cabins and dogs are counted apart. A stranger is a guest, or an account that never paid for anything it kept: accounts cost
nothing. An address says nothing of a person: a ferry's Wi-Fi is one address, and an attacker has many.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from operators.place_kinds import FOOT
from operators.region import RegionData
from ticketing.db import Transaction
from ticketing.db.sale import bookings, orders
from ticketing.db.sale.bookings import Booking
from ticketing.db.sale.offers import Quote
from ticketing.errors import Conflict
from ticketing.purchase.order import PAYABLE
from ticketing.purchase.till import Till
from ticketing.regions import company

_OPEN = ("holding", "payment_unknown", *PAYABLE)
_PERCENT = 100
# The most unpaid places of one sailing for an account: the largest group that one order is for.
_MOST_OF_AN_ACCOUNT = 30


def check_company(till: Till, quote: Quote) -> None:
    """Raise Conflict for a journey of somebody who is sold a ticket only together with somebody else; a pass is no journey."""
    data = till.regions[quote.region].data
    riders = [passenger.rider for passenger in quote.document.passengers]
    at = company.lonely(data.companions, riders) if quote.document.rides else None
    if at is not None:
        raise Conflict(company.refusal(data, riders[at]))


def check_share(
    tx: Transaction, till: Till, quote: Quote, wanted: Sequence[Booking], person_id: str | None
) -> None:
    """Raise Conflict where more of an order or of a sailing would be kept unpaid than strangers, or an account, may."""
    region = till.regions[quote.region].data
    most = region.guests.places_in_an_order
    if person_id is None and len(quote.document.passengers) > most:
        raise Conflict(f"without an account an order is for at most {most} people; sign in to order for more")
    asked = Counter(booking.sailing for booking in wanted if booking.sailing)
    if not asked:
        return
    bookings.queue_guests(tx, asked.keys())
    if person_id is not None:
        _check_account(tx, asked, wanted, person_id)
        if orders.has_paid(tx, person_id):
            return
    kept = bookings.count_unpaid_of_strangers(tx, asked.keys(), _OPEN)
    for booking in wanted:
        sailing = booking.sailing or ""
        if kept.get(sailing, 0) + asked[sailing] > max(_share_of_strangers(region, booking), most):
            raise Conflict(_shared_limit(booking.operator, person_id))


def _check_account(
    tx: Transaction, asked: Mapping[str, int], wanted: Sequence[Booking], person_id: str
) -> None:
    """Raise Conflict where an account would keep more places of a sailing unpaid than one may."""
    kept = bookings.count_unpaid(tx, asked.keys(), _OPEN, person_id)
    for booking in wanted:
        sailing = booking.sailing or ""
        if kept.get(sailing, 0) + asked[sailing] > _MOST_OF_AN_ACCOUNT:
            raise Conflict(_own_limit(booking.operator))


def _share_of_strangers(region: RegionData, booking: Booking) -> int:
    """Count the places of a sailing that all strangers together may keep unpaid.

    How many bicycles or cars a ship takes is not known here: strangers keep no more of them than one order's places.
    """
    is_person = booking.document["traveller"]["place"] == FOOT
    places = region.operators[booking.operator].places if is_person else 0
    return places * region.guests.percent_of_a_sailing // _PERCENT


def _shared_limit(operator: str, person_id: str | None) -> str:
    if person_id is None:
        return (
            f"too many places of {operator} on this departure wait for payment or cost nothing without an account; "
            "sign in, or try again in some minutes"
        )
    return (
        f"too many places of {operator} on this departure wait for payment by people who have not bought anything yet; "
        "try again in some minutes"
    )


def _own_limit(operator: str) -> str:
    return (
        f"your account keeps {_MOST_OF_AN_ACCOUNT} places of {operator} on this departure at most that are not paid "
        "for; pay an order, or let one expire"
    )
