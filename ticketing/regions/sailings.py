"""The departures of operators by stop and minute, and how late they are: as gates, which know no timetable, name them.

A timetable is read once a day of departures; what is late comes from `run_state` each time.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from operators.gtfs.runs import Run
from operators.gtfs.timetable import Timetable
from ticketing.db import Transaction
from ticketing.db.operators import run_states
from ticketing.db.operators.run_states import ExpectedCall, RunKey, RunState
from ticketing.regions.load import Region

_MINUTE = 60
_FEW = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sailing:
    """One planned departure of a run from one of its stops, with where it arrives then.

    POSIX seconds; `departure` is its whole minute. `place` is the call's number in the run.
    """

    region: str
    operator: str
    trip_id: str
    service_date: date
    stop_id: str
    place: int
    departure: int
    arrivals: Sequence[tuple[int, str, int]]

    @property
    def run(self) -> RunKey:
        """The name of the run in its region."""
        return self.operator, self.trip_id, self.service_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """The latest news of a departure: when it is expected to leave, how late it arrives by stop, whether it is cancelled."""

    departs_at: int | None
    arrivals: Mapping[str, int]
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Sailings:
    """The planned departures of the operators of some regions, kept by day for as long as the timetable is the same."""

    regions: Mapping[str, Region] = field(default_factory=dict)
    _kept: dict[tuple[str, str, date], tuple[Timetable, list[Sailing]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def neighbours(self, operator: str) -> dict[str, set[str]]:
        """The operators of each region to which an operator belongs, by region."""
        return {
            name: set(region.data.timetables)
            for name, region in self.regions.items()
            if operator in region.data.timetables
        }

    def stops_of(self, operator: str) -> set[str]:
        """The stops at which an operator's vehicles call by its timetables of all regions."""
        found: set[str] = set()
        for region in self.regions.values():
            timetable = region.data.timetables.get(operator)
            found.update(
                stop for pattern in (timetable.patterns if timetable else ()) for stop in pattern.stops
            )
        return found

    def between(self, region: str, operator: str, begins: datetime, ends: datetime) -> list[Sailing]:
        """The departures of an operator from one moment to another, soonest first."""
        timetable = self.regions[region].data.timetables[operator]
        zone = ZoneInfo(timetable.timezone)
        # A trip may leave a day after its service day began (25:10:00).
        day, last = begins.astimezone(zone).date() - timedelta(days=1), ends.astimezone(zone).date()
        sailings: list[Sailing] = []
        while day <= last:
            sailings.extend(self._of_day(region, timetable, operator, day))
            day += timedelta(days=1)
        first, final = begins.timestamp(), ends.timestamp()
        return sorted(
            (one for one in sailings if first <= one.departure < final), key=lambda one: one.departure
        )

    def find(self, operator: str, stop_id: str, departure: int) -> Sailing | None:
        """The departure that a ticket names; None where no timetable has it (any more)."""
        moment = datetime.fromtimestamp(departure, UTC)
        for region in self.neighbours(operator):
            for one in self.between(region, operator, moment, moment + timedelta(minutes=1)):
                if one.stop_id == stop_id:
                    return one
        return None

    def _of_day(self, region: str, timetable: Timetable, operator: str, day: date) -> list[Sailing]:
        key = region, operator, day
        kept = self._kept.get(key)
        if kept is None or kept[0] is not timetable:
            sailings = list(_sailings(region, timetable, operator, day))
            with self._lock:
                oldest = day - timedelta(days=30)
                for stale in [known for known in self._kept if known[2] < oldest]:
                    del self._kept[stale]
                self._kept[key] = kept = (timetable, sailings)
        return kept[1]


def lateness(tx: Transaction, sailings: Iterable[Sailing]) -> dict[tuple[str, str, int], Late]:
    """Read the news of departures, by operator, stop and planned minute; those that go as planned are left out."""
    by_region: dict[str, list[Sailing]] = {}
    for sailing in sailings:
        by_region.setdefault(sailing.region, []).append(sailing)
    by_sailing = {}
    for region, some in by_region.items():
        states = _states(tx, region, some)
        for sailing in some:
            late = _late(sailing, states[sailing.run]) if sailing.run in states else None
            if late is not None:
                by_sailing[sailing.operator, sailing.stop_id, sailing.departure] = late
    return by_sailing


def _states(tx: Transaction, region: str, sailings: Sequence[Sailing]) -> Mapping[RunKey, RunState]:
    """Read the news of some sailings: of a few by their names, of many all that their operators tell."""
    runs = {one.run for one in sailings}
    if len(runs) <= _FEW:
        return run_states.find_runs(tx, region, runs)
    operators = sorted({operator for operator, _, _ in runs})
    told = run_states.list_told(tx, region, operators, min(day for _, _, day in runs))
    return {state.key: state for state in told}


def _late(sailing: Sailing, state: RunState) -> Late | None:
    calls = {call.place: call for call in state.calls if not call.skipped}
    here = _call(calls, sailing.place, sailing.stop_id)
    skipped = any(call.skipped and call.place == sailing.place for call in state.calls)
    if state.cancelled or skipped:
        return Late(departs_at=None, arrivals={}, cancelled=True)
    arrivals = {}
    for place, stop_id, planned in sailing.arrivals:
        call = _call(calls, place, stop_id)
        if call is not None and call.arrival is not None and call.arrival > planned:
            arrivals[stop_id] = call.arrival - planned
    departs_at = here.departure if here is not None else None
    if not arrivals and (departs_at is None or departs_at < sailing.departure + _MINUTE):
        return None
    return Late(departs_at=departs_at, arrivals=arrivals, cancelled=False)


def _call(calls: Mapping[int, ExpectedCall], place: int, stop_id: str) -> ExpectedCall | None:
    """The call of a run at a place, if it is still at that stop; else any call at the stop."""
    call = calls.get(place)
    if call is not None and call.stop_id == stop_id:
        return call
    return next((one for one in calls.values() if one.stop_id == stop_id), None)


def _sailings(region: str, timetable: Timetable, operator: str, day: date) -> Iterator[Sailing]:
    """Every departure of the runs of a service day at which passengers board."""
    running = {name for name, service in timetable.services.items() if service.runs_on(day)}
    for pattern in timetable.patterns:
        for trip in pattern.trips:
            if trip.service not in running:
                continue
            begins = Run(day, pattern, trip).begins(timetable.timezone)
            for place, stop_id in enumerate(pattern.stops[:-1]):
                if not pattern.boards[place]:
                    continue
                leaves = begins + pattern.departures[place]
                yield Sailing(
                    region=region,
                    operator=operator,
                    trip_id=trip.trip_id,
                    service_date=day,
                    stop_id=stop_id,
                    place=place,
                    departure=leaves - leaves % _MINUTE,
                    arrivals=[
                        (at, pattern.stops[at], begins + pattern.arrivals[at])
                        for at in range(place + 1, len(pattern.stops))
                        if pattern.alights[at]
                    ],
                )
