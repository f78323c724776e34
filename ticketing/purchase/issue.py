"""Issue the tickets of a paid order: one a passenger, with its shares and taxes in the books, in one transaction."""

import functools
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from operators.place_kinds import FOOT, kind_of
from tariffs.journey import Ride
from throughfare_gate.tickets.claims import CATEGORY_LETTERS, bound_to
from ticketing.books import guarantees, postings
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.books.books import Entry, Share, Tax
from ticketing.db.sale import held_passes, order_holders
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.order_holders import Holder
from ticketing.db.sale.orders import Order
from ticketing.db.ticket import legs, tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.frozen import PricedPassenger, SoldPass, TicketDocument
from ticketing.purchase.allocation import shares_of, taxes_of
from ticketing.tickets import regroup
from ticketing.tickets.issue import Press, TicketOrder, choose_place, status_list_of

# An order whose people have one code: what they bring along keeps codes of its own, for `n` counts people.
GROUP = "group"
EARLY = timedelta(hours=2)
LATE = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a ticket opens gates."""

    not_before: datetime
    expires_at: datetime


def ride_legs(
    rides: Sequence[Ride], product: str, bound: Collection[tuple[str, str]] = ()
) -> tuple[tuple[str, ...], ...]:
    """The legs of a journey, as its token says them; those of a `bound` operator and product name their departure. Pure."""
    return tuple(
        (ride.operator, ride.from_stop_id, ride.to_stop_id, *_departure(ride, product, bound))
        for ride in rides
    )


def _departure(ride: Ride, product: str, bound: Collection[tuple[str, str]]) -> tuple[str, ...]:
    if (ride.operator, product) not in bound:
        return ()
    return (bound_to(int(ride.departure.timestamp())),)


def pass_legs(season: SoldPass) -> tuple[tuple[str, ...], ...]:
    """List the operators where a pass is good as its token writes them, each with its zone where there is one. Pure."""
    areas = season.scope.areas
    zone = f"z:{min(areas)}" if len(areas) == 1 else "z:*"
    return tuple((operator, zone) for operator in sorted(season.scope.operators))


def pass_validity(season: SoldPass) -> Validity:
    """From when until when a pass opens gates: its own times, without margins. Pure."""
    return Validity(season.valid_from, season.valid_until)


def validity(rides: Sequence[Ride], now: datetime) -> Validity:
    """Open two hours before the first departure, end three hours after the last arrival. Pure.

    The margins let a passenger take an earlier tram and arrive late on a delayed ferry.
    """
    first, last = rides[0].departure.astimezone(UTC), rides[-1].arrival.astimezone(UTC)
    return Validity(max(now, first - EARLY), last + LATE)


def issue(
    tx: Transaction, press: Press, quote: Quote, order: Order, now: datetime, *, also: Sequence[Entry] = ()
) -> list[Ticket]:
    """Sign and store every ticket of a quote and book what each operator, tax office and the scheme gets.

    `also` are entries of the same moment that are booked with them, as of the money that has paid for them.
    """
    holders = order_holders.take_holders(tx, order.id)
    tickets_made = [
        _issued(
            tx, press, quote, order=order, passenger=passenger, holder=_holder(holders, passenger), now=now
        )
        for passenger in quote.document.passengers
    ]
    tickets.insert_tickets(tx, tickets_made)
    legs.put_legs(tx, quote.region, tickets_made)
    if any(item.held_ticket for one in quote.document.passengers for item in one.items):
        held_passes.tell_gates(tx, order.id, now)
    for ticket in tickets_made:
        salt = holders.get(ticket.passenger_ref, Holder()).salt
        if salt:
            tickets.keep_salt(tx, ticket.jti, salt)
    _book(tx, tickets_made, quote, now, [*also, *_guarantee_fee(order, now)])
    if order.code == GROUP:
        people = [one for one in tickets_made if kind_of(one.document.rider) == FOOT]
        regroup.begin(tx, press, people, now)
    return tickets_made


def _guarantee_fee(order: Order, now: datetime) -> list[Entry]:
    """The entry of the guarantee that an order has bought."""
    sold = order.guarantee
    if sold is None:
        return []
    entry = guarantees.sold(order.id, region=order.region, fee=sold.fee_minor, currency=sold.currency, at=now)
    return [entry] if entry else []


def _holder(holders: Mapping[str, Holder], passenger: PricedPassenger) -> Holder:
    return holders.get(passenger.ref, Holder())


def ticket_order(
    quote: Quote,
    passenger: PricedPassenger,
    holder: Holder,
    *,
    jti: str,
    place: tuple[str, int],
    now: datetime,
    bound: Collection[tuple[str, str]] = (),
) -> TicketOrder:
    """Compose the ticket of one passenger of a quote for signing; `place` is list and index of its status. Pure."""
    document, season = quote.document, quote.document.season
    valid = validity_of(quote, now)
    return TicketOrder(
        jti=jti,
        product=document.product,
        legs=pass_legs(season) if season else ride_legs(document.rides, document.product, bound),
        passengers=1,
        category=None if passenger.rider == "adult" else passenger.rider[:CATEGORY_LETTERS],
        issued_at=now,
        not_before=valid.not_before,
        expires_at=valid.expires_at,
        status_list=place[0],
        status_index=place[1],
        uses_per_leg=0 if season else 1,
        uses=season.uses if season else None,
        binding_key=holder.jwk,
        holder_hash=holder.idh,
    )


def validity_of(quote: Quote, now: datetime) -> Validity:
    """From when until when the tickets of a quote open gates, issued at `now`. Pure."""
    season = quote.document.season
    return pass_validity(season) if season else validity(quote.document.rides, now)


def _issued(
    tx: Transaction,
    press: Press,
    quote: Quote,
    *,
    order: Order,
    passenger: PricedPassenger,
    holder: Holder,
    now: datetime,
) -> Ticket:
    season = quote.document.season
    first = status_list_of(now, validity_of(quote, now).expires_at)
    place = choose_place(functools.partial(tickets.has_index, tx), first)
    jti = secrets.token_urlsafe(16)
    wanted = ticket_order(quote, passenger, holder, jti=jti, place=place, now=now, bound=press.bound)
    return Ticket(
        jti=wanted.jti,
        order_id=order.id,
        passenger_ref=passenger.ref,
        status="valid",
        token=press.sign(wanted),
        product=wanted.product,
        amount_minor=passenger.total_minor,
        currency=quote.currency,
        status_list=wanted.status_list,
        status_index=wanted.status_index,
        issued_at=now,
        not_before=wanted.not_before,
        expires_at=wanted.expires_at,
        revoked_at=None,
        document=TicketDocument(
            legs=quote.document.legs,
            rider=passenger.rider,
            operators=tuple(sorted(season.scope.operators) if season else _operators(quote.document.rides)),
            season=season,
            exchange_of=order.exchange_of,
        ),
    )


def _book(
    tx: Transaction, tickets_made: Sequence[Ticket], quote: Quote, now: datetime, also: Sequence[Entry]
) -> None:
    period = books.open_period(tx, quote.region, now)
    passengers = {passenger.ref: passenger for passenger in quote.document.passengers}
    entries, rows = list(also), list[Share | Tax]()
    for ticket in tickets_made:
        passenger = passengers[ticket.passenger_ref]
        shares, taxes = shares_of(ticket.jti, quote, passenger), taxes_of(ticket.jti, quote, passenger)
        rows += [*shares, *taxes]
        entry = postings.allocation(ticket.jti, region=quote.region, shares=shares, taxes=taxes, at=now)
        entries += [entry] if entry else []
    books.allocate(tx, rows, now, now, into=period)
    books.book_all(tx, entries, now, into=period)


def _operators(rides: Sequence[Ride]) -> list[str]:
    return sorted({ride.operator for ride in rides})
