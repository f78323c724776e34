"""Say how long a known delay keeps a ticket. Pure."""

from ticketing.gate.model import Extras
from ticketing.tickets.claims import TicketClaims

# A delay keeps a ticket for so long beyond its planned end, and no longer.
LONGEST_DELAY = 24 * 3600


def late_seconds(claims: TicketClaims, extras: Extras) -> int:
    """How many seconds a ticket goes on beyond its end, because a departure that it names arrives late; a day at most."""
    late = 0
    for leg in claims.legs if extras.delays else ():
        delay = extras.delays.get((leg.operator, leg.start, leg.departure)) if leg.departure else None
        late = max(late, delay.arrivals.get(leg.end or "", 0) if delay else 0)
    return min(LONGEST_DELAY, late)
