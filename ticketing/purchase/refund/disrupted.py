"""Act on a departure that does not run: its order is not sold, not paid, and undone where it was confirmed.

Every check reads what operators have told last (`run_state`); nobody is asked here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from operators.gtfs.timetable import Stop
from operators.port import Vehicle
from operators.promises import service_of
from operators.region import RegionData
from tariffs.journey import Ride
from ticketing import regions
from ticketing.db import Transaction
from ticketing.db.sale import bookings
from ticketing.db.sale.bookings import Booking
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order
from ticketing.db.ticket.tickets import LIVE, Ticket
from ticketing.errors import DepartureCancelled, Fault
from ticketing.frozen import Leg, read_ride
from ticketing.purchase import pass_uses
from ticketing.purchase.refund.refundable import RefundableLeg, RefundableTicket, Rest
from ticketing.purchase.refund.remainder import remainder
from ticketing.purchase.refund.unasked import instead_of_cancelled, legs_moved_unasked, list_unasked
from ticketing.purchase.till import OrderState, Till, move
from ticketing.regions import Region
from ticketing.regions.not_carried import Expected, Failure, failure_of
from ticketing.regions.planned import find_ride_on
from ticketing.regions.vehicles import find_vehicles

_CANCELLED = Failure("cancelled", ends_journey=True)


def require_running(tx: Transaction, till: Till, quote: Quote) -> None:
    """Raise DepartureCancelled where a departure of a quote is known not to run."""
    regions.require_running(tx, till.regions[quote.region].data, quote.document.rides, till.clock.now())


def require_on_sale(till: Till, quote: Quote) -> None:
    """Raise Conflict where an operator's sale of a departure of a quote has ended."""
    data, connectors = till.regions[quote.region].data, till.connectors.get(quote.region, {})
    regions.require_on_sale(data, connectors, quote.document.rides, till.clock.now())


def cancelled_by_operator(till: Till, order: Order, booking: Booking, detail: str) -> DepartureCancelled:
    """The refusal of an operator that says itself that a departure is cancelled, with what goes next."""
    ride = read_ride(booking.document["ride"])
    data = till.regions[order.region].data
    with till.database.read() as tx:
        choices = regions.next_departures(tx, data, ride, till.clock.now())
    return DepartureCancelled(detail, [Fault(f"legs[{booking.document['leg']}]", detail)], choices)


@dataclass(frozen=True, slots=True)
class Platform:
    """A stop at which a run calls instead of the planned one."""

    stop_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegNews:
    """The last word of its operator on the run of a leg; `failure` is why the leg counts as not carried.

    `boards_at` and `alights_at` are the platforms at which it calls instead of the leg's, `vehicle` is where it is, `note` what
    staff have written, by language. `passengers` are those whose leg it is where others of the order travel by another
    departure, empty for all.
    """

    leg: int
    operator: str
    known: Expected
    failure: Failure | None
    boards_at: Platform | None = None
    alights_at: Platform | None = None
    vehicle: Vehicle | None = None
    note: Mapping[str, str] = field(default_factory=dict)
    passengers: tuple[str, ...] = ()

    def is_of(self, passenger: str) -> bool:
        """Tell whether it is about a passenger's leg."""
        return not self.passengers or passenger in self.passengers


@dataclass(frozen=True, slots=True)
class _LegRide:
    """A leg of an order with its ride as it is travelled now, by some of its passengers or (empty) by all."""

    leg: int
    ride: Ride
    passengers: tuple[str, ...] = ()


def rides_of(region: Region, quote: Quote, legs: Sequence[Leg]) -> list[Ride]:
    """The rides of a ticket as its legs are now: those of its quote, and departures that its holder was moved to. Pure."""
    return [_ride_of(region, ride, leg) for ride, leg in zip(quote.document.rides, legs, strict=True)]


