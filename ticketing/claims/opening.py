"""Open claims: by the worker for every leg that was ridden late, and by a holder who asks; one claim a leg, whoever asks first."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import structlog

from throughfare_gate.ids import new_id
from ticketing.claims.carried import RiddenRun, ridden_run
from ticketing.claims.desk import (
    EVIDENCE_IN,
    GIVEN_BACK,
    ClaimsDesk,
    Ends,
    OneLeg,
    Proof,
    judge_leg,
    prove,
)
from ticketing.claims.judging import Judgment, Ridden
from ticketing.claims.missed import counted_from, is_counted_further_on
from ticketing.claims.waiting import tell_of_waiting, working_days_after
from ticketing.db import Transaction
from ticketing.db.disruption import reroutings
from ticketing.db.documents import canonical
from ticketing.db.rights import claims, looked_at
from ticketing.db.rights.claims import Claim, ClaimStep, State
from ticketing.db.rights.looked_at import Looked
from ticketing.db.sale import orders
from ticketing.db.ticket import legs, tickets, uses
from ticketing.db.ticket.legs import TicketLeg
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import Conflict, InvalidRequest
from ticketing.purchase.till import locked
from ticketing.rights import decision_document, facts_document, in_words, table_text

_log = structlog.get_logger(__name__)
# Gates without a network tell late who has ridden: a run is looked at each hour of the first day, then once a day.
_OFTEN, _SELDOM = timedelta(hours=1), timedelta(days=1)
_LOOKED_AT_FOR = timedelta(days=14)
_RUNS_AT_ONCE = 50


def list_runs_due(desk: ClaimsDesk) -> list[Looked]:
    """List the runs that are to be looked at for claims now."""
    now = desk.clock.now()
    since = (now - _LOOKED_AT_FOR - timedelta(days=2)).date()
    with desk.database.read() as tx:
        return looked_at.list_runs(tx, list(desk.regions), since, now, _RUNS_AT_ONCE)


def open_of_run(desk: ClaimsDesk, due: Looked) -> int:
    """Open the claims of a run; answers how many. Safe to repeat, and to kill at any point: a claim is one transaction."""
    now = desk.clock.now()
    with desk.database.read() as tx:
        held = [one.leg for one in legs.list_held(tx, due.region, due.run)]
        jtis = [one.jti for one in held]
        claimed = claims.list_claimed(tx, jtis)
        moved = _sold_of_moved(tx, due, held)
        used = uses.list_uses_of(tx, jtis)
        carried = _carried_on(
            tx, desk, due, {(one.jti, one.leg) for one in used if one.operator != due.run[0]}
        )
        seen = {(use.jti, use.leg) for use in used}
    count = 0
    if desk.terms(due.region, due.run[0]) is not None:
        proofs: dict[Ends, Proof] = {}
        for leg in held:
            key = leg.jti, leg.leg
            ridden = carried.get(key) or _ridden(due, leg, moved.get(key, leg))
            if ridden.arrives_at + EVIDENCE_IN <= now and key not in claimed:
                proof = _proof(desk, due, ridden.ends, proofs)
                count += _open_leg(desk, leg, proof, is_seen=key in seen)
    with desk.database.write() as tx:
        looked_at.put_look(tx, due.region, due.run, now, _next_look(due, held, now))
    return count


def open_for_holder(
    desk: ClaimsDesk, order_id: str, passenger: str, at: int, language: str
) -> tuple[Claim, bool]:
    """Open the claim of a passenger's leg as the worker would; answers it, and whether it is new.

    A holder whom no gate has seen may ask too: such a claim is proposed, and never paid at once. Raises InvalidRequest for a
    stranger or an unknown leg, Conflict where the run's evidence is not in yet, or the law grants nothing that a claim is kept
    for, with the reason in the language of the caller.
    """
    now = desk.clock.now()
    with desk.database.read() as tx:
        order = orders.get_order(tx, order_id)
        ticket = _ticket_of(tx, order_id, passenger, at)
        known = claims.find_of_leg(tx, ticket.jti, at)
        ridden = ridden_run(tx, desk, ticket, at)
    if known is not None:
        return known, False
    if now < ridden.arrives_at + EVIDENCE_IN:
        raise Conflict("the evidence of this run is not in yet: ask two hours after its planned arrival")
    proof = prove(desk.database, order.region, ridden.ends)
    with desk.database.write() as tx:
        order = locked(tx, order_id)
        held = OneLeg(order, _ticket_of(tx, order_id, passenger, at), at)
        known = claims.find_of_leg(tx, held.ticket.jti, at)
        if known is not None:
            return known, False
        judgment = _judged_for_holder(tx, desk, held, proof, language)
        return _put(tx, desk, held, judgment, "holder"), True


def _judged_for_holder(
    tx: Transaction, desk: ClaimsDesk, held: OneLeg, proof: Proof, language: str
) -> Judgment:
    if is_counted_further_on(tx, held.ticket, held.at):
        raise Conflict("this ride broke the connection to another one of its operator: ask for that leg")
    judged = judge_leg(tx, desk, held, proof)
    if judged is None:
        raise Conflict("no law that is known here grants anything for a ride with this operator")
    ridden, judgment = judged
    if not ridden.price.minor:
        raise Conflict("nothing was paid for this leg itself: a pass has its own operator's terms")
    into = orders.list_exchanged_legs(tx, held.order.id).get((held.ticket.jti, held.at))
    if into is not None:
        raise Conflict(
            f"this leg was exchanged for order {into}: ask there for a delay of the rides that you took. The delay of a whole way"
            " after a disruption is not decided here; write to the operator whose ride did not go"
        )
    if ridden.refunded and judgment.decision.reason != "reimbursed":
        raise Conflict("this leg was given back; a leg that is given back is not compensated as well")
    if judgment.is_below:
        raise Conflict(in_words(judgment.decision, language))
    return judgment


def _ticket_of(tx: Transaction, order_id: str, passenger: str, at: int) -> Ticket:
    held = [one for one in tickets.list_tickets(tx, order_id) if one.passenger_ref == passenger]
    if not held:
        raise InvalidRequest.at("passenger", f"{passenger!r} has no ticket of this order")
    if not held[0].document.legs:
        raise Conflict("a pass has no legs: its own operator's terms count")
    if not 0 <= at < len(held[0].document.legs):
        raise InvalidRequest.at("leg", f"must be from 0 to {len(held[0].document.legs) - 1}")
    return held[0]


def _sold_of_moved(
    tx: Transaction, due: Looked, held: Sequence[TicketLeg]
) -> dict[tuple[str, int], TicketLeg]:
    """Read the legs of those who were moved to a run with the times that their delay counts from, by ticket and leg."""
    moved = reroutings.orders_moved_to(tx, due.run)
    sold: dict[tuple[str, int], TicketLeg] = {}
    for leg in held:
        ticket = tickets.find_ticket(tx, leg.jti) if leg.order_id in moved else None
        if ticket is not None:
            bought = counted_from(tx, ticket, leg.leg).leg
            times = bought.departure.astimezone(UTC), bought.arrival.astimezone(UTC)
            sold[leg.jti, leg.leg] = replace(leg, departs_at=times[0], arrives_at=times[1])
    return sold


def _carried_on(
    tx: Transaction, desk: ClaimsDesk, due: Looked, guests: Collection[tuple[str, int]]
) -> dict[tuple[str, int], RiddenRun]:
    """Read the runs by which other operators have carried on the holders of a run's legs, by ticket and leg."""
    carried: dict[tuple[str, int], RiddenRun] = {}
    for jti, at in guests:
        ticket = tickets.find_ticket(tx, jti)
        if (
            ticket is not None
            and at < len(ticket.document.legs)
            and ticket.document.legs[at].operator == due.run[0]
        ):
            carried[jti, at] = ridden_run(tx, desk, ticket, at)
    return carried


