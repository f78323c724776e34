"""Places at operators: hold them all, confirm them all, or give everything back. One booking a ride and passenger.

Each booking is written down before its operator is called and carries our key, so that every call may be made
again. What an operator answered is written down at once; after a lost answer its own word decides (`find`).
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from operators.departures import departure_of
from operators.errors import WORDS, Expired, NotSupported, OperatorError, OutcomeUnknown, Refused, Unavailable
from operators.place_kinds import kind_of
from operators.port import Connector, Departure, HoldRequest, Traveller
from tariffs.journey import Ride
from throughfare_gate.ids import new_id
from ticketing.db import Transaction
from ticketing.db.sale import bookings, gateway_events, orders
from ticketing.db.sale.bookings import Booking, sailing_of
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order
from ticketing.errors import Conflict, OperatorSilent
from ticketing.frozen import PricedPassenger, read_ride, write_ride
from ticketing.purchase import handed_over
from ticketing.purchase.refund import disrupted
from ticketing.purchase.sold_out import Asked, refusal
from ticketing.purchase.till import OrderState, Till

_log = structlog.get_logger(__name__)

# How long a confirmation may stay unanswered before the passenger is let go.
_PATIENCE = timedelta(minutes=10)
_MOST_TRIES = 50
# An operator's no to us and not to the passenger: staff mend it, and to a buyer the operator does not answer.
_OURS = {"unauthorised", "key_reused"}
REFUSES_US = "operator_refuses_us"


def plan(till: Till, quote: Quote, order_id: str) -> list[Booking]:
    """The bookings that a quote needs: for each passenger each ride of an operator that holds places.

    Raises Conflict for a ride that its operator's timetable no longer has.
    """
    wanted: list[Booking] = []
    for index, ride in enumerate(quote.document.rides):
        if till.connector(quote.region, ride.operator) is None:
            continue
        for passenger in quote.document.passengers:
            place = Wanted(order_id, len(wanted) + 1, index, ride)
            wanted.append(booking_of(till, quote, place, passenger))
    return wanted


def refuse_sold_out(till: Till, quote: str | Quote) -> None:
    """Raise Conflict for a quote whose sailing has no place left, without writing anything; one named by its id may be tried.

    An order that the quote became already is no new one: its caller only asks again.
    """
    if isinstance(quote, str):
        return
    wanted: Counter[Asked] = Counter()
    for ride in quote.document.rides:
        if till.connector(quote.region, ride.operator) is None:
            continue
        departure = _departure(till, quote.region, ride)
        for passenger in quote.document.passengers:
            kind = _traveller(till, quote, ride, passenger)["place"]
            wanted[
                Asked(ride.operator, _sailing(quote, ride.operator, departure, kind), kind, departure)
            ] += 1
    said = refusal(till.full, wanted, till.connectors.get(quote.region, {}))
    if said is None:
        return
    with till.database.read() as tx:
        placed = orders.find_order_of_quote(tx, quote.id)
    if placed is None:
        raise Conflict(said)


def _sailing(quote: Quote, operator: str, departure: Departure, kind: str) -> str:
    return sailing_of(f"{quote.region}/{operator}/{departure.trip_id}/{departure.service_date}", kind)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A place to ask for: the order and the booking's number in it, the leg and its ride."""

    order_id: str
    seq: int
    leg: int
    ride: Ride


def booking_of(till: Till, quote: Quote, wanted: Wanted, passenger: PricedPassenger) -> Booking:
    """Write down a place to ask for, for a passenger; raises Conflict for a ride that its operator's timetable no longer has."""
    ride = wanted.ride
    departure = _departure(till, quote.region, ride)
    traveller = _traveller(till, quote, ride, passenger)
    details: dict[str, object] = {"leg": wanted.leg, "ride": write_ride(ride), "traveller": traveller}
    details |= handed_over.agreed(till, quote, ride, traveller)
    return Booking(
        id=new_id(),
        order_id=wanted.order_id,
        seq=wanted.seq,
        operator=ride.operator,
        state="wanted",
        reference=None,
        expires_at=None,
        tries=0,
        changed_at=till.clock.now(),
        document=details,
        sailing=_sailing(quote, ride.operator, departure, traveller["place"]),
    )


