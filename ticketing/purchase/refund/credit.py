"""Decide the credit of an exchange: whose tickets it takes for which quote, and how much they pay of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from operators.place_kinds import FOOT, kind_of
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import Conflict, Fault, InvalidRequest
from ticketing.purchase.refund.refundable import RefundLine


def named(passengers: Sequence[str], live: Mapping[str, Ticket]) -> tuple[str, ...]:
    """Name the passengers who change: where several people hold a ticket, the caller must say it; what one person brings goes along."""
    people = [ref for ref, one in live.items() if kind_of(one.document.rider) == FOOT]
    if not passengers and len(people) > 1:
        listed = ", ".join(sorted(live))
        raise InvalidRequest.at("passengers", f"say who of {listed} changes; the others keep their tickets")
    return tuple(passengers) or tuple(live)


def require_fitting(quote: Quote, passengers: Sequence[str], live: Mapping[str, Ticket]) -> None:
    """Raise InvalidRequest where somebody would give up a ticket for nothing, or hold two. Others may join."""
    quoted = [one.ref for one in quote.document.passengers]
    faults = [
        Fault(f"passengers[{at}]", f"{ref} changes, and the quote is not for {ref}")
        for at, ref in enumerate(passengers)
        if ref not in quoted
    ]
    faults += [
        Fault("passengers", f"the quote is for {ref}, who does not change and would have two tickets")
        for ref in quoted
        if ref in live and ref not in passengers
    ]
    if faults:
        raise InvalidRequest(faults[0].message, faults)


def changing(passengers: Sequence[str], live: Mapping[str, Ticket]) -> dict[str, Ticket]:
    """Find the tickets of those who change; raises Conflict where one is no longer there."""
    gone = next((ref for ref in passengers if ref not in live), None)
    if gone is not None:
        raise Conflict(f"the ticket of {gone} was refunded or cancelled before")
    return {ref: live[ref] for ref in passengers}


def require_in_time(quote: Quote, legs: Sequence[int], live: Mapping[str, Ticket]) -> None:
    """Raise InvalidRequest where the new journey arrives when the legs behind it, which stay, are no longer good."""
    rides = quote.document.rides
    if not legs or not rides:
        return
    arrives = rides[-1].arrival
    for ref, held in live.items():
        behind = [str(at) for at, leg in enumerate(held.document.legs) if at > max(legs) and leg.is_left]
        if behind and held.expires_at <= arrives:
            raise InvalidRequest.at(
                "legs",
                f"the new journey arrives at {arrives.isoformat()}, when legs {', '.join(behind)} of {ref} have run out; "
                "name them too",
            )


def require_same_scheme(order: Order, quote: Quote) -> None:
    """Raise Conflict where the tickets of an order would pay for a journey in another currency or region."""
    if order.currency != quote.currency:
        raise Conflict("tickets are exchanged in their own currency")
    if order.region != quote.region:
        raise Conflict("tickets are exchanged in their own region")


def given_up(lines: Iterable[RefundLine], live: Mapping[str, Ticket]) -> dict[str, tuple[int, ...]]:
    """List the legs that go by passenger; none stands for a pass, which goes whole."""
    return {
        line.passenger_ref: () if live[line.passenger_ref].document.season is not None else line.legs
        for line in lines
    }


def minor(lines: Iterable[RefundLine]) -> int:
    """Sum what the tickets bring, in minor units."""
    return sum(line.amount.minor for line in lines)


def back_minor(order: Order) -> int:
    """Count what the tickets bring beyond the price of the order that they pay for, in minor units."""
    return max(0, order.credit_minor - order.total_minor)
