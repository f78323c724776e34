"""Find the price of a ride that a pass has paid for: a part of the pass, by the rides that it has.

A ride of a carnet, or of a return ticket, has its part of the price: a thing that was paid for so many rides. A pass of thirty days
has the rides that a law counts for it (Sweden: 44), and pays for no more of them. Every other pass is left to its operator's own
scheme, as 2021/782 and 1177/2010 have it (Article 19(2) of both).
"""

from dataclasses import dataclass

from tariffs.money import Money
from ticketing.db import Transaction
from ticketing.db.rights import claims
from ticketing.db.sale import held_passes, offers, orders
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import LIVE, Ticket
from ticketing.rights import Rules, Trip

# A month, of whichever length.
_MONTH_DAYS = range(28, 32)


@dataclass(frozen=True, slots=True)
class PassPrice:
    """The price that a claim for a ride on a pass counts from: of the ride itself, or of the whole pass where a law divides it."""

    price: Money
    trip: Trip


def price_on_pass(tx: Transaction, ticket: Ticket, at: int, rules: Rules) -> PassPrice | None:
    """Find the price of the ride at a leg of a ticket; None where no pass has paid for it, or its rides have no number."""
    use = held_passes.find_use(tx, ticket.order_id, ticket.passenger_ref, at)
    bought = tickets.find_ticket(tx, use.ticket_jti) if use is not None else None
    season = bought.document.season if bought is not None else None
    if use is None or bought is None or season is None or bought.status not in LIVE:
        return None
    quote = offers.get_quote(tx, orders.get_order(tx, bought.order_id).quote_id)
    paid = quote.document.passenger(bought.passenger_ref).total_minor
    if season.uses:
        return PassPrice(Money(paid // season.uses, bought.currency), "one_way")
    passes = rules.passes
    is_month = (season.valid_until - season.valid_from).days in _MONTH_DAYS
    if passes is None or passes.pays != "band_per_ride" or passes.rides is None or not is_month:
        return None
    if claims.count_on_pass(tx, use.ticket_jti) >= passes.rides:
        return None
    return PassPrice(Money(paid, bought.currency), "pass")
