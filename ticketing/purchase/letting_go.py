"""Let a payment go that comes to nothing: what the gateway holds is cancelled, what it took is owed back at once."""

import structlog

from tariffs.money import Money
from ticketing.db.sale import gateway_events, orders
from ticketing.db.sale.orders import Payment, Refund
from ticketing.errors import ThroughfareError
from ticketing.payments import Charge
from ticketing.purchase.charged import (
    asked_for,
    book_capture,
    book_fee,
    book_lost,
    found_at,
    hold_for_a_person,
    is_booked,
    mismatch,
)
from ticketing.purchase.refund.paying_back import owe_back, settle_refund
from ticketing.purchase.till import UNDECIDED, OrderState, Till, locked, state_of

_log = structlog.get_logger(__name__)

ENDED = ("declined", "cancelled")


def let_go(till: Till, payment: Payment) -> bool:
    """Cancel what a gateway holds for an order that comes to nothing; money that was taken is owed back at once.

    False while a cardholder's dispute of it is not decided: until then nobody knows whose the money is.
    """
    found = found_at(till.gateway, payment)
    if found is None or found.state != "captured":
        return _cancel(till, payment, found)
    return _owe(till, payment, found)


def let_go_late(till: Till, payment: Payment, charge: Charge) -> OrderState:
    """Let go what a late report, or a search that lagged, brings up of a payment that has ended here already.

    Money that has gone back already, or that the gateway has for something else, is told to a person.
    """
    now = till.clock.now()
    with till.database.write() as tx:
        state = state_of(tx, payment.order_id)
        if is_booked(tx, payment):
            return state
        why = mismatch(payment, charge)
        if charge.refunded_minor:
            why = "the gateway has paid it back already, and the books have neither booking"
        if why:
            hold_for_a_person(tx, payment, why, now)
            return state
    if charge.state == "captured":
        _owe(till, payment, charge)
    else:
        _cancel(till, payment, charge)
    with till.database.read() as tx:
        return state_of(tx, payment.order_id)


def _owe(till: Till, payment: Payment, charge: Charge) -> bool:
    """Book what the gateway took, and owe it back: what it really took, where that is not the amount asked for."""
    now = till.clock.now()
    owed = None
    with till.database.write() as tx:
        order = locked(tx, payment.order_id)
        disputes = {one.state for one in gateway_events.list_disputes(tx, [payment.id])}
        if disputes & set(UNDECIDED):
            return False
        if charge.captured_minor != payment.amount_minor and not is_booked(tx, payment):
            taken = Money(charge.captured_minor, payment.currency)
            detail = f"the gateway took {taken}, the order says {asked_for(payment)}; the amount taken is paid back"
            gateway_events.raise_alert(tx, "payment_mismatch", payment.id, detail, now)
            orders.set_payment_amount(tx, payment.id, charge.captured_minor)
        orders.update_payment(tx, payment.id, state="captured", external_id=charge.external_id)
        payment = orders.get_payment(tx, payment.id)
        book_capture(tx, order, payment, now)
        if charge.fee_minor is not None:  # kept of what it pays back, too
            book_fee(tx, order, payment, charge.fee_minor, now)
        if "lost" in disputes:
            book_lost(tx, order, payment, now)
        else:
            owed = owe_back(tx, order, payment, now)
    if owed is not None:
        _pay_back(till, owed)
    return True


def _pay_back(till: Till, owed: Refund) -> None:
    """Pay back at once where the gateway does; otherwise the worker goes on, and the order is closed all the same."""
    try:
        settle_refund(till, owed)
    except ThroughfareError as error:
        _log.warning("not paid back yet", refund=owed.id, reason=error.detail)


def _cancel(till: Till, payment: Payment, found: Charge | None) -> bool:
    if found is not None and found.state in {"authorised", "action_required"}:
        till.gateway.cancel(found.external_id, f"payment:{payment.id}:cancel")
    external_id = found.external_id if found else payment.external_id
    with till.database.write() as tx:
        locked(tx, payment.order_id)
        orders.update_payment(tx, payment.id, state="cancelled", external_id=external_id)
    return True
