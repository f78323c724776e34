"""Decide when places are held for holders who have not chosen yet, for whom first, and what a silent one keeps. Pure.

A place is held on a later departure of the same operator where that is the only one within reason and its places are short.
It costs its holder nothing, and is never on a departure that is earlier than the one on the ticket.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ticketing.rerouting.options import Coming, DisruptedLeg, later

# The next departure is within reason if it arrives within a day; another one too if it arrives this much after the next one at most.
_WITHIN, _AS_GOOD = timedelta(hours=24), timedelta(hours=3)
# Below this share of its places a departure is short of them.
_SHORT = 20
# A holder has so long to answer, and the answer is there so long before the departure that they can board.
_LONGEST, _SHORTEST, _BOARDING = timedelta(minutes=60), timedelta(minutes=30), timedelta(minutes=30)

# A hold that has come to nothing is tried again after so long, and so often: an operator may tell places that it does not give.
_AGAIN, _MOST_TRIES = timedelta(minutes=5), 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeker:
    """An order whose passengers have to go on: `needs_assistance` for one with a passenger of reduced mobility, `connects` for one with a ship, train or coach behind."""

    order_id: str
    ordered_at: datetime
    needs_assistance: bool = False
    connects: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A leg that a passenger cannot travel, with the departures that come, and how many of their order take the same kind of place."""

    leg: DisruptedLeg
    coming: Sequence[Coming]
    together: int


def fair_order(seekers: Iterable[Seeker]) -> list[Seeker]:
    """Order those who seek a place: first a need of assistance, then a connection, and then the time of the order."""
    return sorted(
        seekers,
        key=lambda one: (not one.needs_assistance, not one.connects, one.ordered_at, one.order_id),
    )


def only_way(places: Sequence[Place], now: datetime) -> list[Coming]:
    """List the departures within reason for passengers who travel together, soonest first."""
    within = [_within_reason(place, now) for place in places]
    shared = within[0] if within else []
    for ways in within:
        shared = [one for one in shared if _has(ways, one)]
    return shared


def is_short(coming: Coming, seeking: int) -> bool:
    """Tell whether a departure is short of places: less than a fifth is left, or, where its size is not told, fewer than are sought."""
    if coming.places is None:
        return False
    if coming.total is None:
        return coming.places < seeking
    return coming.places * 100 < coming.total * _SHORT


def answer_until(departs_at: datetime, now: datetime) -> datetime | None:
    """Tell until when a place on a departure is held, in 30 to 60 minutes; None where it leaves too soon to ask anybody."""
    until = min(now + _LONGEST, departs_at - _BOARDING)
    return until if until >= now + _SHORTEST else None


def is_tried_again(ended: Sequence[datetime], now: datetime) -> bool | None:
    """Tell whether a place is sought again by now, after holds that have ended so: False is not yet, None is no more."""
    if len(ended) >= _MOST_TRIES:
        return None
    return not ended or now >= max(ended) + _AGAIN


def _has(ways: Sequence[Coming], wanted: Coming) -> bool:
    return any(one.key == wanted.key for one in ways)


def _within_reason(place: Place, now: datetime) -> list[Coming]:
    """List the departures with places for all who travel together that arrive in time to be of use."""
    latest = place.leg.arrives_at + _WITHIN
    room = [
        one
        for one in later(place.leg, place.coming, now)
        if one.arrives_at <= latest and (one.places is None or one.places >= place.together)
    ]
    first = min((one.arrives_at for one in room), default=latest)
    return [one for one in room if one.arrives_at <= first + _AS_GOOD]
