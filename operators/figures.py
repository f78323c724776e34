"""Figures of real calls, by operator, call and hour: how many, how they ended, how long they took."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from operators.errors import BadReply, Expired, NotSupported, OutcomeUnknown, Refused, Unavailable

Outcome = Literal["ok", "refused", "unavailable", "unknown", "bad_reply", "not_asked"]
OUTCOMES: tuple[Outcome, ...] = ("ok", "refused", "unavailable", "unknown", "bad_reply", "not_asked")
# Upper ends of the classes of duration, in seconds; the last class has no end.
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_FAILED: tuple[Outcome, ...] = ("unavailable", "unknown", "bad_reply")


@dataclass(frozen=True, slots=True)
class Slot:
    """The slot of a figure: the calls of one kind to one operator in one hour."""

    region: str
    operator: str
    call: str
    hour: datetime


@dataclass(slots=True)
class Figure:
    """Counts of one slot; `classes` are durations by `BOUNDS`, `total_us` their sum in microseconds."""

    outcomes: Counter[str] = field(default_factory=Counter)
    classes: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total_us: int = 0

    def count(self, outcome: Outcome, seconds: float) -> None:
        """Add one call; one that was not made has no duration."""
        self.outcomes[outcome] += 1
        if outcome != "not_asked":
            self.classes[sum(seconds > bound for bound in BOUNDS)] += 1
            self.total_us += round(seconds * 1e6)

    def add(self, other: "Figure") -> None:
        """Add another figure."""
        self.outcomes.update(other.outcomes)
        self.classes = [mine + more for mine, more in zip(self.classes, other.classes, strict=True)]
        self.total_us += other.total_us

    def as_json(self) -> dict[str, Any]:
        """The document that is stored."""
        return {"outcomes": dict(self.outcomes), "classes": self.classes, "total_us": self.total_us}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Figure":
        """Read what `as_json` wrote."""
        return cls(Counter(document["outcomes"]), list(document["classes"]), document["total_us"])


@dataclass(frozen=True, slots=True)
class Level:
    """The service level of some calls: shares in basis points, None where nothing was asked."""

    calls: int
    availability_bp: int | None
    error_bp: int | None
    unknown: int
    p50_ms: int | None
    p95_ms: int | None


class Sink(Protocol):
    """The place where the figures of this process are kept for everybody."""

    def keep(self, figures: Mapping[Slot, Figure]) -> None:
        """Write the figures of this process as they stand."""

    def all(self, since: datetime) -> Iterable[tuple[Slot, Figure]]:
        """Everybody's figures from an hour on."""


class Figures:
    """The figures of this process; written to the sink at most every `pause_seconds`, and when they are asked for."""

    def __init__(self, sink: Sink | None, monotonic: Callable[[], float], pause_seconds: float = 5.0) -> None:
        self._sink, self._monotonic, self._pause = sink, monotonic, pause_seconds
        self._lock = threading.Lock()
        self._keeping = threading.Lock()
        self._own: dict[Slot, Figure] = {}
        self._changed: set[Slot] = set()
        self._kept_at = monotonic()

    def record(self, slot: Slot, outcome: Outcome, seconds: float) -> None:
        """Count one call."""
        with self._lock:
            self._own.setdefault(slot, Figure()).count(outcome, seconds)
            self._changed.add(slot)
            due = self._monotonic() - self._kept_at >= self._pause
            if due:  # one of those who call at this moment writes, and no other
                self._kept_at = self._monotonic()
        if due:
            self.keep()

    def keep(self) -> None:
        """Write what has changed to the sink."""
        with self._keeping:
            with self._lock:
                changed = {slot: Figure.from_json(self._own[slot].as_json()) for slot in self._changed}
                self._changed.clear()
                self._kept_at = self._monotonic()
            if self._sink and changed:
                self._sink.keep(changed)

    def since(self, hour: datetime) -> dict[tuple[str, str, str], Figure]:
        """Everybody's figures by region, operator and call."""
        self.keep()
        with self._lock:
            own = list(self._own.items())
        found: dict[tuple[str, str, str], Figure] = {}
        for slot, figure in self._sink.all(hour) if self._sink else own:
            if slot.hour >= hour:
                found.setdefault((slot.region, slot.operator, slot.call), Figure()).add(figure)
        return found


def outcome_of(error: Exception | None) -> Outcome:
    """Name the outcome of a call; a refusal is an answer."""
    match error:
        case None:
            return "ok"
        case Refused(reason="unauthorised") | Unavailable():
            return "unavailable"
        case Refused() | Expired() | NotSupported():
            return "refused"
        case OutcomeUnknown():
            return "unknown"
        case BadReply():
            return "bad_reply"
        case _:
            return "bad_reply"


def level(figure: Figure) -> Level:
    """The service level of a figure; percentiles are the upper end of their class (10 s and more reads 10 s)."""
    total_calls = sum(figure.classes)
    failed = sum(figure.outcomes[outcome] for outcome in _FAILED)
    away = figure.outcomes["unavailable"] + figure.outcomes["not_asked"]
    asked = total_calls + figure.outcomes["not_asked"]
    return Level(
        calls=total_calls,
        availability_bp=10_000 * (asked - away) // asked if asked else None,
        error_bp=10_000 * failed // total_calls if total_calls else None,
        unknown=figure.outcomes["unknown"],
        p50_ms=_percentile(figure.classes, 50),
        p95_ms=_percentile(figure.classes, 95),
    )


def _percentile(classes: list[int], percent: int) -> int | None:
    wanted, seen = -(-sum(classes) * percent // 100), 0
    for bound, count in zip((*BOUNDS, BOUNDS[-1]), classes, strict=True):
        seen += count
        if seen >= wanted > 0:
            return round(bound * 1000)
    return None
