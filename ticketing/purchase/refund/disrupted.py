"""Act on a departure that does not run: its order is not sold, not paid, and undone where it was confirmed.

Every check reads what operators have told last (`run_state`); nobody is asked here.
"""

from collections.abc import Mapping, Sequence
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
from ticketing.errors import DepartureCancelled, Fault
from ticketing.frozen import read_ride
from ticketing.purchase import pass_uses
from ticketing.purchase.refund.refundable import RefundableLeg, RefundableTicket, Rest
from ticketing.purchase.refund.remainder import remainder
from ticketing.purchase.till import OrderState, Till, move
from ticketing.regions.not_carried import Expected, Failure, failure_of
from ticketing.regions.vehicles import find_vehicles


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
    staff have written, by language.
    """

    leg: int
    operator: str
    known: Expected
    failure: Failure | None
    boards_at: Platform | None = None
    alights_at: Platform | None = None
    vehicle: Vehicle | None = None
    note: Mapping[str, str] = field(default_factory=dict)


def news_of_legs(tx: Transaction, till: Till, quote: Quote) -> list[LegNews]:
    """Read the news of the runs of a quote's legs; a leg of which nobody has told anything is left out."""
    data = till.regions[quote.region].data
    news = regions.news_of_rides(tx, data, quote.document.rides)
    return [_leg_news(data, quote.document.rides[at], at, one) for at, one in sorted(news.items())]


def news_of_quotes(tx: Transaction, till: Till, quotes: Sequence[Quote]) -> dict[str, list[LegNews]]:
    """Read the news of the legs of many quotes, by the quotes' ids, with one look for each region."""
    news: dict[str, list[LegNews]] = {quote.id: [] for quote in quotes}
    for region in {quote.region for quote in quotes}:
        data = till.regions[region].data
        sold_here = [quote for quote in quotes if quote.region == region]
        legs = [(quote.id, at, ride) for quote in sold_here for at, ride in enumerate(quote.document.rides)]
        of_rides = regions.news_of_rides(tx, data, [ride for _, _, ride in legs])
        for place, ride_news in sorted(of_rides.items()):
            quote_id, at, ride = legs[place]
            news[quote_id].append(_leg_news(data, ride, at, ride_news))
    return news


def _leg_news(data: RegionData, ride: Ride, at: int, news: regions.News) -> LegNews:
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
        leg=at,
        operator=ride.operator,
        known=known,
        failure=failure_of(service_of(ride, promises), promises.late_refund, known),
        boards_at=boards,
        alights_at=alights,
        note=news.note,
    )


def with_vehicles(tx: Transaction, till: Till, quote: Quote, news: Sequence[LegNews]) -> list[LegNews]:
    """Add to the news of legs where their vehicles are; a leg of which only that is told is one more."""
    data, now = till.regions[quote.region].data, till.clock.now()
    rides = quote.document.rides
    runs = {at: regions.key_of(ride, data.timetables.get(ride.operator)) for at, ride in enumerate(rides)}
    connectors = till.connectors.get(quote.region, {})
    vehicles = find_vehicles(tx, quote.region, set(runs.values()), connectors, now)
    by_leg = {one.leg: one for one in news}
    for at, run in runs.items():
        if run in vehicles:
            planned = Expected(is_served=True, departure_delay_seconds=None, arrival_delay_seconds=None)
            known = by_leg.get(at) or LegNews(
                leg=at, operator=rides[at].operator, known=planned, failure=None
            )
            by_leg[at] = replace(known, vehicle=vehicles[run])
    return [by_leg[at] for at in sorted(by_leg)]


def _platform(stop: Stop | None) -> Platform | None:
    return Platform(stop.id, stop.name) if stop else None


def with_failures(
    tx: Transaction, till: Till, quote: Quote, held: Sequence[RefundableTicket]
) -> list[RefundableTicket]:
    """Tickets of a quote with what is not carried of them, by what operators have told last of their runs."""
    failures = {one.leg: one.failure for one in news_of_legs(tx, till, quote) if one.failure is not None}
    if not failures:
        return list(held)
    return [_failing_ticket(one, failures) for one in held]


def _failing_ticket(ticket: RefundableTicket, failures: Mapping[int, Failure]) -> RefundableTicket:
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
