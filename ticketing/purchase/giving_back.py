"""Give tickets back, whole or by leg: offer first what would come back and why, then revoke, book and pay back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tariffs.money import Money
from ticketing.db import Transaction, bookings, held_passes, offers, orders, tickets
from ticketing.db.offers import Quote
from ticketing.db.orders import Order, Refund
from ticketing.db.tickets import Ticket
from ticketing.errors import Conflict, NotFound
from ticketing.purchase import capped, disrupted, pass_uses
from ticketing.purchase import refund as refunds
from ticketing.purchase.order import REFUNDABLE
from ticketing.purchase.paying_back import list_further, refunds_for, settle_refund
from ticketing.purchase.refund import RefundableTicket, RefundLine
from ticketing.purchase.remainder import refundable, remainder, shorten
from ticketing.purchase.reversal import reverse_ticket
from ticketing.purchase.till import UNDECIDED, RememberRefund, Till, disputes_of, locked, move
from ticketing.regions import company


@dataclass(frozen=True, slots=True)
class Wish:
    """Whose tickets to give back, and which of their legs, by their place in the journey; none named means all left."""

    passengers: tuple[str, ...] = ()
    legs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RefundOffer:
    """What would come back now, ticket by ticket; a ticket that gives nothing back is named with its reason."""

    order_id: str
    amount: Money
    lines: tuple[RefundLine, ...]
    refused: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """A decided line; what the ticket was worth before, where legs had gone already, and what is left of it."""

    line: RefundLine
    was: Mapping[str, Any] | None
    left: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class _Known:
    """An order with its tickets, and each of them as the decision sees it."""

    order: Order
    quote: Quote
    held: list[Ticket]
    refundable: list[RefundableTicket]


def offer_refund(till: Till, order_id: str, wish: Wish = Wish()) -> RefundOffer:
    """Say what giving tickets or legs back would bring; nothing changes. No passengers named means all of them.

    Raises InvalidRequest for a stranger or an unknown leg, Conflict for an order that has nothing to refund.
    """
    now = till.clock.now()
    lines, refused = [], []
    with till.database.read() as tx:
        order = refundable_order(tx, order_id, lock=False)
        known = _read(tx, till, order)
        held = known.held
        wanted = wish.passengers or sorted(
            {ticket.passenger_ref for ticket in held if ticket.status in tickets.LIVE}
        )
        for passenger in dict.fromkeys(wanted):
            try:
                lines += [one.line for one in _decide(tx, till, known, Wish((passenger,), wish.legs), now)]
            except Conflict as no:
                refused.append((passenger, no.detail))
        alone = _left_alone(till, order, held, [(one.passenger_ref, one.legs) for one in lines])
        if alone:
            refused += [(one.passenger_ref, alone) for one in lines]
            lines = []
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
            (made for made in orders.list_refunds(tx, order_id) if made.request_key == request_key), None
        )
        if same:
            return same
        refundable_order(tx, order_id, lock=True)
        decided = _decide(tx, till, _read(tx, till, order), wish, now)
        held = tickets.list_tickets(tx, order_id)
        alone = _left_alone(till, order, held, [(one.line.passenger_ref, one.line.legs) for one in decided])
        if alone:
            raise Conflict(alone)
        back = Money(sum(one.line.amount.minor for one in decided), order.currency)
        document = {"lines": [document_of(one) for one in decided]}
        made, *further = refunds_for(tx, order, document, amount=back.minor, request_key=request_key, now=now)
        if expected is not None and back != expected:
            raise Conflict(f"the conditions have changed since the offer: {back} would come back now")
        for one in (made, *further):
            orders.insert_refund(tx, one)
        _take_back(tx, till, order, made, now)
        still = any(one.status in tickets.LIVE for one in tickets.list_tickets(tx, order_id))
        move(
            tx,
            order,
            "refund_part" if still else "refund_all",
            now,
            actor="buyer",
            reason=f"refund {made.id}",
        )
    return made


def decide_whole(tx: Transaction, till: Till, order: Order, now: datetime) -> list[Decided]:
    """What all valid tickets of an order give back, whole; raises as `refund` does."""
    held = tickets.list_tickets(tx, order.id)
    refs = tuple(one.passenger_ref for one in held if one.status in tickets.LIVE)
    decided = _decide(tx, till, _read(tx, till, order), Wish(refs), now)
    used = next((one.line.passenger_ref for one in decided if one.left is not None), None)
    if used is not None:
        raise Conflict(f"the ticket of {used} has been used: its other legs can be refunded, not exchanged")
    return decided


def revoke(
    tx: Transaction, order: Order, passengers: Sequence[str], jtis: Iterable[str], now: datetime
) -> None:
    """Whole tickets go: they open no gate any more, their places and the uses of passes go back."""
    tickets.revoke_tickets(tx, jtis, now)
    bookings.give_back(tx, order.id, now, passengers)
    pass_uses.give_back(tx, order.id, passengers)


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


def document_of(decided: Decided) -> dict[str, Any]:
    """A line as a refund keeps it: enough to reverse the allocation anew, for the books' proof."""
    line = decided.line
    return {
        "jti": line.jti,
        "passenger": line.passenger_ref,
        "percent": line.percent,
        "amount_minor": line.amount.minor,
        "because": line.because,
        "legs": list(line.legs),
        "operators": list(line.operators),
        "fees": dict(line.fees),
        "was": decided.was,
        "left": decided.left,
    }


