"""What a passenger gets back, and why. Pure.

A ticket is refunded whole or not at all: by the strictest schedule of the operators it covers, measured to
its first departure. A ticket that a gate has accepted is used and gives nothing back.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from operators.region import RefundStep
from tariffs.money import Money, half_up
from ticketing.errors import Conflict, Fault, InvalidRequest


@dataclass(frozen=True, slots=True)
class RefundableTicket:
    """What the decision needs to know of a ticket."""

    jti: str
    passenger_ref: str
    status: str
    price: Money
    operators: tuple[str, ...]
    first_departure: datetime


@dataclass(frozen=True, slots=True)
class RefundLine:
    """What one ticket gives back."""

    jti: str
    passenger_ref: str
    percent: int
    amount: Money
    because: str


def decide(
    tickets: Sequence[RefundableTicket],
    passengers: Collection[str],
    used: Collection[str],
    schedules: Mapping[str, Sequence[RefundStep]],
    now: datetime,
) -> list[RefundLine]:
    """Decide the refund of the named passengers' tickets.

    `used` are the jtis that a gate has accepted, `schedules` the steps of each operator. Raises
    InvalidRequest for a passenger who is not in the order, Conflict for a ticket that gives nothing back.
    """
    by_passenger = {ticket.passenger_ref: ticket for ticket in tickets if ticket.status == "valid"}
    known = {ticket.passenger_ref for ticket in tickets}
    strangers = [
        Fault(f"passengers[{at}]", f"{ref!r} is not a passenger of this order")
        for at, ref in enumerate(passengers)
        if ref not in known
    ]
    if strangers:
        raise InvalidRequest(strangers[0].message, strangers)
    lines = []
    for ref in sorted(passengers):
        ticket = by_passenger.get(ref)
        if ticket is None:
            raise Conflict(f"the ticket of {ref} was refunded or cancelled before")
        if ticket.jti in used:
            raise Conflict(f"the ticket of {ref} has been used and cannot be refunded")
        lines.append(_line(ticket, schedules, now))
    return lines


def _line(
    ticket: RefundableTicket, schedules: Mapping[str, Sequence[RefundStep]], now: datetime
) -> RefundLine:
    hours_before = Fraction(int((ticket.first_departure - now).total_seconds()), 3600)
    offers = {
        operator: percent_at(schedules.get(operator, ()), hours_before) for operator in ticket.operators
    }
    strictest = min(ticket.operators, key=lambda operator: (offers[operator], operator))
    percent = offers[strictest]
    because = (
        f"{percent} % by the conditions of {strictest}, the strictest of this ticket, "
        f"{int(hours_before)} hours before departure"
    )
    if percent == 0:
        raise Conflict(f"the ticket of {ticket.passenger_ref} gives nothing back: {because}")
    amount = half_up(Fraction(ticket.price.minor * percent, 100))
    return RefundLine(
        ticket.jti, ticket.passenger_ref, percent, Money(amount, ticket.price.currency), because
    )


def percent_at(steps: Iterable[RefundStep], hours_before: Fraction) -> int:
    """The best step still open: `hours_before` at or above its limit; none open gives 0."""
    return max((step.percent for step in steps if hours_before >= step.until_hours_before), default=0)
