"""Find the legs to which holders were moved without an answer of theirs: the choice between travelling and the money stays theirs.

The law leaves it to the passenger (Regulation (EU) 1177/2010, article 18); a machine that keeps a place does not take it away.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ticketing import regions
from ticketing.db import Transaction
from ticketing.db.disruption import reroutings
from ticketing.db.disruption.reroutings import Rerouting
from ticketing.db.ticket.tickets import Ticket
from ticketing.purchase.till import Till
from ticketing.regions.planned import find_ride_on

# A silent holder is moved to a departure that is as near as this; there is no time left to look for another one.
_NEAR = timedelta(hours=6)


def keeps_place(departs_at: datetime, at: datetime) -> bool:
    """Tell whether a holder who has not answered by a moment keeps the place on a departure: it is near, and has not left. Pure."""
    return at < departs_at < at + _NEAR


def list_unasked(tx: Transaction, order_id: str) -> list[Rerouting]:
    """List the moves of an order that no holder has asked for."""
    choices = reroutings.list_of_order(tx, order_id)
    return [one for one in choices if one.chosen_by == "machine" and one.state == "done"]


def legs_moved_unasked(moves: Iterable[Rerouting], ticket: Ticket) -> frozenset[int]:
    """Name the legs of a ticket that are for a departure to which its holder was moved unasked. Pure."""
    legs = ticket.document.legs
    return frozenset(
        one.leg
        for one in moves
        if ticket.passenger_ref in one.passengers
        and (legs[one.leg].trip_id, legs[one.leg].departure) == (one.trip_id, one.departs_at)
    )


def instead_of_cancelled(
    tx: Transaction, till: Till, region_name: str, moves: Sequence[Rerouting]
) -> list[Rerouting]:
    """List those of some moves whose departure before does not take anybody."""
    region = till.regions[region_name]
    rides = [
        find_ride_on(
            region,
            one.operator,
            one.was_trip_id,
            (one.from_stop, one.to_stop),
            (int(one.was_departs_at.timestamp()), int(one.was_arrives_at.timestamp())),
        )
        for one in moves
    ]
    known = [(move, ride.ride) for move, ride in zip(moves, rides, strict=True) if ride is not None]
    news = regions.news_of_rides(tx, region.data, [ride for _, ride in known])
    return [move for at, (move, _) in enumerate(known) if at in news and not news[at].is_served]
