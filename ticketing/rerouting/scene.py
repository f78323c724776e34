"""Read what a holder's ways on are decided from: their tickets, what operators have told, the departures that follow, their places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from operators.place_kinds import FOOT, kind_of
from operators.promises import service_of
from operators.region import RegionData
from tariffs.agreements import Continuation, OtherWay, between
from tariffs.journey import Ride
from tariffs.money import Money
from ticketing import regions
from ticketing.clock import Clock
from ticketing.db import Database, Transaction
from ticketing.db.disruption.place_holds import PlaceHold
from ticketing.db.disruption.reroutings import Rerouting
from ticketing.db.sale import offers, orders
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order
from ticketing.db.ticket import tickets, uses
from ticketing.db.ticket.tickets import LIVE, Ticket
from ticketing.db.ticket.uses import TicketUse
from ticketing.errors import Conflict
from ticketing.purchase.refund import disrupted
from ticketing.purchase.refund.disrupted import LegNews
from ticketing.purchase.refund.unasked import legs_moved_unasked, list_unasked
from ticketing.purchase.service import Till, Wish, offer_refund
from ticketing.regions import Region
from ticketing.regions.onward import near_ends, rides_onward, same_ends
from ticketing.regions.planned import KnownRide
from ticketing.rerouting.options import Around, Coming, DisruptedLeg, LegFacts, disrupted_legs
from ticketing.search import free_places
from ticketing.search.free_places import FreePlaces, RideKey
from ticketing.search.timelines import Planner

_WHOLE = 100
_NOT_TOLD = FreePlaces(None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReroutingDesk:
    """The tools of choosing another way.

    `continuations` are the agreements by which operators take each other's passengers, `other_ways` those by which somebody bears
    another way, which the `planner` searches. `looked_at` is when this process looks next for places to hold after an event, by its id.
    """

    database: Database
    clock: Clock
    till: Till
    continuations: Mapping[str, Sequence[Continuation]] = field(default_factory=dict)
    other_ways: Mapping[str, Sequence[OtherWay]] = field(default_factory=dict)
    planner: Planner | None = None
    looked_at: dict[str, datetime] = field(default_factory=dict)

    def region(self, name: str) -> Region:
        """Return a region."""
        return self.till.regions[name]


@dataclass(frozen=True, slots=True)
class Scene:
    """An order with its tickets, the last word of operators on their legs, and the moves that nobody has asked for."""

    order: Order
    quote: Quote
    held: Sequence[Ticket]
    news: Sequence[LegNews]
    unasked: Sequence[Rerouting] = ()
    uses: Mapping[str, Sequence[TicketUse]] = field(default_factory=dict)

    def used(self, ticket: Ticket) -> dict[int, str]:
        """Name the operator whose gate has let the holder of a ticket in, by leg."""
        return {one.leg: one.operator for one in self.uses.get(ticket.jti, ())}

    @property
    def live(self) -> list[Ticket]:
        """List the tickets of a journey that are their holders' still."""
        return [one for one in self.held if one.status in LIVE and one.document.season is None]


@dataclass(frozen=True, slots=True)
class OnwardRides:
    """The rides that follow a disrupted leg, of its operator and of others; `until` is how long an agreement opens one of those."""

    same: Sequence[KnownRide]
    others: Sequence[tuple[KnownRide, datetime]]

    @property
    def all(self) -> list[KnownRide]:
        """List all of them."""
        return [*self.same, *(known for known, _ in self.others)]

    def find(self, coming: Coming) -> KnownRide | None:
        """Find the ride of a departure."""
        wanted = coming.operator, coming.trip_id, coming.from_stop, coming.departs_at
        return next((one for one in self.all if free_places.key_of(one.ride) == wanted), None)


def read_scene(tx: Transaction, desk: ReroutingDesk, order_id: str) -> Scene:
    """Read an order; raises NotFound."""
    order = orders.get_order(tx, order_id)
    quote = offers.get_quote(tx, order.quote_id)
    held = tickets.list_tickets(tx, order_id)
    news = disrupted.news_of_legs(tx, desk.till, quote, held)
    used = {one.jti: uses.list_uses(tx, one.jti) for one in held}
    return Scene(order, quote, held, news, unasked=list_unasked(tx, order_id), uses=used)


def list_disrupted(desk: ReroutingDesk, scene: Scene, ticket: Ticket) -> list[tuple[DisruptedLeg, Ride]]:
    """List the legs by which a ticket does not take its holder as sold, each with the ride that it is for."""
    region, sold = desk.region(scene.order.region), scene.quote.document.rides
    rides = disrupted.rides_of(region, scene.quote, ticket.document.legs)
    taken = scene.used(ticket)
    moved = legs_moved_unasked(scene.unasked, ticket)
    facts: list[LegFacts] = []
    before: Ride | None = None
    for at, ride in enumerate(rides):
        if not ticket.document.legs[at].is_left:
            continue
        news = next((one for one in scene.news if one.leg == at and one.is_of(ticket.passenger_ref)), None)
        if taken.get(at, ride.operator) != ride.operator:  # another operator has carried its holder on
            news = None
        known = _facts(region.data, at, ride, news)
        is_open = _is_open(desk, scene, ride)
        change = None if before is None else _change(region, before, ride)
        facts.append(
            replace(
                known,
                takes_over=known.takes_over or is_open,
                sold_departs_at=sold[at].departure,
                sold_arrives_at=sold[at].arrival,
                used=at in taken,
                moved_unasked=at in moved,
                change_seconds=change,
            )
        )
        before = ride
    return [(leg, rides[leg.at]) for leg in disrupted_legs(facts, desk.clock.now())]


