"""Disruption: what went otherwise than planned, as facts that can be proven, whom it concerns, and what they are to hear."""

from ticketing.disruption.affected import ASKS, GRAVEST_FIRST, Affected, EventKind, Rules, affected
from ticketing.disruption.evidence import Evidence
from ticketing.disruption.happening import Watcher
from ticketing.disruption.overview import (
    WAYS,
    EventView,
    Happening,
    find_last_event,
    find_run,
    get_happening,
    list_happenings,
)
from ticketing.disruption.proving import CallProof, RunProof, delay_of_call, delay_told, prove_run
from ticketing.disruption.store import note_missing_legs

__all__ = [
    "ASKS",
    "GRAVEST_FIRST",
    "WAYS",
    "Affected",
    "CallProof",
    "EventKind",
    "EventView",
    "Evidence",
    "Happening",
    "Rules",
    "RunProof",
    "Watcher",
    "affected",
    "delay_of_call",
    "delay_told",
    "find_last_event",
    "find_run",
    "get_happening",
    "list_happenings",
    "note_missing_legs",
    "prove_run",
]
