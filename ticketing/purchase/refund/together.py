"""Group prices when a part of the group goes: those who stay have paid, together, what they would have paid without the others.

A group of four pays 60.00 where one pays 29.00. Who leaves it gives back at most what the others have no need of: the
refund is less by what those who stay are short of, never below nothing, and the reason says so.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from tariffs.apportion import by_weights
from tariffs.money import Money
from tariffs.pricing import price_journey
from ticketing.db import Transaction
from ticketing.db.sale import orders
from ticketing.db.sale.offers import Quote
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import Conflict
from ticketing.frozen import PricedPassenger, left_of
from ticketing.purchase.refund.at_stake import worth_of
from ticketing.purchase.refund.refundable import NOT_KEPT, Kept
from ticketing.purchase.refund.remainder import between, book_of
from ticketing.purchase.till import Till

# By which reasons the price of one passenger needs others.
_SHARED = ("group", "company")


def is_shared(quote: Quote) -> bool:
    """Tell whether anybody of a quote pays a group's price."""
    return any(group_legs(passenger) for passenger in quote.document.passengers)


def kept_for_others(
    tx: Transaction,
    till: Till,
    quote: Quote,
    held: Sequence[Ticket],
    *,
    going: Mapping[str, Sequence[int]],
    worth: Mapping[str, int],
) -> Mapping[str, Kept]:
    """Compute the part of each passenger's given-back legs that is kept for those who stay in the group.

    `worth` is what the legs of each have cost. Raises Conflict where the price of those who stay cannot be told.
    """
    staying = _staying(quote, held, going)
    if not staying:
        return {}
    beside = [one for one in held if one.status in tickets.LIVE and one.passenger_ref not in going]
    needed = _cost_of(tx, till, quote, staying, beside)
    paid = sum(worth_of(one) for one in staying)
    short = needed - paid - _kept_before(tx, staying[0].order_id)
    if short <= 0:
        return {}
    whose = ", ".join(one.passenger_ref for one in staying)
    stay = "stay" if len(staying) > 1 else "stays"
    because = (
        f"because {whose}, who {stay}, would have paid {Money(needed, quote.currency)} without the others"
    )
    weights = {ref: Fraction(part) for ref, part in worth.items() if part > 0}
    if not weights:  # nothing comes back of which it could be kept
        raise Conflict(
            f"{because[len('because ') :]}, and pay {Money(paid, quote.currency)}; give theirs back too"
        )
    parts = by_weights(min(short, sum(worth[ref] for ref in weights)), weights)
    return {ref: Kept(parts[ref], because) if parts.get(ref) else NOT_KEPT for ref in worth}


def shortage(
    tx: Transaction,
    till: Till,
    quote: Quote,
    held: Sequence[Ticket],
    going: Mapping[str, Sequence[int]],
) -> int:
    """Compute how much more those who stay in a group would have paid than they have, in minor units; nothing where nobody stays.

    Raises Conflict where their price cannot be told.
    """
    staying = _staying(quote, held, going)
    if not staying:
        return 0
    beside = [one for one in held if one.status in tickets.LIVE and one.passenger_ref not in going]
    paid = sum(worth_of(one) for one in staying)
    return max(0, _cost_of(tx, till, quote, staying, beside) - paid)


def _staying(quote: Quote, held: Sequence[Ticket], going: Mapping[str, Sequence[int]]) -> list[Ticket]:
    """The tickets that stay as they are and pay a price of several people on a leg that goes of somebody else."""
    passengers = {one.ref: one for one in quote.document.passengers}
    gone = {leg for legs in going.values() for leg in legs}
    return [
        one
        for one in held
        if one.status in tickets.LIVE
        and one.passenger_ref not in going
        and gone & group_legs(passengers[one.passenger_ref])
    ]


def _cost_of(
    tx: Transaction, till: Till, quote: Quote, staying: Sequence[Ticket], others: Sequence[Ticket]
) -> int:
    """Price what those who stay still have, beside all `others` who stay, by the quote's tariff."""
    passengers = {passenger.ref: passenger.passenger for passenger in quote.document.passengers}
    by_legs: dict[tuple[int, ...], list[str]] = {}
    for passenger in staying:
        by_legs.setdefault(_left_of(passenger), []).append(passenger.passenger_ref)
    cost = 0
    for legs, refs in by_legs.items():
        beside = [passenger.passenger_ref for passenger in others if set(legs) <= set(_left_of(passenger))]
        price = price_journey(
            book_of(tx, till, quote),
            [quote.document.rides[at] for at in legs],
            [passengers[ref] for ref in beside],
            channel=quote.document.sale_channel,
            at=quote.priced_at,
            currency=quote.currency,
            excluded=between(quote.document.excluded, legs),
        )
        if price.total is None:
            raise Conflict(f"what those who stay would have paid has no price: {price.reason}")
        cost += sum(
            passenger.total.minor
            for passenger in price.passengers
            if passenger.total and passenger.passenger.ref in refs
        )
    return cost


def _left_of(held: Ticket) -> tuple[int, ...]:
    return left_of(held.document.legs)


def _kept_before(tx: Transaction, order_id: str) -> int:
    """Sum what earlier refunds have kept already for those who stay."""
    lines = (line for one in orders.list_refunds(tx, order_id) for line in one.document.lines)
    return sum(line.together_minor for line in lines)


def group_legs(passenger: PricedPassenger) -> set[int]:
    """The legs for which a passenger pays a part of a group's price, or less because of their company."""
    shared = [step for step in passenger.derivation if step["reason"] in _SHARED]
    return {leg for step in shared for leg in step["legs"]}
