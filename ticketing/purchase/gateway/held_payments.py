"""End a payment that was held for a person, because its gateway said something else than we did: give back, or accept."""

from ticketing.db.sale import orders
from ticketing.db.sale.orders import Payment
from ticketing.errors import Conflict
from ticketing.payments import Charge
from ticketing.purchase import paying
from ticketing.purchase.charged import found_at, mismatch
from ticketing.purchase.letting_go import let_go
from ticketing.purchase.order import PAYABLE
from ticketing.purchase.till import Till, locked, move
from ticketing.purchase.unwinding import unwind


def give_back(till: Till, payment_id: str, by: str) -> None:
    """Cancel what the gateway holds, or owe back what it took; the order may be paid anew, or comes to nothing.

    Raises Conflict while a cardholder's dispute of it is not decided, and whatever keeps the gateway from answering.
    """
    with till.database.read() as tx:
        payment = orders.get_payment(tx, payment_id)
    if not let_go(till, payment):
        raise Conflict("the cardholder has disputed this payment; it is given back when that is decided")
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, payment.order_id)
        reason = f"{by} gives the money back"
        if order.state in {*PAYABLE, "payment_unknown"}:
            move(tx, order, "decline", now, actor="finance", reason=reason)
        unwind(tx, order, now, actor="finance", reason=reason)


def accept(till: Till, payment_id: str) -> None:
    """Go on with a payment whose amount and order turn out right at the gateway; the worker carries its order on.

    Raises Conflict where they are still not ours, or the order has ended.
    """
    with till.database.read() as tx:
        payment = orders.get_payment(tx, payment_id)
    charge = _what_the_gateway_has(till, payment)
    why = mismatch(payment, charge)
    if why is not None:
        raise Conflict(f"it does not match: {why}; give it back")
    if charge.state not in {"authorised", "captured"}:
        raise Conflict(f"the gateway says {charge.state}; give it back")
    with till.database.write() as tx:
        order, current = locked(tx, payment.order_id), orders.get_payment(tx, payment_id)
        if order.state not in {*PAYABLE, "payment_unknown", "authorised"} or current.state != "held":
            raise Conflict(f"the order is {order.state}; give the payment back")
        orders.update_payment(tx, payment_id, state="pending", external_id=charge.external_id)
    paying.learn(till, payment, charge)


def _what_the_gateway_has(till: Till, payment: Payment) -> Charge:
    found = found_at(till.gateway, payment)
    if found is None:
        raise Conflict("the gateway does not have this payment; give it back")
    return found