def _ride_of(region: Region, sold: Ride, leg: Leg) -> Ride:
    if not leg.trip_id or (leg.trip_id, leg.departure) == (sold.trip_id, sold.departure):
        return sold
    times = int(leg.departure.timestamp()), int(leg.arrival.timestamp())
    known = find_ride_on(region, leg.operator, leg.trip_id, (leg.start.stop_id, leg.end.stop_id), times)
    if known is not None:
        return known.ride
    # A timetable that no longer has it: the times are all that is known.
    zones = sold.departure.tzinfo, sold.arrival.tzinfo
    return replace(
        sold,
        trip_id=leg.trip_id,
        departure=leg.departure.astimezone(zones[0]),
        arrival=leg.arrival.astimezone(zones[1]),
    )


def _leg_rides(region: Region, quote: Quote, held: Sequence[Ticket]) -> list[_LegRide]:
    """List the rides of an order's legs, each once; its tickets may be for different departures."""
    live = [one for one in held if one.status in LIVE and one.document.season is None]
    by_leg: list[dict[Ride, list[str]]] = [{} for _ in quote.document.rides]
    for ticket in live:
        for at, ride in enumerate(rides_of(region, quote, ticket.document.legs)):
            by_leg[at].setdefault(ride, []).append(ticket.passenger_ref)
    legs: list[_LegRide] = []
    for at, sold in enumerate(quote.document.rides):
        riders = by_leg[at] or {sold: []}
        legs += [_LegRide(at, ride, tuple(refs) if len(riders) > 1 else ()) for ride, refs in riders.items()]
    return legs


def news_of_legs(tx: Transaction, till: Till, quote: Quote, held: Sequence[Ticket]) -> list[LegNews]:
    """Read the news of the runs of the legs of an order's tickets; a leg of which nobody has told anything is left out."""
    return news_of_orders(tx, till, {"": (quote, held)})[""]


def news_of_orders(
    tx: Transaction, till: Till, sold: Mapping[str, tuple[Quote, Sequence[Ticket]]]
) -> dict[str, list[LegNews]]:
    """Read the news of the legs of many orders' tickets, by any names, with one look for each region."""
    news: dict[str, list[LegNews]] = {name: [] for name in sold}
    for name in {quote.region for quote, _ in sold.values()}:
        region = till.regions[name]
        here = {key: one for key, one in sold.items() if one[0].region == name}
        legs = [(key, leg) for key, (quote, held) in here.items() for leg in _leg_rides(region, quote, held)]
        of_rides = regions.news_of_rides(tx, region.data, [leg.ride for _, leg in legs])
        for place, ride_news in sorted(of_rides.items()):
            key, leg = legs[place]
            news[key].append(_leg_news(region.data, leg, ride_news))
    return news


def _leg_news(data: RegionData, leg: _LegRide, news: regions.News) -> LegNews:
    ride = leg.ride
    promises = data.operators[ride.operator].promises
    known = Expected(
        is_served=news.is_served,
        departure_delay_seconds=news.departure_delay_seconds,
        arrival_delay_seconds=news.arrival_delay_seconds,
    )
    stops = data.timetables[ride.operator].stops
    boards, alights = (
        _platform(stops.get(one)) if one else None for one in (news.boards_at, news.alights_at)
    )
    return LegNews(
        leg=leg.leg,
        operator=ride.operator,
        known=known,
        failure=failure_of(service_of(ride, promises), promises.late_refund, known),
        boards_at=boards,
        alights_at=alights,
        note=news.note,
        passengers=leg.passengers,
    )


def with_vehicles(
    tx: Transaction, till: Till, quote: Quote, held: Sequence[Ticket], news: Sequence[LegNews]
) -> list[LegNews]:
    """Add to the news of legs where their vehicles are; a leg of which only that is told is one more."""
    region, now = till.regions[quote.region], till.clock.now()
    rides = _leg_rides(region, quote, held)
    timetables = region.data.timetables
    runs = [regions.key_of(one.ride, timetables.get(one.ride.operator)) for one in rides]
    connectors = till.connectors.get(quote.region, {})
    vehicles = find_vehicles(tx, quote.region, set(runs), connectors, now)
    by_leg = {(one.leg, one.passengers): one for one in news}
    for leg, run in zip(rides, runs, strict=True):
        if run in vehicles:
            key = leg.leg, leg.passengers
            by_leg[key] = replace(by_leg.get(key) or _as_planned(leg), vehicle=vehicles[run])
    return [by_leg[key] for key in sorted(by_leg)]


