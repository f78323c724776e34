"""Offers: each itinerary that can be sold is stored with what a quote prices it by, and shown with its offer."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from operators.region import RegionData
from tariffs.result import JourneyPrice
from ticketing.clock import written
from ticketing.db.sale import offers
from ticketing.db.sale.offers import Offer
from ticketing.ids import new_id
from ticketing.regions import Region, Told, rides, travellers
from ticketing.search import free_places
from ticketing.search.free_places import FreePlaces, RideKey
from ticketing.search.planner import Plan
from ticketing.search.show import itinerary, with_free_places
from ticketing.search.timelines import Planner
from ticketing.search.wish import Wish


def with_offers(
    planner: Planner,
    region: Region,
    wish: Wish,
    chosen: list[tuple[Plan, JourneyPrice, list[str]]],
    told: Told,
) -> dict[str, Any]:
    """Store an offer for every itinerary that can be sold."""
    now = planner.clock.now()
    free = _free_places(planner, region.data, wish, [plan for plan, _, _ in chosen])
    shown, stored = [], []
    for plan, price, praise in chosen:
        view = itinerary(region.data, plan, price, praise, told.operators, passes=region.book.passes)
        departs = datetime.fromtimestamp(plan.departure, UTC)
        expires = min(
            now + timedelta(minutes=region.data.offer_minutes), max(departs, now + timedelta(minutes=1))
        )
        if price.total is not None and plan.rides:
            without = {one.leg for one in price.excluded}
            document = {
                "rides": [rides.to_json(ride) for at, ride in enumerate(plan.rides) if at not in without],
                "legs": [_sold(leg) for leg in view["legs"] if not leg.get("excluded")],
                **({"excluded": [one.to_json() for one in price.excluded]} if price.excluded else {}),
                "passengers": [travellers.to_json(person) for person in wish.passengers],
                **({"person_id": wish.person_id} if wish.person_id else {}),
                **({"holder_ref": wish.holder_ref} if wish.person_id and wish.holder_ref else {}),
                **({"sale_channel": planner.sale_channel} if planner.sale_channel else {}),
                "total_minor": price.total.minor,
                "currency": price.total.currency,
                "tariff_version": price.tariff_version,
            }
            stored.append(Offer(new_id(), region.data.id, now, expires, document))
            view |= {
                "offer_id": stored[-1].id,
                "offer_expires_at": written(expires),
            }
        # Not part of what is stored: an hour later it would be an old number.
        shown.append(with_free_places(view, plan, free) if wish.free_places else view)
    with planner.database.write() as tx:
        offers.delete_offers_expired_before(tx, now - timedelta(hours=1))
        offers.insert_offers(tx, stored)
    live = {operator: written(one.as_of) for operator, one in told.operators.items()}
    return {"itineraries": shown, "reason": None, "live_as_of": live}


def _sold(leg: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in leg.items() if name != "excluded"}


def _free_places(
    planner: Planner, region: RegionData, wish: Wish, plans: Sequence[Plan]
) -> dict[RideKey, FreePlaces]:
    """Ask operators about the rides that are shown, where it was asked for."""
    if not wish.free_places:
        return {}
    shown = [ride for plan in plans for ride in plan.rides]
    return free_places.ask(region, planner.connectors.get(region.id, {}), shown)
