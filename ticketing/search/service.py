"""Search: read the wish, plan, price every way, keep the best, store an offer for each."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from operators.port import Connector
from operators.region import RegionData
from tariffs.pricing import price_journey
from tariffs.result import JourneyPrice
from ticketing.clock import Clock, written
from ticketing.db import Database, offers
from ticketing.db.offers import Offer
from ticketing.errors import Fault, InvalidRequest
from ticketing.ids import new_id
from ticketing.regions import LiveBoard, Region, Told, Watch, company, rides, travellers
from ticketing.search import free_places, places
from ticketing.search.cancelled import Cancelled, cancelled_ways, in_their_place, worth_showing
from ticketing.search.free_places import FreePlaces, RideKey
from ticketing.search.live import overlay
from ticketing.search.network import ORDINARY, Needs, Network, build, days_around, nearby
from ticketing.search.places import Place
from ticketing.search.planner import Access, Plan, Question, Timeline, plan_arriving, plan_departing
from ticketing.search.ranking import Merit, choose, choose_arriving, spread
from ticketing.search.show import cancelled_itinerary, itinerary, with_free_places
from ticketing.search.via import Stay, plan_via
from ticketing.search.wish import Endpoint, Wish, most_in_range

AT_LEAST, AT_MOST = 3, 8
AT_MOST_IN_RANGE = 20
_LATER = 3
# Less walking is this part of the region's limit.
_LESS = 4
_PAST_TOLERANCE = timedelta(minutes=5)
_FARTHEST = timedelta(days=365)
_CACHED_DAYS = 16
Priced = tuple[Plan, JourneyPrice]
_ALL_CANCELLED = "every departure that was found is cancelled"


@dataclass(frozen=True, slots=True)
class Planner:
    """What search needs: the regions, and the networks of the days that were asked for, as they run now."""

    database: Database
    clock: Clock
    regions: Mapping[str, Region]
    watch: Watch | None = None
    board: LiveBoard | None = None
    sale_channel: str | None = None
    connectors: Mapping[str, Mapping[str, Connector]] = field(default_factory=dict)
    _networks: dict[tuple[Any, ...], tuple[RegionData, object, tuple[Timeline, ...]]] = field(
        default_factory=dict
    )
    _places: dict[str, tuple[RegionData, tuple[Place, ...]]] = field(default_factory=dict)
    _making: dict[tuple[Any, ...], threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def told(self, region: RegionData) -> Told:
        """What operators have told, as the worker wrote it down."""
        return self.board.told(region.id) if self.board else Told()

    def planned(self, region: RegionData, at: datetime, needs: Needs = ORDINARY) -> tuple[Timeline, ...]:
        """The networks around a day: all operators, then each cross-border operator without its rivals.

        They are made again when the region has a newer feed.
        """
        days = days_around(at, next(iter(region.timetables.values())).timezone)
        return self._kept((region.id, days, needs), region, 0, lambda: _networks(region, days, needs))

    def timelines(
        self, region: RegionData, at: datetime, needs: Needs = ORDINARY, told: Told | None = None
    ) -> tuple[Timeline, ...]:
        """The networks around a day as they run now: made anew over the same plan when delays have changed."""
        planned = self.planned(region, at, needs)
        told = self.told(region) if told is None else told
        if not told.changes_anything:
            return planned
        days = days_around(at, next(iter(region.timetables.values())).timezone)
        return self._kept(
            (region.id, days, needs, "live"), region, told.version,
            lambda: tuple(
                _timeline(overlay(region, timeline.forward, told.operators, needs)) for timeline in planned
            ),
        )  # fmt: skip

    def places(self, region: RegionData) -> tuple[Place, ...]:
        """The places of a region."""
        with self._lock:
            known = self._places.get(region.id)
            if known is None or known[0] is not region:
                known = self._places[region.id] = (region, places.index(region))
            return known[1]

    def _kept(
        self,
        key: tuple[Any, ...],
        region: RegionData,
        version: object,
        make: Callable[[], tuple[Timeline, ...]],
    ) -> tuple[Timeline, ...]:
        """What was made for this region and version, made now where it was not; the oldest gives way.

        Whoever asks for the same waits while it is made, whoever asks for anything else does not.
        """
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            known = self._networks.get(key)
            if known is None or known[0] is not region or known[1] != version:
                known = (region, version, make())
                with self._lock:
                    self._networks.pop(key, None)
                    while len(self._networks) >= _CACHED_DAYS:
                        oldest = next(iter(self._networks))
                        self._networks.pop(oldest)
                        self._making.pop(oldest, None)
                    self._networks[key] = known
            return known[2]


def list_regions(planner: Planner) -> list[dict[str, Any]]:
    """List what this service covers."""
    return [
        {
            "id": name,
            "name": region.data.name,
            "member_states": list(region.data.member_states),
            "operators": [
                {"id": operator.id, "name": operator.name} for operator in region.operators.values()
            ],
            "rider_categories": list(region.data.riders),
        }
        for name, region in planner.regions.items()
    ]


def find_places(planner: Planner, text: str, limit: int) -> list[dict[str, Any]]:
    """Find places by name in all regions."""
    found = places.find(
        (place for region in planner.regions.values() for place in planner.places(region.data)), text, limit
    )
    return [
        {
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
        for place in found
    ]


def find_journeys(planner: Planner, wish: Wish) -> dict[str, Any]:
    """Answer a wish: itineraries with offers, best first; an empty list comes with its reason.

    Raises InvalidRequest naming the field: an unknown place or rider category, a time in the past or too far.
    """
    if planner.watch:
        planner.watch.tick()
    region = _region(planner, wish)
    faults: list[Fault] = []
    question = _question(planner, region, wish, faults)
    stay = _stay(planner, region.data, wish, faults)
    if faults:
        raise InvalidRequest("; ".join(f"{fault.path}: {fault.message}" for fault in faults), faults)
    shared = question.origins.keys() & question.destinations.keys()
    if shared:
        return {"itineraries": [], "reason": "the start and the destination are the same place"}
    told, needs = planner.told(region.data), _needs(region.data, wish)
    timelines = planner.timelines(region.data, wish.at, needs, told)
    priced = _priced(planner, region, wish, _plans(region.data, timelines, question, stay, wish))
    gone = _cancelled(planner, region.data, question, stay, wish, told=told)
    if not priced and not gone:
        next_plan = _after_range(region.data, timelines, question, stay, wish)
        return {"itineraries": [], "reason": _why_none(question, next_plan)}
    merits = [_merit(*one) for one in priced]
    chosen = [(*priced[at], praise) for at, praise in _choose(merits, wish)]
    answer = _with_offers(planner, region, wish, chosen, told)
    if not gone:
        return answer
    # Those are told that would have been shown, for whatever they were best at.
    everything = [
        *merits,
        *(_merit(*one) for one in _priced(planner, region, wish, [one.plan for one in gone])),
    ]
    missing = [gone[at - len(merits)] for at, _ in _choose(everything, wish) if at >= len(merits)]
    refs = [(person.ref, person.rider) for person in wish.passengers]
    shown = [
        (one.plan.departure, cancelled_itinerary(region.data, one.plan, one.places, refs, told.operators))
        for one in worth_showing(missing)
    ]
    leaving = [plan.departure for plan, _, _ in chosen]
    ways = in_their_place(list(zip(leaving, answer["itineraries"], strict=True)), shown)
    return {**answer, "itineraries": ways, "reason": None if chosen else _ALL_CANCELLED}


def _priced(planner: Planner, region: Region, wish: Wish, plans: Sequence[Plan]) -> list[Priced]:
    now = planner.clock.now()
    return [
        (plan, price_journey(region.book, plan.rides, wish.passengers, channel=planner.sale_channel, at=now))
        for plan in plans
    ]


def _choose(merits: Sequence[Merit], wish: Wish) -> list[tuple[int, list[str]]]:
    """Which ways to show, and what each is best at."""
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
    planned = _plans(region, planner.planned(region, wish.at, _needs(region, wish)), question, stay, wish)
    return cancelled_ways(region, planned, told)


def _plans(
    region: RegionData, timelines: Sequence[Timeline], question: Question, stay: Stay | None, wish: Wish
) -> list[Plan]:
    """Ask in the way that was wished for: by way of a place, by arrival, over a range of time, or simply now."""
    at = int(wish.at.timestamp())
    if stay is not None and not stay.stops.keys() & (question.origins.keys() | question.destinations.keys()):
        return plan_via(region, timelines, question, stay, at, arrive=wish.arrive)
    if wish.arrive:
        return plan_arriving(region, timelines, question, at, _LATER)
    if wish.range_minutes is not None:
        asked = most_in_range(len(wish.passengers))
        return plan_departing(region, timelines, question, at, asked, until=at + 60 * wish.range_minutes)
    return plan_departing(region, timelines, question, at, _LATER)


def _needs(region: RegionData, wish: Wish) -> Needs:
    """Less walking is a quarter of what the region's people walk otherwise."""
    return Needs(region.walking.max_m // _LESS if wish.less_walking else None, wish.wheelchair)


def _stay(planner: Planner, region: RegionData, wish: Wish, faults: list[Fault]) -> Stay | None:
    if wish.via is None:
        return None
    return Stay(_resolve(planner, region, wish.via, "via", faults), 60 * wish.stay_minutes)


def _with_offers(
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
        view = itinerary(region.data, plan, price, praise, told.operators)
        departs = datetime.fromtimestamp(plan.departure, UTC)
        expires = min(
            now + timedelta(minutes=region.data.offer_minutes), max(departs, now + timedelta(minutes=1))
        )
        if price.total is not None:
            document = {
                "rides": [rides.to_json(ride) for ride in plan.rides],
                "legs": view["legs"],
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


def _free_places(
    planner: Planner, region: RegionData, wish: Wish, plans: Sequence[Plan]
) -> dict[RideKey, FreePlaces]:
    """What operators tell of the rides that are shown, where it was asked for."""
    if not wish.free_places:
        return {}
    shown = [ride for plan in plans for ride in plan.rides]
    return free_places.ask(region, planner.connectors.get(region.id, {}), shown)


def _region(planner: Planner, wish: Wish) -> Region:
    """The region that is named, else the first one that knows both ends; the first of all where none does."""
    if wish.region is not None and wish.region not in planner.regions:
        raise InvalidRequest.at("region", f"must be one of {', '.join(planner.regions)}")
    if wish.region is not None:
        return planner.regions[wish.region]
    for region in planner.regions.values():
        faults: list[Fault] = []
        if all(_resolve(planner, region.data, end, "", faults) for end in (wish.origin, wish.destination)):
            return region
    return next(iter(planner.regions.values()))


def _question(planner: Planner, region: Region, wish: Wish, faults: list[Fault]) -> Question:
    """Resolve the endpoints and check time and riders; every fault is named."""
    now = planner.clock.now()
    field_name = "arrive_by" if wish.arrive else "depart_at"
    if wish.at < now - _PAST_TOLERANCE:
        faults.append(Fault(field_name, "lies in the past"))
    if wish.at > now + _FARTHEST:
        faults.append(Fault(field_name, "lies more than a year ahead"))
    faults.extend(
        Fault(f"passengers[{at}].rider_category", f"must be one of {', '.join(region.data.riders)}")
        for at, passenger in enumerate(wish.passengers)
        if passenger.rider not in region.data.riders
    )
    riders = [passenger.rider for passenger in wish.passengers]
    lonely = company.lonely(region.data.companions, riders)
    if lonely is not None:
        why = company.refusal(region.data.companions, riders[lonely])
        faults.append(Fault(f"passengers[{lonely}].rider_category", why))
    origins = _resolve(planner, region.data, wish.origin, "from", faults)
    destinations = _resolve(planner, region.data, wish.destination, "to", faults)
    return Question(origins, destinations)


def _resolve(
    planner: Planner, region: RegionData, wanted: Endpoint, path: str, faults: list[Fault]
) -> dict[str, Access]:
    if wanted.coordinate:
        return {stop: Access(*way) for stop, way in nearby(region, *wanted.coordinate).items()}
    if wanted.stop_id is not None:
        known = next(
            (place for place in planner.places(region) if wanted.stop_id in {place.id, *place.stops}), None
        )
        if known is None:
            faults.append(Fault(f"{path}.stop_id", f"{wanted.stop_id!r} is not a stop of this region"))
            return {}
        stops = (
            known.stops
            if wanted.stop_id == known.id and wanted.stop_id not in known.stops
            else (wanted.stop_id,)
        )
        return {stop: Access(0, 0) for stop in stops}
    found = places.find(planner.places(region), wanted.place or "", 50)
    if not found:
        faults.append(Fault(f"{path}.place", f"no stop is called {wanted.place!r}"))
        return {}
    # One name may be several operators' places: all that match as well as the best one.
    best = places.folded(found[0].name)
    same = [place for place in found if places.folded(place.name) == best] or found[:1]
    return {stop: Access(0, 0) for place in same for stop in place.stops}


def _networks(region: RegionData, days: tuple[date, ...], needs: Needs) -> tuple[Timeline, ...]:
    crossing = sorted({start.split(":")[0] for start, _ in region.crossings})
    whole = build(region, days, frozenset(), needs)
    alone = [whole.leaving_out(frozenset(crossing) - {one}) for one in crossing if len(crossing) > 1]
    return tuple(map(_timeline, (whole, *alone)))


def _timeline(network: Network) -> Timeline:
    return Timeline(network, network.reversed())


def _merit(plan: Plan, price: JourneyPrice) -> Merit:
    return Merit(plan.departure, plan.arrival, plan.changes, price.total.minor if price.total else None)


def _after_range(
    region: RegionData, timelines: Sequence[Timeline], question: Question, stay: Stay | None, wish: Wish
) -> Plan | None:
    """The first way that leaves after the range that was asked for; None where no range was."""
    if wish.range_minutes is None:
        return None
    later = replace(wish, at=wish.at + timedelta(minutes=wish.range_minutes), range_minutes=None)
    plans = _plans(region, timelines, question, stay, later)
    return min(plans, key=lambda plan: plan.departure, default=None)


def _why_none(question: Question, next_plan: Plan | None = None) -> str:
    if not question.origins:
        return "no stop within walking distance of the start"
    if not question.destinations:
        return "no stop within walking distance of the destination"
    if next_plan is not None:
        leaves = datetime.fromtimestamp(next_plan.departure, next_plan.rides[0].departure.tzinfo)
        return f"no departure within the range; the next leaves on {leaves:%d.%m.%Y at %H:%M}"
    return "no connection within 24 hours"
