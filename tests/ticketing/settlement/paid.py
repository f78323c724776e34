"""Payments of tickets that `sell` has sold: the row that leads from the gateway's charge to the order."""

from ticketing.db.sale import orders
from ticketing.db.sale.orders import Payment
from ticketing.purchase.charged import book_fee
from ticketing.purchase.till import Till


def pay(till: Till, jti: str, amount: int, currency: str, external_id: str) -> None:
    """Keep the payment of a ticket; the gateway's fee is booked where it is in the payment's currency."""
    now = till.clock.now()
    payment = Payment(
        id=jti,
        order_id=f"o-{jti}",
        gateway=till.gateway.name,
        method="pm",
        request_key=jti,
        state="captured",
        amount_minor=amount,
        currency=currency,
        external_id=external_id,
        created_at=now,
    )
    fee = till.gateway.fetch(external_id).fee_minor
    with till.database.write() as tx:
        orders.insert_payment(tx, payment)
        if fee is not None:
            book_fee(tx, orders.get_order(tx, payment.order_id), payment, fee, now)
