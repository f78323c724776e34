"""Check the departure that a ticket is bound to: is it boarding now, and does a waiver let its ticket open another one. Pure."""

from throughfare_gate.gate.case import NONE, Case, Refusal
from throughfare_gate.gate.departures import named_sailing
from throughfare_gate.gate.model import Boarding, Delay, Values
from throughfare_gate.tickets.claims import Leg, whole_minute

_ANY_TRIP = "any"


def sailing(case: Case) -> Refusal | None:
    """Tell whether the departure that the ticket is bound to is boarding now."""
    rule = case.bundle.extras.boarding.get(case.claims.product)
    leg, gate = case.claims.legs[case.leg], case.gate
    if rule is None or leg.operator != gate.operator:  # not bound here, or sent here by a waiver
        return None
    if leg.departure is None:  # sold before tickets named their departure
        case.notes.append(("no_departure", NONE))
        return None
    named = named_sailing(gate, case.bundle.extras, case.now)
    if named is None and gate.trip_id is not None:
        case.notes.append(("unknown_sailing", {"trip": gate.trip_id}))
    delay = case.bundle.extras.delays.get((leg.operator, leg.start, leg.departure))
    if named is not None and named != leg.departure:
        boards = {"boarding": case.bundle.local_time(named)}
        refusal: Refusal | None = ("wrong_sailing", {**_departure(case, leg.departure), **boards})
    else:
        refusal = None if gate.inspects else _outside(case, leg.departure, delay, rule)
    if refusal and refusal[0] == "wrong_sailing" and is_waived(case, leg):
        return None
    if delay is not None and delay.cancelled:
        case.notes.append(("cancelled", _departure(case, leg.departure)))
        return refusal and (refusal[0], {**refusal[1], "cancelled": True})
    return refusal


def _outside(case: Case, planned: int, delay: Delay | None, rule: Boarding) -> Refusal | None:
    """The refusal of somebody who comes before the opening of check-in, or after the sailing has left."""
    opens = planned - rule.opens_seconds
    if case.now < opens:
        return "check_in_not_open", {**_departure(case, planned), "opens": case.bundle.local_time(opens)}
    expected = planned if delay is None else max(planned, delay.departs_at or 0)
    closed = expected + rule.closes_seconds
    if case.now <= closed:
        return None
    return "wrong_sailing", {**_departure(case, planned), "closed": case.bundle.local_time(closed)}


def fitting(case: Case, candidates: list[int]) -> list[int]:
    """The legs that go with the sailing that the gate names; all of them where none does, or it names none."""
    if case.gate.trip_id is None and case.gate.departure is None:
        return candidates
    named = named_sailing(case.gate, case.bundle.extras, case.now)
    return [at for at in candidates if case.claims.legs[at].departure == named] or candidates


def is_waived(case: Case, leg: Leg) -> bool:
    """Tell whether a waiver lets a ticket for one departure open the gate of another; staff are told which it was."""
    extras, gate = case.bundle.extras, case.gate
    if not extras.waivers or leg.departure is None:
        return False
    missed = leg.operator, leg.start, leg.departure
    call = (gate.stop_id, whole_minute(gate.departure or 0))
    trips = {_ANY_TRIP, gate.trip_id, *(trip for trip, calls in extras.sailings.items() if call in calls)}
    for waiver in extras.waivers:
        operator, trip = waiver.accept
        opens = case.now < waiver.until and operator == gate.operator and trip in trips
        if opens and waiver.concerns(case.claims.jti, missed):
            case.notes.append(("rerouted", _departure(case, leg.departure)))
            return True
    return False


def _departure(case: Case, planned: int) -> Values:
    return {"departure": case.bundle.local_time(planned)}
