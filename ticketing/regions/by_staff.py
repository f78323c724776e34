"""Staff cancel or delay a departure of an operator that tells nothing live, or before its system does; and take that back.

Their word is a row like any operator's, with the source `staff`. No poll changes it: it stands until staff take it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from operators.causes import CAUSES
from operators.gtfs.runs import Run
from operators.gtfs.timetable import Timetable
from operators.port import Disruption, Message
from ticketing.db import Transaction
from ticketing.db.documents import canonical
from ticketing.db.operators import run_states
from ticketing.db.operators.run_states import STAFF, RunKey, RunState
from ticketing.db.people import audit_trail
from ticketing.db.ticket import legs
from ticketing.errors import Conflict, InvalidRequest
from ticketing.regions.marked_run import MarkedRun, PlannedDeparture, departures_on, marked, planned_of
from ticketing.regions.note import read_note
from ticketing.regions.polling import LiveDesk
from ticketing.regions.run_news import state_of
from ticketing.regions.word import Change, Word

# So long after its arrival a run is over: of a ship of yesterday nobody says today that it is late.
_OVER_HOURS = 6
# The record of each report.
_SAID = {"departure_cancelled": "cancelled", "departure_delayed": "late", "departure_restored": "taken_back"}
_OVER = timedelta(hours=_OVER_HOURS)
MOST_LISTED = 300


def cancel_departure(
    desk: LiveDesk,
    region: str,
    operator: str,
    trip_id: str,
    day: date,
    *,
    by: str,
    note: Mapping[str, str] | None = None,
    cause: str | None = None,
) -> RunState:
    """Say that a trip does not run on a service day; from now on nobody sells it and everybody who holds it is owed.

    Holders read the `note` (by language, `note.py`) beside our own sentence; `cause` is one of `operators.causes.CAUSES`. Raises
    InvalidRequest for an operator, trip or day that the timetable does not have, for a run that is over, for a note that can be
    none, and for an unknown cause.
    """
    written, named = read_note(note or {}), _read_cause(cause)
    run, timetable = _require_run(desk, region, operator, trip_id, day)
    now = desk.clock.now()
    with desk.database.write() as tx:
        known = _held(tx, region, (operator, trip_id, day), now)
        _require_not_over(run, timetable, now, known.worst_seconds if known else 0)
        state = RunState(
            operator=operator,
            trip_id=trip_id,
            service_date=day,
            cancelled=True,
            calls=(),
            source=STAFF,
            as_of=now,
            first_told_at=known.first_told_at if known else now,
            changed_at=now,
            revision=known.revision + 1 if known else 1,
            note=written,
            cause=named,
        )
        _write(tx, desk, region, Change(known, state))
        audit_trail.note(
            tx, by, "departure_cancelled", f"{region}/{operator}/{trip_id}", at=now, detail=day.isoformat()
        )
    return state


def delay_departure(
    desk: LiveDesk,
    region: str,
    operator: str,
    trip_id: str,
    day: date,
    *,
    seconds: int,
    by: str,
    note: Mapping[str, str] | None = None,
    cause: str | None = None,
) -> RunState:
    """Say that a trip of a service day leaves and arrives so many seconds late: gates wait for it, and tickets with them.

    Raises InvalidRequest for an operator, trip or day that the timetable does not have, for a run that is over, for a note that
    can be none and for an unknown cause, Conflict for a departure that staff have cancelled.
    """
    written, named = read_note(note or {}), _read_cause(cause)
    run, timetable = _require_run(desk, region, operator, trip_id, day)
    now = desk.clock.now()
    word = Disruption(trip_id, day, delay_seconds=seconds)
    with desk.database.write() as tx:
        known = _held(tx, region, (operator, trip_id, day), now)
        if known and known.source == STAFF and known.cancelled and known.withdrawn_at is None:
            raise Conflict(f"staff have cancelled {trip_id} of {operator} on {day}; take that back first")
        _require_not_over(run, timetable, now, max(seconds, known.worst_seconds if known else 0))
        zone = timetable.timezone
        state = state_of(operator, word, run, zone, source=STAFF, as_of=now, now=now)
        if known:
            revision = known.revision + 1
            state = replace(state, first_told_at=known.first_told_at, revision=revision)
        state = replace(state, note=written, cause=named)
        _write(tx, desk, region, Change(known, state))
        audit_trail.note(
            tx, by, "departure_delayed", f"{region}/{operator}/{trip_id}", at=now, detail=f"{day} {seconds} s"
        )
    return state


def take_back(
    desk: LiveDesk,
    region: str,
    operator: str,
    trip_id: str,
    day: date,
    *,
    by: str,
    note: Mapping[str, str] | None = None,
) -> None:
    """A departure that staff have cancelled or delayed runs after all, as its operator tells next or as planned.

    Raises Conflict where staff have said nothing of such a departure, InvalidRequest for a note that can be none.
    """
    written = read_note(note or {})
    now = desk.clock.now()
    with desk.database.write() as tx:
        known = _held(tx, region, (operator, trip_id, day), now)
        if known is None or known.source != STAFF or known.withdrawn_at is not None:
            raise Conflict(f"staff have not cancelled or delayed {trip_id} of {operator} on {day}")
        back = replace(
            known, withdrawn_at=now, changed_at=now, revision=known.revision + 1, note=written, cause=None
        )
        _write(tx, desk, region, Change(known, back))
        audit_trail.note(
            tx, by, "departure_restored", f"{region}/{operator}/{trip_id}", at=now, detail=day.isoformat()
        )


def _read_cause(cause: str | None) -> str | None:
    if cause is not None and cause not in CAUSES:
        raise InvalidRequest.at("cause", f"must be one of {', '.join(CAUSES)}")
    return cause


def _held(tx: Transaction, region: str, run: RunKey, now: datetime) -> RunState | None:
    """Read what is known of a run, with its operator's live data held first, as by whoever polls them."""
    run_states.touch_feed(tx, region, run[0], now)
    return run_states.find_run(tx, region, run)


