"""Waive the departure that tickets are bound to: by a continuation agreement the ticket of a cancelled one opens another operator's gate.

Nothing is stored: a waiver follows from the agreement, the timetable and the last report on the departure, and ends when a cancellation is taken back.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from throughfare_gate.gate.model import Waiver
from throughfare_gate.tickets.claims import TicketClaims
from ticketing.db import Transaction
from ticketing.gate.house import Gatehouse
from ticketing.regions import Sailing, lateness

# Passengers of a departure that is cancelled ahead of time may take an earlier one of the other operator.
_AHEAD = timedelta(hours=48)
_BACK = timedelta(hours=48)
_ANY_TRIP = "any"
_HOUR = 3600


def for_bundle(tx: Transaction, house: Gatehouse, taker: str, now: datetime) -> tuple[Waiver, ...]:
    """List the waivers that gates of an operator need: of the cancelled departures around now whose passengers it takes."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    sailings = [
        sailing
        for region, giver in house.givers(taker)
        for sailing in house.sailings.between(region, giver, hour - _BACK, hour + _AHEAD)
    ]
    return tuple(_waivers(tx, house, taker, sailings, now))


def for_ticket(
    tx: Transaction, house: Gatehouse, taker: str, claims: TicketClaims | None, now: datetime
) -> tuple[Waiver, ...]:
    """List the waivers for the departures that one ticket is bound to."""
    givers = {giver for _, giver in house.givers(taker)}
    legs = [
        leg for leg in (claims.legs if claims else ()) if leg.operator in givers and leg.departure is not None
    ]
    found = [house.sailings.find(leg.operator, leg.start, leg.departure or 0) for leg in legs]
    return tuple(_waivers(tx, house, taker, [sailing for sailing in found if sailing is not None], now))


def _waivers(
    tx: Transaction, house: Gatehouse, taker: str, sailings: list[Sailing], now: datetime
) -> Iterator[Waiver]:
    cancelled = {called for called, late in lateness(tx, sailings).items() if late.cancelled}
    for sailing in sailings:
        called = sailing.operator, sailing.stop_id, sailing.departure
        agreement = house.continuation(sailing.region, sailing.operator, taker, sailing.service_date)
        if called not in cancelled or agreement is None:
            continue
        until = sailing.departure + agreement.until_hours * _HOUR
        if until > now.timestamp():
            yield Waiver(
                event=f"{agreement.id}:{sailing.trip_id}:{sailing.service_date}",
                trips=frozenset({called}),
                accept=(taker, _ANY_TRIP),
                until=until,
            )
