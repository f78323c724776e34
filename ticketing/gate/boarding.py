"""Whether the departure that a ticket is bound to is boarding: its hours, its delay, another sailing, a waiver. Pure.

A ticket names the departure by its boarding stop and planned minute; the bundle says how its operator boards, and what
is late.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from ticketing.gate.model import Boarding, Bundle, Delay, Extras, Gate, Waiver
from ticketing.gate.sentences import Note, Values
from ticketing.tickets.claims import Leg, TicketClaims, whole_minute

# A delay keeps a ticket for so long beyond its planned end, and no longer.
LONGEST_DELAY = 24 * 3600
_ANY = "any"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comes of a ticket's departure: the refusal with its figures, or None, and what staff should look at."""

    refusal: tuple[str, Values] | None = None
    notes: tuple[Note, ...] = ()


_BOARDS = Verdict()


def judge(leg: Leg, product: str, bundle: Bundle, gate: Gate, now: int) -> Verdict:
    """Judge a leg of a product that is bound to its departure; whoever only inspects is not bound to hours of boarding."""
    extras, planned = bundle.extras, leg.departure
    if leg.operator != gate.operator:  # a waiver has sent it here
        return _BOARDS
    if planned is None:  # sold before tickets named their departure
        return Verdict(notes=(("no_departure", {}),))
    named = None
    notes: list[Note] = []
    if gate.departure is not None or gate.trip_id is not None:
        named = named_sailing(extras, gate, now)
        if named is None:
            notes.append(("unknown_sailing", {"trip": gate.trip_id}))
    delay = extras.delays.get((leg.operator, leg.start, planned))
    if named is not None and named != planned:
        refusal: tuple[str, Values] | None = _other(bundle, planned, named)
    else:
        refusal = None if gate.inspects else _outside(planned, delay, extras.boarding[product], bundle, now)
    if refusal and refusal[0] == "wrong_sailing" and waiver_for(leg, extras, gate, now):
        return Verdict(notes=(*notes, rerouted(leg, bundle)))
    if delay is not None and delay.cancelled:
        notes.append(("cancelled", _departure(bundle, planned)))
    return Verdict(refusal, tuple(notes)) if refusal or notes else _BOARDS


def rerouted(leg: Leg, bundle: Bundle) -> Note:
    """The note that a waiver opens this gate for a ticket of another departure."""
    return "rerouted", _departure(bundle, leg.departure)


def fitting(claims: TicketClaims, candidates: list[int], extras: Extras, gate: Gate, now: int) -> list[int]:
    """The legs of a ticket that go with the sailing that the gate names; all of them where none does."""
    named = named_sailing(extras, gate, now)
    return [at for at in candidates if claims.legs[at].departure == named] or candidates


def named_sailing(extras: Extras, gate: Gate, now: int) -> int | None:
    """The planned departure that a gate names: as it says, else the one of its trip that is nearest to now."""
    if gate.departure is not None:
        return whole_minute(gate.departure)
    calls = extras.sailings.get(gate.trip_id, ()) if gate.trip_id is not None else ()
    here = [departure for stop, departure in calls if gate.stop_id in {None, stop}]
    return min(here, key=lambda departure: abs(departure - now), default=None)


def late_seconds(claims: TicketClaims, extras: Extras) -> int:
    """How many seconds a ticket goes on beyond its end, because a departure that it names arrives late; a day at most."""
    if not extras.delays:
        return 0
    late = [
        delay.arrivals.get(leg.end or "", 0)
        for leg in claims.legs
        if leg.departure is not None
        and (delay := extras.delays.get((leg.operator, leg.start, leg.departure))) is not None
    ]
    return min(LONGEST_DELAY, max(0, *late)) if late else 0


def waiver_for(leg: Leg, extras: Extras, gate: Gate, now: int) -> Waiver | None:
    """The waiver by which a ticket for one departure opens the gate of another; None where there is none."""
    if not extras.waivers or leg.departure is None:
        return None
    missed = leg.operator, leg.start, leg.departure
    accepted = {_ANY, gate.trip_id} | ({_trip_of(extras, gate)} if gate.departure is not None else set())
    for waiver in extras.waivers:
        operator, trip = waiver.accept
        if missed in waiver.trips and now < waiver.until and operator == gate.operator and trip in accepted:
            return waiver
    return None


def _trip_of(extras: Extras, gate: Gate) -> str | None:
    call = (gate.stop_id, whole_minute(gate.departure or 0))
    return next((trip for trip, calls in extras.sailings.items() if call in calls), None)


def _other(bundle: Bundle, planned: int, named: int) -> tuple[str, Values]:
    return "wrong_sailing", {**_departure(bundle, planned), "boarding": local_time(bundle, named)}


def _outside(
    planned: int, delay: Delay | None, rule: Boarding, bundle: Bundle, now: int
) -> tuple[str, Values] | None:
    """The refusal of somebody who comes before the opening of check-in, or after the sailing has left."""
    opens = planned - rule.opens_seconds
    if now < opens:
        return "check_in_not_open", {**_departure(bundle, planned), "opens": local_time(bundle, opens)}
    expected = max(planned, delay.departs_at or 0) if delay is not None else planned
    if now > expected + rule.closes_seconds:
        return "wrong_sailing", _departure(bundle, planned)
    return None


def _departure(bundle: Bundle, planned: int | None) -> Values:
    return {} if planned is None else {"departure": local_time(bundle, planned)}


def local_time(bundle: Bundle, moment: int) -> str:
    """A moment by the clock of the operator, as RFC 3339 writes it."""
    offset = timezone(timedelta(seconds=bundle.offset_at(moment)))
    return datetime.fromtimestamp(moment, UTC).astimezone(offset).isoformat()