def _ridden(due: Looked, leg: TicketLeg, counted: TicketLeg) -> RiddenRun:
    """The run itself, with the times that a delay counts from."""
    ends = Ends(
        run=due.run,
        start=leg.from_stop,
        end=leg.to_stop,
        departs_at=counted.departs_at,
        arrives_at=counted.arrives_at,
    )
    return RiddenRun(ends, leg.arrives_at)


def _proof(desk: ClaimsDesk, due: Looked, ends: Ends, proofs: dict[Ends, Proof]) -> Proof:
    """Prove the ends of a leg, once for all who have the same ones."""
    if ends not in proofs:
        proofs[ends] = prove(desk.database, due.region, ends)
    return proofs[ends]


def _open_leg(desk: ClaimsDesk, leg: TicketLeg, proof: Proof, *, is_seen: bool) -> bool:
    """Open the claim of one leg in a transaction of its own, if the law grants something for it."""
    if proof.is_on_time or not (is_seen or proof.cancelled):
        return False
    with desk.database.write() as tx:
        order = locked(tx, leg.order_id)
        ticket = tickets.find_ticket(tx, leg.jti)
        if ticket is None or ticket.status not in tickets.LIVE or claims.find_of_leg(tx, leg.jti, leg.leg):
            return False
        held = OneLeg(order, ticket, leg.leg)
        judged = judge_leg(tx, desk, held, proof)
        if judged is None:
            return False
        if not _is_worth_a_claim(*judged):
            return False
        _put(tx, desk, held, judged[1], "worker")
    return True


