"""Rides that caps made cheaper: what they count on is neither given back in full nor gone before they are bought.

A ride that is given back brings what the day (or week, or month) costs less without it, and never more than was paid
for it; the rides that were bought later keep their price.
"""

from collections.abc import Mapping, Sequence

from tariffs import caps as capping
from tariffs.caps import Tap
from ticketing.db import Transaction
from ticketing.db.sale import held_passes
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order
from ticketing.db.ticket import tickets
from ticketing.errors import Conflict
from ticketing.purchase.refund.refundable import RefundableTicket
from ticketing.purchase.refund.remainder import Remainder, book_of
from ticketing.purchase.till import Till
from ticketing.regions.travellers import COUNTED, ridden


def kept_minor(
    tx: Transaction, till: Till, order: Order, quote: Quote, *, ticket: RefundableTicket, stays: Remainder
) -> int:
    """Compute the part of the given-back amount that is kept, because other rides of its owner count on it, in minor units."""
    holder = quote.document.holder
    if holder is None or holder.ref != ticket.passenger_ref or not holder.taps or not order.person_id:
        return 0
    caps, rest = book_of(tx, till, quote).caps, stays.taps
    since = till.clock.now() - COUNTED
    known = held_passes.list_rides_of(tx, order.person_id, since, tickets.LIVE)
    mine = list(ridden((held, quoted) for held, quoted in known if held.jti == ticket.jti))
    others = list(ridden((held, quoted) for held, quoted in known if held.jti != ticket.jti))
    counted = holder.passenger.paid
    paid = capping.charged(mine, caps, counted) - capping.charged(rest, caps, counted)
    return capping.kept_for_others(mine, others, caps, paid=paid, rest=rest)


def require_standing(
    tx: Transaction, till: Till, quote: Quote, exchange_of: str | None, going: Mapping[str, Sequence[int]]
) -> None:
    """Raise Conflict where a price counts on rides that were given back since, or are exchanged for it."""
    holder = quote.document.holder
    paid = holder.passenger.paid if holder else ()
    caps = till.regions[quote.region].book.caps
    if holder is None or not paid or not caps:
        return
    held = tickets.find_tickets(tx, {_ticket_of(tap) for tap in paid}, lock=True)
    standing = [tap for tap in paid if _stands(held.get(_ticket_of(tap)), tap, exchange_of, going)]
    if capping.charged(holder.taps, caps, standing) > capping.charged(holder.taps, caps, paid):
        raise Conflict(
            "a ride that this price counts on has been given back, or is given for it; search again"
        )


def _stands(
    held: tickets.Ticket | None, tap: Tap, exchange_of: str | None, going: Mapping[str, Sequence[int]]
) -> bool:
    if held is None or held.status not in tickets.LIVE:
        return False
    given_up = going.get(held.passenger_ref, ()) if held.order_id == exchange_of else ()
    return not any(
        (not leg.is_left or at in given_up) and leg.departure == tap.at
        for at, leg in enumerate(held.document.legs)
    )


def _ticket_of(tap: Tap) -> str:
    return tap.id.partition(" ")[0]
