"""Say what is proven of one ride at a moment: its real times, that it was not carried, or that words contradict each other. Pure.

A time that has not come yet is an expectation, whoever has said it, and proves nothing. That a run does not go counts by its
operator's own word, by a confirmed event, and once it should have left.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from operators.causes import CauseClass, class_of
from ticketing.claims import Proof
from ticketing.disruption import Evidence

State = Literal["confirmed", "contradiction", "nothing"]
_OWN_WORD = 1
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class RealTime:
    """The real time of one event, and how many whole minutes it was late; below 0 for early."""

    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """The proven course of one ride: `confirmed` where it was late or not carried, `contradiction`, or `nothing`.

    `skipped`: its run went, and did not call where its holder boards or alights. `evidence` are the ids of the facts.
    """

    state: State
    departure: RealTime | None = None
    arrival: RealTime | None = None
    cancelled: bool = False
    skipped: bool = False
    cause: CauseClass = "unknown"
    evidence: tuple[str, ...] = ()


def proven_of(planned_departure: datetime, proof: Proof, now: datetime) -> Proven:
    """Say what the proof of a leg's ends comes to now; the answer is the same in whatever order its facts have come."""
    if proof.is_contradicted:
        return Proven(state="contradiction")
    cause = class_of(proof.cause) if proof.cause else "unknown"
    if proof.cancelled:
        if not _is_sure(planned_departure, proof, now):
            return Proven(state="nothing")
        outcomes = {proof.departure.outcome, proof.arrival.outcome}
        failed = [one for one in (proof.departure, proof.arrival) if one.outcome in {"cancelled", "skipped"}]
        return Proven(
            state="confirmed",
            cancelled="cancelled" in outcomes,
            skipped="cancelled" not in outcomes,
            cause=cause,
            evidence=_facts(*failed),
        )
    departure, arrival = _real(proof.departure, now), _real(proof.arrival, now)
    late = max((one.minutes for one in (departure, arrival) if one is not None), default=0)
    if late < 1:
        return Proven(state="nothing")
    known = [evidence for evidence, real in ((proof.departure, departure), (proof.arrival, arrival)) if real]
    return Proven(
        state="confirmed", departure=departure, arrival=arrival, cause=cause, evidence=_facts(*known)
    )


def _is_sure(planned_departure: datetime, proof: Proof, now: datetime) -> bool:
    """Tell whether it is more than the first word of a feed that may waver."""
    is_own = any(
        one.rank == _OWN_WORD and one.outcome in {"cancelled", "skipped"}
        for one in (proof.departure, proof.arrival)
    )
    return is_own or proof.is_confirmed or now >= planned_departure


def _real(evidence: Evidence, now: datetime) -> RealTime | None:
    """Read the real time of an event; None where it is not known, or has not come."""
    late = evidence.delay_seconds
    if evidence.outcome != "at" or evidence.at is None or late is None or evidence.at > now:
        return None
    return RealTime(evidence.at, late // _SECONDS)


def _facts(*known: Evidence) -> tuple[str, ...]:
    return tuple(sorted({name for evidence in known for name in evidence.ids}))
