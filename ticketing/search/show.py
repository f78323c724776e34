"""An itinerary as a person reads it: rides and walks with names, local times and Member States. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from operators.concerns import in_language
from operators.gtfs.timetable import Timetable
from operators.place_kinds import kind_of
from operators.port import Alert, Disruptions
from operators.region import RegionData
from tariffs.passes import PassProduct
from tariffs.result import JourneyPrice, PassengerPrice
from throughfare_gate.moments import written
from ticketing.connections import connections_shown
from ticketing.emissions import journey_shown, rides_emissions
from ticketing.regions import category_name, pass_name
from ticketing.regions.planned import leg_of, stop_of
from ticketing.regions.vehicles import shown as vehicle_shown
from ticketing.regions.vehicles import vehicle_on
from ticketing.search import words
from ticketing.search.free_places import FreePlaces, RideKey, key_of
from ticketing.search.live import alerts_for
from ticketing.search.planner import Plan, PlannedRide, Walk
from ticketing.search.refusals import CANCELLED, why, why_not
from ticketing.search.times import home_zone, instant_of, local, zone_of


def itinerary(
    region: RegionData,
    plan: Plan,
    price: JourneyPrice,
    praise: Sequence[str],
    live: Mapping[str, Disruptions] = MappingProxyType({}),
    *,
    passes: Sequence[PassProduct] = (),
    language: str = "en",
    reads: Sequence[str] = (),
) -> dict[str, Any]:
    """Write a plan with its price and what operators have told; the offer is added by whoever stores it.

    `passes` are those that the region sells: sentences name them. Operators' messages are in the first of the languages that
    their reader `reads`, else in `language`.
    """
    legs = _legs(region, plan, live, (*reads, language))
    if price.excluded:
        legs = _marked(legs, "excluded", {one.leg for one in price.excluded})
    return {
        "departure": legs[0]["departure"],
        "arrival": legs[-1]["arrival"],
        "duration_seconds": plan.arrival - plan.departure,
        "changes": plan.changes,
        "cancelled": False,
        "best_for": list(praise),
        "legs": legs,
        "connections": _connections(region, plan, language),
        "emissions": _emissions(region, plan, language),
        "price": _price(region, price, passes, language),
        "offer_id": None,
        "offer_expires_at": None,
    }


def cancelled_itinerary(
    region: RegionData,
    plan: Plan,
    cancelled: Collection[int],
    refs: Sequence[tuple[str, str]],
    live: Mapping[str, Disruptions],
    *,
    language: str = "en",
) -> dict[str, Any]:
    """Write a plan of which some rides, by their place, do not run: it is shown and not sold.

    `refs` are the passengers with their rider categories.
    """
    legs = _marked(_legs(region, plan, live, (language,)), "cancelled", cancelled)
    said = words.why(CANCELLED, language)
    return {
        "departure": legs[0]["departure"],
        "arrival": legs[-1]["arrival"],
        "duration_seconds": plan.arrival - plan.departure,
        "changes": plan.changes,
        "cancelled": True,
        "best_for": [],
        "legs": legs,
        "connections": _connections(region, plan, language),
        "emissions": _emissions(region, plan, language),
        "price": {
            "total": None,
            "reason": CANCELLED,
            "why": said,
            "excluded": [],
            "passengers": [
                {
                    "ref": ref,
                    "rider_category": rider,
                    "place": kind_of(rider),
                    "total": None,
                    "reason": CANCELLED,
                    "because": [said],
                }
                for ref, rider in refs
            ],
        },
        "offer_id": None,
        "offer_expires_at": None,
    }


def _connections(region: RegionData, plan: Plan, language: str) -> list[dict[str, object]]:
    """Tell who answers for each connection between two rides."""
    operators = [ride.operator for ride in plan.rides]
    return connections_shown(((one, region.operators[one].name) for one in operators), language)


def _emissions(region: RegionData, plan: Plan, language: str) -> dict[str, object] | None:
    """Tell the emissions of one person; None for a walk alone, which counts none."""
    return journey_shown(rides_emissions(region, plan.rides), language) if plan.rides else None


def with_free_places(
    view: Mapping[str, Any], plan: Plan, free: Mapping[RideKey, FreePlaces]
) -> dict[str, Any]:
    """The itinerary with what operators tell of their free places; nothing is added to a ride of one that does not."""
    rides = iter(plan.rides)
    legs = []
    for leg in view["legs"]:
        found = free.get(key_of(next(rides))) if leg["kind"] == "ride" else None
        legs.append({**leg, "free_places": _free(found)} if found else leg)
    return {**view, "legs": legs}


def _free(found: FreePlaces) -> dict[str, Any]:
    return {
        "places": dict(found.places) if found.places is not None else None,
        "as_of": written(found.as_of) if found.as_of else None,
        "reason": found.reason,
    }


def _marked(legs: Sequence[Mapping[str, Any]], name: str, marked: Collection[int]) -> list[dict[str, Any]]:
    """The legs, each ride with whether its place among the rides is one of these; walks say nothing."""
    found: list[dict[str, Any]] = []
    at = 0
    for leg in legs:
        is_ride = leg["kind"] == "ride"
        found.append({**leg, name: at in marked} if is_ride else dict(leg))
        at += is_ride
    return found


def _legs(
    region: RegionData, plan: Plan, live: Mapping[str, Disruptions], languages: Sequence[str]
) -> list[dict[str, Any]]:
    """Write the parts in order of travel; the time is counted in seconds and written at each stop's own clock."""
    now = plan.departure
    legs: list[dict[str, Any]] = []
    for part in plan.parts:
        if isinstance(part, Walk):
            leg = _walk(region, part, now)
            now += part.seconds
        else:
            leg = _ride(region, part, live.get(part.ride.operator), languages)
            leaves, arrives = map(instant_of, part.live or (part.ride.departure, part.ride.arrival))
            leg["waiting_seconds"] = max(0, leaves - now)
            terminal = region.terminals.get(f"{part.ride.operator}:{part.ride.to_stop_id}")
            now = arrives + (terminal.exit_seconds if terminal else 0)
        legs.append(leg)
    return legs


