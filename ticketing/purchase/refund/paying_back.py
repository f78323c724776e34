"""Pay back what was decided: over which payments, and what the gateway says of it. Booked by whoever learns of it first."""

from collections.abc import Callable
from datetime import datetime, timedelta

from tariffs.money import Money
from throughfare_gate.ids import new_id
from ticketing.books import gateway_postings, postings
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.books.books import Entry
from ticketing.db.sale import gateway_events, orders
from ticketing.db.sale.orders import Order, Payment, Refund
from ticketing.errors import Conflict, NotFound
from ticketing.frozen import RefundDocument
from ticketing.payments import GatewayRefund
from ticketing.purchase.refund import elsewhere
from ticketing.purchase.till import UNDECIDED, RememberRefund, Till, locked

# A gateway that refuses compensation for so long refuses it for good: the charge is too old, or used up.
_GIVEN_UP_AFTER = timedelta(days=1)


def refunds_for(
    tx: Transaction,
    order: Order,
    document: RefundDocument,
    *,
    amount: int,
    request_key: str,
    now: datetime,
) -> tuple[Refund, ...]:
    """The refund of `amount` minor units, and further ones where several payments have to give the money back.

    Raises Conflict where more would go back than was paid.
    """
    parts = _by_payment(tx, order, amount)
    seq = len(orders.list_refunds(tx, order.id)) + 1
    first = Refund(
        id=new_id(),
        order_id=order.id,
        payment_id=parts[0][0] if parts else None,
        seq=seq,
        request_key=request_key,
        state="decided" if amount else "confirmed",
        amount_minor=parts[0][1] if parts else 0,
        currency=order.currency,
        document=document,
        external_id=None,
        created_at=now,
    )
    rest = tuple(
        Refund(
            id=new_id(),
            order_id=order.id,
            payment_id=payment_id,
            seq=seq + number,
            request_key=f"{first.id}/{number}",
            state="decided",
            amount_minor=minor,
            currency=order.currency,
            document=RefundDocument(continues=first.id),
            external_id=None,
            created_at=now,
        )
        for number, (payment_id, minor) in enumerate(parts[1:], 1)
    )
    return (first, *rest)


def _by_payment(tx: Transaction, order: Order, amount: int) -> list[tuple[str, int]]:
    """Choose the payments that give an amount back: this order's own first, then those of the orders it has replaced."""
    shares: list[tuple[str, int]] = []
    left, place = amount, order
    while left:
        for payment in orders.list_payments(tx, place.id):
            part = min(left, _left_of(tx, payment))
            if part > 0:
                shares.append((payment.id, part))
                left -= part
        if not left:
            break
        if place.exchange_of is None:
            raise Conflict("a refund may not exceed what was paid")
        place = orders.get_order(tx, place.exchange_of)
    return shares


def most_back(tx: Transaction, order: Order) -> int:
    """Sum the amount that the payments of an order, and of those that it has replaced, can still give back, in minor units."""
    paid = orders.list_payments_of(tx, orders.list_replaced(tx, order.id))
    return sum(_left_of(tx, payment) for payment in paid)


def _left_of(tx: Transaction, payment: Payment) -> int:
    """Compute the amount that a payment can still give back: less refunds, planned ones too, and amounts lost in disputes."""
    if payment.state != "captured":
        return 0
    gone = sum(one.amount_minor for one in orders.list_refunds_of_payment(tx, payment.id))
    disputes = gateway_events.list_disputes(tx, [payment.id])
    lost = sum(one.amount_minor for one in disputes if one.state == "lost")
    return max(0, payment.amount_minor - gone - lost)


