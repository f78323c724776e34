"""Keep the documents that an operator hands over when it confirms, and hold its price and its tickets against the agreement.

A difference stops nobody: the operator has sold, and the passenger may travel. It is a *Case* before the departure, because
the operator will ask for what it has answered.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from operators.port import Booking as Confirmed
from tariffs.journey import Ride
from tariffs.money import Money
from ticketing.db import Transaction
from ticketing.db.sale import booking_documents, gateway_events
from ticketing.db.sale.bookings import Booking
from ticketing.db.sale.offers import Quote
from ticketing.purchase.till import Till
from ticketing.regions.prices import list_price

DIFFERS = "booking_differs"


def agreed(till: Till, quote: Quote, ride: Ride, traveller: Mapping[str, str]) -> dict[str, object]:
    """Return the price that the operator's own tariff asks of this traveller, as a booking keeps it; nothing where it has none."""
    price = list_price(till.regions[quote.region].book, ride, traveller["category"])
    return {} if price is None else {"agreed": {"minor": price.minor, "currency": price.currency}}


def take(tx: Transaction, booking: Booking, confirmed: Confirmed, now: datetime) -> None:
    """Keep the documents of a confirmation, and tell a person of what differs from what was agreed."""
    booking_documents.keep(tx, booking.id, confirmed.documents, now)
    differences = differences_of(booking.document, confirmed)
    if differences:
        detail = f"{booking.operator} answered for booking {confirmed.reference}: {'; '.join(differences)}"
        gateway_events.raise_alert(tx, DIFFERS, booking.id, detail, now)


def differences_of(document: Mapping[str, Any], confirmed: Confirmed) -> list[str]:
    """List the differences between a confirmation and the agreement; each booking is for one traveller. Pure."""
    found = []
    wanted = document.get("agreed")
    expected = Money(wanted["minor"], wanted["currency"]) if wanted else None
    if expected is not None and confirmed.price is not None and confirmed.price != expected:
        found.append(f"{confirmed.price} where {expected} was agreed")
    if confirmed.tickets is not None and confirmed.tickets != 1:
        found.append(f"{confirmed.tickets} tickets where 1 was agreed")
    return found
