"""Turn an operator's word about a ride's run into its row in `run_state`, and the row into news. Pure.

A row keeps the instants that are expected, not delays: a ticket's own times stay what they are compared with, also
when a newer feed has moved the trip.
"""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from operators.departures import departure_of
from operators.gtfs.runs import Run, Runs
from operators.gtfs.timetable import FILES, Timetable
from operators.port import (
    AddedCall,
    AddedTrip,
    Alert,
    CallChange,
    Disruption,
    Disruptions,
    Matching,
    ObservedCall,
    Selector,
    Vehicle,
)
from operators.region import RegionData
from tariffs.journey import Ride
from ticketing.db.documents import canonical, digest
from ticketing.db.operators.run_states import ExpectedCall, RunKey, RunState

# Of how much is told: figures, which no search reads.
_COUNTS = frozenset({"messages", "unmatched", "under_way", "described"})


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """The news of a ride: whether its run goes and calls at both ends, and when it is expected there.

    `boards_at` and `alights_at` are the platforms at which it calls instead of those that were sold, `note` is what staff have
    written, by language.
    """

    cancelled: bool = False
    skipped_stop_id: str | None = None
    departs_at: datetime | None = None
    arrives_at: datetime | None = None
    departure_delay_seconds: int | None = None
    arrival_delay_seconds: int | None = None
    boards_at: str | None = None
    alights_at: str | None = None
    note: Mapping[str, str] = field(default_factory=dict)
    as_of: datetime

    @property
    def is_served(self) -> bool:
        """True where one can board and alight as it was sold."""
        return not self.cancelled and self.skipped_stop_id is None


def key_of(ride: Ride, timetable: Timetable | None) -> RunKey:
    """The run of a ride; where the timetable no longer has it, the day on which the ride leaves."""
    zone = timetable.timezone if timetable else str(ride.departure.tzinfo)
    try:
        day = departure_of(ride, timetable).service_date if timetable else None
    except LookupError:
        day = None
    return ride.operator, ride.trip_id, day or ride.departure.astimezone(ZoneInfo(zone)).date()


def news_of(ride: Ride, state: RunState) -> News:
    """Read the news of one ride from the state of its run."""
    leaves = _nearest(state.calls, ride.from_stop_id, "departure", ride.departure)
    reaches = _nearest(state.calls, ride.to_stop_id, "arrival", ride.arrival)
    ends = ((leaves, ride.from_stop_id), (reaches, ride.to_stop_id))
    # Of one that is replaced every call is told; of another one those that are not told are not known.
    skipped = next((stop for call, stop in ends if (call.skipped if call else state.replaced)), None)
    departs = leaves.departure if leaves and not leaves.skipped else None
    arrives = reaches.arrival if reaches and not reaches.skipped else None
    return News(
        cancelled=state.cancelled,
        skipped_stop_id=skipped,
        departs_at=None if departs is None else datetime.fromtimestamp(departs, UTC),
        arrives_at=None if arrives is None else datetime.fromtimestamp(arrives, UTC),
        departure_delay_seconds=None if departs is None else departs - int(ride.departure.timestamp()),
        arrival_delay_seconds=None if arrives is None else arrives - int(ride.arrival.timestamp()),
        boards_at=leaves.assigned_stop_id if leaves else None,
        alights_at=reaches.assigned_stop_id if reaches else None,
        note=state.note,
        as_of=state.as_of,
    )


def replaced_by(state: RunState, added: AddedTrip) -> RunState:
    """The row of a trip that runs with other calls: planned rides on it are served where it still calls."""
    calls = tuple(
        ExpectedCall(place=place, stop_id=call.stop_id, arrival=call.arrives_at, departure=call.leaves_at)
        for place, call in enumerate(added.calls)
    )
    return replace(state, cancelled=False, replaced=True, calls=calls)


def state_of(
    operator: str,
    word: Disruption,
    run: Run | None,
    zone: str,
    *,
    source: str,
    as_of: datetime,
    now: datetime,
) -> RunState:
    """Turn an operator's word about one run into the row of its first time; `run` is its plan, None where nobody has it."""
    calls = _expected(word, run, run.begins(zone)) if run and not word.cancelled else ()
    return RunState(
        operator=operator,
        trip_id=word.trip_id,
        service_date=word.service_date,
        cancelled=word.cancelled,
        calls=calls,
        source=source,
        as_of=as_of,
        first_told_at=now,
        changed_at=now,
        worst_seconds=_worst(calls, run, run.begins(zone)) if run else 0,
    )