def hold_all(till: Till, state: OrderState) -> None:
    """Ask for every place that is still wanted. Raises Conflict for a no, OperatorSilent where none can be told."""
    for booking in state.bookings:
        if booking.state == "wanted":
            _hold(till, state.order, booking)


def confirm_all(till: Till, state: OrderState) -> bool:
    """Have every hold confirmed, what cannot be taken back last; False where there is none.

    Raises Conflict or OperatorSilent.
    """
    held = [booking for booking in state.bookings if booking.state == "held"]
    region = state.order.region
    for booking in sorted(held, key=lambda one: (not _can_cancel(till, region, one), one.seq)):
        _confirm(till, state.order, booking)
    return bool(held)


def give_back_all(till: Till, state: OrderState) -> bool:
    """Give back what is unwanted, in reverse; True when nothing is left that an operator may still have."""
    done = True
    for booking in reversed(state.bookings):
        if booking.state == "unwanted":
            done = _give_back(till, state.order, booking) and done
    return done


def _hold(till: Till, order: Order, booking: Booking) -> None:
    connector = _connector(till, order, booking)
    ride = read_ride(booking.document["ride"])
    request = HoldRequest(
        booking.id, _departure(till, order.region, ride), (Traveller(**booking.document["traveller"]),)
    )
    try:
        held = connector.hold(request)
    except (Refused, Expired, NotSupported) as error:
        if isinstance(error, Refused) and error.reason == "sold_out":
            till.full.note(booking.sailing)
        _tell_ours(till, order, booking, error)
        _refuse(till, booking, error)
        detail = f"{booking.operator} has no place: {_reason(error)}; nothing was booked"
        raise _no(till, order, booking, error, detail) from error
    except OperatorError as error:
        _count(till, booking)
        raise OperatorSilent(f"{booking.operator} does not answer; nothing was booked") from error
    with till.database.write() as tx:
        bookings.set_booking(
            tx,
            booking.id,
            "held",
            till.clock.now(),
            of={"wanted"},
            reference=held.reference,
            expires_at=held.expires_at,
        )


def _confirm(till: Till, order: Order, booking: Booking) -> None:
    connector = _connector(till, order, booking)
    try:
        confirmation = connector.confirm(booking.id)
    except (Refused, Expired, NotSupported) as error:
        _tell_ours(till, order, booking, error)
        # Nothing was sold: what is left of the hold goes back with everything else.
        detail = f"{booking.operator} did not confirm: {_reason(error)}"
        raise _no(till, order, booking, error, detail) from error
    except OperatorError as error:
        _count(till, booking)
        late = booking.expires_at is not None and till.clock.now() > booking.expires_at + _PATIENCE
        if late or booking.tries + 1 >= _MOST_TRIES:
            raise Conflict(f"{booking.operator} did not confirm in time") from error
        raise OperatorSilent(f"{booking.operator} has not confirmed yet") from error
    with till.database.write() as tx:
        kept = bookings.set_booking(
            tx, booking.id, "confirmed", till.clock.now(), of={"held"}, reference=confirmation.reference
        )
        if kept:
            handed_over.take(tx, booking, confirmation, till.clock.now())


def _tell_ours(till: Till, order: Order, booking: Booking, error: OperatorError) -> None:
    """Raise OperatorSilent for a no that is our own misconfiguration; staff are told by its cause."""
    if not isinstance(error, Refused) or error.reason not in _OURS:
        return
    _log.warning("operator needs a look", region=order.region, operator=booking.operator, what=error.detail)
    _count(till, booking)
    now, subject = till.clock.now(), f"{order.region}/{booking.operator}"
    with till.database.write() as tx:
        detail = f"{booking.operator} refuses what we send: {error.detail}"
        gateway_events.raise_alert(tx, REFUSES_US, subject, detail, now, again=True)
    raise OperatorSilent(f"{booking.operator} does not answer") from error