def _read(tx: Transaction, till: Till, order: Order) -> _Known:
    """Read an order's tickets once, however many passengers are decided upon; their rows are held."""
    held = tickets.list_tickets(tx, order.id, lock=True)
    quote = offers.get_quote(tx, order.quote_id)
    known = disrupted.with_failures(tx, till, quote, [_refundable(tx, one, quote) for one in held])
    return _Known(order, quote, held, known)


def _decide(tx: Transaction, till: Till, given: _Known, wish: Wish, now: datetime) -> list[Decided]:
    order, quote = given.order, given.quote
    was = {one.jti: one.document.get("left") for one in given.held}
    conditions = till.conditions(order.region)
    decided = []
    for ticket, legs in refunds.going(given.refundable, wish.passengers, wish.legs):
        stays = remainder(tx, till, quote, ticket, legs)
        apart = disrupted.apart(tx, till, quote, ticket, legs)
        counted_on = capped.kept_minor(tx, till, order, quote, ticket=ticket, stays=stays)
        line = refunds.decide(ticket, legs, stays.rest, conditions, now, apart=apart, counted_on=counted_on)
        decided.append(Decided(line, was[ticket.jti], stays.document))
    return decided


def _left_alone(
    till: Till, order: Order, held: Sequence[Ticket], going: Iterable[tuple[str, Sequence[int]]]
) -> str | None:
    """Why these legs of passengers cannot go alone: somebody would ride on whom nobody accompanies any more."""
    companions = till.regions[order.region].data.companions
    gone = {(ref, leg) for ref, legs in going for leg in legs}
    on_leg: dict[int, list[Ticket]] = {}
    for one in held:
        if one.status in tickets.LIVE and "pass" not in one.document:
            for at, leg in enumerate(one.document["legs"]):
                if "given_back_at" not in leg:
                    on_leg.setdefault(at, []).append(one)
    for at, riding in on_leg.items():
        left = [one for one in riding if (one.passenger_ref, at) not in gone]
        lonely = company.lonely(companions, [one.document["rider"] for one in left])
        if lonely is not None and len(left) < len(riding):
            ref, rider = left[lonely].passenger_ref, left[lonely].document["rider"]
            return f"{ref} would travel alone: {company.refusal(companions, rider)}; give theirs back too"
    return None


def _take_back(tx: Transaction, till: Till, order: Order, made: Refund, now: datetime) -> None:
    """Revoke or shorten tickets, reverse shares and taxes, give places back: with the refund, in one transaction."""
    held = {one.jti: one for one in tickets.list_tickets(tx, order.id)}
    for line in made.document["lines"]:
        ticket = held[line["jti"]]
        reverse_ticket(tx, made, line, order.region, now)
        if line["left"] is None:
            revoke(tx, order, [ticket.passenger_ref], [ticket.jti], now)
            continue
        shorten(tx, till, ticket, line, now)
        bookings.give_back(tx, order.id, now, [ticket.passenger_ref], line["legs"])
        pass_uses.take_anew(tx, order.id, ticket.passenger_ref, line["left"]["items"], now)


def _refundable(tx: Transaction, ticket: Ticket, quote: Quote) -> RefundableTicket:
    used = frozenset(use.leg for use in tickets.list_uses(tx, ticket.jti))
    is_used = tickets.is_used(tx, ticket.jti) or bool(held_passes.count_uses(tx, ticket.jti))
    return refundable(ticket, quote, used, is_used=is_used)
