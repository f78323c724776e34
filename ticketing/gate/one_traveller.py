"""Let one person at a time travel on a pass: its own code, or the ticket of one of its orders. Pure.

Tickets that are bound to no departure are good hours before their ride, so several of one pass could be shown in one
minute. Who began a ride last is the traveller, and no other code of the pass opens a gate before that person can be there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ticketing.gate.model import Memory, Ordered, OrderedRide, Values
from ticketing.gate.usage import Use

# A clock that is further ahead than this tells nothing of when a ride began.
_AHEAD_SECONDS = 300
# A ride of no minutes, as timetables have them between neighbouring stops, takes one person all the same.
_LEAST_SECONDS = 60


@dataclass(frozen=True, slots=True)
class RideInTheWay:
    """A ride for which a pass must not open a gate now: when it departs, and `until` when it is under way where it has begun.

    POSIX seconds. One that has not begun is opened by the ticket of its order.
    """

    departs: int
    until: int | None = None

    def values(self, written: Callable[[int], str]) -> Values:
        """Tell staff of it, each moment as it is `written` by the local clock."""
        until = {} if self.until is None else {"until": written(self.until)}
        return {"departure": written(self.departs), **until}


def ride_in_the_way(
    ordered: Ordered, used: Sequence[Use], stop_id: str | None, now: int, memory: Memory
) -> RideInTheWay | None:
    """Find the ride that an order took with a pass, and for which the pass itself must not open a gate now.

    `used` are the accepted uses of the pass. The holder is never left standing: the ticket of that ride opens the gate
    that refuses the pass, or its holder is on board. At a stop where any of its rides ends a ticket may open nothing.
    """
    ends_here = {ride.ticket for ride in ordered.rides if stop_id == ride.to_stop}
    for ride in ordered.rides:
        opened = [use for use in memory.uses_of(ride.ticket) if use.leg == ride.leg]
        if opened:  # and so it opens no other gate, whenever that was
            began = _began(opened, now)
            # Nobody is at the stop where a ride ends before half of its time has passed.
            lasts = (
                _half(ride) if stop_id == ride.to_stop else max(_LEAST_SECONDS, ride.arrives - ride.departs)
            )
            if began is not None and now < began + lasts:
                return RideInTheWay(ride.departs, began + lasts)
        elif ride.starts <= now < ride.ends and ride.ticket not in ends_here:
            own = _began(used, now)
            if own is None or now >= own + _half(ride):
                return RideInTheWay(ride.departs)
    return None


def use_in_the_way(ticket: str, leg: int, now: int, memory: Memory) -> Use | None:
    """Find the use which shows that somebody else travels now on the pass that pays for a leg of an order's ticket.

    It is the use of the pass itself, of another ticket, or of this one for another ride. The holder is never left standing: a pass that was shown last
    goes on to open gates for as long.
    """
    for held in memory.passes_behind(ticket):
        rides = memory.ordered_of(held).rides
        mine = next((ride for ride in rides if (ride.ticket, ride.leg) == (ticket, leg)), None)
        if mine is None:
            continue
        found = _last(memory.uses_of(held), now)
        if found is not None and found.kind != "out" and now < found.at + _half(mine):
            return found
        for ride in rides:
            found = _last(memory.uses_of(ride.ticket), now, ride.leg)
            # A gate on board may have taken one ride of a ticket for another, so of its own rides the shorter one counts.
            lasts = min(_half(ride), _half(mine)) if ride.ticket == ticket else _half(ride)
            if found is not None and found.kind != "out" and now < found.at + lasts:
                return found
    return None


def _half(ride: OrderedRide) -> int:
    """How long a person is surely on board: half of the time that the ride is planned to take, and a minute at least."""
    return max(_LEAST_SECONDS, (ride.arrives - ride.departs) // 2)


def _began(uses: Iterable[Use], now: int) -> int | None:
    """When the newest ride began; None where none has, or where it was checked out."""
    last = _last(uses, now)
    return None if last is None or last.kind == "out" else last.at


def _last(uses: Iterable[Use], now: int, leg: int | None = None) -> Use | None:
    mine = (use for use in uses if (leg is None or use.leg == leg) and use.at <= now + _AHEAD_SECONDS)
    return max(mine, key=lambda use: use.at, default=None)
