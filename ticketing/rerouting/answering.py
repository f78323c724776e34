"""Take a holder's answer to a place that is held for them: their choice takes it over, or gives it back."""

from datetime import datetime

from ticketing.db import Transaction
from ticketing.db.disruption import place_holds
from ticketing.db.disruption.place_holds import PlaceHold
from ticketing.db.disruption.reroutings import Rerouting
from ticketing.db.sale import bookings
from ticketing.db.sale.bookings import CHOICE, WITH_OPERATOR
from ticketing.rerouting.moving import own


def answer(tx: Transaction, choice: Rerouting, now: datetime) -> frozenset[str]:
    """Take the passengers of a choice out of what is held for them; names those whose place it takes over. The caller holds the order."""
    taken_over: set[str] = set()
    for hold in place_holds.list_open_of(tx, choice.order_id):
        if hold.leg == choice.leg and set(hold.passengers) & set(choice.passengers):
            taken_over |= _answer(tx, hold, choice, now)
    return frozenset(taken_over)


def _answer(tx: Transaction, hold: PlaceHold, choice: Rerouting, now: datetime) -> set[str]:
    taken_over: set[str] = set()
    for booking in own(bookings.list_bookings(tx, hold.order_id), hold.id):
        ref = booking.document["traveller"]["ref"]
        if ref not in choice.passengers or booking.state not in WITH_OPERATOR:
            continue
        if hold.option_id == choice.option_id:
            bookings.put_document(tx, booking.id, {**booking.document, CHOICE: choice.id})
            taken_over.add(ref)
        else:
            bookings.set_booking(tx, booking.id, "unwanted", now, of=WITH_OPERATOR)
    place_holds.leave_hold(tx, hold, choice.passengers, now)
    return taken_over
