"""Make the form of a claim, or of a leg for which there is none yet, for the holder of the order; nothing is stored."""

from collections.abc import Mapping
from dataclasses import dataclass

from ticketing.claims import ClaimsDesk, OneLeg, decision_of, judge_leg, prove, ridden_run
from ticketing.db import Transaction
from ticketing.db.disruption import events
from ticketing.db.rights import claims
from ticketing.db.sale import orders
from ticketing.db.sale.orders import Refund
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.delay_papers.form import Entry, Known, fill
from ticketing.delay_papers.proven import proven_of
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.regions import category_name
from ticketing.rights import Decision, Facts, in_words, read_facts


@dataclass(frozen=True, slots=True)
class Form:
    """A form: what it was filled in from, its sections by their numbers, and its language."""

    known: Known
    entries: Mapping[str, Entry]
    language: str


def form_of_claim(desk: ClaimsDesk, order_id: str, claim_id: str, language: str) -> Form:
    """Make the form of a claim of an order; raises NotFound."""
    with desk.database.read() as tx:
        claim = claims.find_claim(tx, claim_id)
        ticket = tickets.find_ticket(tx, claim.jti) if claim is not None else None
    if claim is None or ticket is None or claim.order_id != order_id:
        raise NotFound("the order has no such claim")
    return _form(desk, ticket, claim.leg, language)


def form_of_leg(desk: ClaimsDesk, order_id: str, passenger: str, at: int, language: str) -> Form:
    """Make the form of a passenger's leg, with its claim where there is one already.

    Raises InvalidRequest for a stranger or an unknown leg, Conflict for a pass.
    """
    with desk.database.read() as tx:
        held = [one for one in tickets.list_tickets(tx, order_id) if one.passenger_ref == passenger]
    if not held:
        raise InvalidRequest.at("passenger", f"{passenger!r} has no ticket of this order")
    legs = held[0].document.legs
    if not legs:
        raise Conflict("a pass has no legs: its own operator's terms count")
    if not 0 <= at < len(legs):
        raise InvalidRequest.at("leg", f"must be from 0 to {len(legs) - 1}")
    return _form(desk, held[0], at, language)


def _form(desk: ClaimsDesk, ticket: Ticket, at: int, language: str) -> Form:
    leg = ticket.document.legs[at]
    with desk.database.read() as tx:
        order = orders.get_order(tx, ticket.order_id)
        ridden = ridden_run(tx, desk, ticket, at)
    proof = prove(desk.database, order.region, ridden.ends)
    with desk.database.read() as tx:
        claim = claims.find_of_leg(tx, ticket.jti, at)
        if claim is not None:
            decision: Decision | None = decision_of(tx, claim)
            facts: Facts | None = read_facts(claims.stored(claim.facts))
        else:
            judged = judge_leg(tx, desk, OneLeg(order, ticket, at), proof)
            facts, decision = (judged[1].facts, None) if judged else (None, None)
        refund = _refund_of(tx, ticket, at)
        is_used = any(use.leg == at for use in tickets.list_uses(tx, ticket.jti))
        is_missed = _is_missed(tx, ticket, at)
    terms = desk.terms(order.region, leg.operator)
    by_operator = terms.regime if terms is not None else None
    data = desk.regions[order.region].data
    known = Known(
        order_id=ticket.order_id,
        ticket=ticket,
        at=at,
        rider=category_name(data, ticket.document.rider, language),
        issuer=desk.till.press.issuer,
        regime=claim.regime if claim is not None else by_operator,
        proven=proven_of(leg.departure, proof, desk.clock.now()),
        facts=facts,
        decision=in_words(decision, language) if decision else None,
        claim=claim,
        refund=refund,
        is_used=is_used,
        is_missed=is_missed,
        now=desk.clock.now(),
    )
    return Form(known, fill(known, language), language)


def _refund_of(tx: Transaction, ticket: Ticket, at: int) -> Refund | None:
    """Find the refund that has given a leg back; one that has compensated it is the claim's."""
    for refund in orders.list_refunds(tx, ticket.order_id):
        lines = [line for line in refund.document.lines if line.jti == ticket.jti]
        if any(at in line.legs or line.left is None for line in lines):
            return refund
    return None


def _is_missed(tx: Transaction, ticket: Ticket, at: int) -> bool:
    """Tell whether the holder was told that the next leg is missed because of this one."""
    ids = [event.id for event in events.list_of_order(tx, ticket.order_id)]
    told = events.list_affected_of(tx, ids, [ticket.order_id]) if ids else []
    return any(one.jti == ticket.jti and one.leg == at and one.then_leg is not None for one in told)