def changed_to(known: RunState | None, told: RunState) -> RunState | None:
    """The row that replaces what is known; None where nothing has changed."""
    if known is None:
        return told
    same = (known.cancelled, known.replaced, known.calls) == (told.cancelled, told.replaced, told.calls)
    if same and known.withdrawn_at is None and known.ended_at is None:
        return None
    return replace(told, first_told_at=known.first_told_at, revision=known.revision + 1)


def disruption_of(state: RunState, runs: Runs) -> Disruption | None:
    """A row as seconds late by the timetable of today; None for a run that it does not have."""
    named = runs.known.get(state.trip_id)
    if named is None:
        return None
    if state.cancelled or state.replaced:
        return Disruption(state.trip_id, state.service_date, cancelled=True, replaced=state.replaced)
    run = Run(state.service_date, *named)
    begins = run.begins(runs.timetable.timezone)
    pattern = run.pattern
    calls = tuple(
        CallChange(
            call.place,
            None if call.arrival is None else call.arrival - begins - pattern.arrivals[call.place],
            None if call.departure is None else call.departure - begins - pattern.departures[call.place],
            skipped=call.skipped,
            assigned_stop_id=call.assigned_stop_id,
        )
        for call in state.calls
        if call.place < len(pattern.stops) and pattern.stops[call.place] == call.stop_id
    )
    return Disruption(state.trip_id, state.service_date, calls=calls) if calls else None


def begins_at(state: RunState, runs: Runs | None) -> datetime:
    """Return the planned begin of a run; of one that nobody has, the end of its service day."""
    named = runs.known.get(state.trip_id) if runs else None
    if runs is None or named is None:
        return datetime.combine(state.service_date + timedelta(days=1), datetime.min.time(), UTC)
    return datetime.fromtimestamp(Run(state.service_date, *named).begins(runs.timetable.timezone), UTC)


def trips_told_at(told: Disruptions) -> datetime:
    """The operator's own time of its word on trips."""
    return told.trips_told_at or told.as_of


def document_of(told: Disruptions) -> dict[str, Any]:
    """Write an operator's words beside runs of its timetable, and the share that is understood, as a document."""
    return {
        "alerts": [_written(alert) for alert in told.alerts],
        "added": [{**asdict(trip), "service_date": trip.service_date.isoformat()} for trip in told.added],
        "messages": told.matching.messages,
        "unmatched": dict(told.matching.unmatched),
        "source": told.source,
    }


def lasting(document: Mapping[str, Any]) -> str:
    """Keep the part of a document that a search would read: counts that differ with every message are left out."""
    return canonical({name: told for name, told in document.items() if name not in _COUNTS})


def _written(alert: Alert) -> dict[str, object]:
    """An alert as a document; the first four names are what an earlier release reads of it."""
    return {
        "text": alert.text,
        "route_ids": sorted({one.route_id for one in alert.about if one.route_id}),
        "stop_ids": sorted({one.stop_id for one in alert.about if one.stop_id}),
        "trip_ids": sorted({one.trip_id for one in alert.about if one.trip_id}),
        **asdict(alert),
        "about": [_named(one) for one in alert.about],
    }


def _named(one: Selector) -> dict[str, object]:
    day = one.service_date.isoformat() if one.service_date else None
    named = {**asdict(one), "service_date": day}
    return {name: value for name, value in named.items() if value not in ("", None)}


def alerts_in(document: Mapping[str, Any]) -> tuple[Alert, ...]:
    """The alerts of a document that `document_of` wrote, or an earlier release."""
    return tuple(_alert(row) for row in document.get("alerts", ()))


def _alert(row: Mapping[str, Any]) -> Alert:
    if "header" not in row:
        about = [
            Selector(**{kind: name})
            for kind, names in (("route_id", "route_ids"), ("stop_id", "stop_ids"), ("trip_id", "trip_ids"))
            for name in row[names]
        ]
        return Alert(header={"": row["text"]}, about=tuple(about))
    texts = {name: row[name] for name in ("header", "description", "url", "cause", "effect", "severity")}
    return Alert(
        **texts,
        periods=tuple((start, end) for start, end in row["periods"]),
        about=tuple(_selector(one) for one in row["about"]),
    )


def _selector(row: Mapping[str, Any]) -> Selector:
    day = row.get("service_date")
    return Selector(**{**row, "service_date": date.fromisoformat(day) if day else None})


