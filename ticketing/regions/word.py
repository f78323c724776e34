"""A word on runs as it is kept: what was known before it and what is known now, for whoever listens in its transaction.

The seam between live data and what follows from them: evidence, events, messages to holders of tickets. Polling and
staff write `run_state` and then tell one listener, which writes in the same transaction or fails with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from operators.gtfs.runs import Runs
from operators.port import AddedTrip, Alert, Message
from ticketing.db import Transaction
from ticketing.db.operators.run_states import RunKey, RunState


@dataclass(frozen=True, slots=True)
class Change:
    """A row of `run_state` that is written: what it was before, None for a run that nobody had told of, and what it is."""

    before: RunState | None
    now: RunState

    @property
    def was_told(self) -> RunState | None:
        """Return the state until now; None where the operator had taken it back, or never told it."""
        return self.before if self.before and self.before.withdrawn_at is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """The word on runs of one answer of an operator, or of staff; `changes` are empty where it repeats itself.

    `told_at` is the time of its producer, `last_told_at` that of the word on trips before it. `runs` are those of the
    timetable in use, whose version is `timetable_version`; `added` are the trips that it adds and had not added before.
    `said_in` names the message (its `peer`) that tells of a run, where there are several; `alerts` are those with a cause,
    told by `alerts_source` where that is another than `source`.
    """

    region: str
    operator: str
    source: str
    told_at: datetime
    received_at: datetime
    changes: tuple[Change, ...]
    last_told_at: datetime | None = None
    runs: Runs | None = None
    timetable_version: str = ""
    added: tuple[AddedTrip, ...] = ()
    messages: tuple[Message, ...] = field(default=(), repr=False)
    said_in: Mapping[RunKey, str] = field(default_factory=dict)
    alerts: tuple[Alert, ...] = field(default=(), repr=False)
    alerts_source: str = ""

    def message_about(self, run: RunKey) -> Message | None:
        """The message that says what is told of a run: the one that is named for it, else the last one about trips."""
        about_trips = [one for one in self.messages if one.kind != "alerts"]
        named = [one for one in about_trips if one.peer == self.said_in.get(run)]
        return next(iter([*named, *reversed(about_trips)]), None)


Listener = Callable[[Transaction, Word], object]


def nobody(tx: Transaction, word: Word) -> None:
    """Listen to nothing."""