def _no(till: Till, order: Order, booking: Booking, error: OperatorError, detail: str) -> Conflict:
    """An operator's no; one because of a cancelled departure comes with what goes next."""
    if not isinstance(error, Refused) or error.reason != "cancelled":
        return Conflict(detail)
    return disrupted.cancelled_by_operator(till, order, booking, detail)


def _give_back(till: Till, order: Order, booking: Booking) -> bool:
    """Give one booking back by the operator's own word on what it has; False where that cannot be told yet."""
    connector = _connector(till, order, booking)
    try:
        outcome = _returned(connector, booking)
    except (Unavailable, OutcomeUnknown) as error:
        _count(till, booking)
        _log.warning("not given back yet", booking=booking.id, operator=booking.operator, reason=error.detail)
        return False
    except OperatorError as error:
        with till.database.write() as tx:
            _stick(till, tx, booking, error)
        return True
    now = till.clock.now()
    till.full.forget(booking.sailing)
    with till.database.write() as tx:
        bookings.set_booking(tx, booking.id, outcome, now, of={"unwanted"})
        gateway_events.resolve_alert_of(tx, "booking_stuck", booking.id, "worker", now)
    return True


def _returned(connector: Connector, booking: Booking) -> str:
    standing = connector.find(booking.id) if connector.capabilities.finds_by != "nothing" else None
    if standing is not None and standing.state == "confirmed":
        connector.cancel(booking.id)
        return "cancelled"
    if standing is not None and standing.state == "cancelled":
        return "cancelled"
    if standing is None and connector.capabilities.finds_by != "nothing":
        return "released"
    connector.release(booking.id)
    return "released"


def _stick(till: Till, tx: Transaction, booking: Booking, error: OperatorError) -> None:
    """A machine cannot give it back: a person takes it over."""
    now = till.clock.now()
    bookings.set_booking(tx, booking.id, "stuck", now, of={"unwanted"})
    detail = f"{booking.operator} keeps booking {booking.reference or booking.id}: {error.detail}"
    gateway_events.raise_alert(tx, "booking_stuck", booking.id, detail, now)


def _refuse(till: Till, booking: Booking, error: OperatorError) -> None:
    _log.info("place refused", booking=booking.id, operator=booking.operator, reason=error.detail)
    with till.database.write() as tx:
        bookings.set_booking(tx, booking.id, "refused", till.clock.now(), of={"wanted"})


def _count(till: Till, booking: Booking) -> None:
    with till.database.write() as tx:
        bookings.count_try(tx, booking.id)


def _reason(error: OperatorError) -> str:
    """A reason of the closed list, in words; an operator's own words are for staff."""
    if isinstance(error, Refused):
        return WORDS[error.reason]
    return "the hold ran out" if isinstance(error, Expired) else "not supported"


def _connector(till: Till, order: Order, booking: Booking) -> Connector:
    return till.connectors[order.region][booking.operator]


def _can_cancel(till: Till, region: str, booking: Booking) -> bool:
    return till.connectors[region][booking.operator].capabilities.cancels != "never"


def _departure(till: Till, region: str, ride: Ride) -> Any:
    try:
        return departure_of(ride, till.regions[region].data.timetables[ride.operator])
    except LookupError as error:
        raise Conflict("the timetable has changed since the search; search again") from error


def _traveller(till: Till, quote: Quote, ride: Ride, passenger: PricedPassenger) -> dict[str, str]:
    own = till.regions[quote.region].data.categories.get(passenger.rider, {}).get(ride.operator)
    return {
        "ref": passenger.ref,
        "category": own or passenger.rider,
        "place": kind_of(passenger.rider),
    }
