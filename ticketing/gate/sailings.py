"""Collect what gates of an operator must know of its sailings: which there are, how it boards, and what is late.

A bundle carries all of it for its day and the one that `fail_open` adds; online only what one ticket needs is read.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from throughfare_gate.gate.model import Called, Delay, Extras
from throughfare_gate.tickets.claims import Leg, TicketClaims
from ticketing.db import Transaction
from ticketing.gate import waivers
from ticketing.gate.house import Gatehouse
from ticketing.regions import Late, Sailing, lateness

_BACK, _AHEAD = timedelta(hours=24), timedelta(hours=48)
# A ticket may have ended a day ago and go on for a delay of a day.
_LATE_BACK = timedelta(hours=48)


def for_bundle(tx: Transaction, house: Gatehouse, operator: str, now: datetime) -> Extras:
    """Read the data of sailings that the gates of an operator need for the life of a bundle."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    own: list[Sailing] = []
    bound: list[Sailing] = []
    for region, operators in house.sailings.neighbours(operator).items():
        if operator in house.boarding:
            own.extend(house.sailings.between(region, operator, hour - _BACK, hour + _AHEAD))
        for other in sorted(operators & house.boarding.keys()):
            bound.extend(house.sailings.between(region, other, hour - _LATE_BACK, hour + _AHEAD))
    return Extras(
        boarding=house.boarding.get(operator, {}),
        sailings=_by_trip(own),
        delays=_delays(tx, bound),
        waivers=waivers.for_bundle(tx, house, operator, now),
        categories=house.categories,
    )


def for_ticket(
    tx: Transaction, house: Gatehouse, operator: str, claims: TicketClaims | None, trip_id: str | None
) -> Extras:
    """Read what a gate online needs to judge one ticket: nothing is read of one that is bound to no sailing of its operator."""
    rules = house.boarding.get(operator, {})
    waived = waivers.for_ticket(tx, house, operator, claims, house.clock.now())
    if claims is None or claims.product not in rules:
        return Extras(categories=house.categories, waivers=waived)
    bound = [leg for leg in claims.legs if leg.operator == operator and leg.departure is not None]
    return Extras(
        boarding=rules,
        sailings=_by_trip(_named(house, operator, bound, trip_id)),
        delays=_delays(tx, _found(house, bound)),
        waivers=waived,
        categories=house.categories,
    )


def _found(house: Gatehouse, legs: Collection[Leg]) -> list[Sailing]:
    found = [house.sailings.find(leg.operator, leg.start, leg.departure or 0) for leg in legs]
    return [one for one in found if one is not None]


def _named(house: Gatehouse, operator: str, legs: Collection[Leg], trip_id: str | None) -> list[Sailing]:
    """The calls of the trip that the gate names, on the days around now."""
    if trip_id is None or not legs:
        return []
    now = house.clock.now()
    around_now = (
        sailing
        for region in house.sailings.neighbours(operator)
        for sailing in house.sailings.between(region, operator, now - _BACK, now + _AHEAD)
    )
    return [sailing for sailing in around_now if sailing.trip_id == trip_id]


def _by_trip(sailings: Collection[Sailing]) -> dict[str, tuple[tuple[str, int], ...]]:
    found: dict[str, tuple[tuple[str, int], ...]] = {}
    for one in sailings:
        found[one.trip_id] = (*found.get(one.trip_id, ()), (one.stop_id, one.departure))
    return found


def _delays(tx: Transaction, sailings: Collection[Sailing]) -> dict[Called, Delay]:
    return {called: _delay(late) for called, late in lateness(tx, sailings).items()}


def _delay(late: Late) -> Delay:
    return Delay(late.departs_at, late.arrivals, late.cancelled)
