"""Sign a ticket anew for another departure: it keeps its identity, its price and its terms, and its old text is revoked with it.

One transaction does both, so that its holder always has one valid ticket and never two.
"""

import functools
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from throughfare_gate.ids import new_id
from ticketing.db import Transaction
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket, TicketMove
from ticketing.frozen import Leg, read_leg
from ticketing.purchase.issue import ride_legs
from ticketing.purchase.service import Till
from ticketing.regions.planned import KnownRide, leg_of
from ticketing.tickets.issue import choose_place, status_list_of
from ticketing.tickets.own import payload_of


def reissue(tx: Transaction, till: Till, region: str, held: Ticket, *, at: int, known: KnownRide) -> Ticket:
    """Make a ticket's leg one for another departure; answers the ticket as it is now. The caller holds its row."""
    now = till.clock.now()
    legs = _with_leg(held.document.legs, at, new_leg(till, region, known))
    later = legs[at].arrival - held.document.legs[at].arrival
    expires_at = held.expires_at + max(later, timedelta(0))
    payload = payload_of(held.token)
    (named,) = ride_legs([known.ride], held.product, till.press.bound)
    payload["l"] = [list(named) if place == at else leg for place, leg in enumerate(payload["l"])]
    payload["exp"] = int(expires_at.timestamp())
    place = choose_place(functools.partial(tickets.has_index, tx), status_list_of(now, expires_at))
    reissued = replace(
        held,
        token=till.press.sign_anew(payload, place),
        status_list=place[0],
        status_index=place[1],
        expires_at=expires_at,
        document=replace(held.document, legs=legs),
    )
    left = TicketMove(
        id=new_id(),
        jti=held.jti,
        old_list=held.status_list,
        old_index=held.status_index,
        key_thumbprint="",
        at=now,
    )
    tickets.reroute_ticket(tx, region, reissued, left)
    return reissued


def new_leg(till: Till, region: str, known: KnownRide) -> Leg:
    """Write a departure as the leg of a ticket."""
    return read_leg(leg_of(till.regions[region].data, known))


def _with_leg(legs: Sequence[Leg], at: int, leg: Leg) -> tuple[Leg, ...]:
    return tuple(leg if place == at else one for place, one in enumerate(legs))
