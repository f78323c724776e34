"""Claims that wait: until when an operator may contest, and the cases that tell a person of those that nothing can decide."""

from datetime import datetime, timedelta

from ticketing.db import Transaction
from ticketing.db.rights import claims
from ticketing.db.rights.claims import Claim
from ticketing.db.sale import gateway_events
from ticketing.settlement.month import next_business_day

CASE = "claim_waits"
_DAYS_TO_CONTEST = 5
# Those that somebody here has to look at; a contradiction has a case of its own, and a choice is the holder's.
_FOR_PEOPLE = frozenset({"no_evidence", "fact_missing"})


def working_days_after(now: datetime) -> datetime:
    """Find the same time of day five business days later."""
    day = now.date()
    for _ in range(_DAYS_TO_CONTEST):
        day = next_business_day(day + timedelta(1))
    return now + timedelta(days=(day - now.date()).days)


def subject_of(claim: Claim) -> str:
    """Name the case of a run whose claims wait."""
    return f"{claim.region}/{claim.operator}/{claim.trip_id}/{claim.service_date.isoformat()}"


def tell_of_waiting(tx: Transaction, claim: Claim, now: datetime) -> None:
    """Tell a person once for each run that claims wait for them."""
    if claim.state != "not_decided" or claim.waits_for not in _FOR_PEOPLE:
        return
    why = "nothing proves when it arrived" if claim.waits_for == "no_evidence" else "a fact is missing"
    detail = (
        f"claims for {claim.trip_id} of {claim.operator} on {claim.service_date.isoformat()} are not decided: {why}; "
        "GET /v1/claims?state=not_decided lists them, POST /v1/claims/{id}/ruling decides"
    )
    gateway_events.raise_alert(tx, CASE, subject_of(claim), detail, now)


def put_away_waiting(tx: Transaction, claim: Claim, by: str, now: datetime) -> None:
    """Put the case of a run away once none of its claims waits for a person."""
    waiting = claims.list_due(tx, ["not_decided"], 1000)
    if not any(one.waits_for in _FOR_PEOPLE and subject_of(one) == subject_of(claim) for one in waiting):
        gateway_events.resolve_alert_of(tx, CASE, subject_of(claim), by, now)
