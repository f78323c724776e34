"""Let an order come to nothing: what operators and the gateway still hold for it is given back, step by step."""

from datetime import datetime

from ticketing.db import Transaction
from ticketing.db.sale import bookings
from ticketing.db.sale.orders import Order
from ticketing.purchase import delivery, letting_go, pass_uses, paying, places
from ticketing.purchase.order import Move
from ticketing.purchase.till import OrderState, Till, locked, move, state_of


def unwind(tx: Transaction, order: Order, now: datetime, *, actor: str, reason: str) -> None:
    """Decide that an order comes to nothing: from here on everything is only given back."""
    if order.state in {"holding", "authorised"}:
        bookings.give_back(tx, order.id, now)
        pass_uses.give_back(tx, order.id, now)
        move(tx, order, "unwind", now, actor=actor, reason=reason)


def unwound(till: Till, state: OrderState) -> OrderState | None:
    """Give everything back, then close the order; None while an operator has not answered, or a dispute is open.

    An order that comes to nothing never had a ticket, so what was captured for it goes back like what was held.
    """
    if not places.give_back_all(till, state):
        return None
    paid = [one for one in state.payments if one.state in {*paying.UNDER_WAY, "captured"} - {"held"}]
    gone = [letting_go.let_go(till, one) for one in paid]
    if not all(gone):
        return None
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, state.order.id)
        if order.state == "unwinding":
            was_paid = any(one.state != "action_required" for one in paid)
            step: Move = "close" if was_paid or now < order.expires_at else "close_expired"
            move(tx, order, step, now, actor="worker", reason="everything was given back")
            delivery.settle_failure(tx, order.id, now)
        return state_of(tx, order.id)