def _as_planned(leg: _LegRide) -> LegNews:
    """The news of a leg of which only its vehicle is told."""
    planned = Expected(is_served=True, departure_delay_seconds=None, arrival_delay_seconds=None)
    return LegNews(
        leg=leg.leg, operator=leg.ride.operator, known=planned, failure=None, passengers=leg.passengers
    )


def _platform(stop: Stop | None) -> Platform | None:
    return Platform(stop.id, stop.name) if stop else None


def with_failures(
    tx: Transaction, till: Till, quote: Quote, held: Sequence[Ticket], known: Sequence[RefundableTicket]
) -> list[RefundableTicket]:
    """The tickets of an order (`held`) as decisions know them, with what is not carried of them by their operators' last word.

    A leg to which its holder was moved unasked, from a departure that is cancelled, counts as that one while it is not used.
    """
    failing = [one for one in news_of_legs(tx, till, quote, held) if one.failure is not None]
    moved = _moved_unasked(tx, till, quote, held)
    if not failing and not moved:
        return list(known)
    return [_as_before(_failing_ticket(one, failing), moved.get(one.jti, frozenset())) for one in known]


def _moved_unasked(
    tx: Transaction, till: Till, quote: Quote, held: Sequence[Ticket]
) -> dict[str, frozenset[int]]:
    """Read the legs to which the holders of an order's tickets were moved unasked from a cancelled departure, by ticket."""
    moves = list_unasked(tx, held[0].order_id) if held else []
    if not moves:
        return {}
    moves = instead_of_cancelled(tx, till, quote.region, moves)
    return {one.jti: legs_moved_unasked(moves, one) for one in held if one.document.season is None}


def _as_before(ticket: RefundableTicket, moved: Collection[int]) -> RefundableTicket:
    """A ticket whose `moved` legs count as the cancelled ones that were sold."""
    legs = tuple(
        replace(leg, failure=_CANCELLED) if at in moved and leg.failure is None and not leg.used else leg
        for at, leg in enumerate(ticket.legs)
    )
    return replace(ticket, legs=legs)


def _failing_ticket(ticket: RefundableTicket, failing: Sequence[LegNews]) -> RefundableTicket:
    failures = {leg.leg: leg.failure for leg in failing if leg.is_of(ticket.passenger_ref)}
    legs = tuple(_failing(leg, failures.get(at)) for at, leg in enumerate(ticket.legs))
    return replace(ticket, legs=legs)


def _failing(leg: RefundableLeg, failure: Failure | None) -> RefundableLeg:
    """A leg with its failure; whoever was checked in for a ship, train or coach that is cancelled was not carried by it.

    A passenger whom another operator has carried on has arrived: that leg has not failed.
    """
    if leg.carried_on:
        return leg
    stays_ashore = failure is not None and failure.is_cancelled and failure.ends_journey
    return replace(leg, failure=failure, used=leg.used and not stays_ashore)


def apart(
    tx: Transaction, till: Till, quote: Quote, ticket: RefundableTicket, legs: Sequence[int]
) -> Rest | None:
    """Price the rest of a ticket when only those of some legs go that are not carried; None where that is all or none."""
    failed = ticket.not_carried(legs)
    return remainder(tx, till, quote, ticket, failed).rest if 0 < len(failed) < len(legs) else None


def refuse_payment(tx: Transaction, till: Till, state: OrderState) -> DepartureCancelled | None:
    """Before a new payment begins: an order whose departure does not run comes to nothing at once.

    Answers the refusal then, to be raised once this is committed; whoever carries the order on gives its places back.
    """
    try:
        require_running(tx, till, state.quote)
    except DepartureCancelled as error:
        order = state.order
        bookings.give_back(tx, order.id, till.clock.now())
        pass_uses.give_back(tx, order.id, till.clock.now())
        move(tx, order, "unwind", till.clock.now(), actor="operators", reason=error.detail)
        return error
    return None
