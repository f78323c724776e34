"""Let one person at a time travel on a pass: its own code, or the ticket of one of its orders. Pure.

Tickets that are bound to no departure are good hours before their ride, so several of one pass could be shown in one
minute. Who began a ride last is the traveller, and no other code of the pass opens a gate before that person can be there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ticketing.gate.model import Memory, Ordered, OrderedRide, Values
from ticketing.gate.usage import Use


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
    that refuses the pass, or its holder is on board.
    """
    for ride in ordered.rides:
        began = _began(memory.uses_of(ride.ticket), ride.leg)
        if began is not None:
            # Nobody is at the stop where a ride ends before half of its time has passed.
            lasts = _half(ride) if stop_id == ride.to_stop else ride.arrives - ride.departs
            if now < began + lasts:
                return RideInTheWay(ride.departs, began + lasts)
        elif ride.starts <= now < ride.ends and (stop_id is None or stop_id != ride.to_stop):
            own = _began(used)
            if own is None or now >= own + _half(ride):
                return RideInTheWay(ride.departs)
    return None


def use_in_the_way(ticket: str, leg: int, now: int, memory: Memory) -> Use | None:
    """Find the use which shows that somebody else travels now on the pass that pays for a leg of an order's ticket.

    It is the use of the pass itself or of another ticket. The holder is never left standing: a pass that was shown last
    goes on to open gates for as long.
    """
    for held in memory.passes_behind(ticket):
        rides = memory.ordered_of(held).rides
        mine = next((ride for ride in rides if (ride.ticket, ride.leg) == (ticket, leg)), None)
        if mine is None:
            continue
        found = _last(memory.uses_of(held))
        if found is not None and found.kind != "out" and now < found.at + _half(mine):
            return found
        for ride in rides:
            found = None if ride.ticket == ticket else _last(memory.uses_of(ride.ticket), ride.leg)
            if found is not None and found.kind != "out" and now < found.at + _half(ride):
                return found
    return None


def _half(ride: OrderedRide) -> int:
    """How long a person is surely on board: half of the time that the ride is planned to take."""
    return (ride.arrives - ride.departs) // 2


def _began(uses: Iterable[Use], leg: int | None = None) -> int | None:
    """When the newest ride of a ticket began, or of one leg of it; None where none has, or where it was checked out."""
    last = _last(uses, leg)
    return None if last is None or last.kind == "out" else last.at


def _last(uses: Iterable[Use], leg: int | None = None) -> Use | None:
    mine = (use for use in uses if leg is None or use.leg == leg)
    return max(mine, key=lambda use: use.at, default=None)
