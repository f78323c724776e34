"""Claims as their holders and the staff who deal with them read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from tariffs.money import Money
from throughfare_gate.moments import written
from ticketing.claims.advancing import decision_of
from ticketing.claims.desk import GIVEN_BACK, ClaimsDesk
from ticketing.claims.settling import account_of, failed_of
from ticketing.db import Transaction
from ticketing.db.rights import claims, payouts
from ticketing.db.rights.claims import Claim, State
from ticketing.db.sale import orders
from ticketing.db.ticket import tickets
from ticketing.errors import NotFound
from ticketing.rights import in_words

# The transfers whose refunds are confirmed.
_PAID_SO = ("released", "paid")


def list_of_order(desk: ClaimsDesk, order_id: str, language: str) -> list[dict[str, object]]:
    """Show the claims of an order, oldest first, with the reasons in a language; raises NotFound."""
    with desk.database.read() as tx:
        orders.get_order(tx, order_id)
        return [_for_holder(tx, claim, language) for claim in claims.list_of_order(tx, order_id)]


def show_to_holder(desk: ClaimsDesk, claim: Claim, language: str) -> dict[str, object]:
    """Show one claim to its holder."""
    with desk.database.read() as tx:
        return _for_holder(tx, claim, language)


def list_for_staff(
    desk: ClaimsDesk, operator: str | None, state: State | None, after: str | None, limit: int
) -> dict[str, object]:
    """Show a page of the claims of an operator, or of all, oldest first."""
    with desk.database.read() as tx:
        page = claims.list_claims(tx, operator=operator, state=state, after=after, limit=limit + 1)
        shown = [_for_staff(tx, claim) for claim in page[:limit]]
    return {"claims": shown, "next": page[limit - 1].id if len(page) > limit else None}


@dataclass(frozen=True, slots=True)
class Told:
    """A claim as staff read it, and its decision in words."""

    document: Mapping[str, object]
    words: str


def get_for_staff(desk: ClaimsDesk, claim_id: str, operator: str | None, language: str) -> Told:
    """Show one claim to staff, with its decision in words; raises NotFound, also for one that another operator bears."""
    with desk.database.read() as tx:
        claim = claims.find_claim(tx, claim_id)
        if claim is None or (operator is not None and claim.operator != operator):
            raise NotFound("there is no such claim")
        return Told(_for_staff(tx, claim), in_words(decision_of(tx, claim), language))


def show_to_staff(desk: ClaimsDesk, claim: Claim) -> dict[str, object]:
    """Show one claim to staff."""
    with desk.database.read() as tx:
        return _for_staff(tx, claim)


def _for_holder(tx: Transaction, claim: Claim, language: str) -> dict[str, object]:
    decision = decision_of(tx, claim)
    if claim.waits_for == GIVEN_BACK:
        nothing = Money(0, claim.currency)
        decision = replace(decision, compensation=nothing, reason="reimbursed", deadline_days=())
    ticket = tickets.find_ticket(tx, claim.jti)
    days = dict(decision.deadline_days).get("compensation")
    return {
        **_common(claim),
        "passenger": ticket.passenger_ref if ticket else "",
        "state": claim.state,
        "reason": decision.reason,
        "text": in_words(decision, language),
        "article": decision.article,
        "level": decision.level,
        "deadline": written(claim.opened_at + timedelta(days=days)) if days else None,
        "account": _account(tx, claim),
    }


def _account(tx: Transaction, claim: Claim) -> dict[str, object] | None:
    """The money that goes to a bank account, and the end of the one that was given; None where none is needed."""
    given = account_of(tx, claim.id)
    minor = sum(one.amount_minor for one in failed_of(tx, claim))
    minor += sum(one.amount_minor for one in payouts.list_of_claim(tx, claim.id) if one.state in _PAID_SO)
    if claim.state not in {"needs_account", "paying", "paid"} or not (given or minor):
        return None
    return {
        "amount": Money(minor, claim.currency).as_dict(),
        "given": given.hint if given else None,
    }


def _for_staff(tx: Transaction, claim: Claim) -> dict[str, object]:
    return {
        **_common(claim),
        "region": claim.region,
        "operator": claim.operator,
        "trip_id": claim.trip_id,
        "service_date": claim.service_date.isoformat(),
        "ticket": claim.jti,
        "state": claim.state,
        "price": Money(claim.price_minor, claim.currency).as_dict(),
        "waits_for": claim.waits_for,
        "contest_until": written(claim.due_at) if claim.state == "proposed" and claim.due_at else None,
        "rule_version": claim.rule_version,
        "facts": claims.stored(claim.facts),
        "decision": claims.stored(claim.decision),
        "evidence": list(claim.evidence),
        "steps": _steps(tx, claim),
        "account": _account(tx, claim),
    }


def _steps(tx: Transaction, claim: Claim) -> Sequence[dict[str, object]]:
    return [
        {
            "state": step.state,
            "at": written(step.at),
            "by": step.actor,
            "reason": step.reason,
            "note": dict(step.note),
        }
        for step in claims.list_steps(tx, claim.id)
    ]


def _common(claim: Claim) -> dict[str, object]:
    is_due = claim.amount_minor is not None and claim.state != "refused"
    amount = None if not is_due else Money(claim.amount_minor or 0, claim.currency).as_dict()
    return {
        "id": claim.id,
        "leg": claim.leg,
        "regime": claim.regime,
        "amount": amount,
        "opened_at": written(claim.opened_at),
    }
