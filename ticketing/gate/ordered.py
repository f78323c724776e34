"""Read the uses that orders took of passes: strokes of a carnet or a return, and rides that their own tickets open.

A carnet serves several people at once, and its strokes are all that counts. Any other pass travels with one person: where a
ticket that an order got with it has just begun a ride, its own code must not open the same gates too.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from throughfare_gate.gate.decision import Seen, Use
from throughfare_gate.gate.model import NOTHING_ORDERED, Ordered, OrderedRide
from throughfare_gate.gate.usage import Kind
from throughfare_gate.tickets.claims import TicketClaims
from ticketing.db import Transaction
from ticketing.db.sale import held_passes
from ticketing.db.sale.held_passes import TicketedRide
from ticketing.db.ticket import uses
from ticketing.db.ticket.uses import TicketUse
from ticketing.gate import late


@dataclass(frozen=True, slots=True)
class Taken:
    """The uses that orders took of some passes, and how far these and the tickets of their rides are used at an operator."""

    ordered: Mapping[str, Ordered] = field(default_factory=dict)
    uses: Sequence[TicketUse] = ()


NOTHING_TAKEN = Taken()


def for_ticket(
    tx: Transaction,
    claims: TicketClaims | None,
    operator: str,
    now: datetime,
    opening: Collection[str] = (),
    *,
    hold: bool = False,
) -> Taken:
    """Read what orders took of a pass that is shown, or of the passes behind the `opening` tickets that are shown.

    With `hold` no other code of these passes is decided about before the transaction ends. A code that stands for
    several tickets has their rides as its own.
    """
    if claims is None:
        return NOTHING_TAKEN
    if claims.uses_per_leg:
        return _behind(tx, claims.jti, opening, operator, now, hold=hold) if opening else NOTHING_TAKEN
    strokes = held_passes.count_uses(tx, claims.jti) if claims.uses is not None else 0
    rides = _rides_at(tx, [claims.jti], operator, now, hold=hold).get(claims.jti, ())
    used = uses.list_uses_at(tx, operator, [ride.ticket for ride in rides]) if rides else []
    return Taken({claims.jti: Ordered(strokes, rides)}, used)


def _behind(
    tx: Transaction, shown: str, opening: Collection[str], operator: str, now: datetime, *, hold: bool
) -> Taken:
    passes = held_passes.list_passes_behind(tx, opening)
    rides = _rides_at(tx, passes, operator, now, hold=hold)
    others = {ride.ticket for one in rides.values() for ride in one}.difference(opening)
    ordered = {jti: Ordered(rides=_as_shown(taken, shown, opening)) for jti, taken in rides.items()}
    return Taken(ordered, uses.list_uses_at(tx, operator, [*rides, *sorted(others)]) if rides else ())


def _as_shown(rides: Iterable[OrderedRide], shown: str, opening: Collection[str]) -> tuple[OrderedRide, ...]:
    """Rides of a pass, those of the tickets behind a code as rides of the code that is shown."""
    return tuple(replace(ride, ticket=shown) if ride.ticket in opening else ride for ride in rides)


def _rides_at(
    tx: Transaction, passes: Sequence[str], operator: str, now: datetime, *, hold: bool
) -> dict[str, tuple[OrderedRide, ...]]:
    """Read the rides of passes at an operator; they are held first, for an order may get its tickets at this moment."""
    if hold:
        held_passes.hold_codes(tx, passes)
    # A ticket whose vehicle is late opens gates for a day beyond its end.
    listed = held_passes.list_ticketed_rides(tx, now - late.LONGEST, passes)
    here = [ride for ride in listed if ride.operator == operator]
    rides: dict[str, tuple[OrderedRide, ...]] = {}
    for ride in here:
        rides[ride.ticket_jti] = (*rides.get(ride.ticket_jti, ()), _ride(ride))
    return rides


def for_bundle(
    tx: Transaction, operator: str, now: datetime, ended: datetime, jtis: Collection[str] | None = None
) -> dict[str, Ordered]:
    """Read what orders took of the passes that an operator's gates accept: of all that had not `ended`, or of some."""
    strokes = held_passes.count_strokes(tx, operator, ended, jtis)
    ordered = {jti: Ordered(taken) for jti, taken in strokes.items()}
    for one in held_passes.list_ticketed_rides(tx, now, jtis):
        if one.operator == operator:
            before = ordered.get(one.ticket_jti, NOTHING_ORDERED)
            ordered[one.ticket_jti] = replace(before, rides=(*before.rides, _ride(one)))
    return ordered


def _ride(one: TicketedRide) -> OrderedRide:
    return OrderedRide(
        ticket=one.jti,
        leg=one.leg,
        departs=int(one.departs_at.timestamp()),
        arrives=int(one.arrives_at.timestamp()),
        starts=int(one.starts_at.timestamp()),
        ends=int((one.ends_at if one.is_valid else one.starts_at).timestamp()),
    )


def memory(
    used: Sequence[TicketUse],
    proofs: Sequence[str],
    jti: str | None,
    operator: str,
    taken: Taken = NOTHING_TAKEN,
) -> Seen:
    """Build the memory of a ticket; where another operator saw it stays unsaid.

    `taken` is what orders took of it where it is a pass, and of the passes behind it where it is the ticket of an order.
    """
    known = [
        Use(
            use.jti,
            use.leg,
            int(use.at.timestamp()),
            (use.gate or use.gate_key_id) if use.operator == operator else None,
            cast("Kind", use.kind),
        )
        for use in (*used, *taken.uses)
    ]
    return Seen(known, frozenset((jti or "", nonce) for nonce in proofs), taken.ordered)
