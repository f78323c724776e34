"""Find another way for passengers whom no continuation helps: by a search over all operators, where an agreement says who bears it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from tariffs.agreements import OtherWay, other_way_for
from tariffs.journey import Ride
from tariffs.money import Money, parse
from tariffs.party import Passenger
from ticketing import regions
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import InvalidRequest
from ticketing.rerouting.options import AnotherWay, DisruptedLeg
from ticketing.rerouting.scene import OnwardRides, ReroutingDesk
from ticketing.search.service import find_journeys
from ticketing.search.wish import Endpoint, Wish

_WHYS = frozenset({"cancelled", "connection"})


class _Sum(TypedDict):
    amount: str
    currency: str


class _Price(TypedDict):
    total: _Sum


class _Ride(TypedDict, total=False):
    operator: str


class _Way(TypedDict):
    """An itinerary as a search answers it, as far as it is read here; a walk has no operator."""

    departure: str
    arrival: str
    legs: list[_Ride]
    price: _Price
    offer_id: str
    offer_expires_at: str


def find_other_way(
    desk: ReroutingDesk, region: str, about: tuple[DisruptedLeg, Ride, OnwardRides], held: Sequence[Ticket]
) -> AnotherWay | None:
    """Find the best way by other operators for passengers of a leg; None where none has an offer, or nobody bears it."""
    leg, ride, onward = about
    agreement = _agreement(desk, region, leg, ride)
    is_asked = leg.why in _WHYS and not leg.used and not onward.others
    if agreement is None or desk.planner is None or not is_asked:
        return None
    at = max(desk.clock.now(), leg.departs_at, leg.ready_at or leg.departs_at)
    wish = Wish(
        origin=Endpoint(f"{ride.operator}:{ride.from_stop_id}", None, None),
        destination=Endpoint(f"{ride.operator}:{ride.to_stop_id}", None, None),
        at=at.astimezone(ride.departure.tzinfo),
        arrive=False,
        passengers=tuple(Passenger(one.passenger_ref, one.document.rider) for one in held),
        region=region,
    )
    try:
        ways: list[_Way] = find_journeys(desk.planner, wish)["itineraries"]
    except InvalidRequest:  # a child alone, or nobody whom the region sells to
        return None
    return next((_written(way, agreement, held) for way in ways if _is_other(way, ride.operator)), None)


def _agreement(desk: ReroutingDesk, region: str, leg: DisruptedLeg, ride: Ride) -> OtherWay | None:
    day = regions.key_of(ride, desk.region(region).data.timetables.get(ride.operator))[2]
    return other_way_for(desk.other_ways.get(region, ()), ride.operator, day, broken_by=leg.broken_by)


def _is_other(way: _Way, operator: str) -> bool:
    """Tell whether a way can be bought and is by other operators: later departures of the same one are options of their own."""
    operators = _operators(way)
    return bool(way["offer_id"] and operators) and operator not in operators


def _operators(way: _Way) -> tuple[str, ...]:
    return tuple(dict.fromkeys(leg["operator"] for leg in way["legs"] if leg.get("operator")))


def _written(way: _Way, agreement: OtherWay, held: Sequence[Ticket]) -> AnotherWay:
    total = way["price"]["total"]
    return AnotherWay(
        offer_id=way["offer_id"],
        offer_expires_at=way["offer_expires_at"],
        departs_at=datetime.fromisoformat(way["departure"]),
        arrives_at=datetime.fromisoformat(way["arrival"]),
        operators=_operators(way),
        total=Money(parse(total["amount"], total["currency"]).minor, total["currency"]),
        cap=agreement.cap,
        passengers=tuple(one.passenger_ref for one in held),
    )