def settle_refund(till: Till, decided: Refund, remember: RememberRefund | None = None) -> Refund:
    """Have a decided refund paid back by the gateway and book it; safe to repeat.

    While a dispute of the payment is not decided nothing goes back over it, for the cardholder has the money then; what
    a lost dispute has given the cardholder is not given again.
    """
    if decided.state not in {"decided", "pending"} or decided.payment_id is None:
        return decided
    with till.database.read() as tx:
        paid = orders.get_payment(tx, decided.payment_id)
        disputes = gateway_events.list_disputes(tx, [paid.id])
    if decided.state == "decided" and any(one.state in UNDECIDED for one in disputes):
        return decided
    if decided.state == "decided" and any(one.state == "lost" for one in disputes):
        covered = _cover_by_lost(till, decided, paid)
        if covered is not None:
            return covered
    if decided.state == "pending":
        return learn_refund(till, decided.id, till.gateway.fetch_refund(str(decided.external_id)), remember)
    answer = _ask(till, decided, str(paid.external_id))
    if answer is not None:
        return learn_refund(till, decided.id, answer, remember)
    with till.database.read() as tx:
        return orders.get_refund(tx, decided.id)


def _cover_by_lost(till: Till, decided: Refund, paid: Payment) -> Refund | None:
    """Close a refund that the cardholder has by lost disputes; None where the payment still holds that much.

    Raises Conflict where the payment holds a part of it only: a person is told.
    """
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, decided.order_id)
        known = orders.get_refund(tx, decided.id)
        if known.state != "decided":
            return known
        lost = [one for one in gateway_events.list_disputes(tx, [paid.id]) if one.state == "lost"]
        others = [one for one in orders.list_refunds_of_payment(tx, paid.id) if one.id != known.id]
        gone = sum(one.amount_minor for one in others if one.state in {"pending", "confirmed"})
        holds = paid.amount_minor - sum(one.amount_minor for one in lost) - gone
        if holds >= known.amount_minor:
            return None
        if holds > 0:
            detail = (
                f"{Money(known.amount_minor, known.currency)} of order {known.order_id} are owed, and after the lost "
                f"dispute {lost[0].id} only {Money(holds, known.currency)} of the payment are left; pay back another way"
            )
            gateway_events.raise_alert(tx, elsewhere.REFUSED, known.id, detail, now, again=True)
        else:
            orders.update_refund(tx, known.id, "confirmed", lost[0].id, now)
            gateway_events.resolve_alert_of(tx, elsewhere.REFUSED, known.id, "worker", now)
            _book(
                tx,
                gateway_postings.refund_by_dispute(
                    known.id, region=order.region, amount=known.amount_minor, currency=known.currency, at=now
                ),
                now,
            )
        done = orders.get_refund(tx, known.id)
    if done.state == "decided":
        raise Conflict(f"only {Money(holds, paid.currency)} of the payment are left after a lost dispute")
    return done


def _ask(till: Till, decided: Refund, charge_id: str) -> GatewayRefund | None:
    """Ask the gateway to pay back; a definite no is told to a person, and asked again in the next round.

    None where somebody else has had it paid back meanwhile, and where compensation has been refused for a day: it is
    paid to an account then.
    """
    amount = Money(decided.amount_minor, decided.currency)
    try:
        return till.gateway.refund(charge_id, amount, decided.id, f"refund:{decided.id}")
    except (Conflict, NotFound) as no:
        if _settle_exactly(till, decided, charge_id):
            return None
        with till.database.write() as tx:
            locked(tx, decided.order_id)
            if orders.get_refund(tx, decided.id).state != "decided":
                return None
            if _give_up(tx, decided, till.clock.now()):
                return None
            detail = f"{amount} of order {decided.order_id} are not paid back: {no.detail}"
            gateway_events.raise_alert(
                tx, elsewhere.REFUSED, decided.id, detail, till.clock.now(), again=True
            )
        raise


def _give_up(tx: Transaction, decided: Refund, now: datetime) -> bool:
    """Let compensation fail that the gateway has refused for a day; the caller has just been refused again."""
    refused = gateway_events.find_raised(tx, elsewhere.REFUSED, decided.id)
    if decided.document.claim is None or refused is None or now - refused < _GIVEN_UP_AFTER:
        return False
    orders.update_refund(tx, decided.id, "failed", f"refused:{decided.id}", now)
    gateway_events.resolve_alert_of(tx, elsewhere.REFUSED, decided.id, "worker", now)
    amount = Money(decided.amount_minor, decided.currency)
    gateway_events.raise_alert(
        tx, elsewhere.FAILED, decided.id, f"{amount} could not be paid back; find another way", now
    )
    return True


