"""Find another way for passengers whom no continuation helps: by a search over all operators, where an agreement says who bears it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from operators.gtfs.timetable import Stop
from operators.region import RegionData
from tariffs.agreements import OtherWay, other_way_for
from tariffs.journey import Ride
from tariffs.money import Money, parse
from tariffs.party import Passenger
from ticketing import regions
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import Conflict, InvalidRequest
from ticketing.purchase.refund.exchange import worth
from ticketing.purchase.service import Wish as Wanted
from ticketing.regions.meetings import metres_between
from ticketing.rerouting.options import OFFERED_FOR, AnotherWay, DisruptedLeg
from ticketing.rerouting.scene import OnwardRides, ReroutingDesk
from ticketing.search.service import find_journeys
from ticketing.search.wish import Endpoint, Wish

_WHYS = frozenset({"cancelled", "connection"})
_WHOLE = 100


class _Sum(TypedDict):
    amount: str
    currency: str


class _Price(TypedDict):
    total: _Sum


class _Place(TypedDict):
    name: str


# `from` is a word of Python.
_Leg = TypedDict("_Leg", {"operator": str | None, "departure": str, "arrival": str, "from": _Place})


class _Way(TypedDict):
    """An itinerary as a search answers it, as far as it is read here; a walk has no operator."""

    legs: list[_Leg]
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
    way = next((way for way in ways if _is_other(way, ride.operator)), None)
    worth = _worth(desk, leg, held) if way is not None else None
    return None if way is None or worth is None else _written(way, agreement, held, worth)


def is_another_way(data: RegionData, lost: Ride, given_up: Sequence[Ride], way: Sequence[Ride]) -> bool:
    """Tell whether rides are another way for what was given up with a `lost` ride. Pure.

    They are by other operators than that ride, leave within two days of it, and begin and end where the rides that were given up
    do, or as far from there as a search lets people walk. The way that a search has found is one; the journey to another town,
    or of another week, is its holder's own wish. Regulation (EU) 1177/2010, Article 18(1)(a): to the final destination.
    """
    if not given_up or not way or lost.operator in {ride.operator for ride in way}:
        return False
    begins = (given_up[0].operator, given_up[0].from_stop_id), (way[0].operator, way[0].from_stop_id)
    ends = (given_up[-1].operator, given_up[-1].to_stop_id), (way[-1].operator, way[-1].to_stop_id)
    in_time = way[0].departure < lost.departure + OFFERED_FOR
    return in_time and _is_walked(data, *begins) and _is_walked(data, *ends)


def _is_walked(data: RegionData, start: tuple[str, str], end: tuple[str, str]) -> bool:
    """Tell whether a search lets people walk between two stops, each an operator and a stop id; one that is not known is far."""
    here, there = _stop(data, start), _stop(data, end)
    if here is None or there is None:
        return False
    return metres_between(here, there) * data.walking.detour_percent <= data.walking.max_m * _WHOLE


def _stop(data: RegionData, place: tuple[str, str]) -> Stop | None:
    timetable = data.timetables.get(place[0])
    return None if timetable is None else timetable.stops.get(place[1])


def _agreement(desk: ReroutingDesk, region: str, leg: DisruptedLeg, ride: Ride) -> OtherWay | None:
    day = regions.key_of(ride, desk.region(region).data.timetables.get(ride.operator))[2]
    return other_way_for(desk.other_ways.get(region, ()), ride.operator, day, broken_by=leg.broken_by)


def _is_other(way: _Way, operator: str) -> bool:
    """Tell whether a way can be bought and is by other operators: later departures of the same one are options of their own."""
    operators = _operators(way)
    return bool(way["offer_id"] and operators) and operator not in operators


def _rides(way: _Way) -> list[_Leg]:
    return [leg for leg in way["legs"] if leg["operator"]]


def _operators(way: _Way) -> tuple[str, ...]:
    return tuple(dict.fromkeys(leg["operator"] for leg in _rides(way) if leg["operator"]))


def _worth(desk: ReroutingDesk, leg: DisruptedLeg, held: Sequence[Ticket]) -> Money | None:
    """Find what the leg brings for all of its passengers in an exchange; None where it can be exchanged for nothing."""
    wish = Wanted(tuple(one.passenger_ref for one in held), (leg.at,))
    try:
        return worth(desk.till, held[0].order_id, wish)
    except Conflict:
        return None


def _written(way: _Way, agreement: OtherWay, held: Sequence[Ticket], worth: Money) -> AnotherWay:
    sum_of, rides = way["price"]["total"], _rides(way)
    total = Money(parse(sum_of["amount"], sum_of["currency"]).minor, sum_of["currency"])
    return AnotherWay(
        offer_id=way["offer_id"],
        offer_expires_at=way["offer_expires_at"],
        departs_at=datetime.fromisoformat(rides[0]["departure"]),
        arrives_at=datetime.fromisoformat(rides[-1]["arrival"]),
        starts=rides[0]["from"]["name"],
        operators=_operators(way),
        total=total,
        due=Money(max(0, total.minor - worth.minor), total.currency),
        cap=agreement.cap,
        passengers=tuple(one.passenger_ref for one in held),
    )
