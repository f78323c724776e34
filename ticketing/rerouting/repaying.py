"""Repay what another way has cost more than the ride that did not take its holders, once they have travelled, by the agreement about it.

It is paid a day after the last arrival, and only for passengers whom a gate has seen: what was used gives nothing back any more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from tariffs.agreements import SCHEME, OtherWay, other_way_for
from tariffs.money import Money
from ticketing import regions
from ticketing.books import postings
from ticketing.db import Transaction
from ticketing.db.disruption import events, other_ways
from ticketing.db.disruption.events import DisruptionEvent
from ticketing.db.sale import offers, orders
from ticketing.db.sale.orders import Order
from ticketing.db.ticket import tickets, uses
from ticketing.db.ticket.tickets import Ticket
from ticketing.purchase.refund.compensating import owe_compensation
from ticketing.purchase.till import locked
from ticketing.rerouting.other_ways import is_another_way
from ticketing.rerouting.scene import ReroutingDesk

_log = structlog.get_logger(__name__)
_BACK, _AFTER = timedelta(days=30), timedelta(hours=24)
_AT_ONCE = 500
_NOT_CARRIED = frozenset({"cancelled", "skipped"})


@dataclass(frozen=True, slots=True)
class _Borne:
    """The agreement that bears another way, and the operator that pays by it; None where the scheme does."""

    agreement: OtherWay
    giver: str | None


def list_to_repay(desk: ReroutingDesk) -> list[str]:
    """Name the orders that may be repaid."""
    with desk.database.read() as tx:
        if not any(desk.other_ways.values()):
            return []
        return other_ways.list_unpaid(tx, desk.clock.now() - _BACK, _AT_ONCE)


def repay(desk: ReroutingDesk, order_id: str) -> bool:
    """Repay one order in one transaction, if it is due; safe to repeat, and to kill at any point."""
    now = desk.clock.now()
    with desk.database.write() as tx:
        order = locked(tx, order_id)
        held = tickets.list_tickets(tx, order.id)
        if order.state not in {"ticketed", "part_refunded"} or other_ways.is_paid(tx, order.id):
            return False
        if now < _ends(held, order) + _AFTER:
            return False
        borne = _borne(tx, desk, order)
        travelled = [ref for ref in borne if _has_travelled(tx, held, ref)]
        if not travelled:
            return False
        first = borne[travelled[0]]
        amount = min(_more(tx, order, travelled), first.agreement.cap.minor * len(travelled))
        if amount <= 0 or first.agreement.cap.currency != order.currency:
            return False
        entry = postings.other_way(
            order.id,
            region=order.region,
            amount=amount,
            currency=order.currency,
            at=now,
            giver=first.giver,
        )
        owe_compensation(tx, order, order.id, Money(amount, order.currency), entry=entry, now=now)
    _log.info("another way repaid", order=order_id, agreement=first.agreement.id)
    return True


def _ends(held: Sequence[Ticket], order: Order) -> datetime:
    """Find when the last ride of an order arrives as it was sold."""
    arrivals = [leg.arrival.astimezone(UTC) for one in held for leg in one.document.legs]
    return max(arrivals, default=order.created_at)


def _has_travelled(tx: Transaction, held: Sequence[Ticket], passenger: str) -> bool:
    return any(one.passenger_ref == passenger and uses.list_uses(tx, one.jti) for one in held)


def _more(tx: Transaction, order: Order, travelled: Sequence[str]) -> int:
    """Count what the way has cost these passengers more than they gave up, less what has come back of it, in minor units."""
    priced = offers.get_quote(tx, order.quote_id).document.passengers
    changing = [one for one in priced if one.ref in order.given_up]
    back = sum(one.amount_minor for one in orders.list_refunds(tx, order.id) if one.document.claim is None)
    more = sum(one.total_minor for one in changing) - order.credit_minor - back
    return max(0, more) * len(travelled) // max(1, len(changing))


def _borne(tx: Transaction, desk: ReroutingDesk, order: Order) -> dict[str, _Borne]:
    """Find by which agreement the way of each passenger is borne.

    Left out are those whom no event had left behind, and who have chosen a journey to another place.
    """
    if order.exchange_of is None:
        return {}
    old = orders.get_order(tx, order.exchange_of)
    rides = offers.get_quote(tx, old.quote_id).document.rides
    way = offers.get_quote(tx, order.quote_id).document.rides
    data = desk.region(order.region).data
    agreements = desk.other_ways.get(order.region, ())
    borne: dict[str, _Borne] = {}
    for ticket in tickets.list_tickets(tx, old.id):
        given_up = order.given_up.get(ticket.passenger_ref, ())
        for at, by in _lost(tx, ticket, order):
            leaving = [rides[leg] for leg in sorted(given_up)]
            if at not in given_up or not is_another_way(data, rides[at], leaving, way):
                continue
            giver = rides[at].operator
            day = regions.key_of(rides[at], data.timetables.get(giver))[2]
            agreement = other_way_for(agreements, giver, day, broken_by=by)
            if agreement is not None:
                payer = None if agreement.bearer == SCHEME else by or giver
                borne[ticket.passenger_ref] = _Borne(agreement, payer)
    return borne


def _lost(tx: Transaction, ticket: Ticket, order: Order) -> Iterator[tuple[int, str | None]]:
    """Yield the legs that had not taken a ticket's holder when the order was placed, with the operator that broke the connection, None for none."""
    # The last word on each run before the order: one that ran after all sent nobody another way.
    last = {
        event.run: (event, row)
        for event, row in events.list_of_ticket(tx, ticket.jti)
        if _is_before(event, order)
    }
    for event, row in last.values():
        if row.why == "connection" and row.then_leg is not None:
            yield row.then_leg, event.operator
        elif row.why in _NOT_CARRIED:
            yield row.leg, None


def _is_before(event: DisruptionEvent, order: Order) -> bool:
    return event.confirmed_at is not None and event.confirmed_at <= order.created_at
