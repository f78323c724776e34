"""Give tickets back: offer first what would come back and why, then revoke, book and pay back; places go back too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tariffs.money import Money
from ticketing.books import postings
from ticketing.db import Transaction, bookings, books, gateway_events, held_passes, orders, tickets
from ticketing.db.books import Entry
from ticketing.db.orders import Order, Refund
from ticketing.db.tickets import Ticket
from ticketing.errors import Conflict
from ticketing.ids import new_id
from ticketing.payments import GatewayRefund
from ticketing.purchase import pass_uses
from ticketing.purchase import refund as refunds
from ticketing.purchase.order import REFUNDABLE
from ticketing.purchase.refund import RefundableTicket, RefundLine
from ticketing.purchase.reversal import reverse_ticket
from ticketing.purchase.till import RememberRefund, Till, locked, move


@dataclass(frozen=True, slots=True)
class RefundOffer:
    """What would come back now, ticket by ticket; a ticket that gives nothing back is named with its reason."""

    order_id: str
    amount: Money
    lines: tuple[RefundLine, ...]
    refused: tuple[tuple[str, str], ...]


def offer_refund(till: Till, order_id: str, passengers: Sequence[str] = ()) -> RefundOffer:
    """Say what giving tickets back would bring; nothing changes. No passengers named means all of them.

    Raises InvalidRequest for a stranger, Conflict for an order that has nothing to refund.
    """
    now = till.clock.now()
    with till.database.read() as tx:
        order = refundable_order(tx, order_id, lock=False)
        held = tickets.list_tickets(tx, order_id)
        used = _used(tx, held)
    wanted = passengers or sorted({ticket.passenger_ref for ticket in held if ticket.status == "valid"})
    lines, refused = [], []
    for passenger in dict.fromkeys(wanted):
        try:
            lines += refunds.decide(
                [_refundable(ticket) for ticket in held], [passenger], used, till.schedules(order.region), now
            )
        except Conflict as no:
            refused.append((passenger, no.detail))
    amount = Money(sum(line.amount.minor for line in lines), order.currency)
    return RefundOffer(order_id, amount, tuple(lines), tuple(refused))


def refund_passengers(
    till: Till,
    order_id: str,
    passengers: Sequence[str],
    request_key: str,
    remember: RememberRefund,
    *,
    expected: Money | None = None,
) -> Refund:
    """Give back the tickets of the named passengers: revoked and booked at once, then paid back.

    `expected` is the amount of the offer that the buyer has agreed to. The same `request_key` continues an
    earlier refund. Raises InvalidRequest for a stranger, Conflict when a ticket is used, refunded before,
    gives nothing back, or gives another amount than expected.
    """
    decided = decide_refund(till, order_id, passengers, request_key, expected)
    with till.database.read() as tx:
        more = [
            one for one in orders.list_refunds(tx, order_id) if one.document.get("continues") == decided.id
        ]
    for one in more:
        settle_refund(till, one)
    return settle_refund(till, decided, remember)


def decide_refund(
    till: Till, order_id: str, passengers: Sequence[str], request_key: str, expected: Money | None = None
) -> Refund:
    """Decide, revoke and book in one transaction; the money follows."""
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, order_id)
        same = next(
            (made for made in orders.list_refunds(tx, order_id) if made.request_key == request_key), None
        )
        if same:
            return same
        refundable_order(tx, order_id, lock=True)
        held = tickets.list_tickets(tx, order_id, lock=True)
        lines = decide_lines(tx, till, order, passengers, now)
        made, rest_of_it = _refund(tx, order, lines, request_key, now)
        back = Money(sum(line.amount.minor for line in lines), made.currency)
        if expected is not None and back != expected:
            raise Conflict(f"the conditions have changed since the offer: {back} would come back now")
        for one in (made, *rest_of_it):
            orders.insert_refund(tx, one)
        take_back_tickets(tx, order, made, lines, now)
        rest = [
            ticket
            for ticket in held
            if ticket.status == "valid" and ticket.jti not in {line.jti for line in lines}
        ]
        move(
            tx, order, "refund_part" if rest else "refund_all", now, actor="buyer", reason=f"refund {made.id}"
        )
    return made


def decide_lines(
    tx: Transaction, till: Till, order: Order, passengers: Sequence[str], now: datetime
) -> list[RefundLine]:
    """What the tickets of these passengers give back; raises as `refund.decide` does."""
    held = tickets.list_tickets(tx, order.id, lock=True)
    known = [_refundable(ticket) for ticket in held]
    return refunds.decide(known, passengers, _used(tx, held), till.schedules(order.region), now)


def take_back_tickets(
    tx: Transaction, order: Order, made: Refund, lines: Sequence[RefundLine], now: datetime
) -> None:
    """Revoke tickets, reverse their shares and taxes, and give their places back: one transaction."""
    tickets.revoke_tickets(tx, [line.jti for line in lines], now)
    for line in lines:
        reverse_ticket(tx, made, line, order.region, now)
    bookings.give_back(tx, order.id, now, [line.passenger_ref for line in lines])
    pass_uses.give_back(tx, order.id, [line.passenger_ref for line in lines])


def settle_refund(till: Till, decided: Refund, remember: RememberRefund | None = None) -> Refund:
    """Have a decided refund paid back by the gateway and book it; safe to repeat."""
    if decided.state not in {"decided", "pending"} or decided.payment_id is None:
        return decided
    with till.database.read() as tx:
        paid = orders.get_payment(tx, decided.payment_id)
    if decided.state == "pending":
        answer = till.gateway.fetch_refund(str(decided.external_id))
    else:
        amount = Money(decided.amount_minor, decided.currency)
        answer = till.gateway.refund(str(paid.external_id), amount, decided.id, f"refund:{decided.id}")
    return learn_refund(till, decided.id, answer, remember)


def learn_refund(
    till: Till, refund_id: str, answer: GatewayRefund, remember: RememberRefund | None = None
) -> Refund:
    """Take in what the gateway says of a refund; only the first to say that it was paid books it."""
    with till.database.write() as tx:
        known = orders.get_refund(tx, refund_id)
        order = locked(tx, known.order_id)
        known = orders.get_refund(tx, refund_id)
        if known.state in {"decided", "pending", "confirmed"} and known.state != answer.state:
            _write_refund(tx, till, order, known, answer)
        done = orders.get_refund(tx, refund_id)
        if remember:
            remember(tx, done)
    return done


def _write_refund(tx: Transaction, till: Till, order: Order, known: Refund, answer: GatewayRefund) -> None:
    """Write down and book a refund's new state: what was paid back once cannot become pending again."""
    if known.state == "confirmed" and answer.state == "pending":
        return
    orders.update_refund(tx, known.id, answer.state, answer.external_id)
    amount, now = Money(known.amount_minor, known.currency), till.clock.now()
    facts = _facts(order, till, amount)
    if answer.state == "confirmed":
        _book(tx, postings.refund_confirmed(known.id, **facts), now)
    if answer.state == "failed":
        if known.state == "confirmed":
            # The bank sent it back days later: the money is with us again, and owed.
            _book(tx, postings.refund_failed(known.id, **facts), now)
        detail = f"{amount} could not be paid back; find another way"
        gateway_events.raise_alert(tx, "refund_failed", known.id, detail, now)


