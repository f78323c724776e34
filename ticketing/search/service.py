"""Search: read the wish, plan, price every way, keep the best, make an offer of each."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from operators.region import RegionData
from tariffs.memo import Memo
from tariffs.money import Money
from tariffs.result import JourneyPrice, PassengerPrice
from ticketing.emissions import order_of, rides_emissions
from ticketing.errors import Fault, InvalidRequest
from ticketing.regions import Region, Told, is_closed
from ticketing.search import places, words
from ticketing.search.asked import needs_of, question_of, region_of, stay_of
from ticketing.search.cancelled import Cancelled, cancelled_ways, in_their_place, worth_showing
from ticketing.search.free_places import key_of, not_sold
from ticketing.search.offering import with_offers
from ticketing.search.on_foot import Ends, plan_of, walk_alone, worth_riding
from ticketing.search.partly import price_of, whole_price
from ticketing.search.planner import Plan, Question, Timeline, Walk, plan_arriving, plan_departing
from ticketing.search.ranking import Merit, choose, choose_arriving, cleanest, spread
from ticketing.search.refusals import unsold
from ticketing.search.show import cancelled_itinerary
from ticketing.search.timelines import Planner
from ticketing.search.times import local
from ticketing.search.via import Stay, plan_via
from ticketing.search.wish import Wish, most_in_range

__all__ = ["Planner", "find_journeys", "find_places", "find_ways", "list_regions"]

AT_LEAST, AT_MOST = 3, 8
AT_MOST_IN_RANGE = 20
_LATER = 3
Priced = tuple[Plan, JourneyPrice]


def list_regions(planner: Planner) -> list[dict[str, Any]]:
    """List what this service covers."""
    return [_region_shown(name, region) for name, region in planner.regions.items()]


def _region_shown(name: str, region: Region) -> dict[str, object]:
    return {
        "id": name,
        "name": region.data.name,
        "member_states": list(region.data.member_states),
        "operators": [{"id": operator.id, "name": operator.name} for operator in region.operators.values()],
        "rider_categories": list(region.data.riders),
        "place_kinds": {kind: sorted(taken) for kind, taken in region.data.place_kinds.items()},
    }


def find_places(planner: Planner, text: str, limit: int) -> list[dict[str, Any]]:
    """Find places by name in all regions."""
    matches = places.find(
        (place for region in planner.regions.values() for place in planner.places(region.data)), text, limit
    )
    return [_place_shown(place) for place in matches]


def _place_shown(place: places.Place) -> dict[str, object]:
    return {
        "id": place.id,
        "name": place.name,
        "names": {
            language: name for language, name in place.names.items() if language and "~" not in language
        },
        "lat": round(place.lat, 6),
        "lon": round(place.lon, 6),
        "member_state": place.member_state,
        "stop_ids": list(place.stops),
    }


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise InvalidRequest("; ".join(f"{fault.path}: {fault.message}" for fault in faults), faults)


def find_journeys(planner: Planner, wish: Wish) -> dict[str, Any]:
    """Answer a wish: itineraries with offers, best first; an empty list comes with its reason.

    Raises InvalidRequest naming the field: an unknown place or rider category, a time in the past or too far.
    """
    if planner.watch:
        planner.watch.tick()
    region = region_of(planner, wish)
    faults: list[Fault] = []
    question = question_of(planner, region, wish, faults)
    stay = stay_of(planner, region.data, wish, faults)
    _refuse(faults)
    if _is_there(question):
        return {"itineraries": [], "reason": words.none("same_place", wish.language)}
    live, needs = planner.told(region.data), needs_of(region.data, wish)
    timelines = planner.timelines(region.data, wish.at, needs, live)
    plans = _plans(region.data, timelines, question, stay, wish)
    # One moment for prices and offers: rates of exchange change at midnight.
    now = planner.clock.now()
    priced = [
        *_on_foot(region, timelines, question, stay, wish),
        *_priced(planner, region, wish, plans, now),
    ]
    gone = _cancelled(planner, region.data, question, stay, wish, told=live)
    if not priced and not gone:
        next_plan = _after_range(region.data, timelines, question, stay, wish)
        return {"itineraries": [], "reason": _why_none(question, wish.language, next_plan)}
    merits = [_merit(*one) for one in priced]
    chosen = [(*priced[at], praise) for at, praise in _order(region.data, priced, merits, wish)]
    answer = with_offers(planner, region, wish, chosen, live, now=now)
    if not gone:
        return answer
    instead = _priced(planner, region, wish, [one.plan for one in gone], now)
    missing = _missed(gone, merits, [_merit(*one) for one in instead], wish)
    refs = [(person.ref, person.rider) for person in wish.passengers]
    shown = [
        (
            one.plan.departure,
            cancelled_itinerary(
                region.data, one.plan, one.places, refs, live.operators, language=wish.language
            ),
        )
        for one in worth_showing(missing)
    ]
    leaving = [plan.departure for plan, _, _ in chosen]
    ways = in_their_place(list(zip(leaving, answer["itineraries"], strict=True)), shown)
    return {
        **answer,
        "itineraries": ways,
        "reason": None if chosen else words.none("all_cancelled", wish.language),
    }


def find_ways(planner: Planner, wish: Wish) -> list[Priced]:
    """Plan and price the ways of a wish as `find_journeys` chooses them, without offers; none for two ends that are one place.

    Raises InvalidRequest naming the field.
    """
    region = region_of(planner, wish)
    faults: list[Fault] = []
    question = question_of(planner, region, wish, faults)
    _refuse(faults)
    if _is_there(question):
        return []
    timelines = planner.timelines(region.data, wish.at, needs_of(region.data, wish))
    plans = _plans(region.data, timelines, question, None, wish)
    priced = _priced(planner, region, wish, plans, planner.clock.now())
    merits = [_merit(*one) for one in priced]
    return [priced[at] for at, _ in _choose(merits, wish)]


def _is_there(question: Question) -> bool:
    """Tell whether one stop was named for both ends."""
    shared = question.origins.keys() & question.destinations.keys()
    return any(
        not question.origins[stop].seconds and not question.destinations[stop].seconds for stop in shared
    )


def _on_foot(
    region: Region, timelines: Sequence[Timeline], question: Question, stay: Stay | None, wish: Wish
) -> list[Priced]:
    """The walk alone, free of charge, where it is near enough and goes by no third place."""
    walk = None if _goes_by(stay, question) else _walk_alone(region.data, timelines, question, wish)
    if walk is None:
        return []
    plan = plan_of(walk, int(wish.at.timestamp()), arrive=wish.arrive)
    free = Money(0, region.data.currency)
    people = tuple(PassengerPrice(passenger=person, total=free, reason=None) for person in wish.passengers)
    return [(plan, JourneyPrice(free, None, people, region.book.version))]


def _walk_alone(
    region: RegionData, timelines: Sequence[Timeline], question: Question, wish: Wish
) -> Walk | None:
    ends = Ends(wish.origin.coordinate, wish.destination.coordinate)
    return walk_alone(region, timelines[0].forward, question, ends, needs_of(region, wish))


def _goes_by(stay: Stay | None, question: Question) -> bool:
    """Tell whether a third place is on the way; one that is an end already is none."""
    return stay is not None and not stay.stops.keys() & (
        question.origins.keys() | question.destinations.keys()
    )


def _priced(
    planner: Planner, region: Region, wish: Wish, plans: Sequence[Plan], now: datetime
) -> list[Priced]:
    """Price each way; one of which an operator has allotted no places, or has ended its sale, has none."""
    book = region.book
    rides = [ride for plan in plans for ride in plan.rides]
    connectors = planner.connectors.get(region.data.id, {})
    missing = not_sold(region.data, connectors, rides, wish.kinds)
    missing |= {key_of(ride): "sale_ended" for ride in rides if is_closed(connectors, ride, now)}
    priced: list[Priced] = []
    memo = Memo()
    for plan in plans:
        ride = next((ride for ride in plan.rides if key_of(ride) in missing), None)
        if ride is None:
            price = price_of(region, plan, wish.passengers, channel=planner.sale_channel, at=now, memo=memo)
        else:
            price = unsold(wish.passengers, missing[key_of(ride)], ride.operator, book.version)
        priced.append((plan, price))
    return priced


def _order(
    region: RegionData, priced: Sequence[Priced], merits: Sequence[Merit], wish: Wish
) -> list[tuple[int, list[str]]]:
    """Choose the ways to show, by emissions where that was asked for."""
    if not wish.by_emissions:
        return _choose(merits, wish)
    return cleanest(merits, [_emissions(region, plan) for plan, _ in priced], AT_MOST)


def _emissions(region: RegionData, plan: Plan) -> tuple[bool, int]:
    """The place of a way by its emissions; a walk alone has none."""
    return order_of(rides_emissions(region, plan.rides)) if plan.rides else (False, 0)


def _choose(merits: Sequence[Merit], wish: Wish) -> list[tuple[int, list[str]]]:
    """Choose the ways to show, each with its merits."""
    if not merits:
        return []
    if wish.arrive:
        return choose_arriving(merits, AT_LEAST, AT_MOST)
    if wish.range_minutes is None:
        return choose(merits, AT_LEAST, AT_MOST)
    return spread(merits, AT_MOST_IN_RANGE)


def _cancelled(
    planner: Planner, region: RegionData, question: Question, stay: Stay | None, wish: Wish, *, told: Told
) -> list[Cancelled]:
    """The ways that the timetable has and today has not; nothing is looked for while nothing is cancelled."""
    if not told.cancelled:
        return []
    planned = _plans(region, planner.planned(region, wish.at, needs_of(region, wish)), question, stay, wish)
    return cancelled_ways(region, planned, told)


def _plans(
    region: RegionData, timelines: Sequence[Timeline], question: Question, stay: Stay | None, wish: Wish
) -> list[Plan]:
    """Ask in the way that was wished for: by way of a place, by arrival, over a range of time, or simply now."""
    at = int(wish.at.timestamp())
    if stay is not None and _goes_by(stay, question):
        return plan_via(region, timelines, question, stay, at, arrive=wish.arrive)
    if wish.arrive:
        plans = plan_arriving(region, timelines, question, at, _LATER)
    elif wish.range_minutes is not None:
        asked = most_in_range(len(wish.passengers))
        plans = plan_departing(region, timelines, question, at, asked, until=at + 60 * wish.range_minutes)
    else:
        plans = plan_departing(region, timelines, question, at, _LATER)
    return worth_riding(region, plans, question, _walk_alone(region, timelines, question, wish))


def _missed(
    gone: Sequence[Cancelled], merits: Sequence[Merit], theirs: Sequence[Merit], wish: Wish
) -> list[Cancelled]:
    """Those of the cancelled ways that would have been shown, for whatever they were best at."""
    chosen = _choose([*merits, *theirs], wish)
    return [gone[at - len(merits)] for at, _ in chosen if at >= len(merits)]


def _merit(plan: Plan, price: JourneyPrice) -> Merit:
    return Merit(plan.departure, plan.arrival, plan.changes, whole_price(price))


def _after_range(
    region: RegionData, timelines: Sequence[Timeline], question: Question, stay: Stay | None, wish: Wish
) -> Plan | None:
    """The first way that leaves after the range that was asked for; None where no range was."""
    if wish.range_minutes is None:
        return None
    later = replace(wish, at=wish.at + timedelta(minutes=wish.range_minutes), range_minutes=None)
    plans = _plans(region, timelines, question, stay, later)
    return min(plans, key=lambda plan: plan.departure, default=None)


def _why_none(question: Question, language: str, next_plan: Plan | None = None) -> str:
    if not question.origins:
        return words.none("no_stop_at_start", language)
    if not question.destinations:
        return words.none("no_stop_at_destination", language)
    if next_plan is not None:
        leaves = local(next_plan.departure, str(next_plan.rides[0].departure.tzinfo))
        return words.none("later", language, day=f"{leaves:%d.%m.%Y}", hour=f"{leaves:%H:%M}")
    return words.none("no_connection", language)
