"""Say which departure a gate names, and how long the delay of one keeps a ticket. Pure."""

from throughfare_gate.gate.model import Extras, Gate
from throughfare_gate.tickets.claims import TicketClaims, whole_minute

# A delay keeps a ticket for so long beyond its planned end, and no longer.
LONGEST_DELAY = 24 * 3600


def late_seconds(claims: TicketClaims, extras: Extras) -> int:
    """Compute the seconds for which a ticket goes on beyond its end, because a departure that it names arrives late; a day at most."""
    late = 0
    for leg in claims.legs if extras.delays else ():
        delay = extras.delays.get((leg.operator, leg.start, leg.departure)) if leg.departure else None
        late = max(late, delay.arrivals.get(leg.end or "", 0) if delay else 0)
    return min(LONGEST_DELAY, late)


def named_sailing(gate: Gate, extras: Extras, now: int) -> int | None:
    """The planned departure that a gate names: as it says, else the one of its trip that is nearest to now."""
    if gate.departure is not None:
        return whole_minute(gate.departure)
    calls = extras.sailings.get(gate.trip_id or "", ())
    here = [departure for stop, departure in calls if gate.stop_id in {None, stop}]
    return min(here, key=lambda departure: abs(departure - now), default=None)