def _settle_exactly(till: Till, decided: Refund, charge_id: str) -> bool:
    """Settle a refund that the gateway refuses with the one of this very amount that was made on its own pages.

    False where there is none, or where the gateway could still pay: then it refuses for another reason.
    """
    with till.database.read() as tx:
        if elsewhere.find_outside(tx, decided, exactly=True) is None:
            return False
    charge = till.gateway.fetch(charge_id)
    if charge.captured_minor - charge.refunded_minor >= decided.amount_minor:
        return False
    with till.database.write() as tx:
        order = locked(tx, decided.order_id)
        known = orders.get_refund(tx, decided.id)
        outside = elsewhere.find_outside(tx, known, exactly=True)
        if outside is not None:
            elsewhere.settle_with(tx, order, known, outside, by="worker", now=till.clock.now())
    return outside is not None


def learn_refund(
    till: Till, refund_id: str, answer: GatewayRefund, remember: RememberRefund | None = None
) -> Refund:
    """Take in what the gateway says of a refund; only the first to say that it was paid books it."""
    with till.database.write() as tx:
        known = orders.get_refund(tx, refund_id)
        order = locked(tx, known.order_id)
        known = orders.get_refund(tx, refund_id)
        ended_elsewhere = known.state == "confirmed" and known.external_id != answer.external_id
        if (
            known.state in {"decided", "pending", "confirmed"}
            and known.state != answer.state
            and not ended_elsewhere
        ):
            _write_refund(tx, till, order, known, answer)
        done = orders.get_refund(tx, refund_id)
        if remember:
            remember(tx, done, list_further(tx, done))
    return done


def list_further(tx: Transaction, made: Refund) -> list[Refund]:
    """The parts of a refund that other payments give back."""
    refunds = orders.list_refunds(tx, made.order_id)
    return [one for one in refunds if one.document.continues == made.id]


def owe_back(tx: Transaction, order: Order, payment: Payment, now: datetime) -> Refund:
    """Owe the buyer what was taken for an order that came to nothing: one refund over this payment, booked once.

    It is paid back like every refund: a gateway that refuses, fails or takes its time is told to a person.
    """
    request_key = f"unwound:{payment.id}"
    known = next((one for one in orders.list_refunds(tx, order.id) if one.request_key == request_key), None)
    if known is not None:
        return known
    seq = len(orders.list_refunds(tx, order.id)) + 1
    refund = Refund(
        id=new_id(),
        order_id=order.id,
        payment_id=payment.id,
        seq=seq,
        request_key=request_key,
        state="decided",
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        document=RefundDocument(),
        external_id=None,
        created_at=now,
    )
    orders.insert_refund(tx, refund)
    entry = postings.unearned_refund(
        refund.id, region=order.region, amount=refund.amount_minor, currency=refund.currency, at=now
    )
    _book(tx, entry, now)
    return refund


def _write_refund(tx: Transaction, till: Till, order: Order, known: Refund, answer: GatewayRefund) -> None:
    """Write down and book a refund's new state: what was paid back once cannot become pending again."""
    if known.state == "confirmed" and answer.state == "pending":
        return
    amount, now = Money(known.amount_minor, known.currency), till.clock.now()
    orders.update_refund(tx, known.id, answer.state, answer.external_id, now)
    gateway_events.resolve_alert_of(tx, elsewhere.REFUSED, known.id, "worker", now)
    if answer.state == "confirmed":
        _book(tx, _entry(postings.refund_confirmed, order, till, known, now), now)
    if answer.state == "failed":
        if known.state == "confirmed":
            # The bank sent it back days later: the money is with us again, and owed.
            _book(tx, _entry(postings.refund_failed, order, till, known, now), now)
        detail = f"{amount} could not be paid back; find another way"
        gateway_events.raise_alert(tx, elsewhere.FAILED, known.id, detail, now)


def _entry(
    make: Callable[..., Entry | None], order: Order, till: Till, made: Refund, now: datetime
) -> Entry | None:
    return make(
        made.id,
        region=order.region,
        gateway=till.gateway.name,
        amount=made.amount_minor,
        currency=made.currency,
        at=now,
    )


def _book(tx: Transaction, entry: Entry | None, now: datetime) -> None:
    if entry:
        books.book(tx, entry, now)