def read_onward(
    tx: Transaction, desk: ReroutingDesk, region_name: str, leg: DisruptedLeg, ride: Ride
) -> OnwardRides:
    """Read the rides that follow a disrupted leg: of its operator, and of those that take its passengers by an agreement."""
    data, now = desk.region(region_name).data, desk.clock.now()
    # A departure at the same minute is not earlier, and the leg's own run is none.
    after = max(now, leg.departs_at, leg.ready_at or leg.departs_at) - timedelta(seconds=1)
    same = [one for one in rides_onward(tx, data, same_ends(ride), after) if not _is_same(one.ride, ride)]
    others: list[tuple[KnownRide, datetime]] = []
    day = regions.key_of(ride, data.timetables.get(ride.operator))[2]
    for operator in sorted(data.operators) if leg.why in {"cancelled", "connection"} else ():
        agreements = desk.continuations.get(region_name, ())
        agreement = between(agreements, ride.operator, operator, day, broken_by=leg.broken_by)
        if agreement is not None:
            until = ride.departure.astimezone(UTC) + timedelta(hours=agreement.until_hours)
            onward = rides_onward(tx, data, near_ends(data, ride, operator), after)
            others += [(known, until) for known in onward]
    return OnwardRides(same, others)


def ask_places(
    desk: ReroutingDesk, region_name: str, onward: Sequence[OnwardRides]
) -> dict[RideKey, FreePlaces]:
    """Ask the operators for the free places of all these rides, all at once and within the time of a search."""
    rides = {free_places.key_of(known.ride): known.ride for one in onward for known in one.all}
    connectors = desk.till.connectors.get(region_name, {})
    return free_places.ask(desk.region(region_name).data, connectors, rides.values())


def around_of(
    desk: ReroutingDesk,
    scene: Scene,
    ticket: Ticket,
    onward: OnwardRides,
    free: Mapping[RideKey, FreePlaces],
    *,
    back: Money | None = None,
    held: PlaceHold | None = None,
) -> Around:
    """Put together the departures around a leg as the holder of a ticket may choose from them; places that are `held` are theirs."""
    kind = kind_of(ticket.document.rider)
    mine = None if held is None else (held.operator, held.trip_id, held.from_stop, held.departs_at)

    def coming(known: KnownRide, until: datetime | None = None) -> Coming:
        key = free_places.key_of(known.ride)
        told = free.get(key, _NOT_TOLD)
        going = coming_of(desk, scene.order.region, known, until=until)
        places = (told.places or {}).get(kind)
        if held is not None and key == mine and places is not None:
            places += len(held.passengers)
        return replace(going, places=places, total=told.total.get(kind))

    return Around(
        [coming(known) for known in onward.same],
        # Nobody has agreed to take a car or a cabin along without a booking.
        [coming(known, until) for known, until in onward.others] if kind == FOOT else [],
        back,
    )


def coming_of(
    desk: ReroutingDesk,
    region_name: str,
    known: KnownRide,
    *,
    until: datetime | None = None,
) -> Coming:
    """Write a ride as a departure that goes."""
    ride, data = known.ride, desk.region(region_name).data
    connectors = desk.till.connectors.get(region_name, {})
    return Coming(
        operator=ride.operator,
        trip_id=ride.trip_id,
        service_date=regions.key_of(ride, data.timetables.get(ride.operator))[2],
        from_stop=ride.from_stop_id,
        to_stop=ride.to_stop_id,
        departs_at=ride.departure,
        arrives_at=ride.arrival,
        is_on_sale=not regions.is_closed(connectors, ride, desk.clock.now()),
        until=until,
    )


def find_money(desk: ReroutingDesk, order_id: str, passenger: str, leg: int) -> Money | None:
    """Find what comes back whole for the unused part of a passenger's ticket with a leg; None where the ordinary terms count."""
    try:
        offer = offer_refund(desk.till, order_id, Wish((passenger,)))
    except Conflict:
        return None
    whole = any(line.percent == _WHOLE and leg in line.legs for line in offer.lines)
    return offer.amount if whole else None


def _is_open(desk: ReroutingDesk, scene: Scene, ride: Ride) -> bool:
    """Tell whether a ticket opens every departure of a ride's line: no place is booked, and its text names no departure."""
    bound = (ride.operator, scene.quote.document.product) in desk.till.press.bound
    return not bound and desk.till.connector(scene.order.region, ride.operator) is None


def _is_same(one: Ride, other: Ride) -> bool:
    return (one.trip_id, one.departure) == (other.trip_id, other.departure)


def _facts(data: RegionData, at: int, ride: Ride, news: LegNews | None) -> LegFacts:
    """A leg as its operator tells it now; what was bought, its uses and the change to it are put in by who reads them."""
    leaves, reaches = ride.departure.astimezone(UTC), ride.arrival.astimezone(UTC)
    if news is not None and news.known.is_served:
        leaves += timedelta(seconds=news.known.departure_delay_seconds or 0)
        reaches += timedelta(seconds=news.known.arrival_delay_seconds or 0)
    return LegFacts(
        at=at,
        takes_over=service_of(ride, data.operators[ride.operator].promises) == "city",
        departs_at=ride.departure,
        arrives_at=ride.arrival,
        sold_departs_at=ride.departure,
        sold_arrives_at=ride.arrival,
        expected_departs_at=leaves,
        expected_arrives_at=reaches,
        failure=news.failure if news is not None else None,
        operator=ride.operator,
    )


def _change(region: Region, before: Ride, ride: Ride) -> int | None:
    """The seconds of a change; None where there is none to be missed, because its holder stays seated."""
    ends = (before.operator, before.to_stop_id), (ride.operator, ride.from_stop_id)
    if regions.is_in_seat(region, before, ride):
        return None
    return regions.change_seconds(region.data, *ends)
