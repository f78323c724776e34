"""Find the run by which another operator has carried on a passenger whose own departure did not go: a delay is proven by that one."""

from dataclasses import dataclass
from datetime import UTC, datetime

from ticketing.claims.desk import ClaimsDesk, Ends, ends_of
from ticketing.claims.missed import counted_from
from ticketing.db import Transaction
from ticketing.db.sale import offers, orders
from ticketing.db.ticket import uses
from ticketing.db.ticket.tickets import Ticket
from ticketing.regions import key_of
from ticketing.regions.onward import near_ends, rides_onward


@dataclass(frozen=True, slots=True)
class RiddenRun:
    """The ends of the run that a passenger has ridden, against the times that their delay counts from, and its planned arrival."""

    ends: Ends
    arrives_at: datetime


def ridden_run(tx: Transaction, desk: ClaimsDesk, ticket: Ticket, at: int) -> RiddenRun:
    """Name the run that a ticket's leg was ridden on: the one on the ticket.

    Where a gate of another operator has let its holder in, it is the next one of that operator between the same towns, as of the
    time at the gate: that is the departure which the ticket opened there.
    """
    leg, counted = ticket.document.legs[at], counted_from(tx, ticket, at).leg
    plain = RiddenRun(ends_of(leg, counted), leg.arrival.astimezone(UTC))
    let_in = [one for one in uses.list_uses(tx, ticket.jti) if one.leg == at and one.operator != leg.operator]
    order = orders.get_order(tx, ticket.order_id)
    region = desk.regions.get(order.region)
    if not let_in or region is None:
        return plain
    data, use = region.data, let_in[0]
    ride = offers.get_quote(tx, order.quote_id).document.rides[at]
    coming = (
        rides_onward(tx, data, near_ends(data, ride, use.operator), use.at)
        if use.operator in data.timetables
        else []
    )
    if not coming:
        return plain
    taken = coming[0].ride
    ends = Ends(
        run=key_of(taken, data.timetables[use.operator]),
        start=taken.from_stop_id,
        end=taken.to_stop_id,
        departs_at=counted.departure.astimezone(UTC),
        arrives_at=counted.arrival.astimezone(UTC),
    )
    return RiddenRun(ends, taken.arrival.astimezone(UTC))
