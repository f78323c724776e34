"""Settle guaranteed connections that were missed: once the passenger has arrived, each is decided, booked and paid in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog

from operators.causes import CauseClass, class_of
from tariffs.money import Money
from throughfare_gate.ids import new_id
from ticketing.books import guarantees as postings
from ticketing.claims import EVIDENCE_IN, ClaimsDesk, OneLeg, Proof, judge_leg, prove, ridden_run
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.disruption import observations
from ticketing.db.documents import canonical
from ticketing.db.rights import claims, guarantees
from ticketing.db.rights.guarantees import BrokenConnection, GuaranteeCase
from ticketing.db.sale import offers, orders
from ticketing.db.sale.orders import Order, Refund
from ticketing.db.ticket import tickets, uses
from ticketing.db.ticket.tickets import Ticket
from ticketing.frozen import (
    GuaranteeDecision,
    MissedConnection,
    SoldGuarantee,
    write_guarantee_decision,
    write_missed,
)
from ticketing.guarantees.decision import decide
from ticketing.purchase.refund.compensating import owe_compensation
from ticketing.purchase.till import locked

_log = structlog.get_logger(__name__)
_AT_ONCE = 500
_SERVICE_DAYS = timedelta(days=30)
# Gates without a network tell late who has ridden; after so long nobody has.
_GIVEN_UP_AFTER = timedelta(days=14)
# After so long without a word of its operator the passenger is believed: the run that was ridden came as planned.
_BELIEVED_AFTER = timedelta(days=7)
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class _Arrival:
    """The arrival of a passenger: how late by whole minutes, None where they have not travelled on.

    `by_law` is the proof by which a law counts the delay; `is_given_up`: nothing more will be told of it.
    """

    late_minutes: int | None
    was_given_back: bool = False
    by_law: Proof | None = None
    is_given_up: bool = False


def list_broken(desk: ClaimsDesk) -> list[BrokenConnection]:
    """List the guaranteed connections that were broken and are not decided."""
    since = (desk.clock.now() - _SERVICE_DAYS).date()
    with desk.database.read() as tx:
        return guarantees.list_broken(tx, since, _AT_ONCE)


def settle(desk: ClaimsDesk, broken: BrokenConnection) -> bool:
    """Decide a connection and pay for it, once everything is known of it; answers whether it is decided. Safe to repeat."""
    with desk.database.read() as tx:
        ticket = tickets.find_ticket(tx, broken.jti)
    arrival = _arrival(desk, broken, ticket) if ticket is not None else None
    if arrival is None:
        return False
    with desk.database.write() as tx:
        order = locked(tx, broken.order_id)
        sold = order.guarantee
        if sold is None or guarantees.find_case(tx, broken.jti, broken.after_leg) is not None:
            return False
        now = desk.clock.now()
        by_law = _by_law(tx, desk, order, broken, arrival)
        if by_law is None:
            return False
        missed = MissedConnection(
            operator=broken.operator,
            cause=_cause(tx, order.region, broken),
            late_minutes=arrival.late_minutes,
            was_given_back=arrival.was_given_back,
            by_law_minor=by_law,
            recovered_minor=guarantees.sum_recourse(tx, order.region, broken.operator, _month_of(now)),
        )
        _pay(tx, order, broken, (sold, missed), now)
    return True


def _pay(
    tx: Transaction,
    order: Order,
    broken: BrokenConnection,
    known: tuple[SoldGuarantee, MissedConnection],
    now: datetime,
) -> None:
    """Decide a case, book what it pays and what its operator bears, and keep it."""
    sold, missed = known
    decision = decide(sold, missed)
    case_id = new_id()
    note = {"leg": str(broken.after_leg), "ticket": broken.jti, "reason": decision.reason}
    refund = _owe(tx, order, case_id, decision, note=note, now=now)
    if decision.recourse_minor:
        entry = postings.recourse(
            case_id,
            region=order.region,
            amount=decision.recourse_minor,
            currency=sold.currency,
            at=now,
            operator=broken.operator,
            note=note,
        )
        if entry is not None:
            books.book(tx, entry, now)
    case = GuaranteeCase(
        id=case_id,
        region=order.region,
        order_id=order.id,
        jti=broken.jti,
        after_leg=broken.after_leg,
        operator=broken.operator,
        amount_minor=decision.amount_minor,
        recourse_minor=decision.recourse_minor,
        currency=sold.currency,
        facts=canonical(write_missed(missed)),
        decision=canonical(write_guarantee_decision(decision)),
        refund_id=refund.id if refund else None,
        decided_at=now,
    )
    guarantees.put_case(tx, case)
    _log.info("guarantee", case=case_id, reason=decision.reason, operator=broken.operator)


def _owe(
    tx: Transaction,
    order: Order,
    case_id: str,
    decision: GuaranteeDecision,
    *,
    note: Mapping[str, str],
    now: datetime,
) -> Refund | None:
    if not decision.amount_minor:
        return None
    amount = Money(decision.amount_minor, order.currency)
    entry = postings.paid(
        case_id, region=order.region, amount=amount.minor, currency=amount.currency, at=now, note=note
    )
    return owe_compensation(tx, order, case_id, amount, entry=entry, now=now)


def _arrival(desk: ClaimsDesk, broken: BrokenConnection, ticket: Ticket) -> _Arrival | None:
    """Find how late a passenger has arrived behind a connection, on the run that was ridden; None while that is not known yet."""
    then, now = broken.after_leg + 1, desk.clock.now()
    if ticket.status not in tickets.LIVE or not ticket.document.legs[then].is_left:
        return _Arrival(None, was_given_back=True)
    with desk.database.read() as tx:
        order = orders.get_order(tx, ticket.order_id)
        bought = offers.get_quote(tx, order.quote_id).document.legs[then]
        is_used = any(one.leg == then for one in uses.list_uses(tx, ticket.jti))
        ridden = ridden_run(tx, desk, ticket, then)
    planned, sold = ridden.arrives_at, bought.arrival.astimezone(UTC)
    if now < planned + EVIDENCE_IN:
        return None
    is_given_up = now >= planned + _GIVEN_UP_AFTER
    if not is_used:
        return _Arrival(None) if is_given_up else None
    # A delay counts from what was bought, whichever run has brought the passenger there.
    ends = replace(ridden.ends, departs_at=bought.departure.astimezone(UTC), arrives_at=sold)
    proof = prove(desk.database, order.region, ends)
    late = proof.arrival.delay_seconds
    if late is None or proof.is_contradicted:
        if now < planned + _BELIEVED_AFTER:
            return None
        late = int((planned - sold).total_seconds())
    by_law = prove(desk.database, order.region, ridden.ends)
    return _Arrival(late // _SECONDS, by_law=by_law, is_given_up=is_given_up)


def _by_law(
    tx: Transaction, desk: ClaimsDesk, order: Order, broken: BrokenConnection, arrival: _Arrival
) -> int | None:
    """Sum what a law pays for the delay of the leg behind a connection; None while that is not decided.

    A claim that nobody has opened yet counts as well: what the law grants by the evidence is waited for, and deducted in the end.
    """
    then = broken.after_leg + 1
    claim = claims.find_of_leg(tx, broken.jti, then)
    if claim is not None and claim.state in {"not_decided", "proposed", "contested"}:
        return None
    if claim is not None:
        return 0 if claim.state == "refused" else claim.amount_minor or 0
    ticket = tickets.find_ticket(tx, broken.jti)
    if arrival.by_law is None or ticket is None:
        return 0
    judged = judge_leg(tx, desk, OneLeg(order, ticket, then), arrival.by_law)
    due = judged[1].amount_minor if judged is not None else 0
    return due if arrival.is_given_up or not due else None


def _cause(tx: Transaction, region: str, broken: BrokenConnection) -> CauseClass:
    """The class of why the ride was late that broke the connection, by the last word on it."""
    cause = observations.last_cause(tx, region, broken.run) or broken.cause
    return class_of(cause) if cause else "unknown"


def _month_of(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
