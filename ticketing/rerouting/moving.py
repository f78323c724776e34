"""Move tickets to another departure: have its places held and confirmed, then sign the tickets anew and give the old places back.

Every call to an operator stands between two transactions, as in a purchase. Until the last one the old tickets are valid; that
one makes the new ones valid in their place. Whoever finds a choice that was asked carries it on, after a crash too.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from ticketing.db import Transaction
from ticketing.db.disruption import reroutings
from ticketing.db.disruption.reroutings import Rerouting
from ticketing.db.rights import looked_at
from ticketing.db.sale import bookings, held_passes
from ticketing.db.sale.bookings import Booking
from ticketing.db.ticket import tickets, uses
from ticketing.db.ticket.tickets import LIVE, Ticket
from ticketing.errors import Conflict, OperatorSilent, OptionGone, ThroughfareError
from ticketing.purchase import places
from ticketing.purchase.order import REFUNDABLE
from ticketing.purchase.service import Till, advance, get_order
from ticketing.purchase.till import locked
from ticketing.regions.planned import KnownRide, find_ride_on
from ticketing.rerouting.reissue import reissue
from ticketing.tickets.regroup import regroup

_log = structlog.get_logger(__name__)
# How long an operator may stay silent before the holder keeps the old ticket.
PATIENCE = timedelta(minutes=10)
# So long after its arrival the evidence of a run is in (claims).
_EVIDENCE_IN = timedelta(hours=2)

Remember = Callable[[Transaction, Rerouting], None]


def carry_on(till: Till, rerouting_id: str, remember: Remember | None = None) -> Rerouting:
    """Carry a move on to its end; safe at any time, and from several processes at once.

    Raises OptionGone where it comes to nothing: then the old tickets stay as they are. Raises OperatorSilent where an operator
    does not answer, and it goes on later.
    """
    move = _get(till, rerouting_id)
    if move.state == "asked":
        try:
            take_places(till, move.order_id, move.id)
            move = _finish(till, move, remember)
        except OperatorSilent as error:
            if till.clock.now() < move.created_at + PATIENCE:
                raise
            move = _fail(till, move, error.detail)
        except Conflict as error:
            move = _fail(till, move, error.detail)
        tidy(till, move.order_id)
    if move.state == "failed":
        raise OptionGone(move.reason)
    return move


def take_places(till: Till, order_id: str, choice_id: str) -> None:
    """Have every place of a choice held, then confirmed. Raises Conflict for a no, OperatorSilent where none can be told."""
    state = get_order(till, order_id)
    for ask in (places.hold_all, places.confirm_all):
        with till.database.read() as tx:
            booked = bookings.list_bookings(tx, order_id)
        ask(till, replace(state, bookings=own(booked, choice_id)))


def _finish(till: Till, move: Rerouting, remember: Remember | None) -> Rerouting:
    """Make the new tickets valid in place of the old ones; one that somebody else has ended meanwhile is answered as it is."""
    with till.database.write() as tx:
        locked(tx, move.order_id)
        known = reroutings.find_rerouting(tx, move.id)
        if known is not None and known.state == "asked":
            swap(tx, till, move)
            known = reroutings.find_rerouting(tx, move.id)
        if known is None:
            raise LookupError(f"there is no choice {move.id}")
        if remember is not None and known.state == "done":
            remember(tx, known)
    return known


def swap(tx: Transaction, till: Till, move: Rerouting) -> None:
    """Sign the tickets anew, give the old places back, and end the choice, in one transaction.

    Raises Conflict where a place is not confirmed, or a ticket is not what it was.
    """
    order, now = locked(tx, move.order_id), till.clock.now()
    if order.state not in REFUNDABLE:
        raise Conflict(f"an order that is {order.state} has no ticket to move")
    booked = bookings.list_bookings(tx, order.id)
    mine = [one for one in own(booked, move.id) if one.document["traveller"]["ref"] in move.passengers]
    if any(one.state != "confirmed" for one in mine):
        raise Conflict("the places for it were given back meanwhile")
    known = _ride(till, order.region, move)
    held = {one.passenger_ref: one for one in tickets.list_tickets(tx, order.id, lock=True)}
    for passenger in move.passengers:
        ticket = held.get(passenger)
        require_movable(tx, ticket, move)
        if ticket is not None:
            reissue(tx, till, order.region, ticket, at=move.leg, known=known)
            held_passes.move_use(tx, (order.id, passenger, move.leg), move.departs_at, move.arrives_at)
    for booking in booked:
        is_old = (
            booking.document["leg"] == move.leg and booking.document["traveller"]["ref"] in move.passengers
        )
        if is_old and booking.id not in {new.id for new in mine} and booking.state in bookings.WITH_OPERATOR:
            bookings.set_booking(tx, booking.id, "unwanted", now, of=bookings.WITH_OPERATOR)
    regroup(tx, till.press, order.id, now)
    reroutings.end_rerouting(tx, move.id, "done", now)
    # They arrive later than they have paid for, also where this run is in time.
    looked_at.put_look(tx, order.region, move.run, now, move.arrives_at + _EVIDENCE_IN)
    _log.info("moved", order=order.id, leg=move.leg, operator=move.operator, trip=move.trip_id)


def require_movable(tx: Transaction, ticket: Ticket | None, move: Rerouting) -> None:
    """Raise Conflict for a ticket that has gone, was used on the leg, or is for another departure by now."""
    if ticket is not None and ticket.status == "suspended":
        raise Conflict("the ticket is blocked; let it go again first")
    if ticket is None or ticket.status not in LIVE or not ticket.document.legs[move.leg].is_left:
        raise Conflict("the ticket has been given back meanwhile")
    leg = ticket.document.legs[move.leg]
    if leg.departure != move.was_departs_at or leg.trip_id not in {"", move.was_trip_id}:
        raise Conflict("the ticket is for another departure by now")
    if any(use.leg == move.leg for use in uses.list_uses(tx, ticket.jti)):
        raise Conflict("a gate has let its holder in for this leg; staff at the gate help")


def _fail(till: Till, move: Rerouting, reason: str) -> Rerouting:
    """End a move that comes to nothing, with the places that it has; one that was ended meanwhile is answered as it is."""
    now = till.clock.now()
    with till.database.write() as tx:
        locked(tx, move.order_id)
        if reroutings.end_rerouting(tx, move.id, "failed", now, reason):
            give_up(tx, move.order_id, move.id, now)
            _log.info("not moved", order=move.order_id, leg=move.leg, reason=reason)
    return _get(till, move.id)


def give_up(
    tx: Transaction, order_id: str, choice_id: str, now: datetime, kept: Collection[str] = ()
) -> None:
    """Mark the places of a choice as unwanted, but for those of passengers who are `kept`."""
    for booking in own(bookings.list_bookings(tx, order_id), choice_id):
        if booking.state in bookings.WITH_OPERATOR and booking.document["traveller"]["ref"] not in kept:
            bookings.set_booking(tx, booking.id, "unwanted", now, of=bookings.WITH_OPERATOR)


def tidy(till: Till, order_id: str) -> None:
    """Give back what nobody wants any more; where that fails the worker goes on with it."""
    try:
        advance(till, order_id)
    except ThroughfareError as error:
        _log.warning("not given back yet", order=order_id, reason=error.detail)


def own(booked: Sequence[Booking], choice_id: str) -> list[Booking]:
    """List the bookings of a choice."""
    return [one for one in booked if one.document.get(bookings.CHOICE) == choice_id]


def _get(till: Till, rerouting_id: str) -> Rerouting:
    with till.database.read() as tx:
        move = reroutings.find_rerouting(tx, rerouting_id)
    if move is None:
        raise LookupError(f"there is no choice {rerouting_id}")
    return move


def _ride(till: Till, region: str, move: Rerouting) -> KnownRide:
    times = int(move.departs_at.timestamp()), int(move.arrives_at.timestamp())
    ends = move.from_stop, move.to_stop
    known = find_ride_on(till.regions[region], move.operator, move.trip_id, ends, times)
    if known is None:
        raise Conflict("the timetable has changed; look at the options again")
    return known
