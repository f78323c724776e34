"""Let one person at a time travel on a pass: its own code, or the ticket of one of its orders. Pure.

Tickets that are bound to no departure are good hours before their ride, so several of one pass could be shown in one
minute. Who began a ride last is the traveller, and no other code of the pass opens a gate before that person can be there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from throughfare_gate.gate.model import Memory, OrderedRide, Values
from throughfare_gate.gate.usage import Use

# A clock that is further ahead than this tells nothing of when a ride began.
_AHEAD_SECONDS = 300
# A ride of no minutes, as timetables have them between neighbouring stops, takes one person all the same.
_LEAST_SECONDS = 60


@dataclass(frozen=True, slots=True)
class RideInTheWay:
    """A ride of an order on the pass that is shown: when it departs, and `until` when it is under way where it has begun.

    POSIX seconds.
    """

    departs: int
    until: int | None = None

    def values(self, written: Callable[[int], str]) -> Values:
        """Tell staff of it, each moment as it is `written` by the local clock."""
        until = {} if self.until is None else {"until": written(self.until)}
        return {"departure": written(self.departs), **until}


def ride_in_the_way(jti: str, now: int, memory: Memory) -> RideInTheWay | None:
    """Find the ride that shows that somebody else travels now on a pass whose own code is shown.

    The ticket of an order has begun it, it can not be over yet, and the pass was not shown since; of several the one that
    is over last. A ride that has not begun is in nobody's way: the holder may have missed it, or given it back.
    """
    own = max((use.at for use in memory.uses_of(jti) if _is_heard(use, now)), default=-1)
    under_way = [
        RideInTheWay(ride.departs, began + _half(ride))
        for ride in memory.ordered_of(jti).rides
        if (began := _began(ride, now, memory)) is not None and began > own and now < began + _half(ride)
    ]
    return max(under_way, key=lambda ride: ride.until or 0, default=None)


def ride_to_ask_for(jti: str, now: int, memory: Memory) -> RideInTheWay | None:
    """Find the ride of an order whose ticket an inspector should see beside the pass: under way by its plan, or to begin."""
    newest = _newest(jti, now, memory)
    if newest is not None and newest.ride is not None and now < newest.use.at + _whole(newest.ride):
        return RideInTheWay(newest.ride.departs, newest.use.at + _whole(newest.ride))
    coming = (ride for ride in memory.ordered_of(jti).rides if ride.starts <= now < ride.ends)
    return next((RideInTheWay(ride.departs) for ride in coming if not _has_begun(ride, memory)), None)


def use_in_the_way(ticket: str, leg: int, now: int, memory: Memory) -> Use | None:
    """Find the use that shows that somebody else travels now on the pass that pays for a leg of an order's ticket.

    It is the newest one of the pass, of another ticket on it, or of this ticket for another of its rides: two people could show
    two copies of one code.
    """
    for held in memory.passes_behind(ticket):
        rides = memory.ordered_of(held).rides
        mine = next((ride for ride in rides if (ride.ticket, ride.leg) == (ticket, leg)), None)
        newest = _newest(held, now, memory)
        if mine is None or newest is None:
            continue
        lasts = _half(newest.ride or mine)
        if newest.ride is not None and newest.ride.ticket == ticket:
            # A gate on board may have taken one ride of a ticket for another, so of its own rides the shorter one counts.
            lasts = min(lasts, _half(mine))
        if now < newest.use.at + lasts:
            return newest.use
    return None


class _Begun(NamedTuple):
    """The use by which somebody travels on a pass: of the ticket for a `ride`, or of the pass itself, whose ride nobody knows."""

    use: Use
    ride: OrderedRide | None


def _began(ride: OrderedRide, now: int, memory: Memory) -> int | None:
    """Tell when the ticket of an order began a ride last; None where it has not, or has checked out."""
    uses = [use for use in memory.uses_of(ride.ticket) if use.leg == ride.leg and _is_heard(use, now)]
    last = max(uses, key=lambda use: use.at, default=None)
    return None if last is None or last.kind == "out" else last.at


def _is_heard(use: Use, now: int) -> bool:
    return use.at <= now + _AHEAD_SECONDS


def _newest(held: str, now: int, memory: Memory) -> _Begun | None:
    """The newest use of any code of a pass; None where there is none, or where it was checked out."""
    shown = [_Begun(use, None) for use in memory.uses_of(held)]
    for ride in memory.ordered_of(held).rides:
        shown.extend(_Begun(use, ride) for use in memory.uses_of(ride.ticket) if use.leg == ride.leg)
    heard = (one for one in shown if _is_heard(one.use, now))
    newest = max(heard, key=lambda one: one.use.at, default=None)
    return None if newest is None or newest.use.kind == "out" else newest


def _has_begun(ride: OrderedRide, memory: Memory) -> bool:
    return any(use.leg == ride.leg for use in memory.uses_of(ride.ticket))


def _half(ride: OrderedRide) -> int:
    """Compute how long a person is surely on board: half of the time that the ride is planned to take, and a minute at least."""
    return max(_LEAST_SECONDS, (ride.arrives - ride.departs) // 2)


def _whole(ride: OrderedRide) -> int:
    return max(_LEAST_SECONDS, ride.arrives - ride.departs)
