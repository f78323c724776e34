"""Decide the refund of a passenger, with the reasons. Pure.

A ticket is given back whole, or some of its legs. What goes is worth what was paid less what the rest costs alone by
the same tariff, so that no part of a through fare is cheaper than it would have been by itself. It comes back by the
strictest schedule of the operators whose legs go, measured to the first departure among these legs, less the fees
that these operators keep. A leg that a gate has accepted is used and gives nothing back. What was not carried
(`not_carried.py`) comes back in full and without a fee, whatever the schedules say.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from operators.region import RefundStep
from tariffs.money import Money, half_up
from ticketing.db.ticket.tickets import LIVE
from ticketing.errors import Conflict, Fault, InvalidRequest
from ticketing.purchase.conditions import Conditions
from ticketing.purchase.refund.refundable import (
    NOT_KEPT,
    Kept,
    RefundableTicket,
    RefundLine,
    Rest,
)

_WHOLE = 100


@dataclass(frozen=True, slots=True)
class _Step:
    """The strictest schedule: how much, whose, so many hours before departure."""

    percent: int
    operator: str
    hours: Fraction


def going(
    tickets: Sequence[RefundableTicket], passengers: Collection[str], legs: Collection[int] = ()
) -> list[tuple[RefundableTicket, tuple[int, ...]]]:
    """The tickets of the named passengers with the legs of each that are to go.

    No legs named means all that are left and were not used. Raises InvalidRequest for a passenger or leg that the order does not have, Conflict for a ticket or leg that is
    used or has gone before.
    """
    require_known(tickets, passengers)
    by_passenger = {ticket.passenger_ref: ticket for ticket in tickets if ticket.status in LIVE}
    going_tickets = []
    for ref in sorted(passengers):
        ticket = by_passenger.get(ref)
        if ticket is None:
            raise Conflict(f"the ticket of {ref} was refunded or cancelled before")
        going_tickets.append((ticket, _legs_of(ticket, legs)))
    return going_tickets


def require_known(tickets: Sequence[RefundableTicket], passengers: Collection[str]) -> None:
    """Raise InvalidRequest for a passenger that the order does not have."""
    known = {ticket.passenger_ref for ticket in tickets}
    strangers = [
        Fault(f"passengers[{at}]", f"{ref!r} is not a passenger of this order")
        for at, ref in enumerate(passengers)
        if ref not in known
    ]
    if strangers:
        raise InvalidRequest(strangers[0].message, strangers)


def _cost(ticket: RefundableTicket, rest: Rest) -> int:
    """Count what goes of a price, in minor units; raises Conflict where the rest alone costs more."""
    cost = sum(ticket.gross.values()) - sum(rest.gross.values())
    if cost < 0:
        raise Conflict(f"what would be left costs {Money(-cost, ticket.currency)} more than was paid")
    return cost


def _stakes(ticket: RefundableTicket, rest: Rest, operators: Iterable[str]) -> dict[str, int]:
    """Count what each operator would lose, in minor units."""
    return {name: max(0, ticket.gross.get(name, 0) - rest.gross.get(name, 0)) for name in operators}


def _fees(
    operators: Iterable[str], conditions: Mapping[str, Conditions], stakes: Mapping[str, int]
) -> dict[str, int]:
    """The fee of each operator, all of which have conditions, at most what it gives back."""
    return {name: min(conditions[name].fee_minor, stakes[name]) for name in operators}


def _in_full(
    ticket: RefundableTicket, legs: tuple[int, ...], worth: Money, operators: tuple[str, ...]
) -> RefundLine:
    """Give back all that legs are worth which are not carried."""
    because = f"{_WHOLE} %{_of_what(ticket, legs, worth)} {_why_failed(ticket, legs)}"
    return RefundLine(
        jti=ticket.jti,
        passenger_ref=ticket.passenger_ref,
        percent=_WHOLE,
        amount=worth,
        because=because,
        legs=legs,
        operators=operators,
        fees={},
    )


def _what_stays(cost: int, currency: str, counted_on: int, together: Kept) -> str:
    """Say how much of it stays, and for whom."""
    said = ""
    if counted_on:
        said = (
            f"; {Money(min(counted_on, cost), currency)} stay, because rides bought later count on it (cap)"
        )
    if together.minor:
        said += f"; {Money(min(together.minor, cost), currency)} stay, {together.because}"
    return said


def decide(
    ticket: RefundableTicket,
    legs: tuple[int, ...],
    rest: Rest,
    conditions: Mapping[str, Conditions],
    now: datetime,
    *,
    apart: Rest | None = None,
    counted_on: int = 0,
    together: Kept = NOT_KEPT,
) -> RefundLine:
    """Decide what these legs of a ticket give back; raises Conflict when that is nothing.

    `apart` is what stays when only those go that are not carried, where they are some of these legs and not all.
    `counted_on` is how much of what they cost other rides under a cap count on, `together` what those who stay in a group
    need of it: that stays, unless they are not carried.
    """
    if rest.unpriced:
        raise Conflict(
            f"what would be left of the ticket of {ticket.passenger_ref} has no price: {rest.unpriced}"
        )
    operators = sorted({ticket.legs[at].operator for at in legs})
    concerned = frozenset(operators) | (ticket.gross.keys() if legs == ticket.left else frozenset())
    stakes = _stakes(ticket, rest, concerned)
    cost = _cost(ticket, rest)
    worth = Money(cost, ticket.currency)
    failed = ticket.not_carried(legs)
    if failed == legs:
        return _in_full(ticket, legs, worth, tuple(sorted(concerned)))
    if failed and apart is not None and _is_priced(ticket, apart):
        return _partly(
            ticket,
            legs,
            failed,
            apart=apart,
            rest=rest,
            conditions=conditions,
            now=now,
            counted_on=counted_on,
            together=together,
        )
    worth_minor = max(0, cost - counted_on - together.minor)
    step = _strictest(ticket, legs, conditions, now)
    fees = _fees(operators, conditions, stakes) if step.percent else dict.fromkeys(operators, 0)
    amount = max(0, half_up(Fraction(worth_minor * step.percent, 100)) - sum(fees.values()))
    because = _because(ticket, legs, Money(cost, ticket.currency), step, fees)
    because += _what_stays(cost, ticket.currency, counted_on, together)
    at_stake = cost if legs == ticket.left else any(stakes.values())
    if step.percent == 0 or (amount == 0 and at_stake):
        raise Conflict(f"the ticket of {ticket.passenger_ref} gives nothing back: {because}")
    return RefundLine(
        jti=ticket.jti,
        passenger_ref=ticket.passenger_ref,
        percent=step.percent,
        amount=Money(amount, ticket.currency),
        because=because,
        legs=legs,
        operators=tuple(sorted(concerned)),
        fees={name: fee for name, fee in fees.items() if fee},
        together_minor=min(together.minor, cost),
    )


def _is_priced(ticket: RefundableTicket, apart: Rest) -> bool:
    """Tell whether it can be told what is not carried: the rest has a price alone, and that is not above what was paid."""
    return not apart.unpriced and sum(apart.gross.values()) <= sum(ticket.gross.values())


def _partly(
    ticket: RefundableTicket,
    legs: tuple[int, ...],
    failed: tuple[int, ...],
    *,
    apart: Rest,
    rest: Rest,
    conditions: Mapping[str, Conditions],
    now: datetime,
    counted_on: int,
    together: Kept,
) -> RefundLine:
    """Legs of which some are not carried: these come back in full, the others by their conditions."""
    others = tuple(at for at in legs if at not in failed)
    worth = sum(ticket.gross.values()) - sum(apart.gross.values())
    left = replace(
        ticket,
        gross=apart.gross,
        legs=tuple(
            replace(leg, given_back=leg.given_back or at in failed) for at, leg in enumerate(ticket.legs)
        ),
    )
    whole = Money(worth, ticket.currency)
    try:
        line = decide(left, others, rest, conditions, now, counted_on=counted_on, together=together)
    except Conflict as no:
        hint = f"leg {_listed(failed)} alone gives back {whole}, because it is {_failure(ticket, failed)}"
        raise Conflict(f"{no.detail}; {hint}") from None
    because = f"{line.because}; {whole} in full for leg {_listed(failed)}: {_failure(ticket, failed)}"
    return replace(line, amount=line.amount + whole, because=because, legs=legs)


def parts_of(
    ticket: RefundableTicket, legs: tuple[int, ...], conditions: Mapping[str, Conditions], now: datetime
) -> list[tuple[int, ...]]:
    """The parts of some legs that may give more back alone than all of them together.

    A schedule is counted from the first departure that goes, and the strictest one holds: so a part leaves out the legs
    that leave first, and the operators that give less than another one does by then. What is not carried goes with each.
    """
    failed = set(ticket.not_carried(legs))
    parts = [tuple(sorted(failed))]
    for first in legs:
        before = _hours(ticket.legs[first].departure, now)
        later = [at for at in legs if ticket.legs[at].departure >= ticket.legs[first].departure]
        gives = {at: percent_at(_steps(conditions, ticket.legs[at].operator), before) for at in later}
        for percent in sorted(set(gives.values()) - {0}):
            as_good = [at for at in later if gives[at] >= percent]
            parts.append(tuple(sorted(failed.union(as_good))))
    return [part for part in dict.fromkeys(parts) if part and part != legs]


def because_part(line: RefundLine, legs: Sequence[int], why: str) -> RefundLine:
    """A line for the part of some legs that gives more back than all of them, with the reason why the others stay."""
    stay = _listed([at for at in legs if at not in line.legs])
    return replace(
        line, because=f"{line.because}; leg {stay} stays, because together they would bring less: {why}"
    )


def percent_at(steps: Iterable[RefundStep], hours_before: Fraction) -> int:
    """The best step still open: `hours_before` at or above its limit; none open gives 0."""
    return max((step.percent for step in steps if hours_before >= step.until_hours_before), default=0)


def _legs_of(ticket: RefundableTicket, legs: Collection[int]) -> tuple[int, ...]:
    ref, left = ticket.passenger_ref, ticket.left
    unused = [at for at in left if not ticket.legs[at].used]
    if not legs:
        if not unused or (len(unused) < len(left) and not ticket.divisible):
            raise Conflict(f"the ticket of {ref} has been used and cannot be refunded")
        return tuple(unused)
    if not ticket.divisible:
        raise InvalidRequest.at("legs", "a pass is given back whole")
    for place, leg in enumerate(legs):
        if not 0 <= leg < len(ticket.legs):
            raise InvalidRequest.at(f"legs[{place}]", f"the journey has legs 0 to {len(ticket.legs) - 1}")
        if leg not in left:
            raise Conflict(f"leg {leg} of {ref} was given back before")
        if leg not in unused:
            raise Conflict(f"leg {leg} of {ref} has been used and cannot be refunded")
    return tuple(sorted(set(legs)))


def _strictest(
    ticket: RefundableTicket, legs: tuple[int, ...], conditions: Mapping[str, Conditions], now: datetime
) -> _Step:
    """The schedule that gives least by the first departure; of several the one that gives its own leg least, for that binds."""
    hours_before = _hours(min(ticket.legs[at].departure for at in legs), now)
    binding = []
    for at in legs:
        operator, departure = ticket.legs[at].operator, ticket.legs[at].departure
        steps = _steps(conditions, operator)
        own = percent_at(steps, _hours(departure, now))
        binding.append((percent_at(steps, hours_before), own, departure, operator))
    percent, _, _, strictest = min(binding)
    return _Step(percent, strictest, hours_before)


def _steps(conditions: Mapping[str, Conditions], operator: str) -> tuple[RefundStep, ...]:
    return conditions.get(operator, Conditions()).steps


def _hours(departure: datetime, now: datetime) -> Fraction:
    return Fraction(int((departure - now).total_seconds()), 3600)


def _told(hours: Fraction) -> str:
    return f"{int(hours)} hours before departure" if hours >= 0 else "after the first departure"


def _because(
    ticket: RefundableTicket, legs: tuple[int, ...], worth: Money, step: _Step, fees: Mapping[str, int]
) -> str:
    whole = legs == ticket.left
    of_what = _of_what(ticket, legs, worth)
    kept = (f", less the fee of {name}: {Money(fee, worth.currency)}" for name, fee in fees.items() if fee)
    return (
        f"{step.percent} %{of_what} by the conditions of {step.operator}, the strictest of "
        f"{'this ticket' if whole else 'these legs'}, {_told(step.hours)}{''.join(kept)}"
    )


def _of_what(ticket: RefundableTicket, legs: tuple[int, ...], worth: Money) -> str:
    return "" if legs == ticket.left else f" of {worth}, what leg {_listed(legs)} costs beyond the rest,"


def _why_failed(ticket: RefundableTicket, failed: tuple[int, ...]) -> str:
    """Say why conditions do not count: the leg that ended the journey, else each that is not carried."""
    ended = ticket.ended_by
    told = failed if ended is None else (ended,)
    return f"whatever the conditions say and without a fee: leg {_listed(told)} is {_failure(ticket, told)}"


def _failure(ticket: RefundableTicket, legs: tuple[int, ...]) -> str:
    reasons = (leg.failure.reason for at in legs if (leg := ticket.legs[at]).failure is not None)
    return ", ".join(dict.fromkeys(reasons))


def _listed(legs: Sequence[int]) -> str:
    return ", ".join(map(str, legs))
