"""Give tickets back, whole or by leg: offer first what would come back and why, then revoke, book and pay back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tariffs.money import Money
from ticketing.db import Transaction
from ticketing.db.sale import bookings, orders
from ticketing.db.sale.orders import Order, Refund
from ticketing.db.ticket import tickets
from ticketing.errors import Conflict, NotFound
from ticketing.frozen import LineDocument, RefundDocument
from ticketing.purchase import pass_uses
from ticketing.purchase.order import REFUNDABLE
from ticketing.purchase.refund import deciding
from ticketing.purchase.refund.deciding import document_of
from ticketing.purchase.refund.paying_back import list_further, refunds_for, settle_refund
from ticketing.purchase.refund.refundable import RefundLine
from ticketing.purchase.refund.released import released
from ticketing.purchase.refund.remainder import shorten
from ticketing.purchase.refund.reversal import reverse_lines
from ticketing.purchase.till import UNDECIDED, RememberRefund, Till, disputes_of, locked, move
from ticketing.tickets.regroup import regroup


@dataclass(frozen=True, slots=True)
class Wish:
    """The passengers whose tickets to give back, and which of their legs, by their place in the journey.

    None named means all that are left and were not used, or those of them that bring most.
    """

    passengers: tuple[str, ...] = ()
    legs: tuple[int, ...] = ()


# The wish of a caller who names nothing.
ALL = Wish()


@dataclass(frozen=True, slots=True)
class RefundOffer:
    """The refund that would be paid now, ticket by ticket; a ticket that gives nothing back is named with its reason."""

    order_id: str
    amount: Money
    lines: tuple[RefundLine, ...]
    refused: tuple[tuple[str, str], ...]


def offer_refund(till: Till, order_id: str, wish: Wish = ALL) -> RefundOffer:
    """Say what giving tickets or legs back would bring; nothing changes. No passengers named means all of them.

    Raises InvalidRequest for a stranger or an unknown leg, Conflict for an order that has nothing to refund.
    """
    with till.database.read() as tx:
        order = refundable_order(tx, order_id, lock=False)
        known = deciding.read(tx, till, order, till.clock.now())
        wanted = wish.passengers or sorted(
            {ticket.passenger_ref for ticket in known.held if ticket.status in tickets.LIVE}
        )
        decided, nothing = deciding.decide(tx, till, known, dict.fromkeys(wanted, wish.legs))
        refused = [(ref, no.detail) for ref, no in nothing]
        alone = deciding.left_alone(tx, till, known, decided)
        if alone:
            refused += [(one.line.passenger_ref, alone) for one in decided]
            decided = []
        more = released(tx, till, known, decided)
    lines = [one.line for one in decided] + [one.line for one in more]
    amount = Money(sum(line.amount.minor for line in lines), order.currency)
    return RefundOffer(order_id, amount, tuple(lines), tuple(refused))


def refund_passengers(
    till: Till,
    order_id: str,
    wish: Wish,
    request_key: str,
    remember: RememberRefund,
    *,
    expected: Money | None = None,
) -> tuple[Refund, list[Refund]]:
    """Give back tickets or legs of the named passengers: revoked and booked at once, then paid back.

    Answers the refund, and its parts over further payments. `expected` is the amount of the offer that the buyer has agreed to. The same `request_key` continues an
    earlier refund. Raises InvalidRequest for a stranger, Conflict when a ticket or leg is used, refunded before,
    gives nothing back, or gives another amount than expected.
    """
    decided = decide_refund(till, order_id, wish, request_key, expected)
    with till.database.read() as tx:
        more = list_further(tx, decided)
    further = [_settled(till, one) for one in more]
    return _settled(till, decided, remember), further


def _settled(till: Till, decided: Refund, remember: RememberRefund | None = None) -> Refund:
    """Pay a refund back; one that the gateway refuses stays decided: its tickets are gone, and a person is told."""
    try:
        return settle_refund(till, decided, remember)
    except (Conflict, NotFound):
        with till.database.read() as tx:
            return orders.get_refund(tx, decided.id)


def decide_refund(
    till: Till, order_id: str, wish: Wish, request_key: str, expected: Money | None = None
) -> Refund:
    """Decide, revoke and book in one transaction; the money follows."""
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, order_id)
        same = next(
            (first for first in orders.list_refunds(tx, order_id) if first.request_key == request_key), None
        )
        if same:
            return same
        refundable_order(tx, order_id, lock=True)
        known = deciding.read(tx, till, order, now)
        decided = deciding.decide_going(tx, till, known, dict.fromkeys(wish.passengers, wish.legs))
        more = released(tx, till, known, decided)
        lines = [refund.line for refund in decided] + [refund.line for refund in more]
        back = Money(sum(line.amount.minor for line in lines), order.currency)
        document = RefundDocument((*map(document_of, decided), *(refund.document() for refund in more)))
        first, *further = refunds_for(
            tx, order, document, amount=back.minor, request_key=request_key, now=now
        )
        if expected is not None and back != expected:
            raise Conflict(f"the conditions have changed since the offer: {back} would come back now")
        for refund in (first, *further):
            orders.insert_refund(tx, refund)
        _take_back(tx, till, order, first, now)
        still = any(refund.status in tickets.LIVE for refund in tickets.list_tickets(tx, order_id))
        move(
            tx,
            order,
            "refund_part" if still else "refund_all",
            now,
            actor="buyer",
            reason=f"refund {first.id}",
        )
    return first


def revoke(
    tx: Transaction, order: Order, passengers: Sequence[str], jtis: Iterable[str], now: datetime
) -> None:
    """Whole tickets go: they open no gate any more, their places and the uses of passes go back."""
    tickets.revoke_tickets(tx, jtis, now)
    bookings.give_back(tx, order.id, now, passengers)
    pass_uses.give_back(tx, order.id, now, passengers)


def refundable_order(tx: Transaction, order_id: str, *, lock: bool) -> Order:
    """An order that has something to give back and is not disputed; raises Conflict."""
    order = locked(tx, order_id) if lock else orders.get_order(tx, order_id)
    if order.state not in REFUNDABLE:
        raise Conflict(f"an order that is {order.state} has nothing to refund")
    disputes = {found.state for found in disputes_of(tx, order)}
    if disputes & set(UNDECIDED):
        raise Conflict("the cardholder has disputed this payment; it is not refunded until that is decided")
    if "lost" in disputes and not any(
        one.status in tickets.LIVE for one in tickets.list_tickets(tx, order_id)
    ):
        raise Conflict("the cardholder has the money back by a dispute; there is nothing left to refund")
    return order


def _take_back(tx: Transaction, till: Till, order: Order, made: Refund, now: datetime) -> None:
    """Reverse shares and taxes, and take back what goes: with the refund, in one transaction."""
    reverse_lines(tx, made, order.region, now)
    take_legs(tx, till, order, made.document.lines, now)


def take_legs(
    tx: Transaction, till: Till, order: Order, lines: Sequence[LineDocument], now: datetime
) -> None:
    """Revoke or shorten the tickets of a refund's lines; their places and the uses of passes go back.

    A group that loses somebody gets a new code for those who are left.
    """
    held = {one.jti: one for one in tickets.list_tickets(tx, order.id)}
    for line in lines:
        ticket = held[line.jti]
        if line.again is not None:
            continue
        if line.left is None:
            revoke(tx, order, [ticket.passenger_ref], [ticket.jti], now)
            continue
        shorten(tx, till, ticket, line, now)
        bookings.give_back(tx, order.id, now, [ticket.passenger_ref], line.legs)
        pass_uses.take_anew(tx, order.id, ticket.passenger_ref, line.left.items, now)
    regroup(tx, till.press, order.id, now)
