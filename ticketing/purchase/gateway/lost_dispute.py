"""Take the tickets that the money of a lost dispute has paid for, and pay back whoever else has paid for them.

A ticket cannot be divided between two payers. Where disputed money has paid for a part of it only, or the pass of its
holder for a part of the way, the whole ticket goes, and what undisputed money has paid for the legs that were not used
is owed back: decided and booked like a refund without a fee, and told to a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from tariffs.money import Money
from ticketing.db import Transaction
from ticketing.db.sale import bookings, gateway_events, offers, orders
from ticketing.db.sale.gateway_events import Dispute
from ticketing.db.sale.orders import Order, Payment
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.frozen import RefundDocument
from ticketing.purchase import pass_uses
from ticketing.purchase.refund.at_stake import Stake, list_stakes, worth_of
from ticketing.purchase.refund.deciding import Decided, document_of
from ticketing.purchase.refund.paying_back import most_back, refunds_for
from ticketing.purchase.refund.refundable import RefundableTicket, RefundLine
from ticketing.purchase.refund.remainder import Remainder, refundable, remainder
from ticketing.purchase.refund.reversal import reverse_lines
from ticketing.purchase.till import Till, locked, move
from ticketing.tickets.regroup import regroup

ALERT = "dispute_owed"
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class _Going:
    """A ticket that goes: its legs that were not used, what stays booked of it, and what undisputed money has in them."""

    ticket: Ticket
    known: RefundableTicket
    legs: tuple[int, ...]
    stays: Remainder
    worth: int
    owed: int


def take(tx: Transaction, till: Till, dispute: Dispute, payment: Payment, now: datetime) -> None:
    """Revoke what the money of a lost dispute has paid for, and owe back what others have paid for it."""
    stakes = list_stakes(tx, payment, [dispute])
    for order_id, group in groupby(sorted(stakes, key=_order_of), key=_order_of):
        _take_of_order(tx, till, locked(tx, order_id), list(group), dispute=dispute, now=now)


def _order_of(stake: Stake) -> str:
    return stake.ticket.order_id


def _take_of_order(
    tx: Transaction, till: Till, order: Order, stakes: Sequence[Stake], *, dispute: Dispute, now: datetime
) -> None:
    most = most_back(tx, order)
    lines = []
    for stake in stakes:
        going = _going(tx, till, order, stake, most)
        if going is None:
            continue
        most -= going.owed
        if going.owed:
            lines.append(_line(going, dispute, order.currency))
        _revoke(tx, order, going, now)
    regroup(tx, till.press, order.id, now)
    if lines:
        _owe(tx, order, lines, dispute, now)


def _going(tx: Transaction, till: Till, order: Order, stake: Stake, most: int) -> _Going | None:
    """A ticket that is at stake as it goes; None where all of it was used: then it is over, and stays as it is.

    Where what was used has no price by itself, or costs more alone than was paid, nothing of it is left to be owed.
    """
    ticket, worth = stake.ticket, worth_of(stake.ticket)
    used = frozenset(use.leg for use in tickets.list_uses(tx, ticket.jti))
    quote = offers.get_quote(tx, order.quote_id)
    known = refundable(ticket, quote, used, is_used=bool(used))
    legs = tuple(at for at in known.left if ticket.document.season is not None or at not in used)
    if not legs:
        return None
    stays = remainder(tx, till, quote, known, legs)
    stays_minor = sum(stays.rest.gross.values())
    if stays.rest.unpriced or stays_minor > worth:
        return _Going(ticket=ticket, known=known, legs=legs, stays=stays, worth=0, owed=0)
    owed = min(max(0, worth - stays_minor - stake.minor), most)
    return _Going(ticket=ticket, known=known, legs=legs, stays=stays, worth=worth - stays_minor, owed=owed)


def _line(going: _Going, dispute: Dispute, currency: str) -> Decided:
    ticket, known = going.ticket, going.known
    because = f"the dispute {dispute.id} about a payment for a part of it is lost; the rest is paid back"
    operators = {known.legs[at].operator for at in going.legs}
    if going.legs == known.left:
        operators |= known.gross.keys()
    line = RefundLine(
        jti=ticket.jti,
        passenger_ref=ticket.passenger_ref,
        percent=going.owed * _WHOLE // going.worth,
        amount=Money(going.owed, currency),
        because=because,
        legs=going.legs,
        operators=tuple(sorted(operators)),
        fees={},
    )
    return Decided(line, ticket.document.left, going.stays.left)


def _revoke(tx: Transaction, order: Order, going: _Going, now: datetime) -> None:
    """The ticket opens no gate any more; the places of its unused legs, and the uses of other passes, go back."""
    ref = going.ticket.passenger_ref
    tickets.revoke_tickets(tx, [going.ticket.jti], now)
    bookings.give_back(tx, order.id, now, [ref], going.legs)
    left = going.stays.left
    pass_uses.take_anew(tx, order.id, ref, left.items if left else (), now)


def _owe(tx: Transaction, order: Order, lines: Sequence[Decided], dispute: Dispute, now: datetime) -> None:
    owed = Money(sum(refund_made.line.amount.minor for refund_made in lines), order.currency)
    document = RefundDocument(tuple(map(document_of, lines)), dispute=dispute.id)
    refunds_made = refunds_for(
        tx, order, document, amount=owed.minor, request_key=f"lost:{dispute.id}", now=now
    )
    for refund_made in refunds_made:
        orders.insert_refund(tx, refund_made)
    reverse_lines(tx, refunds_made[0], order.region, now)
    still = any(refund_made.status in tickets.LIVE for refund_made in tickets.list_tickets(tx, order.id))
    reason = f"refund {refunds_made[0].id}, because the dispute {dispute.id} is lost"
    move(tx, order, "refund_part" if still else "refund_all", now, actor="worker", reason=reason)
    whose = ", ".join(refund_made.line.passenger_ref for refund_made in lines)
    detail = (
        f"the lost dispute {dispute.id} takes the tickets of {whose} in order {order.id}, for which others have paid "
        f"{owed}: that amount is paid back"
    )
    gateway_events.raise_alert(tx, ALERT, refunds_made[0].id, detail, now)
