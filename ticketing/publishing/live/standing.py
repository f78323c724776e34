"""Read how the departures of a region stand now: planned, expected and actual times of each call, and what has happened to them.

Nothing here depends on tickets. The events that holders are told of are only there where somebody holds one, and a tap of a gate
is a person: neither is read.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from operators.gtfs.runs import Run
from ticketing.db.operators import run_states
from ticketing.db.operators.run_states import ExpectedCall, RunKey, RunState
from ticketing.db.publishing import live
from ticketing.db.publishing.live import End
from ticketing.publishing.desk import PublishingDesk
from ticketing.regions import Region

# A departure of yesterday may still be under way.
_DAYS_BACK = timedelta(days=1)
_WORDS: Mapping[str, Mapping[str, str]] = json.loads(
    Path(__file__).with_name("words.json").read_text(encoding="utf-8")
)
_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingEnd:
    """One end of a call: the planned time, and the one that is known, which is `actual` where it is over."""

    planned: datetime
    at: datetime | None = None
    is_actual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingCall:
    """One call of a run; the first has no arrival and the last no departure. `platform` is the stop that it is moved to."""

    place: int
    stop_id: str
    arrival: StandingEnd | None
    departure: StandingEnd | None
    is_skipped: bool = False
    platform: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRun:
    """A run of which something is told, by the names of its operator."""

    operator: str
    trip_id: str
    service_date: date
    route: str
    line: str
    direction: int | None
    starts_at: datetime
    told_at: datetime
    is_cancelled: bool
    calls: tuple[StandingCall, ...]

    @property
    def ends(self) -> list[StandingEnd]:
        """Every arrival and departure, in their order."""
        both = (end for call in self.calls for end in (call.arrival, call.departure))
        return [end for end in both if end is not None]

    @property
    def delays(self) -> list[timedelta]:
        """By how much each end that is known is later than planned."""
        return [end.at - end.planned for end in self.ends if end.at]

    @property
    def ends_at(self) -> datetime:
        """The last moment at which it is under way."""
        return max(end.at or end.planned for end in self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A departure that does not go as planned, since its operator told of it first, in sentences by language."""

    kind: str
    run: StandingRun
    since: datetime
    revision: int
    cause: str | None
    header: Mapping[str, str]
    description: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is told of a region at one moment."""

    at: datetime
    runs: tuple[StandingRun, ...]
    events: tuple[Happened, ...]


def read_standing(desk: PublishingDesk, name: str) -> Standing:
    """Read how the departures of a region stand; raises NotFound for one that publishes nothing."""
    region, now = desk.region(name), desk.clock.now()
    since = (now - _DAYS_BACK).date()
    with desk.database.read() as tx:
        states = run_states.list_told(tx, name, list(region.operators), since)
        actual = live.list_actual(tx, name, since)
    runs = {
        run.key: standing for state in states if (run := state) and (standing := _run(region, state, actual))
    }
    happened = [
        _happened(region, state, runs[state.key], kind)
        for state in states
        if state.key in runs and (kind := _kind(region, state, runs[state.key], now))
    ]
    return Standing(now, tuple(runs[key] for key in sorted(runs)), tuple(happened))


def _kind(region: Region, state: RunState, run: StandingRun, now: datetime) -> str | None:
    """Name what happens to a departure; None where it is as planned, or over."""
    if run.ends_at < now:
        return None
    if run.is_cancelled:
        return "cancelled"
    if any(call.is_skipped for call in run.calls):
        return "call_skipped"
    worth = timedelta(minutes=region.operators[state.operator].promises.tell_minutes)
    return "delayed" if max(run.delays, default=timedelta(0)) >= worth else None


def _run(
    region: Region, state: RunState, actual: Mapping[RunKey, Mapping[End, datetime]]
) -> StandingRun | None:
    """Read one run; None where the timetable of today does not have it."""
    named = (
        region.trips(state.operator).get(state.trip_id) if state.operator in region.data.timetables else None
    )
    if named is None:
        return None
    timetable = region.data.timetables[state.operator]
    run = Run(state.service_date, *named)
    begins = run.begins(timetable.timezone)
    route = timetable.routes[run.pattern.route]
    return StandingRun(
        operator=state.operator,
        trip_id=state.trip_id,
        service_date=state.service_date,
        route=route.id,
        line=route.line,
        direction=named[1].direction,
        starts_at=_moment(begins + run.pattern.departures[0]),
        told_at=state.as_of,
        is_cancelled=state.cancelled,
        calls=tuple(_calls(run, begins, state.calls, actual.get(state.key, {}))),
    )


def _calls(
    run: Run, begins: int, expected: Sequence[ExpectedCall], actual: Mapping[End, datetime]
) -> Iterator[StandingCall]:
    by_place = {call.place: call for call in expected}
    last = len(run.pattern.stops) - 1
    for place, stop in enumerate(run.pattern.stops):
        call = by_place.get(place, ExpectedCall(place=place, stop_id=stop, arrival=None, departure=None))
        arrives, leaves = begins + run.pattern.arrivals[place], begins + run.pattern.departures[place]
        arrival = _end(arrives, call.arrival, actual.get((place, "arrival")))
        departure = _end(leaves, call.departure, actual.get((place, "departure")))
        yield StandingCall(
            place=place,
            stop_id=stop,
            arrival=arrival if place > 0 else None,
            departure=departure if place < last else None,
            is_skipped=call.skipped,
            platform=call.assigned_stop_id,
        )


def _end(planned: int, expected: int | None, actual: datetime | None) -> StandingEnd:
    known = actual or (None if expected is None else _moment(expected))
    return StandingEnd(planned=_moment(planned), at=known, is_actual=actual is not None)


def _happened(region: Region, state: RunState, run: StandingRun, kind: str) -> Happened:
    timetable = region.data.timetables[run.operator]
    first = run.calls[0].stop_id
    local = run.starts_at.astimezone(ZoneInfo(timetable.timezone_of(first)))
    values = {
        "line": run.line,
        "time": f"{local:%H:%M}",
        "stop": timetable.stops[first].name,
        "minutes": str(int(max(run.delays, default=timedelta(0)).total_seconds()) // _MINUTE),
    }
    header = {language: text.format(**values) for language, text in _WORDS[kind].items()}
    others = _accepting(region, run) if kind == "cancelled" else ""
    accepted = {language: text.format(operators=others) for language, text in _WORDS["accepted"].items()}
    notes = {language: text for language, text in state.note.items() if text}
    return Happened(
        kind=kind,
        run=run,
        since=state.first_told_at,
        revision=state.revision,
        cause=state.cause,
        header=header,
        description=notes or (accepted if others else {}),
    )


def _accepting(region: Region, run: StandingRun) -> str:
    """Name the operators that take the passengers of a cancelled departure by an agreement of today."""
    today = run.service_date.isoformat()
    names: dict[str, None] = {}
    for document in region.data.agreements:
        if document.get("kind") != "continuation" or run.operator not in document.get("from", ()):
            continue
        if (document.get("valid_from") or "") <= today <= (document.get("valid_to") or "9999"):
            names |= dict.fromkeys(
                region.operators[one].name for one in document["to"] if one != run.operator
            )
    return ", ".join(names)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
