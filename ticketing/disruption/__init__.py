"""Disruption: what went otherwise than planned, as facts that can be proven, and whom it concerns."""

from ticketing.disruption.evidence import Evidence
from ticketing.disruption.proving import CallProof, RunProof, delay_of_call, prove_run
from ticketing.disruption.store import forget_facts, keep_facts, note_missing_legs

__all__ = [
    "Evidence",
    "RunProof",
    "delay_of_call",
    "forget_facts",
    "keep_facts",
    "note_missing_legs",
    "prove_run",
]
