"""Answer how late a past run was at each of its calls, with the facts that prove it, and hold their hashes against what they say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256

from operators.gtfs.runs import Run, Runs
from ticketing.db import Database, Transaction
from ticketing.db.disruption import choices, observations
from ticketing.db.disruption.choices import Choice, Chosen
from ticketing.db.disruption.observations import Event, RawMessage, StoredObservation
from ticketing.db.operators.run_states import RunKey
from ticketing.disruption.evidence import Evidence, evidence_of
from ticketing.errors import InvalidRequest, NotFound
from ticketing.regions import LiveDesk


@dataclass(frozen=True, slots=True)
class CallProof:
    """One event of one call: its stop, the evidence, and what a person has chosen where words contradict each other."""

    stop_id: str
    evidence: Evidence
    choice: Choice | None = None


@dataclass(frozen=True, slots=True)
class RunProof:
    """The proof of a run: its facts, their meaning call by call, and the hashes that do not fit.

    `messages` are those that are kept, by their hash, as they came.
    """

    facts: tuple[StoredObservation, ...]
    calls: tuple[CallProof, ...]
    messages: Mapping[str, RawMessage]
    faults: tuple[str, ...]


def delay_of_call(
    database: Database, region: str, run: RunKey, stop_id: str, *, event: Event, planned_at: datetime
) -> Evidence:
    """The evidence of an event of a past run, held against the time that a ticket was sold for.

    Of a stop that is called at more than once it is the call that was planned nearest to that time.
    """
    with database.read() as tx:
        return delay_told(tx, region, run, stop_id, event=event, planned_at=planned_at)


def delay_told(
    tx: Transaction, region: str, run: RunKey, stop_id: str, *, event: Event, planned_at: datetime
) -> Evidence:
    """The same in a transaction that reads more."""
    facts = observations.list_observations(tx, region, run)
    chosen = choices.find_choices(tx, region, run)
    places = {
        one.fact.call: abs((one.fact.planned_at or planned_at) - planned_at)
        for one in facts
        if one.fact.call is not None and one.fact.stop_id == stop_id
    }
    nearest = min(places, key=lambda place: (places[place], place), default=0)
    return evidence_of(facts, nearest, event, planned_at, _word(chosen.get(nearest)))


def prove_run(desk: LiveDesk, region: str, operator: str, trip_id: str, day: date) -> RunProof:
    """Prove every call of a run; raises InvalidRequest for a strange operator, NotFound where nothing was told."""
    data = desk.regions[region].data
    if operator not in data.operators:
        raise InvalidRequest.at("operator", f"must be one of {', '.join(data.operators)}")
    with desk.database.read() as tx:
        facts = observations.list_observations(tx, region, (operator, trip_id, day))
        wanted = {one.fact.raw_ref for one in facts if one.fact.raw_ref is not None}
        kept = observations.find_raws(tx, wanted)
        since = observations.raw_kept_since(tx)
        quiet_since = observations.quiet_kept_since(tx)
        chosen = choices.find_choices(tx, region, (operator, trip_id, day))
    if not facts:
        raise NotFound(f"{_nothing(day, quiet_since)} {trip_id} of {operator} on {day}")
    runs = desk.runs.of(data, operator)
    planned = _planned(runs, trip_id, day) or _told(facts)
    calls = tuple(
        _proof(
            stop_id,
            evidence_of(facts, place, event, _as_told(facts, place, event) or at, _word(chosen.get(place))),
            chosen.get(place),
        )
        for (place, event), (stop_id, at) in sorted(planned.items())
    )
    readable = {name: one for name, one in kept.items() if one is not None}
    return RunProof(tuple(facts), calls, readable, tuple(_faults(facts, kept, since)))


def _nothing(day: date, quiet_since: date | None) -> str:
    """Tell apart a run of which nothing was told, and one of which the facts may have been let go."""
    if quiet_since is None or day >= quiet_since:
        return "nothing was told of"
    return (
        "the facts of a departure that went nearly as planned and had no tickets are kept for three days, "
        "and there are none of"
    )


def _proof(stop_id: str, evidence: Evidence, choice: Choice | None) -> CallProof:
    return CallProof(stop_id, evidence, choice if evidence.against else None)


def _word(choice: Choice | None) -> Chosen | None:
    return choice.chosen if choice else None


def _as_told(facts: list[StoredObservation], place: int, event: Event) -> datetime | None:
    """Return the planned time of an event by the timetable beside which it was told first: the one that tickets were sold from."""
    planned = (one.fact.planned_at for one in facts if (one.fact.call, one.fact.event) == (place, event))
    return next((at for at in planned if at is not None), None)


_Planned = dict[tuple[int, Event], tuple[str, datetime | None]]


def _planned(runs: Runs | None, trip_id: str, day: date) -> _Planned:
    """The events of a run by the timetable of today; what was planned when facts came is in the facts."""
    named = runs.known.get(trip_id) if runs else None
    if runs is None or named is None:
        return {}
    pattern, begins = named[0], Run(day, *named).begins(runs.timetable.timezone)
    times: _Planned = {}
    last = len(pattern.stops) - 1
    for place, stop_id in enumerate(pattern.stops):
        if place > 0:
            times[place, "arrival"] = stop_id, datetime.fromtimestamp(begins + pattern.arrivals[place], UTC)
        if place < last:
            times[place, "departure"] = (
                stop_id,
                datetime.fromtimestamp(begins + pattern.departures[place], UTC),
            )
    return times


def _told(facts: list[StoredObservation]) -> _Planned:
    """The events of a run that no timetable has (any more), as they were told."""
    return {
        (one.fact.call, one.fact.event): (one.fact.stop_id, one.fact.planned_at)
        for one in facts
        if one.fact.call is not None and one.fact.event is not None and one.fact.stop_id is not None
    }


def _faults(
    facts: list[StoredObservation], kept: dict[str, RawMessage | None], since: datetime | None
) -> list[str]:
    """List the rows that do not fit their hash, or are missing."""
    faults = [
        f"the fact {one.id} says something else than when it was stored"
        for one in facts
        if not one.is_genuine
    ]
    refs = {one.fact.raw_ref: one.fact.received_at for one in facts if one.fact.raw_ref is not None}
    for name, received_at in sorted(refs.items()):
        if name not in kept:
            if since is None or received_at >= since:
                faults.append(f"the message {name} is not there")
            continue
        raw = kept[name]
        if raw is None or sha256(raw.content).hexdigest() != name:
            faults.append(f"the message {name} has another hash")
    return faults
