"""Disruption: what went otherwise than planned, as facts that can be proven, whom it concerns, and what they are to hear."""

from ticketing.disruption.affected import GRAVEST_FIRST, Affected, EventKind, Rules, affected
from ticketing.disruption.evidence import Evidence
from ticketing.disruption.happening import Watcher
from ticketing.disruption.proving import CallProof, RunProof, delay_of_call, prove_run
from ticketing.disruption.store import note_missing_legs

__all__ = [
    "GRAVEST_FIRST",
    "Affected",
    "CallProof",
    "EventKind",
    "Evidence",
    "Rules",
    "RunProof",
    "Watcher",
    "affected",
    "delay_of_call",
    "note_missing_legs",
    "prove_run",
]
