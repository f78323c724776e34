"""Carry claims on: look again at those that wait, take silence for consent, pay what is decided, and note what has arrived.

Each step is one transaction that holds the row of the order, so that a worker that is killed between any two of them, and two
workers beside each other, lose nothing and pay nothing twice.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from tariffs.money import Money
from ticketing.books import postings
from ticketing.claims.carried import ridden_run
from ticketing.claims.desk import GIVEN_BACK, ClaimsDesk, OneLeg, Proof, judge_leg, prove
from ticketing.claims.opening import keep, ruled
from ticketing.claims.settling import CURRENCY, settle
from ticketing.claims.waiting import put_away_waiting
from ticketing.db import Transaction
from ticketing.db.rights import claims, payouts
from ticketing.db.rights.claims import Claim, ClaimStep, State
from ticketing.db.sale.orders import Order
from ticketing.db.ticket import tickets
from ticketing.purchase.refund.compensating import owe_compensation
from ticketing.purchase.till import locked
from ticketing.rights import Decision, decide, kept_rules, read_facts

_AT_ONCE = 500
_LOOK_AGAIN = timedelta(hours=1)
# Nothing more is proven of a run so long after it; a person decides, or the holder's choice does.
_SELDOM_AFTER = timedelta(days=14)


def list_to_carry_on(desk: ClaimsDesk) -> list[Claim]:
    """List the claims that go on now: due ones that wait, decided ones, and those whose money has arrived or needs another way."""
    now = desk.clock.now()
    with desk.database.read() as tx:
        due = claims.list_due(tx, ("not_decided", "proposed"), _AT_ONCE, due_by=now)
        decided = claims.list_due(tx, ["decided"], _AT_ONCE)
        moved = payouts.list_to_settle(tx, _AT_ONCE, currency=CURRENCY)
        return [*decided, *claims.list_arrived(tx, _AT_ONCE), *moved, *due]


def carry_on(desk: ClaimsDesk, claim: Claim) -> None:
    """Take a claim one step further, if it is still where it was; safe to repeat."""
    if claim.state == "not_decided":
        _look_again(desk, claim)
        return
    with desk.database.write() as tx:
        order = locked(tx, claim.order_id)
        known = claims.find_claim(tx, claim.id)
        if known is None or known.state != claim.state:
            return
        if known.state == "proposed":
            _consent(tx, desk, known)
        elif known.state == "decided":
            _pay(tx, desk, order, known)
        else:
            settle(tx, known, desk.clock.now())


def decision_of(tx: Transaction, claim: Claim) -> Decision:
    """Decide a claim anew from its stored facts by the rule table that is kept with it."""
    text = claims.find_rules(tx, claim.rule_version)
    facts = read_facts(claims.stored(claim.facts))
    return decide(facts, kept_rules(text or "", facts.on))


def _consent(tx: Transaction, desk: ClaimsDesk, claim: Claim) -> None:
    """The time to contest is over: who is silent pays."""
    now = desk.clock.now()
    if claim.due_at is None or now < claim.due_at:
        return
    _change(tx, desk, replace(claim, due_at=None), "decided", "nobody contested in five business days")


def _pay(tx: Transaction, desk: ClaimsDesk, order: Order, claim: Claim) -> None:
    """Owe the compensation, book it, and leave the money to the path of refunds; a leg that has gone meanwhile gets none."""
    ticket = tickets.find_ticket(tx, claim.jti)
    if ticket is None or OneLeg(order, ticket, claim.leg).is_given_back:
        refused = replace(claim, due_at=None, waits_for=GIVEN_BACK)
        _change(tx, desk, refused, "refused", "its leg was given back before the money went")
        return
    decision = decision_of(tx, claim)
    note = {
        "article": decision.article,
        "leg": str(claim.leg),
        "reason": decision.reason,
        "rules": claim.rule_version,
        "run": f"{claim.trip_id} {claim.service_date.isoformat()}",
        "ticket": claim.jti,
    }
    amount = Money(claim.amount_minor or 0, claim.currency)
    now = desk.clock.now()
    entry = postings.compensation(
        claim.id,
        region=order.region,
        amount=amount.minor,
        currency=amount.currency,
        at=now,
        liable=claim.operator,
        note=note,
    )
    refund = owe_compensation(tx, order, claim.id, amount, entry=entry, now=now)
    _change(tx, desk, replace(claim, due_at=None, refund_id=refund.id), "paying", f"refund {refund.id}")


def _change(tx: Transaction, desk: ClaimsDesk, claim: Claim, state: State, reason: str) -> None:
    step = ClaimStep(state=state, at=desk.clock.now(), actor="worker", reason=reason)
    claims.change_claim(tx, replace(claim, state=state), step)


def _look_again(desk: ClaimsDesk, claim: Claim) -> None:
    """Judge a claim that waits by what is proven now; it waits on where nothing has changed."""
    with desk.database.read() as tx:
        ticket = tickets.find_ticket(tx, claim.jti)
        ridden = ridden_run(tx, desk, ticket, claim.leg) if ticket is not None else None
    if ridden is None:
        return
    proof = prove(desk.database, claim.region, ridden.ends)
    with desk.database.write() as tx:
        order = locked(tx, claim.order_id)
        known = claims.find_claim(tx, claim.id)
        if known is not None and known.state == "not_decided":
            _judge_again(tx, desk, order, known, proof)


def _judge_again(tx: Transaction, desk: ClaimsDesk, order: Order, claim: Claim, proof: Proof) -> None:
    now = desk.clock.now()
    ticket = tickets.find_ticket(tx, claim.jti)
    judged = judge_leg(tx, desk, OneLeg(order, ticket, claim.leg), proof) if ticket else None
    judgment = judged[1] if judged else None
    if judgment is None or judgment.facts.regime != claim.regime or judgment.waits_for is not None:
        claims.look_again(tx, claim.id, now + (_LOOK_AGAIN if now < _old(claim) else timedelta(days=1)))
        return
    changed = ruled(desk, keep(tx, claim, judgment, now), judgment)
    reason = "given back" if judgment.refunded else judgment.decision.reason
    claims.change_claim(tx, changed, ClaimStep(state=changed.state, at=now, actor="worker", reason=reason))
    put_away_waiting(tx, changed, "worker", now)


def _old(claim: Claim) -> datetime:
    return claim.opened_at + _SELDOM_AFTER
