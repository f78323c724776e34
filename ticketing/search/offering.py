"""Offers: each itinerary that can be sold is shown with a token that names it and its price; nothing is stored."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from operators.region import RegionData
from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.party import Passenger
from tariffs.passes import HeldPass
from tariffs.result import JourneyPrice
from throughfare_gate.moments import written
from ticketing.errors import InvalidRequest
from ticketing.offers import MOST_CHARS, AddedRun, Member, OfferBody, RideName, owner_of
from ticketing.regions import Region, Told
from ticketing.regions.planned import is_planned
from ticketing.search import free_places
from ticketing.search.free_places import FreePlaces, RideKey
from ticketing.search.planner import Plan, PlannedRide
from ticketing.search.show import itinerary, with_free_places
from ticketing.search.timelines import Planner
from ticketing.search.times import instant_of
from ticketing.search.wish import Wish

_TOO_LONG = f"their refs make an offer longer than {MOST_CHARS} characters; give them shorter ones"


def with_offers(
    planner: Planner,
    region: Region,
    wish: Wish,
    chosen: list[tuple[Plan, JourneyPrice, list[str]]],
    live_data: Told,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Show every itinerary, and make an offer of each that can be sold; `now` is the moment that its price is of.

    Raises InvalidRequest for a party whose refs are too long together.
    """
    free = _free_places(planner, region.data, wish, [plan for plan, _, _ in chosen])
    shown = []
    for plan, price, praise in chosen:
        view = itinerary(
            region.data,
            plan,
            price,
            praise,
            live_data.operators,
            passes=region.book.passes,
            language=wish.language,
            reads=wish.reads,
        )
        if price.total is not None and plan.rides:
            body = _body(planner, region, wish, plan, price, total=price.total, now=now)
            view |= {"offer_id": _token(planner, body), "offer_expires_at": written(body.expires_at)}
        # Not part of the offer: an hour later it would be an old number.
        shown.append(with_free_places(view, plan, free) if wish.free_places else view)
    live = {operator: written(one.as_of) for operator, one in live_data.operators.items()}
    return {"itineraries": shown, "reason": None, "live_as_of": live}


def _body(
    planner: Planner,
    region: Region,
    wish: Wish,
    plan: Plan,
    price: JourneyPrice,
    *,
    total: Money,
    now: datetime,
) -> OfferBody:
    return OfferBody(
        region=region.data.id,
        made_at=now,
        expires_at=_expiry(region.data, plan, now),
        tariff_version=price.tariff_version,
        total=Money(total.minor, total.currency),
        rides=tuple(_named(region, part) for part in plan.parts if isinstance(part, PlannedRide)),
        members=tuple(_member(person, plan.rides) for person in wish.passengers),
        excluded=tuple(one.leg for one in price.excluded),
        sale_channel=planner.sale_channel,
        owner=owner_of(wish.person_id, now) if wish.person_id else None,
        holder_ref=wish.holder_ref if wish.person_id else None,
        freed=tuple(wish.freed.items()),
    )


def _expiry(region: RegionData, plan: Plan, now: datetime) -> datetime:
    """An offer holds for the region's time, and not beyond the departure unless that is a minute away; to the second."""
    departs = datetime.fromtimestamp(plan.departure, UTC)
    expires = min(now + timedelta(minutes=region.offer_minutes), max(departs, now + timedelta(minutes=1)))
    return expires.replace(microsecond=0)


def _token(planner: Planner, body: OfferBody) -> str:
    token = planner.offers.write(body)
    if len(token) > MOST_CHARS:
        raise InvalidRequest.at("passengers", _TOO_LONG)
    return token


def _named(region: Region, part: PlannedRide) -> RideName:
    """Name a ride; what no timetable tells of it is said with it."""
    ride = part.ride
    planned = is_planned(region, ride)
    return RideName(
        operator=ride.operator,
        trip_id=ride.trip_id,
        from_stop_id=ride.from_stop_id,
        to_stop_id=ride.to_stop_id,
        departs_at=instant_of(ride.departure),
        arrives_at=instant_of(ride.arrival),
        added=None if planned else AddedRun(ride.route_id, part.headsign, tuple(ride.calls)),
    )


def _member(person: Passenger, rides: Sequence[Ride]) -> Member:
    """One of the party with the passes that could cover a ride: no other has to do with the price."""
    usable = (held.ticket for held in person.passes if _may_cover_any(held, rides))
    return Member(person.ref, person.rider, tuple(usable))


def _may_cover_any(held: HeldPass, rides: Sequence[Ride]) -> bool:
    in_time = (ride for ride in rides if held.valid_from <= ride.departure < held.valid_until)
    return any(ride.operator in held.scope.operators for ride in in_time)


def _free_places(
    planner: Planner, region: RegionData, wish: Wish, plans: Sequence[Plan]
) -> dict[RideKey, FreePlaces]:
    """Ask operators about the rides that are shown, where it was asked for."""
    if not wish.free_places:
        return {}
    shown = [ride for plan in plans for ride in plan.rides]
    return free_places.ask(region, planner.connectors.get(region.id, {}), shown)