def _is_worth_a_claim(ridden: Ridden, judgment: Judgment) -> bool:
    """Tell whether a judged leg is a claim: something was paid for it and is left, and money is due or somebody has to look."""
    if ridden.refunded or not ridden.price.minor:
        return False
    if ridden.is_anothers_fault and judgment.waits_for == "no_evidence":
        return False  # nothing says that the run was late which its holder has chosen instead
    return judgment.waits_for is not None or judgment.amount_minor > 0


def _put(tx: Transaction, desk: ClaimsDesk, held: OneLeg, judgment: Judgment, by: str) -> Claim:
    """Store a claim with the rule table that decided it; the caller holds the row of its order."""
    now = desk.clock.now()
    leg, facts = held.leg, judgment.facts
    blank = Claim(
        id=new_id(),
        region=held.order.region,
        jti=held.ticket.jti,
        leg=held.at,
        regime=facts.regime,
        order_id=held.order.id,
        operator=leg.operator,
        trip_id=leg.trip_id,
        service_date=facts.on,
        state="not_decided",
        amount_minor=None,
        price_minor=facts.price.minor,
        currency=facts.price.currency,
        facts="",
        decision="",
        rule_version="",
        evidence=(),
        opened_at=now,
    )
    opened = ruled(desk, keep(tx, blank, judgment, now), judgment)
    reason = opened.waits_for or judgment.decision.reason
    step = ClaimStep(state=opened.state, at=now, actor=by, reason=reason)
    if opened.state == "decided":
        claims.put_claim(tx, replace(opened, state="proposed"), replace(step, state="proposed"))
        limit = ClaimStep(state="decided", at=now, actor="worker", reason="within the limit of its operator")
        claims.change_claim(tx, opened, limit)
    else:
        claims.put_claim(tx, opened, step)
    tell_of_waiting(tx, opened, now)
    _log.info("claim", claim=opened.id, state=opened.state, operator=opened.operator, reason=reason)
    return opened


def keep(tx: Transaction, claim: Claim, judgment: Judgment, now: datetime) -> Claim:
    """Put a judgment into a claim, and keep the rule table that it was made by."""
    facts, decision = judgment.facts, judgment.decision
    claims.keep_rules(tx, decision.rule_version, facts.regime, table_text(facts.regime), now)
    return replace(
        claim,
        facts=canonical(facts_document(facts)),
        decision=canonical(decision_document(decision)),
        rule_version=decision.rule_version,
        evidence=judgment.evidence,
    )


def ruled(desk: ClaimsDesk, claim: Claim, judgment: Judgment) -> Claim:
    """Give a claim the state that its judgment calls for: it waits, is refused, is paid at once, or can be contested first."""
    now, amount = desk.clock.now(), judgment.amount_minor
    if judgment.waits_for is not None:
        return replace(claim, state="not_decided", due_at=now + _OFTEN, waits_for=judgment.waits_for)
    if not amount:
        given_back = judgment.refunded and judgment.decision.reason != "reimbursed"
        return replace(claim, state="refused", due_at=None, waits_for=GIVEN_BACK if given_back else None)
    terms = desk.terms(claim.region, claim.operator)
    # The law asks for a valid ticket alone; its operator has the time to say that nobody travelled on it.
    at_once = terms is not None and amount <= terms.auto_limit_minor and not judgment.is_unseen
    state: State = "decided" if at_once else "proposed"
    due_at = None if at_once else working_days_after(now)
    return replace(claim, state=state, amount_minor=amount, due_at=due_at, waits_for=None)


def _next_look(due: Looked, held: Sequence[TicketLeg], now: datetime) -> datetime | None:
    """Find when a run is looked at again: as its legs end, then each hour of a day, then each day of two weeks."""
    unripe = [one.arrives_at + EVIDENCE_IN for one in held if one.arrives_at + EVIDENCE_IN > now]
    if unripe:
        return min(unripe)
    ended = max((one.arrives_at for one in held), default=datetime.combine(due.run[2], time(0), UTC))
    if now >= ended + _LOOKED_AT_FOR:
        return None
    return now + (_OFTEN if now < ended + _SELDOM else _SELDOM)
