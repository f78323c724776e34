"""Take in reports of a gateway: stored once on arrival, dealt with later, in any order and any number of times.

A report is a hint. What counts is what the gateway has when it is asked, so a report that comes late, twice or
before the answer to our own call leads to the same state.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from ticketing.books import gateway_postings, postings
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.books.books import Entry
from ticketing.db.sale import gateway_events, held_passes, orders, outside_refunds
from ticketing.db.sale.gateway_events import Dispute, Event
from ticketing.db.sale.orders import Order, Payment
from ticketing.db.sale.outside_refunds import OutsideRefund
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.db.trouble import trouble
from ticketing.errors import ThroughfareError
from ticketing.payments import Charge, GatewayDispute, GatewayRefund
from ticketing.purchase import paying
from ticketing.purchase.charged import book_fee
from ticketing.purchase.gateway import lost_dispute
from ticketing.purchase.gateway.account import learn_payout
from ticketing.purchase.refund import at_stake, elsewhere
from ticketing.purchase.refund.paying_back import learn_refund
from ticketing.purchase.service import advance
from ticketing.purchase.till import UNDECIDED, Till, locked
from ticketing.tickets.regroup import regroup

_log = structlog.get_logger(__name__)

_MOST_AT_ONCE = 100
_FORWARD = ("inquiry", "open", "withdrawn", "reinstated", "won", "lost")


def receive(till: Till, body: bytes, signature: str) -> bool:
    """Verify a report and store it; False when it is there already. Raises EventRefused."""
    now = till.clock.now()
    report = till.gateway.read_event(body, signature, now)
    event = Event(
        gateway=till.gateway.name,
        id=report.id,
        type=report.type,
        object_id=report.object_id,
        state="new",
        tries=0,
        received_at=now,
        next_try_at=now,
        note="",
        document={"kind": report.kind, "event": dict(report.document)},
    )
    with till.database.write() as tx:
        return gateway_events.store_event(tx, event)


def work_off(till: Till) -> int:
    """Deal with the reports that wait; one that cannot be dealt with yet comes again after a growing pause."""
    with till.database.read() as tx:
        due = gateway_events.list_due_events(tx, till.clock.now(), _MOST_AT_ONCE)
    for event in due:
        try:
            note = _deal_with(till, event)
            state = "ignored" if note.startswith("ignored") else "done"
        except Exception as error:
            if trouble(error):
                raise
            _postpone(till, event, error)
            continue
        with till.database.write() as tx:
            gateway_events.settle_event(tx, event, state, note)
    return len(due)


def _postpone(till: Till, event: Event, error: Exception) -> None:
    """Put a report off; one that fails for a reason nobody had foreseen is no less patient than the others."""
    if isinstance(error, ThroughfareError):
        _log.warning("report not dealt with", report=event.id, type=event.type, reason=error.detail)
    else:
        _log.error("report not dealt with", report=event.id, type=event.type, exc_info=error)
    reason = error.detail if isinstance(error, ThroughfareError) else f"{type(error).__name__}: {error}"
    with till.database.write() as tx:
        gateway_events.postpone_event(tx, event, till.clock.now(), reason)


def _deal_with(till: Till, event: Event) -> str:
    """Act on one report; answers what was done. Every effect in it may be repeated without a second effect."""
    kind = event.document["kind"]
    if event.object_id is None or kind not in {"charge", "refund", "dispute", "payout"}:
        return "ignored: nothing to look at"
    if kind == "charge":
        return learn_charge(till, till.gateway.fetch(event.object_id))
    if kind == "payout":
        return learn_payout(till, till.gateway.fetch_payout(event.object_id))
    if kind == "refund":
        return learn_outside_refund(till, till.gateway.fetch_refund(event.object_id))
    return learn_dispute(till, till.gateway.fetch_dispute(event.object_id))


def learn_charge(till: Till, charge: Charge) -> str:
    """Take in what the gateway has of a payment, then carry its order on."""
    payment = _payment_of(till, charge)
    if payment is None:
        return "ignored: no payment of ours"
    state = paying.learn(till, payment, charge)
    if charge.state == "captured" and charge.fee_minor is not None:
        _learn_fee(till, payment, charge.fee_minor)
    if state.order.state in {
        "awaiting_payment",
        "payment_failed",
        "payment_unknown",
        "authorised",
        "unwinding",
    }:
        state = advance(till, payment.order_id)
    return f"order {state.order.state}"


def learn_outside_refund(till: Till, reported: GatewayRefund) -> str:
    """Take in a refund: ours by its id, else one that somebody made at the gateway itself."""
    with till.database.read() as tx:
        known = orders.find_refund(tx, reported.refund_id) if reported.refund_id else None
        payment = orders.find_payment_of(tx, till.gateway.name, reported.charge_id)
    if known is not None:
        return f"refund {learn_refund(till, known.id, reported).state}"
    if payment is None or reported.refund_id is not None:
        return "ignored: no refund of ours"
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, payment.order_id)
        facts: dict[str, Any] = {
            "region": order.region,
            "gateway": payment.gateway,
            "amount": reported.amount.minor,
            "currency": reported.amount.currency,
            "at": now,
        }
        if reported.state == "confirmed":
            what, entry = "were paid back", gateway_postings.external_refund(reported.external_id, **facts)
        elif reported.state == "failed" and books.find_entry_id(
            tx, "gateway_refund", reported.external_id, "external_refund"
        ):
            what = "were paid back, and have come back from the bank,"
            entry = gateway_postings.external_refund_failed(reported.external_id, **facts)
        else:
            return "ignored: not paid yet"
        outside = OutsideRefund(
            external_id=reported.external_id,
            payment_id=payment.id,
            state=reported.state,
            amount_minor=reported.amount.minor,
            currency=reported.amount.currency,
            learned_at=now,
        )
        outside_refunds.put_outside_refund(tx, outside)
        if reported.state == "failed":
            elsewhere.owe_again(tx, order, outside, now)
        detail = (
            f"{reported.amount} of payment {payment.id} {what} at the gateway itself ({reported.external_id})"
        )
        gateway_events.raise_alert(
            tx, "external_refund", reported.external_id, detail, now, again=reported.state == "failed"
        )
        _book(tx, till, entry)
    return "external refund, a case for a person"


def learn_dispute(till: Till, reported: GatewayDispute) -> str:
    """Take in a dispute, forward only: money that moved is booked once, lost tickets that nobody used are revoked."""
    now = till.clock.now()
    with till.database.write() as tx:
        payment = orders.find_payment_of(tx, till.gateway.name, reported.charge_id)
        if payment is None:
            return "ignored: no payment of ours"
        for order_id in reversed(at_stake.list_touched(tx, orders.get_order(tx, payment.order_id))):
            locked(tx, order_id)  # newest first, as an exchange takes them
        order = orders.get_order(tx, payment.order_id)
        known = gateway_events.find_dispute(tx, reported.external_id)
        state = _furthest(known, reported)
        dispute = known or Dispute(
            id=reported.external_id,
            payment_id=payment.id,
            state=state,
            reason=reported.reason,
            amount_minor=reported.amount.minor,
            fee_minor=reported.fee_minor,
            currency=reported.amount.currency,
            opened_at=now,
            changed_at=now,
        )
        gateway_events.put_dispute(
            tx, replace(dispute, state=state, fee_minor=reported.fee_minor, changed_at=now)
        )
        if known is None:
            detail = f"{reported.amount} of order {order.id} are disputed ({reported.reason}); evidence: tickets and gate scans"
            gateway_events.raise_alert(tx, "dispute", reported.external_id, detail, now)
        _book_dispute(tx, till, order, payment, reported)
        if state in UNDECIDED:
            _suspend_unused(tx, till, payment, reported.external_id, now)
        if state in {"reinstated", "won"}:
            _resume(tx, till, at_stake.list_touched(tx, order), now)
        if state == "lost" and (known is None or known.state != "lost"):
            lost_dispute.take(tx, till, dispute, payment, now)
            _resume(tx, till, at_stake.list_touched(tx, order), now)
    return f"dispute {state}"


def _furthest(known: Dispute | None, reported: GatewayDispute) -> str:
    """The state of a dispute, which goes forward only: a report that comes late changes nothing."""
    if known is not None and _FORWARD.index(known.state) > _FORWARD.index(reported.state):
        return known.state
    return reported.state


def _book_dispute(
    tx: Transaction, till: Till, order: Order, payment: Payment, reported: GatewayDispute
) -> None:
    """Book the money that has moved by now; each step once, also where an earlier report never came."""
    facts = {"region": order.region, "currency": reported.amount.currency, "at": till.clock.now()}
    amount = reported.amount.minor
    if reported.state in {"withdrawn", "reinstated", "won", "lost"}:
        _book(
            tx,
            till,
            postings.dispute_opened(
                reported.external_id,
                gateway=payment.gateway,
                amount=amount,
                fee=reported.fee_minor,
                **facts,  # type: ignore[arg-type]
            ),
        )
    if reported.state in {"reinstated", "won"}:
        _book(
            tx,
            till,
            postings.dispute_won(
                reported.external_id,
                gateway=payment.gateway,
                amount=amount,
                **facts,  # type: ignore[arg-type]
            ),
        )
    if reported.state == "lost":
        _book(tx, till, postings.dispute_lost(reported.external_id, amount=amount, **facts))  # type: ignore[arg-type]


def _suspend_unused(tx: Transaction, till: Till, payment: Payment, dispute_id: str, now: datetime) -> None:
    """While it is not decided whose the money is, passes, and tickets that nobody has used, open no gate.

    What its holder has blocked before stays blocked when it is decided; until then they cannot let it go.
    """
    stakes = at_stake.list_stakes(tx, payment, at_stake.undecided_of(tx, payment.id))
    for stake in stakes:
        held = stake.ticket
        if held.document.suspended_by is not None or held.status not in tickets.LIVE:
            continue
        if held.document.season is not None or not tickets.is_used(tx, held.jti):
            blocked = held.document.blocked or held.status == "suspended"
            document = replace(held.document, blocked=blocked, suspended_by=dispute_id)
            tickets.set_status(tx, held.jti, "suspended", now, document=document)
    for order_id in sorted({stake.ticket.order_id for stake in stakes}):
        held_passes.tell_gates(tx, order_id, now)
        regroup(tx, till.press, order_id, now)


def _resume(tx: Transaction, till: Till, order_ids: Sequence[str], now: datetime) -> None:
    """Decided: what disputes have suspended opens gates again, unless another undecided one may still take it."""
    for order_id in order_ids:
        held_back = at_stake.held_back(tx, order_id)
        for held in tickets.list_tickets(tx, order_id, lock=True):
            if held.status == "suspended" and held.document.suspended_by is not None:
                _let_go(tx, held, held_back.get(held.jti), now)
        held_passes.tell_gates(tx, order_id, now)
        regroup(tx, till.press, order_id, now)


def _let_go(tx: Transaction, held: Ticket, by: str | None, now: datetime) -> None:
    """Let a ticket open gates again, unless another dispute (`by`) may take it or its holder has blocked it."""
    blocked = held.document.blocked
    document = replace(held.document, suspended_by=by, blocked=blocked and by is not None)
    stays = by is not None or blocked
    tickets.set_status(tx, held.jti, "suspended" if stays else "valid", now, document=document)


def _learn_fee(till: Till, payment: Payment, fee_minor: int) -> None:
    now = till.clock.now()
    with till.database.write() as tx:
        order = locked(tx, payment.order_id)
        # Cancelled here and captured there: taken for an order without a ticket, and paid back.
        if orders.get_payment(tx, payment.id).state in {"captured", "cancelled"}:
            book_fee(tx, order, payment, fee_minor, now)


def _payment_of(till: Till, found: Charge) -> Payment | None:
    """Our payment: by the gateway's id, else by our id in its metadata (a report may come before the answer)."""
    with till.database.read() as tx:
        by_gateway = orders.find_payment_of(tx, till.gateway.name, found.external_id)
        if by_gateway is not None or found.payment_id is None:
            return by_gateway
        return orders.find_payment(tx, found.payment_id)


def _book(tx: Transaction, till: Till, entry: Entry | None) -> None:
    if entry:
        books.book(tx, entry, till.clock.now())
