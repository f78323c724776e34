"""Compose the messages about claims: ids for programs, and for people why a claim pays nothing."""

from ticketing.db.notices.outbox import Notice
from ticketing.db.rights import claims
from ticketing.db.rights.claims import Claim, ClaimStep
from ticketing.db.ticket import tickets
from ticketing.notices import text
from ticketing.notices.channels import Message
from ticketing.notices.journeys import leg_in, topic_for
from ticketing.notices.post_office import PostOffice
from ticketing.rights import Decision, decide, in_words, kept_rules, read_facts


def claim_told(office: PostOffice, notice: Notice) -> Message | None:
    """Tell of a claim that was decided, paid or refused; nothing to people whose leg was given back, which they know."""
    claim_id, _, state = str(notice.document["row_id"]).partition(":")
    with office.database.read() as tx:
        claim = claims.find_claim(tx, claim_id)
        reached = [step for step in claims.list_steps(tx, claim_id) if step.state == state]
        ticket = tickets.find_ticket(tx, claim.jti) if claim else None
        rules = claims.find_rules(tx, claim.rule_version) if claim else None
    if claim is None or ticket is None or not reached:
        return None
    if notice.kind == "webhook":
        return _message(notice, claim, reached[-1])
    facts = read_facts(claims.stored(claim.facts))
    decision = decide(facts, kept_rules(rules or "", facts.on))
    if decision.reason == "reimbursed" or claim.waits_for is not None:
        return None
    leg = leg_in(ticket.document.legs[claim.leg], notice.language)
    return _message(notice, claim, reached[-1], leg, decision)


def _message(
    notice: Notice, claim: Claim, step: ClaimStep, leg: str = "", decision: Decision | None = None
) -> Message:
    language = notice.language
    values = {
        "leg": leg,
        "order": claim.order_id,
        "why": in_words(decision, language) if decision is not None else "",
    }
    return Message(
        id=notice.id,
        topic=topic_for(notice.topic),
        type=str(notice.type),
        subject=text.subject("claim_refused", language, **values) if leg else "",
        body=text.body("claim_refused", language, **values) if leg else "",
        language=language,
        data={"order_id": claim.order_id, "claim_id": claim.id},
        at=step.at,
    )
