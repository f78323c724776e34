"""Rides of account owners that caps count, of the tickets that they hold."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from tariffs.caps import Tap
from ticketing.db.ticket.tickets import Ticket
from ticketing.frozen import QuoteDocument

# The longest window of a cap is a month.
COUNTED = timedelta(days=32)


def ridden(rides: Iterable[tuple[Ticket, QuoteDocument]]) -> Iterator[Tap]:
    """The owner's own rides that caps count, of tickets with their quotes: without legs that were given back."""
    for ticket, quote in rides:
        if ticket.passenger_ref != quote.holder_ref:
            continue
        gone = {leg.departure for leg in ticket.document.legs if not leg.is_left}
        for tap in quote.passenger(ticket.passenger_ref).taps:
            if tap.at not in gone:
                yield replace(tap, id=f"{ticket.jti} {tap.id}")
