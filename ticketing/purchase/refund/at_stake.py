"""Find the tickets that stand or fall with a disputed payment: those that its money has paid for, and nobody else's.

Money flows into the order that it was paid for and, as far as old tickets paid for new ones, into the orders that have
replaced it. There it counts for the passengers whom it was taken for first. A pass that it has paid for takes the
journeys of its holder along, and not those of the people who travel with them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ticketing.db import Transaction
from ticketing.db.sale import gateway_events, held_passes, orders
from ticketing.db.sale.gateway_events import Dispute
from ticketing.db.sale.orders import Order, Payment
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.purchase.till import UNDECIDED, disputes_of


@dataclass(frozen=True, slots=True)
class Stake:
    """A ticket that is at stake in a dispute, and how much of its price the disputed money has paid itself."""

    ticket: Ticket
    minor: int


def list_stakes(tx: Transaction, payment: Payment, disputes: Sequence[Dispute]) -> list[Stake]:
    """The tickets that are at stake in some disputes of a payment; their rows are held."""
    minor = _left_in(tx, payment, disputes)
    paid = [
        stake
        for order, came in _flow(tx, orders.get_order(tx, payment.order_id), minor)
        for stake in _of_order(tx, order, payment.order_id, came)
    ]
    named = {one.ticket.jti for one in paid}
    passes = [one.ticket.jti for one in paid if one.ticket.document.season is not None]
    return [*paid, *(Stake(held, 0) for held in _riding_on(tx, passes) if held.jti not in named)]


def list_touched(tx: Transaction, order: Order) -> list[str]:
    """The orders that money of an order may have paid for: those that replaced it, and the journeys on its passes."""
    replacing = orders.list_replacing(tx, order.id)
    passes = [one.jti for one in tickets.list_tickets_of(tx, replacing) if one.document.season is not None]
    return sorted({*replacing, *(order_id for order_id, _ in held_passes.list_riders_on(tx, passes))})


def worth_of(ticket: Ticket) -> int:
    """The price of a ticket without the legs that were given back, in minor units."""
    left = ticket.document.left
    return left.total_minor if left else ticket.amount_minor


def undecided_of(tx: Transaction, payment_id: str) -> list[Dispute]:
    """The disputes of a payment that nobody has decided yet."""
    return [one for one in gateway_events.list_disputes(tx, [payment_id]) if one.state in UNDECIDED]


def held_back(tx: Transaction, order_id: str) -> dict[str, str]:
    """The tickets of an order that are at stake in an undecided dispute, each with that dispute's id.

    Disputes count of whatever has paid for the order: its payments, those of the orders that it has replaced, and those
    of its passes.
    """
    sources = [order_id, *held_passes.list_orders_of_passes(tx, order_id)]
    behind = [one for source in sources for one in disputes_of(tx, orders.get_order(tx, source))]
    found: dict[str, str] = {}
    for payment_id in dict.fromkeys(one.payment_id for one in behind if one.state in UNDECIDED):
        undecided = undecided_of(tx, payment_id)
        stakes = list_stakes(tx, orders.get_payment(tx, payment_id), undecided)
        found |= {one.ticket.jti: undecided[0].id for one in stakes}
    return found


def _left_in(tx: Transaction, payment: Payment, disputes: Sequence[Dispute]) -> int:
    """Compute the part of disputed money that tickets still stand for: amounts that went back, or were lost before, are none of it."""
    gone = sum(one.amount_minor for one in orders.list_refunds_of_payment(tx, payment.id))
    mine = {one.id for one in disputes}
    gone += sum(
        one.amount_minor
        for one in gateway_events.list_disputes(tx, [payment.id])
        if one.state == "lost" and one.id not in mine
    )
    return max(0, min(sum(one.amount_minor for one in disputes), payment.amount_minor - gone))


def _flow(tx: Transaction, order: Order, minor: int) -> list[tuple[Order, int]]:
    """An order and those that have replaced it, or a part of it, each with how much of the money has come so far.

    It counts for who has stayed first, then for who has changed, in the order of their exchanges: no cent counts twice.
    """
    ids = sorted(orders.list_replacing(tx, order.id))  # ids grow with time
    family = [orders.get_order(tx, order_id) for order_id in ids]
    worth = dict.fromkeys(ids, 0)
    for held in tickets.list_tickets_of(tx, ids):
        worth[held.order_id] += worth_of(held) if held.status in tickets.LIVE else 0
    stands_for = _stands_for(family, worth)
    came, left = {order.id: minor}, {order.id: max(0, minor - worth[order.id])}
    for member in family:
        source = member.exchange_of or ""
        if member.id != order.id:
            came[member.id] = min(left[source], member.credit_minor, member.total_minor)
            left[member.id] = max(0, came[member.id] - worth[member.id])
            left[source] -= min(came[member.id], stands_for[member.id])
    return [(member, came[member.id]) for member in family]


def _stands_for(family: Sequence[Order], worth: Mapping[str, int]) -> dict[str, int]:
    """Sum the cost of each order's live tickets, and of those that have replaced some of them."""
    found = dict(worth)
    for one in reversed(family):
        if one.exchange_of in found:
            found[one.exchange_of] += min(found[one.id], one.credit_minor, one.total_minor)
    return found


def _of_order(tx: Transaction, order: Order, paid_order_id: str, minor: int) -> Iterator[Stake]:
    """The tickets of an order that money stands for, in the turn in which it counts."""
    held = [one for one in tickets.list_tickets(tx, order.id, lock=True) if one.status in tickets.LIVE]
    if not minor or not held:
        return
    turn = _turn(tx, orders.get_order(tx, paid_order_id))
    left, others = minor, False
    for ticket in sorted(held, key=lambda one: turn.get(one.passenger_ref, len(turn))):
        part = min(left, worth_of(ticket))
        left -= part
        others = others or (part == 0 and worth_of(ticket) > 0)
        if part:
            yield Stake(ticket, part)
    if not others:  # who travels for nothing with people who are gone travels no further, but by a pass
        on_passes = held_passes.list_riders_of(tx, order.id)
        yield from (Stake(one, 0) for one in held if not worth_of(one) and one.passenger_ref not in on_passes)


def _turn(tx: Transaction, order: Order) -> dict[str, int]:
    """In which turn the money of an order counts for passengers: those whom no earlier order had brought come first.

    The others follow from the last one: what their old tickets brought has counted from the first one.
    """
    mine = dict.fromkeys(one.passenger_ref for one in tickets.list_tickets(tx, order.id))
    replaced = tickets.list_tickets(tx, order.exchange_of) if order.exchange_of else []
    before = {one.passenger_ref for one in replaced}
    ranked = [*(ref for ref in mine if ref not in before), *reversed([ref for ref in mine if ref in before])]
    return {ref: at for at, ref in enumerate(ranked)}


def _riding_on(tx: Transaction, passes: Iterable[str]) -> list[Ticket]:
    """The live tickets of the passengers whose journeys some passes pay for, wholly or in part."""
    riders = set(held_passes.list_riders_on(tx, passes))
    held = tickets.list_tickets_of(tx, sorted({order_id for order_id, _ in riders}), lock=True)
    return [one for one in held if one.status in tickets.LIVE and (one.order_id, one.passenger_ref) in riders]
