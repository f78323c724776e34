"""Know whether the holder of a leg has missed it by a ride before it, and whose ride that was: it decides who answers for the delay.

One operator on both rides is one contract: the delay at its end counts, from the times that were sold. Of two operators each answers
for its own ride: a ship that sails in time owes nothing to somebody whose tram was late (docs/decisions/0135).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ticketing.db import Transaction
from ticketing.db.disruption import events
from ticketing.db.disruption.events import AffectedTicket, DisruptionEvent
from ticketing.db.sale import offers, orders
from ticketing.db.ticket.tickets import Ticket
from ticketing.frozen import Leg

_FAILED = frozenset({"cancelled", "skipped", "too_late"})


@dataclass(frozen=True, slots=True)
class Missed:
    """A leg that was missed, by the ride at `after_leg` of the operator `by`; `is_through` where one operator carries from there to the leg."""

    after_leg: int
    by: str
    is_through: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """A leg with the times that a delay counts from, and how it was missed where it was; `is_moved` where its ticket has another run."""

    leg: Leg
    missed: Missed | None
    is_moved: bool


def counted_from(tx: Transaction, ticket: Ticket, at: int) -> Counted:
    """Choose the times that the delay of a leg counts from: those that were sold.

    Of a leg that was missed by another operator's ride they are those of the run that its holder has chosen instead.
    """
    order = orders.get_order(tx, ticket.order_id)
    bought = offers.get_quote(tx, order.quote_id).document.legs
    sold, now = bought[at], ticket.document.legs[at]
    is_moved = (sold.trip_id, sold.departure) != (now.trip_id, now.departure)
    missed = _missed(bought, events.list_of_ticket(tx, ticket.jti), at)
    is_own_times = missed is not None and not missed.is_through and is_moved
    return Counted(now if is_own_times else sold, missed, is_moved)


def is_counted_further_on(tx: Transaction, ticket: Ticket, at: int) -> bool:
    """Tell whether the delay of a leg counts at the end of its contract: the next ride of its operator was missed by it."""
    broken = (row for _, row in events.list_of_ticket(tx, ticket.jti) if row.why == "connection")
    missed = [row.then_leg for row in broken if row.leg == at and row.then_leg is not None]
    return any(is_one_contract(ticket.document.legs, at, then) for then in missed)


def is_one_contract(legs: Sequence[Leg], first: int, last: int) -> bool:
    """Tell whether one operator carries the passenger on all rides from one to another."""
    return len({leg.operator for leg in legs[first : last + 1]}) == 1


def contract_of(missed: Missed | None, at: int) -> tuple[int, ...]:
    """List the legs whose delay counts at a leg: itself, and of a through contract those back to the missed connection."""
    return tuple(range(missed.after_leg, at + 1)) if missed is not None and missed.is_through else (at,)


def _missed(
    bought: Sequence[Leg], rows: list[tuple[DisruptionEvent, AffectedTicket]], at: int
) -> Missed | None:
    """Find the ride that broke the connection to a leg; None where its own run, as it was sold, did not go either."""
    sold = bought[at]
    run = sold.operator, sold.trip_id, sold.service_date or sold.departure.date()
    if any(event.run == run and row.why in _FAILED and row.leg == at for event, row in rows):
        return None
    broken = (row for _, row in rows if row.why == "connection" and row.then_leg == at)
    row = next(broken, None)
    if row is None:
        return None
    return Missed(row.leg, bought[row.leg].operator, is_through=is_one_contract(bought, row.leg, at))
