"""Waive the departure that tickets are bound to: by a continuation agreement the ticket of a cancelled one, or of one that was missed, opens another operator's gate.

Nothing is stored: a waiver follows from the agreement, the timetable and the last report on the departure, and ends when a cancellation is taken back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from tariffs.agreements import Continuation
from throughfare_gate.gate.model import Called, Waiver
from throughfare_gate.tickets.claims import TicketClaims, whole_minute
from ticketing.db import Transaction
from ticketing.db.disruption import missed_departures
from ticketing.db.disruption.missed_departures import MissedDeparture
from ticketing.gate.house import Gatehouse
from ticketing.regions import Sailing, lateness

# Passengers of a departure that is cancelled ahead of time may take an earlier one of the other operator.
_AHEAD = timedelta(hours=48)
_BACK = timedelta(hours=48)
_ANY_TRIP = "any"
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class _Waived:
    """A departure that another operator's gates take the tickets of, by an agreement; `tickets` are those alone that have missed it."""

    sailing: Sailing
    agreement: Continuation
    tickets: frozenset[str] | None = None


def for_bundle(tx: Transaction, house: Gatehouse, taker: str, now: datetime) -> tuple[Waiver, ...]:
    """List the waivers that gates of an operator need: of the cancelled departures around now whose passengers it takes, and of the tickets that have missed one."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    since, until = hour - _BACK, hour + _AHEAD
    givers = house.givers(taker)
    sailings = [
        sailing for region, giver in givers for sailing in house.sailings.between(region, giver, since, until)
    ]
    takes = [(region, giver) for region, giver in givers if house.takes_missed(region, giver, taker)]
    missed = chain.from_iterable(
        missed_departures.list_missed(tx, region, giver, since, until) for region, giver in takes
    )
    return (*_waivers(tx, house, taker, sailings, now), *_open(_broken(house, taker, missed), taker, now))


def for_ticket(
    tx: Transaction, house: Gatehouse, taker: str, claims: TicketClaims | None, now: datetime
) -> tuple[Waiver, ...]:
    """List the waivers for the departures that one ticket is bound to."""
    givers = {giver for _, giver in house.givers(taker)}
    if claims is None or not givers:
        return ()
    bound: list[Sailing] = []
    for leg in claims.legs:
        called = leg.operator, leg.start, leg.departure or 0
        sailing = house.sailings.find(*called) if leg.operator in givers and leg.departure else None
        if sailing is not None:
            bound.append(sailing)
    missed = missed_departures.list_missed_of(tx, claims.jti) if bound else []
    return (*_waivers(tx, house, taker, bound, now), *_open(_broken(house, taker, missed), taker, now))


def _waivers(
    tx: Transaction, house: Gatehouse, taker: str, sailings: list[Sailing], now: datetime
) -> Iterator[Waiver]:
    cancelled = {called for called, late in lateness(tx, sailings).items() if late.cancelled}
    for sailing in sailings:
        called = sailing.operator, sailing.stop_id, sailing.departure
        agreement = house.continuation(sailing.region, sailing.operator, taker, sailing.service_date)
        if called in cancelled and agreement is not None:
            yield from _open([_Waived(sailing, agreement)], taker, now)


def _broken(house: Gatehouse, taker: str, missed: Iterable[MissedDeparture]) -> list[_Waived]:
    """Put the tickets that have missed one departure by the same agreement together."""
    tickets: dict[tuple[Called, str], list[str]] = {}
    waived: dict[tuple[Called, str], _Waived] = {}
    for ticket in missed:
        called = ticket.operator, ticket.from_stop, whole_minute(int(ticket.departs_at.timestamp()))
        sailing = house.sailings.find(*called)
        if sailing is None:
            continue
        of_day = sailing.region, sailing.operator, taker, sailing.service_date
        agreement = house.continuation(*of_day, broken_by=ticket.broken_by)
        if agreement is not None:
            key = called, agreement.id
            tickets.setdefault(key, []).append(ticket.jti)
            waived[key] = _Waived(sailing, agreement)
    return [replace(departure, tickets=frozenset(tickets[key])) for key, departure in waived.items()]


def _open(waived: Iterable[_Waived], taker: str, now: datetime) -> Iterator[Waiver]:
    """Write the waivers of departures, while their hours are not over."""
    for departure in waived:
        sailing, agreement = departure.sailing, departure.agreement
        called = sailing.operator, sailing.stop_id, sailing.departure
        until = sailing.departure + agreement.until_hours * _HOUR
        if until > now.timestamp():
            yield Waiver(
                event=f"{agreement.id}:{sailing.trip_id}:{sailing.service_date}",
                trips=frozenset({called}),
                accept=(taker, _ANY_TRIP),
                until=until,
                tickets=departure.tickets,
            )
