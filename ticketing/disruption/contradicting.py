"""Find the calls of a run about which its operator's own word and what was seen contradict each other, for a person. Pure."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from ticketing.db.disruption.observations import Event, StoredObservation
from ticketing.disruption.evidence import Evidence, evidence_of, other_side

_Ends = Collection[tuple[str, Event]]


def contradictions(facts: Sequence[StoredObservation], ends: _Ends) -> list[tuple[str, Evidence]]:
    """List the contradictions at the ends of rides (`ends` are stops with their events), the first of each call, with its stop.

    More than five minutes between the operator's own report and what has happened, or one of them has it that it did not
    happen at all (rights-and-payout, section 1).
    """
    places = {
        (one.fact.call, one.fact.stop_id)
        for one in facts
        if one.fact.call is not None and one.fact.stop_id is not None
    }
    contradicted: dict[int, tuple[str, Evidence]] = {}
    for call, stop in sorted(places):
        for event in sorted(event for at, event in ends if at == stop):
            evidence = evidence_of(facts, call, event)
            if evidence.against and call not in contradicted:
                contradicted[call] = (stop, evidence)
    return list(contradicted.values())


def told_of(stop_name: str, evidence: Evidence, facts: Sequence[StoredObservation]) -> str:
    """Say to a person what contradicts what, in English as all cases are."""
    other = other_side(facts, evidence)
    return (
        f"{evidence.event} at {stop_name}: its operator says {_said(evidence)}, "
        f"it was seen {_said(other) if other else 'otherwise'}"
    )


def _said(evidence: Evidence) -> str:
    if evidence.outcome != "at":
        return "not served" if evidence.outcome == "skipped" else evidence.outcome
    return f"at {_time(evidence.at)}" if evidence.at else "at an unknown time"


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