def _write(tx: Transaction, desk: LiveDesk, region: str, change: Change) -> None:
    """Write the word of staff and tell it on, as a message of theirs."""
    operator, now = change.now.operator, desk.clock.now()
    run_states.put_runs(tx, region, [change.now])
    data = desk.regions[region].data
    desk.listener(
        tx,
        Word(
            region=region,
            operator=operator,
            source=STAFF,
            told_at=now,
            received_at=now,
            changes=(change,),
            runs=desk.runs.of(data, operator),
            timetable_version=desk.runs.version_of(data, operator),
            messages=(Message(_message_of(region, change.now), STAFF),),
        ),
    )


def _message_of(region: str, state: RunState) -> bytes:
    """The word of staff as a document; who said it is in the audit trail."""
    said = {
        "region": region,
        "operator": state.operator,
        "trip_id": state.trip_id,
        "service_date": state.service_date.isoformat(),
        "said_at": state.changed_at.isoformat(),
        "cancelled": state.cancelled,
        "late_seconds": state.worst_seconds,
        "taken_back": state.withdrawn_at is not None,
        **({"note": dict(state.note)} if state.note else {}),
        **({"cause": state.cause} if state.cause else {}),
    }
    return canonical(said).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A word of staff on a departure: `cancelled`, `late` by so many seconds, or `taken_back`; by whom, and when."""

    at: datetime
    by: str
    what: str
    trip_id: str
    day: date
    seconds: int | None = None


def list_said(desk: LiveDesk, region: str, operator: str) -> list[Said]:
    """List what staff have said of an operator's departures, newest first; raises InvalidRequest for an unknown one."""
    _require_operator(desk, region, operator)
    about = f"{region}/{operator}/"
    with desk.database.read() as tx:
        notes = audit_trail.list_notes_about(tx, _SAID, about)
    return [_said(note, note.subject.removeprefix(about)) for note in notes]


def _said(note: audit_trail.Note, trip_id: str) -> Said:
    day, _, delay = note.detail.partition(" ")
    seconds = int(delay.removesuffix(" s")) if delay else None
    return Said(
        at=note.at,
        by=note.actor,
        what=_SAID[note.action],
        trip_id=trip_id,
        day=date.fromisoformat(day),
        seconds=seconds,
    )


def marked_run(desk: LiveDesk, region: str, operator: str, trip_id: str, day: date) -> MarkedRun:
    """Name the run of a trip on a service day as people know it, with the number of valid tickets that are for it.

    Raises InvalidRequest for an operator, trip or day that the timetable does not have.
    """
    run, timetable = _require_run(desk, region, operator, trip_id, day)
    with desk.database.read() as tx:
        held = legs.count_held(tx, region, (operator, trip_id, day))
    return marked(timetable, run, held)


def list_departures(
    desk: LiveDesk, region: str, operator: str, day: date, line: str = ""
) -> list[PlannedDeparture]:
    """List the departures of an operator on a service day, of one line or of all; raises InvalidRequest for a strange operator."""
    _require_operator(desk, region, operator)
    timetable = desk.regions[region].data.timetables.get(operator)
    return departures_on(timetable, day, line) if timetable else []


