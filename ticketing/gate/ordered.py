"""Read the uses that orders took of passes: strokes of a carnet or a return, and rides that their own tickets open.

A carnet serves several people at once, and its strokes are all that counts. Any other pass travels with one person: while a
ticket that an order got with it can begin a ride, or the ride is under way, its own code must not open the same gates too.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from ticketing.db import Transaction
from ticketing.db.sale import held_passes
from ticketing.db.sale.held_passes import TicketedRide
from ticketing.db.ticket import uses
from ticketing.db.ticket.uses import TicketUse
from ticketing.gate.model import NOTHING_ORDERED, Ordered, OrderedRide
from ticketing.tickets.claims import TicketClaims


def for_ticket(
    tx: Transaction, claims: TicketClaims | None, operator: str, now: datetime
) -> tuple[Ordered, list[TicketUse]]:
    """Read what orders took of one pass at an operator, and how far the tickets of its rides are used.

    Nothing is read for a ticket that is no pass.
    """
    if claims is None or claims.uses_per_leg:
        return NOTHING_ORDERED, []
    strokes = held_passes.count_uses(tx, claims.jti) if claims.uses is not None else 0
    found = held_passes.list_ticketed_rides(tx, now, [claims.jti])
    rides = tuple(_ride(one) for one in found if one.operator == operator)
    used = uses.list_uses_at(tx, operator, [ride.ticket for ride in rides]) if rides else []
    return Ordered(strokes, rides), used


def for_bundle(
    tx: Transaction, operator: str, now: datetime, ended: datetime, jtis: Collection[str] | None = None
) -> dict[str, Ordered]:
    """Read what orders took of the passes that an operator's gates accept: of all that had not `ended`, or of some."""
    strokes = held_passes.count_strokes(tx, operator, ended, jtis)
    ordered = {jti: Ordered(taken) for jti, taken in strokes.items()}
    for one in held_passes.list_ticketed_rides(tx, now, jtis):
        if one.operator == operator:
            before = ordered.get(one.ticket_jti, NOTHING_ORDERED)
            ordered[one.ticket_jti] = replace(before, rides=(*before.rides, _ride(one)))
    return ordered


def _ride(one: TicketedRide) -> OrderedRide:
    return OrderedRide(
        ticket=one.jti,
        leg=one.leg,
        departs=int(one.departs_at.timestamp()),
        arrives=int(one.arrives_at.timestamp()),
        starts=int(one.starts_at.timestamp()),
        ends=int(one.ends_at.timestamp()),
        to_stop=one.to_stop_id,
    )
