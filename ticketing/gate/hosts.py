"""Know the operators that carry on the passengers of another one's leg: their gates tell of rides on a leg that is not theirs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, timedelta

from tariffs.agreements import Continuation, between
from ticketing.db import Transaction
from ticketing.db.disruption import events
from ticketing.db.gate import carried_on
from ticketing.db.ticket.tickets import Ticket
from ticketing.frozen import Leg

Continuations = Mapping[str, Sequence[Continuation]]
# The leg of a ticket, and an operator that has carried its holder on.
Hosted = frozenset[tuple[str, int, str]]
_Ride = tuple[str, int, str, int]


def hosted(
    tx: Transaction, continuations: Continuations, held: Mapping[str, Ticket], rides: Iterable[_Ride]
) -> Hosted:
    """List the legs that other operators may have carried on: of rides told by ticket, leg, operator and POSIX time.

    The departure was called cancelled at some time, or the holder has missed it, an agreement stands, and its hours were not over. So the same facts give the
    same answer whenever they are told, also after the cancellation is taken back.
    """
    known: dict[tuple[str, str, str, str], bool] = {}
    taken: set[tuple[str, int, str]] = set()
    for jti, at, operator, moment in rides:
        ticket = held.get(jti)
        if ticket is None or at >= len(ticket.document.legs):
            continue
        leg = ticket.document.legs[at]
        for region in _regions(continuations, leg, operator, moment):
            run = region, leg.operator, leg.trip_id, str(leg.service_date)
            if run not in known:
                known[run] = _was_cancelled(tx, region, leg)
            if known[run]:
                taken.add((jti, at, operator))
        if leg.operator != operator and _was_missed(tx, continuations, ticket, (jti, at, operator, moment)):
            taken.add((jti, at, operator))
    return frozenset(taken)


def _was_missed(tx: Transaction, continuations: Continuations, ticket: Ticket, ride: _Ride) -> bool:
    """Tell whether a holder has missed a leg by a ride before it, and an agreement sends them to an operator for that."""
    jti, at, operator, moment = ride
    leg = ticket.document.legs[at]
    if leg.service_date is None:
        return False
    for event, row in events.list_of_ticket(tx, jti):
        if row.why != "connection" or row.then_leg != at:
            continue
        agreements, by = continuations.get(event.region, ()), event.operator
        agreement = between(agreements, leg.operator, operator, leg.service_date, broken_by=by)
        if agreement is not None and moment < _ends(leg, agreement.until_hours):
            return True
    return False


def _was_cancelled(tx: Transaction, region: str, leg: Leg) -> bool:
    day = leg.service_date
    return day is not None and carried_on.was_cancelled(tx, region, leg.operator, leg.trip_id, day)


def _regions(continuations: Continuations, leg: Leg, operator: str, moment: int) -> list[str]:
    """The regions in which an agreement lets a leg's ticket open the gate of an operator at a moment."""
    if leg.service_date is None or leg.operator == operator:
        return []
    joined = {
        region: between(agreements, leg.operator, operator, leg.service_date)
        for region, agreements in continuations.items()
    }
    return [
        region
        for region, agreement in joined.items()
        if agreement and moment < _ends(leg, agreement.until_hours)
    ]


def _ends(leg: Leg, hours: int) -> float:
    return (leg.departure.astimezone(UTC) + timedelta(hours=hours)).timestamp()