def added_in(document: Mapping[str, Any]) -> tuple[AddedTrip, ...]:
    """The added trips of a document."""
    return tuple(_added_trip(row) for row in document.get("added", ()))


def _added_trip(row: Any) -> AddedTrip:
    return AddedTrip(
        row["trip_id"],
        date.fromisoformat(row["service_date"]),
        row["route_id"],
        row["headsign"],
        tuple(AddedCall(**call) for call in row["calls"]),
    )


def vehicles_of(word: Disruptions) -> str:
    """The vehicles that an operator tells of, as text to be kept; numbers with a point are text in it."""
    rows = [
        {
            **asdict(one),
            "service_date": one.service_date.isoformat(),
            "as_of": one.as_of.isoformat(),
            "lat": None if one.lat is None else str(one.lat),
            "lon": None if one.lon is None else str(one.lon),
        }
        for one in word.vehicles
    ]
    return canonical(rows)


def vehicles_in(kept: str) -> tuple[Vehicle, ...]:
    """The vehicles of a text that `vehicles_of` wrote."""
    return tuple(
        Vehicle(
            **{
                **row,
                "service_date": date.fromisoformat(row["service_date"]),
                "as_of": datetime.fromisoformat(row["as_of"]),
                "lat": None if row["lat"] is None else float(row["lat"]),
                "lon": None if row["lon"] is None else float(row["lon"]),
            }
        )
        for row in json.loads(kept)
    )


def matching_in(document: Mapping[str, Any]) -> Matching:
    """Read the share of messages that is understood."""
    return Matching(document.get("messages", 0), document.get("unmatched", {}))


def _expected(word: Disruption, run: Run, begins: int) -> tuple[ExpectedCall, ...]:
    """The instants that are expected, call by call."""
    pattern = run.pattern
    calls: Iterable[CallChange] = word.calls or (
        CallChange(place, word.delay_seconds, word.delay_seconds) for place in range(len(pattern.stops))
    )
    return tuple(
        ExpectedCall(
            place=call.place,
            stop_id=pattern.stops[call.place],
            arrival=_at(begins, pattern.arrivals[call.place], call.arrival_delay),
            departure=_at(begins, pattern.departures[call.place], call.departure_delay),
            skipped=call.skipped,
            assigned_stop_id=call.assigned_stop_id,
            happened=call.happened if isinstance(call, ObservedCall) else (),
        )
        for call in calls
    )


def _at(begins: int, offset: int, delay: int | None) -> int | None:
    return None if delay is None else begins + offset + delay


def _worst(calls: Sequence[ExpectedCall], run: Run, begins: int) -> int:
    pattern = run.pattern
    arriving = [
        call.arrival - begins - pattern.arrivals[call.place] for call in calls if call.arrival is not None
    ]
    leaving = [
        call.departure - begins - pattern.departures[call.place]
        for call in calls
        if call.departure is not None
    ]
    return max([0, *arriving, *leaving])


def _nearest(
    calls: Sequence[ExpectedCall], stop_id: str, name: str, planned: datetime
) -> ExpectedCall | None:
    """The call at a stop; of several the one that is expected nearest to the planned time."""
    same = [call for call in calls if call.stop_id == stop_id]
    return min(same, key=lambda call: abs((getattr(call, name) or 0) - planned.timestamp()), default=None)


class KeptRuns:
    """The runs of operators' timetables, made once for each version of them."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], Runs] = {}
        self._versions: dict[tuple[str, str], tuple[Timetable, str]] = {}
        self._lock = threading.Lock()

    def of(self, data: RegionData, operator: str) -> Runs | None:
        """The runs of an operator; None for one without a timetable."""
        timetable = data.timetables.get(operator)
        if timetable is None:
            return None
        with self._lock:
            known = self._made.get((data.id, operator))
            if known is None or known.timetable is not timetable:
                known = self._made[data.id, operator] = Runs(timetable)
            return known

    def version_of(self, data: RegionData, operator: str) -> str:
        """Name the version of an operator's timetable by a hash of the files that it was read from; empty without one."""
        timetable = data.timetables.get(operator)
        if timetable is None:
            return ""
        known = self._versions.get((data.id, operator))
        if known is None or known[0] is not timetable:
            texts = data.feed_texts.get(operator, {})
            known = (timetable, digest({name: digest(texts[name]) for name in FILES if name in texts})[:16])
            self._versions[data.id, operator] = known
        return known[1]
