"""Contest a proposed claim with a reason of a closed list and proof, and rule on it: it is paid, or refused with its article.

The facts that an operator has proven are put into the claim, and the rules decide it again: no refusal is written that they do not
give.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from ticketing.claims.advancing import decision_of
from ticketing.claims.desk import ClaimsDesk
from ticketing.claims.waiting import put_away_waiting
from ticketing.db import Transaction
from ticketing.db.documents import canonical
from ticketing.db.people import audit_trail
from ticketing.db.rights import claims
from ticketing.db.rights.claims import Claim, ClaimStep
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.purchase.till import locked
from ticketing.rights import (
    Facts,
    decide,
    decision_document,
    facts_document,
    kept_rules,
    read_facts,
)

ContestReason = Literal[
    "exempt_weather",
    "third_party",
    "informed_before_sale",
    "not_our_leg",
    "times_wrong",
    "passenger_not_travelled",
]
CONTEST_REASONS: tuple[ContestReason, ...] = get_args(ContestReason)
Ruling = Literal["uphold", "accept"]
# The facts that a reason changes once it is accepted; of `times_wrong` the ruling says the minutes.
_PROVEN: Mapping[str, Callable[[Facts], Facts]] = {
    "exempt_weather": lambda facts: replace(
        facts, cause="weather_safety" if facts.regime == "sea" else "extreme_weather"
    ),
    "third_party": lambda facts: replace(facts, cause="third_party"),
    "informed_before_sale": lambda facts: replace(facts, informed_before_purchase=True),
    "not_our_leg": lambda facts: replace(facts, in_scope=False),
    "passenger_not_travelled": lambda facts: replace(facts, in_scope=False),
}

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """The word of an operator against a claim: why, what proves it, and the SHA-256 of the file that does."""

    reason: ContestReason
    evidence: str
    by: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The ruling of finance staff on a claim that was contested or waits: `uphold` pays it, `accept` takes the contest for proven.

    `minutes` is how late it arrived, where that is what was wrong or missing.
    """

    ruling: Ruling
    reason: str
    by: str
    minutes: int | None = None


def contest(desk: ClaimsDesk, claim_id: str, operator: str | None, word: Contest) -> Claim:
    """Contest a claim that is proposed, before its time is over.

    `operator` limits the caller to its own claims. Raises NotFound, and Conflict for one that is decided already.
    """
    now = desk.clock.now()
    with desk.database.write() as tx:
        claim = _held(tx, claim_id, operator)
        if claim.state != "proposed" or claim.due_at is None or now >= claim.due_at:
            raise Conflict(f"a claim that is {claim.state} cannot be contested any more")
        note = {"evidence": word.evidence, **({"sha256": word.sha256} if word.sha256 else {})}
        contested = replace(claim, state="contested", due_at=None, waits_for=word.reason)
        step = ClaimStep(state="contested", at=now, actor=word.by, reason=word.reason, note=note)
        claims.change_claim(tx, contested, step)
        audit_trail.note(tx, word.by, "claim_contested", claim.id, at=now, detail=word.reason)
    return contested


def list_contested(desk: ClaimsDesk) -> list[Claim]:
    """List the claims that wait for a ruling on their contest, oldest first."""
    with desk.database.read() as tx:
        return claims.list_due(tx, ["contested"], _AT_ONCE)


def rule(desk: ClaimsDesk, claim_id: str, verdict: Verdict) -> Claim:
    """Rule on a claim that was contested, or that waits because nothing proves when the run arrived.

    Raises NotFound, Conflict for one that does not wait for a ruling and where the rules do not give what is ruled, and
    InvalidRequest where the minutes are needed, or mean nothing.
    """
    with desk.database.write() as tx:
        claim = _held(tx, claim_id, None)
        if claim.state == "contested":
            return _rule_on_contest(tx, desk, claim, verdict)
        if claim.state == "not_decided" and claim.waits_for == "choice":
            raise Conflict("its run did not go: the holder takes the price back, or another way")
        if claim.state == "not_decided":
            if verdict.minutes is None or verdict.ruling != "uphold":
                raise InvalidRequest.at(
                    "arrival_delay_minutes", "how late it arrived is what this claim waits for"
                )
            return _decide_anew(tx, desk, claim, verdict)
        raise Conflict(f"a claim that is {claim.state} waits for no ruling")


def _held(tx: Transaction, claim_id: str, operator: str | None) -> Claim:
    """Read a claim and hold the row of its order."""
    known = claims.find_claim(tx, claim_id)
    if known is None or (operator is not None and known.operator != operator):
        raise NotFound("there is no such claim")
    locked(tx, known.order_id)
    return claims.find_claim(tx, claim_id) or known


def _rule_on_contest(tx: Transaction, desk: ClaimsDesk, claim: Claim, verdict: Verdict) -> Claim:
    needs_minutes = claim.waits_for == "times_wrong" and verdict.ruling == "accept"
    if (verdict.minutes is not None) != needs_minutes:
        why = "is needed: the times are what was wrong" if needs_minutes else "means nothing for this ruling"
        raise InvalidRequest.at("arrival_delay_minutes", why)
    if verdict.ruling == "accept":
        return _decide_anew(tx, desk, claim, verdict)
    return _write(
        tx, desk, replace(claim, state="decided", waits_for=None), verdict, {"ruling": verdict.ruling}
    )


def _decide_anew(tx: Transaction, desk: ClaimsDesk, claim: Claim, verdict: Verdict) -> Claim:
    """Decide a claim again with what was proven meanwhile, by the rules that are kept with it."""
    before, facts = decision_of(tx, claim), _proven(claim, verdict)
    decision = decide(facts, kept_rules(claims.find_rules(tx, claim.rule_version) or "", facts.on))
    due = decision.compensation
    if due is None:
        raise Conflict(f"the rules do not decide it by that: {'; '.join(decision.notes)}")
    is_less = before.compensation is None or due.minor < before.compensation.minor
    if claim.state == "contested" and not is_less:
        raise Conflict(f"{decision.article} pays as much for that too; uphold the claim")
    decided = replace(
        claim,
        state="decided" if due.minor else "refused",
        amount_minor=due.minor or None,
        facts=canonical(facts_document(facts)),
        decision=canonical(decision_document(decision)),
        waits_for=None,
        due_at=None,
    )
    ruled = {"ruling": verdict.ruling}
    return _write(
        tx, desk, decided, verdict, {**ruled, "decision_before": canonical(decision_document(before))}
    )


def _proven(claim: Claim, verdict: Verdict) -> Facts:
    facts = read_facts(claims.stored(claim.facts))
    if verdict.minutes is not None:
        return replace(facts, arrival_delay_minutes=verdict.minutes)
    return _PROVEN[str(claim.waits_for)](facts)


def _write(
    tx: Transaction, desk: ClaimsDesk, claim: Claim, verdict: Verdict, note: Mapping[str, str]
) -> Claim:
    now = desk.clock.now()
    step = ClaimStep(state=claim.state, at=now, actor=verdict.by, reason=verdict.reason, note=note)
    claims.change_claim(tx, claim, step)
    put_away_waiting(tx, claim, verdict.by, now)
    audit_trail.note(tx, verdict.by, "claim_ruled", claim.id, at=now, detail=verdict.ruling)
    return claim
