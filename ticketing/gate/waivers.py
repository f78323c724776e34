"""Waive the departure that tickets are bound to: by a continuation agreement the ticket of a cancelled one, or of one that was missed, opens another operator's gate.

Nothing is stored: a waiver follows from the agreement, the timetable and the last report on the departure, and ends when a cancellation is taken back.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from tariffs.agreements import Continuation
from throughfare_gate.gate.model import Waiver
from throughfare_gate.tickets.claims import TicketClaims
from ticketing.db import Transaction
from ticketing.db.disruption import events
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
    if claims is None or not givers:
        return ()
    bound: dict[int, Sailing] = {}
    for at, leg in enumerate(claims.legs):
        called = leg.operator, leg.start, leg.departure or 0
        sailing = house.sailings.find(*called) if leg.operator in givers and leg.departure else None
        if sailing is not None:
            bound[at] = sailing
    broken = _broken(tx, house, taker, claims.jti, bound) if bound else []
    return (*_waivers(tx, house, taker, list(bound.values()), now), *_open(broken, taker, now))


def _broken(
    tx: Transaction, house: Gatehouse, taker: str, jti: str, bound: Mapping[int, Sailing]
) -> list[tuple[Sailing, Continuation]]:
    """List the departures that the holder of a ticket has missed by another ride, each with the agreement for it.

    It concerns this holder and not everybody with a ticket for the departure, so no bundle can say it.
    """
    newest = {event.run: (event, row) for event, row in events.list_of_ticket(tx, jti)}
    missed: list[tuple[Sailing, Continuation]] = []
    for event, row in newest.values():
        sailing = bound.get(row.then_leg) if row.why == "connection" and row.then_leg is not None else None
        if sailing is not None:
            day, by = sailing.service_date, event.operator
            agreement = house.continuation(sailing.region, sailing.operator, taker, day, by)
            missed += [(sailing, agreement)] if agreement else []
    return missed


def _waivers(
    tx: Transaction, house: Gatehouse, taker: str, sailings: list[Sailing], now: datetime
) -> Iterator[Waiver]:
    cancelled = {called for called, late in lateness(tx, sailings).items() if late.cancelled}
    for sailing in sailings:
        called = sailing.operator, sailing.stop_id, sailing.departure
        agreement = house.continuation(sailing.region, sailing.operator, taker, sailing.service_date)
        if called in cancelled and agreement is not None:
            yield from _open([(sailing, agreement)], taker, now)


def _open(missed: Iterable[tuple[Sailing, Continuation]], taker: str, now: datetime) -> Iterator[Waiver]:
    """Write the waivers of departures, while their hours are not over."""
    for sailing, agreement in missed:
        called = sailing.operator, sailing.stop_id, sailing.departure
        until = sailing.departure + agreement.until_hours * _HOUR
        if until > now.timestamp():
            yield Waiver(
                event=f"{agreement.id}:{sailing.trip_id}:{sailing.service_date}",
                trips=frozenset({called}),
                accept=(taker, _ANY_TRIP),
                until=until,
            )