@dataclass(frozen=True, slots=True)
class KnownDeparture:
    """A departure with the last word on it, None where there is none, and the number of valid tickets for it."""

    planned: PlannedDeparture
    known: RunState | None
    tickets: int

    @property
    def state(self) -> str | None:
        """Name the last word: `cancelled`, `late` or `as_planned`; None where nobody has said anything."""
        if self.known is None:
            return None
        if self.known.withdrawn_at is not None:
            return "as_planned"
        if self.known.cancelled:
            return "cancelled"
        return "late" if self.known.worst_seconds > 0 else "as_planned"

    @property
    def minutes(self) -> int | None:
        """Count the whole minutes by which it is late; None for one that is not."""
        return self.known.worst_seconds // 60 if self.known is not None and self.state == "late" else None

    @property
    def note(self) -> Mapping[str, str]:
        """The text of staff for holders, by language."""
        return self.known.note if self.known is not None else {}

    @property
    def cause(self) -> str | None:
        """The cause that staff have named."""
        return self.known.cause if self.known is not None else None

    @property
    def is_by_staff(self) -> bool:
        """True where the last word is one of staff."""
        return self.known is not None and self.known.source == STAFF

    def has_heard(
        self, state: str, minutes: int | None, note: Mapping[str, str], cause: str | None = None
    ) -> bool:
        """Tell whether staff have said just that; raises InvalidRequest for a note that can be none."""
        said = (self.state, self.minutes, dict(self.note), self.cause)
        return self.is_by_staff and said == (state, minutes, read_note(note), cause)


def list_known(
    desk: LiveDesk,
    region: str,
    operator: str,
    day: date,
    line: str = "",
    *,
    after: str | None = None,
    limit: int = MOST_LISTED,
) -> tuple[list[KnownDeparture], int]:
    """List the first departures of a service day, or those behind a trip, with what is known of each, and count those beyond.

    Raises InvalidRequest for a strange operator, and for a trip that is none of the day.
    """
    planned = _behind(list_departures(desk, region, operator, day, line), after)
    first = planned[:limit]
    with desk.database.read() as tx:
        states = run_states.find_runs(tx, region, {(operator, one.trip_id, day) for one in first})
        held = legs.count_held_on(tx, region, operator, day)
    known = [
        KnownDeparture(one, states.get((operator, one.trip_id, day)), held.get(one.trip_id, 0))
        for one in first
    ]
    return known, len(planned) - len(first)


def _behind(planned: list[PlannedDeparture], after: str | None) -> list[PlannedDeparture]:
    """The departures behind a trip, all where none is named."""
    if after is None:
        return planned
    trips = [one.trip_id for one in planned]
    if after not in trips:
        raise InvalidRequest.at("after", "is the cursor of no departure of this day; begin again without it")
    return planned[trips.index(after) + 1 :]


def get_known(desk: LiveDesk, region: str, operator: str, trip_id: str, day: date) -> KnownDeparture:
    """Read one departure with what is known of it, also a word that was taken back.

    Raises InvalidRequest for an operator, trip or day that the timetable does not have.
    """
    run, timetable = _require_run(desk, region, operator, trip_id, day)
    with desk.database.read() as tx:
        state = run_states.find_run(tx, region, (operator, trip_id, day))
        held = legs.count_held(tx, region, (operator, trip_id, day))
    return KnownDeparture(planned_of(timetable, run), state, held)


def _require_not_over(run: Run, timetable: Timetable, now: datetime, late_seconds: int) -> None:
    """Raise InvalidRequest for a run that has arrived long ago, also where it was so late."""
    arrives = run.begins(timetable.timezone) + run.pattern.arrivals[-1]
    ended = datetime.fromtimestamp(arrives + late_seconds, UTC)
    if now >= ended + _OVER:
        raise InvalidRequest.at(
            "day",
            f"{run.trip_id} of {run.service_date} is over: it arrived at {marked(timetable, run, 0).arrives:%Y-%m-%d %H:%M}"
            f" as planned, more than {_OVER_HOURS} hours ago",
        )


def _require_run(
    desk: LiveDesk, region: str, operator: str, trip_id: str, day: date
) -> tuple[Run, Timetable]:
    """The run as it is planned, and the timetable of its operator."""
    _require_operator(desk, region, operator)
    data = desk.regions[region].data
    runs = desk.runs.of(data, operator)
    named = runs.known.get(trip_id) if runs else None
    if runs is None or named is None:
        raise InvalidRequest.at("trip", f"{operator} has no trip {trip_id!r}")
    if not runs.timetable.services[Run(day, *named).departure.service].runs_on(day):
        raise InvalidRequest.at("day", f"{trip_id} does not run on {day}")
    return Run(day, *named), runs.timetable


def _require_operator(desk: LiveDesk, region: str, operator: str) -> None:
    known = desk.regions[region].data.operators
    if operator not in known:
        raise InvalidRequest.at("operator", f"must be one of {', '.join(known)}")
