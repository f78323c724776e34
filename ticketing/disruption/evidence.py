"""The evidence of one event of one call: which of the facts that were told of it counts, by rank. Pure.

The first rank that has a fact wins, and in it the one told last, of two of one moment the one that came last: 1 the operator's own report or events file; 2 what has
happened by a feed, a time in the past of a call that the vehicle has left, a cancellation; 3 the last expectation that was told within
five minutes of the event; 4 the median of the first five passengers whom gates have seen leave; 5 nothing. The answer
does not depend on the order in which facts are read, so that a claim is decided again from the same facts to the same end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ticketing.db.disruption.choices import Chosen
from ticketing.db.disruption.observations import Event, Observation, StoredObservation
from ticketing.disruption.facts import NEAR

Outcome = Literal["at", "cancelled", "skipped", "unknown"]
OWN_WORD = frozenset({"operator_report", "exchange_events"})
_NOTHING = 5
_SEVERAL, _FIRST = 3, 5
_CONTRADICTION = timedelta(minutes=5)
# When a fact was told, and when it came to us.
_Moment = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The proof of an event: its time, or that it did not happen; the facts that say so, and those against it.

    `rank` 5 is nothing. `against` are facts of the other of the first two ranks that differ by more than five minutes:
    a person has to look at them.
    """

    call: int
    event: Event
    outcome: Outcome
    rank: int
    at: datetime | None = None
    planned_at: datetime | None = None
    source: str | None = None
    ids: tuple[str, ...] = ()
    against: tuple[str, ...] = ()

    @property
    def delay_seconds(self) -> int | None:
        """Compute the delay, negative for early; None where that is not known."""
        if self.at is None or self.planned_at is None:
            return None
        return int((self.at - self.planned_at).total_seconds())


@dataclass(frozen=True, slots=True)
class _Word:
    """One fact as it counts for the event: an outcome, and its time."""

    id: str
    fact: Observation
    outcome: Outcome

    @property
    def place(self) -> tuple[datetime, datetime, str]:
        """Order it among others of its rank: the last told counts."""
        return *_moment(self.fact), self.id


def evidence_of(
    stored: Iterable[StoredObservation],
    call: int,
    event: Event,
    planned_at: datetime | None = None,
    chosen: Chosen | None = None,
) -> Evidence:
    """The evidence of an event of a call of one run, from all facts of that run.

    `planned_at` is when the ticket was sold for; without it the plan counts that the fact was read beside. `chosen` is the word
    that a person holds to be true where the first two ranks contradict each other.
    """
    facts = _standing(list({one.id: one for one in stored}.values()))
    words = [word for one in facts if (word := _word(one, facts, call, event))]
    ranked = {rank: _of_rank(rank, words) for rank in (1, 2, 3)}
    gates = _by_gates(words)
    planned = planned_at or _planned(facts, call, event)
    for rank in (2, 1, 3) if chosen == "seen" else (1, 2, 3):
        if ranked[rank]:
            best = max(ranked[rank], key=lambda word: word.place)
            others = ranked[3 - rank] if rank in {1, 2} else []
            against = tuple(sorted(word.id for word in others if _contradict(best, word)))
            return Evidence(
                call=call,
                event=event,
                outcome=best.outcome,
                rank=rank,
                at=best.fact.at if best.outcome == "at" else None,
                planned_at=planned,
                source=best.fact.source,
                ids=(best.id,),
                against=against,
            )
    if gates:
        middle = gates[len(gates) // 2]
        return Evidence(
            call=call,
            event=event,
            outcome="at",
            rank=4,
            at=middle.fact.at,
            planned_at=planned,
            source="gate",
            ids=tuple(sorted(word.id for word in gates)),
        )
    return Evidence(call=call, event=event, outcome="unknown", rank=_NOTHING, planned_at=planned)


def other_side(stored: Iterable[StoredObservation], evidence: Evidence) -> Evidence | None:
    """The evidence of the same event by the rank that contradicts it; None where nothing does."""
    facts = list(stored)
    if not evidence.against:
        return None
    chosen: Chosen = "seen" if evidence.rank == 1 else "own_word"
    return evidence_of(facts, evidence.call, evidence.event, evidence.planned_at, chosen)


def _standing(stored: Sequence[StoredObservation]) -> list[StoredObservation]:
    """The facts that their source has not taken back since."""
    back: dict[str, _Moment] = {}
    for fact in (one.fact for one in stored if one.fact.kind == "withdrawn"):
        back[fact.source] = max(_moment(fact), back.get(fact.source, _moment(fact)))
    return [
        one
        for one in stored
        if one.fact.kind != "withdrawn"
        and (one.fact.source not in back or _moment(one.fact) > back[one.fact.source])
    ]


def _word(
    observation: StoredObservation, facts: Sequence[StoredObservation], call: int, event: Event
) -> _Word | None:
    """Read the word of a fact on the event; None where it is about another, or its source has said otherwise since."""
    fact = observation.fact
    if fact.kind == "cancelled":
        later = (other.fact for other in facts if other.fact.kind not in {"cancelled", "cause"})
        return None if _is_overtaken(fact, later) else _Word(observation.id, fact, "cancelled")
    if fact.call != call or fact.kind in {"added", "cause"}:
        return None
    if fact.kind == "skipped":
        later = (other.fact for other in facts if other.fact.call == call and other.fact.kind != "skipped")
        return None if _is_overtaken(fact, later) else _Word(observation.id, fact, "skipped")
    return _Word(observation.id, fact, "at") if fact.event == event and fact.at is not None else None


def _is_overtaken(fact: Observation, others: Iterable[Observation]) -> bool:
    return any(other.source == fact.source and _moment(other) > _moment(fact) for other in others)


def _moment(fact: Observation) -> _Moment:
    """Order words of one moment, such as two files of one second, by when they came: the later one corrects the other."""
    return fact.told_at, fact.received_at


def _of_rank(rank: int, words: Sequence[_Word]) -> list[_Word]:
    return [word for word in words if _rank(word) == rank]


def _rank(word: _Word) -> int:
    fact = word.fact
    if fact.source in OWN_WORD:
        return 1
    if fact.source == "gate":
        return 4
    if word.outcome != "at" or fact.kind in {"arrived", "departed"}:
        return 2
    near = fact.at is not None and abs(fact.at - fact.told_at) <= NEAR
    return 3 if near else _NOTHING


def _by_gates(words: Sequence[_Word]) -> list[_Word]:
    """The first five passengers whom gates have seen, by their time; too few prove nothing."""
    seen = [word for word in words if _rank(word) == 4 and word.fact.at is not None]  # noqa: PLR2004  the rank of gates
    seen.sort(key=lambda word: (word.fact.at or word.fact.told_at, word.id))
    return seen[:_FIRST] if len(seen) >= _SEVERAL else []


def _contradict(one: _Word, other: _Word) -> bool:
    if one.outcome != other.outcome:
        return True
    if one.fact.at is None or other.fact.at is None:
        return False
    return abs(one.fact.at - other.fact.at) > _CONTRADICTION


def _planned(facts: Sequence[StoredObservation], call: int, event: Event) -> datetime | None:
    """The plan of an event as the last fact about it has it."""
    about = [
        one for one in facts if one.fact.call == call and one.fact.event == event and one.fact.planned_at
    ]
    best = max(about, key=lambda one: (*_moment(one.fact), one.id), default=None)
    return best.fact.planned_at if best else None