def _facts(order: Order, till: Till, amount: Money) -> dict[str, Any]:
    return {
        "region": order.region, "gateway": till.gateway.name, "amount": amount.minor, "currency": amount.currency,
        "at": till.clock.now(),
    }  # fmt: skip


def _book(tx: Transaction, entry: Entry | None, now: datetime) -> None:
    if entry:
        books.book(tx, entry, now)


def refundable_order(tx: Transaction, order_id: str, *, lock: bool) -> Order:
    """An order that has something to give back and is not disputed; raises Conflict."""
    order = locked(tx, order_id) if lock else orders.get_order(tx, order_id)
    if order.state not in REFUNDABLE:
        raise Conflict(f"an order that is {order.state} has nothing to refund")
    payments = orders.list_payments(tx, order_id)
    disputed = [
        found for found in gateway_events.list_disputes(tx, [one.id for one in payments])
        if found.state in {"open", "withdrawn", "lost"}
    ]  # fmt: skip
    if disputed:
        raise Conflict("the cardholder has disputed this payment; it is not refunded until that is decided")
    return order


def _refund(
    tx: Transaction, order: Order, lines: Sequence[RefundLine], request_key: str, now: datetime
) -> tuple[Refund, tuple[Refund, ...]]:
    """The refund, and further ones where several payments have to give the money back (after an exchange)."""
    amount = sum(line.amount.minor for line in lines)
    parts = _by_payment(tx, order, amount)
    seq = len(orders.list_refunds(tx, order.id)) + 1
    first = Refund(
        new_id(), order.id, parts[0][0] if parts else None, seq, request_key, "decided" if amount else "confirmed",
        parts[0][1] if parts else 0, order.currency, {"lines": [document_of(line) for line in lines]}, None, now,
    )  # fmt: skip
    rest = tuple(
        Refund(
            new_id(), order.id, payment_id, seq + number, f"{first.id}/{number}", "decided", minor, order.currency,
            {"lines": [], "continues": first.id}, None, now,
        )
        for number, (payment_id, minor) in enumerate(parts[1:], 1)
    )  # fmt: skip
    return first, rest


def _by_payment(tx: Transaction, order: Order, amount: int) -> list[tuple[str, int]]:
    """Which payments give an amount back: this order's own first, then those of the orders it has replaced."""
    found: list[tuple[str, int]] = []
    left, place = amount, order
    while left:
        refunds_made = orders.list_refunds(tx, place.id)
        for payment in orders.list_payments(tx, place.id):
            gone = sum(one.amount_minor for one in refunds_made if one.payment_id == payment.id)
            gone += orders.sum_refunds_elsewhere(tx, payment.id, place.id)
            part = min(left, payment.amount_minor - gone) if payment.state == "captured" else 0
            if part > 0:
                found.append((payment.id, part))
                left -= part
        if not left:
            break
        if place.exchange_of is None:
            raise Conflict("a refund may not exceed what was paid")
        place = orders.get_order(tx, place.exchange_of)
    return found


def document_of(line: RefundLine) -> dict[str, object]:
    """A line as a refund keeps it."""
    return {
        "jti": line.jti,
        "passenger": line.passenger_ref,
        "percent": line.percent,
        "amount_minor": line.amount.minor,
        "because": line.because,
    }


def _refundable(ticket: Ticket) -> RefundableTicket:
    return RefundableTicket(
        ticket.jti,
        ticket.passenger_ref,
        ticket.status,
        Money(ticket.amount_minor, ticket.currency),
        tuple(ticket.document["operators"]),
        _begins(ticket),
    )


def _begins(ticket: Ticket) -> datetime:
    """When a journey departs, or a pass begins."""
    season = ticket.document.get("pass")
    return datetime.fromisoformat(season["valid_from"] if season else ticket.document["legs"][0]["departure"])


def _used(tx: Transaction, held: Sequence[Ticket]) -> set[str]:
    """The tickets that a gate has accepted, and the passes that a journey has used."""
    return {one.jti for one in held if tickets.is_used(tx, one.jti) or held_passes.count_uses(tx, one.jti)}