def _ride(
    region: RegionData, part: PlannedRide, live: Disruptions | None, languages: Sequence[str]
) -> dict[str, Any]:
    ride, timetable = part.ride, region.timetables[part.ride.operator]
    leg = leg_of(region, part, live=part.live)
    day = date.fromisoformat(leg["service_date"]) if leg["service_date"] else None
    alerts = alerts_for(live, ride, timetable, direction=part.direction, service_date=day)
    notices = [_notice(one, languages, timetable.language) for one in alerts]
    boards, alights = (_platform(timetable, stop_id) for stop_id in part.platforms)
    said = {"alerts": [one["text"] for one in notices], "notices": notices}
    vehicle = vehicle_on(live.vehicles if live else (), ride.trip_id, day)
    shown = vehicle_shown(vehicle) if vehicle else None
    now = {"boards_at": boards, "alights_at": alights, "vehicle": shown, "in_seat_transfer": part.in_seat}
    return leg | said | now


def _platform(timetable: Timetable, stop_id: str | None) -> dict[str, str] | None:
    """Another platform than the planned one, by its id and name."""
    stop = timetable.stops.get(stop_id) if stop_id else None
    return {"stop_id": stop.id, "name": stop.name} if stop else None


def _notice(alert: Alert, languages: Sequence[str], home: str) -> dict[str, str | None]:
    """An operator's message in its reader's language, with what GTFS-Realtime says of it; None where nothing is said."""
    description, url = (in_language(texts, languages, home) for texts in (alert.description, alert.url))
    return {
        "text": in_language(alert.header, languages, home),
        "description": description or None,
        "url": url or None,
        "cause": alert.cause or None,
        "effect": alert.effect or None,
        "severity": alert.severity or None,
    }


def _walk(region: RegionData, part: Walk, now: int) -> dict[str, Any]:
    start, end = zone_of(region, part.from_stop), zone_of(region, part.to_stop)
    leaves = local(now, start or end or home_zone(region))
    arrives = local(now + part.seconds, end or start or home_zone(region))
    return {
        "kind": "walk",
        "mode": "walk",
        "operator": None,
        "operator_name": None,
        "line": None,
        "headsign": None,
        "trip_id": None,
        "service_date": None,
        "from": stop_of(region, part.from_stop) if part.from_stop else _somewhere("start"),
        "to": stop_of(region, part.to_stop) if part.to_stop else _somewhere("destination"),
        "departure": leaves.isoformat(),
        "arrival": arrives.isoformat(),
        "time_zone": str(leaves.tzinfo),
        "arrival_time_zone": str(arrives.tzinfo),
        "walk_seconds": part.seconds,
        "distance_m": part.metres,
        "check_in_until": None,
    }


def _somewhere(word: str) -> dict[str, Any]:
    return {"stop_id": None, "name": word, "lat": None, "lon": None, "member_state": None}


def _price(
    region: RegionData, price: JourneyPrice, passes: Sequence[PassProduct], language: str
) -> dict[str, Any]:
    left_out = [one.because for one in price.excluded]
    return {
        "total": price.total.as_dict() if price.total else None,
        "reason": price.reason,
        "why": why(region, price, language),
        "excluded": [one.to_json() for one in price.excluded],
        "passengers": [
            {
                "ref": found.passenger.ref,
                "rider_category": found.passenger.rider,
                "place": kind_of(found.passenger.rider),
                "total": found.total.as_dict() if found.total else None,
                "reason": found.reason,
                "because": [*left_out, *_because(region, found, passes, language)],
            }
            for found in price.passengers
        ],
    }


def _because(
    region: RegionData, price: PassengerPrice, passes: Sequence[PassProduct], language: str
) -> list[str]:
    refused = why_not(region, price, language)
    return (
        [refused]
        if refused
        else [*(item.because for item in price.bought), *_passed_over(region, price, passes, language)]
    )


def _passed_over(
    region: RegionData, price: PassengerPrice, passes: Sequence[PassProduct], language: str
) -> list[str]:
    """Why a pass that somebody holds does not count."""
    rider = price.passenger.rider
    return [
        words.passed_over(
            language,
            name=pass_name(passes, held.product, language),
            sold_to=category_name(region, held.rider or "", language),
            rider=category_name(region, rider, language),
        )
        for held in price.passenger.passes
        if not held.serves(rider)
    ]
