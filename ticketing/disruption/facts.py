"""Turn a word on runs into facts: its news call by call, and what can be inferred from what it no longer says. Pure.

SIRI tells what has happened by actual times; GTFS-Realtime has no word for that. A call that a later message no longer predicts, and whose last time was
not after the message that told it, was left at that time (GTFS Realtime Reference: predictions of calls that a
vehicle has left are dropped).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from operators.concerns import concerns
from operators.gtfs.runs import Run
from operators.gtfs.timetable import Timetable
from tariffs.journey import Ride
from ticketing.db.disruption.observations import Event, Kind, Observation, Source
from ticketing.db.operators.run_states import STAFF, ExpectedCall, RunKey, RunState
from ticketing.regions import Change, Word

# How close to its event an expectation proves it (rights-and-payout: rank 3).
NEAR = timedelta(minutes=5)
_MINUTE = 60
# What an alert must say happens, for its cause to be that of a run: works at a stop delay no ship.
_DISRUPTING = frozenset({"no_service", "reduced_service", "significant_delays"})
_DONE: Mapping[Event, Kind] = {"arrival": "arrived", "departure": "departed"}
SOURCES_OF: Mapping[str, Source] = {
    STAFF: "operator_report",
    "exchange": "exchange_events",
    "gtfs_rt": "gtfs_rt",
    "siri_et": "siri_et",
    "siri_sx": "siri_sx",
}
# Who tells what is expected; everybody else tells what they know.
FEEDS: frozenset[Source] = frozenset({"gtfs_rt", "siri_et"})


def source_of(word: Word) -> Source:
    """The kind of source of a word; a connector of another kind reports for its operator."""
    return SOURCES_OF.get(word.source, "operator_report")


def facts_of(word: Word, held: Collection[RunKey] = ()) -> list[Observation]:
    """The facts that a word adds to what was known; none where it repeats itself.

    Of runs that are `held` by tickets each minute of an expectation is a fact, and each second close to the event. Of the others
    a feed's expectations are facts by steps of five minutes late: what it told last of a call is one in any case.
    """
    writer = _Writer(word, held)
    return [fact for change in word.changes for fact in writer.of(change)] + list(writer.added())


class _Writer:
    """Write facts with what they all share: who told them, when, and what their plan was read from."""

    def __init__(self, word: Word, held: Collection[RunKey]) -> None:
        self._word, self._source, self._held = word, source_of(word), held
        self._hashes = {one.peer: one.sha256 for one in word.messages}

    def of(self, change: Change) -> Iterator[Observation]:
        """The facts of one run."""
        before, now = change.was_told, change.now
        if now.withdrawn_at is not None:
            if before is not None:
                yield self._fact(now, "withdrawn")
            return
        if now.ended_at is None:
            yield from self._told(before, now)
            yield from self._causes(before, now)
        if before is not None and self._source in FEEDS:
            yield from self._left(before, now)

    def added(self) -> Iterator[Observation]:
        """The trips that run though the timetable does not have them."""
        for trip in self._word.added:
            first = trip.calls[0]
            yield Observation(
                region=self._word.region,
                operator=self._word.operator,
                trip_id=trip.trip_id,
                service_date=trip.service_date,
                call=0,
                stop_id=first.stop_id,
                kind="added",
                event="departure",
                at=datetime.fromtimestamp(first.leaves_at, UTC),
                source=self._source,
                told_at=self._word.told_at,
                received_at=self._word.received_at,
                raw_sha256=self._hash((self._word.operator, trip.trip_id, trip.service_date)),
                timetable_version=self._word.timetable_version,
            )

    def _told(self, before: RunState | None, now: RunState) -> Iterator[Observation]:
        if now.cancelled:
            if before is None or not before.cancelled:
                yield self._fact(now, "cancelled")
            return
        known = {} if before is None or before.cancelled else _by_place(before)
        last = _last_place(now)
        for call in now.calls:
            earlier = known.get(call.place)
            if call.skipped:
                if earlier is None or not earlier.skipped:
                    yield self._fact(now, "skipped", call)
                continue
            yield from self._observed(now, call, earlier, last)
            for event, at in _events(call, last):
                if event in call.happened:
                    continue
                fact = self._fact(now, "expected", call, event, at)
                known_at = None if earlier is None or earlier.skipped else getattr(earlier, event)
                if self._is_news(fact, known_at, is_first=before is None):
                    yield fact

    def _observed(
        self, now: RunState, call: ExpectedCall, earlier: ExpectedCall | None, last: int
    ) -> Iterator[Observation]:
        """The ends of a call that are told by their actual times, once and when one is corrected."""
        for event, at in _events(call, last):
            known = earlier is not None and event in earlier.happened and getattr(earlier, event) == at
            if event in call.happened and not known:
                yield self._fact(now, _DONE[event], call, event, at)

    def _causes(self, before: RunState | None, now: RunState) -> Iterator[Observation]:
        """Why a run does not go as planned: as staff name it, and for one that somebody holds by the alerts that say that it does not."""
        if now.cause is not None and (before is None or before.cause != now.cause):
            yield replace(self._fact(now, "cause"), cause=now.cause)
        runs, run = self._word.runs, now.key
        named = runs.known.get(now.trip_id) if runs else None
        if runs is None or named is None or run not in self._held or not self._word.alerts:
            return
        ride = _ride_of(now.operator, Run(now.service_date, *named), runs.timetable)
        direction = named[1].direction
        for alert in self._word.alerts:
            if alert.effect in _DISRUPTING and concerns(
                alert, ride, runs.timetable, direction=direction, service_date=now.service_date
            ):
                source = SOURCES_OF.get(self._word.alerts_source, self._source)
                fact = replace(self._fact(now, "cause"), cause=alert.cause, source=source)
                yield replace(fact, raw_sha256=self._alerts_hash())

    def _alerts_hash(self) -> str | None:
        return next((one.sha256 for one in self._word.messages if one.kind == "alerts"), None)

    def _left(self, before: RunState, now: RunState) -> Iterator[Observation]:
        """The calls that were told in the past and are told no more."""
        last_told = self._word.last_told_at
        if before.cancelled or now.cancelled or last_told is None or before.ended_at is not None:
            return
        first = len(before.calls) and min((call.place for call in now.calls), default=0)
        last = _last_place(before)
        for call in before.calls:
            if call.skipped or not (now.ended_at or call.place < first):
                continue
            for event, at in _events(call, last):
                if event in call.happened:
                    continue
                if at <= last_told.timestamp():
                    yield self._fact(before, _DONE[event], call, event, at)
                elif at - last_told.timestamp() <= NEAR.total_seconds():
                    # What was repeated until the end was told by the message before this one, of which no hash is known.
                    fact = self._fact(before, "expected", call, event, at)
                    yield replace(fact, told_at=last_told, raw_sha256=None)

    def _is_news(self, fact: Observation, known_at: int | None, *, is_first: bool) -> bool:
        """Tell whether an expectation is a fact of its own beside the one before; `is_first`: nothing was told of its run."""
        if fact.at is None:
            return False
        at = int(fact.at.timestamp())
        if self._source in FEEDS and fact.run not in self._held:
            planned = fact.planned_at or fact.at
            known = int(planned.timestamp()) if is_first else known_at
            return known is None or _step(at, planned) != _step(known, planned)
        if known_at is None:
            return not (is_first and self._is_on_time(fact))
        near = abs(at - self._word.told_at.timestamp()) <= NEAR.total_seconds()
        return at // _MINUTE != known_at // _MINUTE or (near and at != known_at)

    def _is_on_time(self, fact: Observation) -> bool:
        """Tell whether a first expectation only repeats the timetable, long before it matters."""
        if fact.at is None or fact.planned_at is None:
            return False
        early = abs(fact.at - fact.told_at) > NEAR
        return early and abs(fact.at - fact.planned_at) < timedelta(minutes=1)

    def _fact(
        self,
        state: RunState,
        kind: Kind,
        call: ExpectedCall | None = None,
        event: Event | None = None,
        at: int | None = None,
    ) -> Observation:
        return Observation(
            region=self._word.region,
            operator=state.operator,
            trip_id=state.trip_id,
            service_date=state.service_date,
            call=None if call is None else call.place,
            stop_id=None if call is None else call.stop_id,
            kind=kind,
            event=event,
            planned_at=self._planned(state, call, event),
            at=None if at is None else datetime.fromtimestamp(at, UTC),
            source=self._source,
            told_at=self._word.told_at,
            received_at=self._word.received_at,
            raw_sha256=self._hash(state.key),
            timetable_version=self._word.timetable_version,
        )

    def _planned(self, state: RunState, call: ExpectedCall | None, event: Event | None) -> datetime | None:
        """Return the planned time of the event; None where the timetable does not have it, or has another stop there."""
        runs = self._word.runs
        named = runs.known.get(state.trip_id) if runs else None
        if runs is None or named is None or call is None or event is None:
            return None
        pattern = named[0]
        if call.place >= len(pattern.stops) or pattern.stops[call.place] != call.stop_id:
            return None
        offsets = pattern.arrivals if event == "arrival" else pattern.departures
        begins = Run(state.service_date, *named).begins(runs.timetable.timezone)
        return datetime.fromtimestamp(begins + offsets[call.place], UTC)

    def _hash(self, run: RunKey) -> str | None:
        found = self._word.message_about(run)
        return self._hashes[found.peer] if found else None


def _ride_of(operator: str, run: Run, timetable: Timetable) -> Ride:
    """A run as one ride from its first stop to its last."""
    pattern, begins = run.pattern, run.begins(timetable.timezone)
    leaves, reaches = (
        datetime.fromtimestamp(begins + offset, UTC)
        for offset in (pattern.departures[0], pattern.arrivals[-1])
    )
    return Ride(
        operator=operator,
        trip_id=run.trip_id,
        route_id=pattern.route,
        from_stop_id=pattern.stops[0],
        to_stop_id=pattern.stops[-1],
        departure=leaves,
        arrival=reaches,
        calls=pattern.stops,
        mode=timetable.routes[pattern.route].mode,
    )


def _step(at: int, planned: datetime) -> int:
    """Count how many times five minutes a time is late, or early."""
    return int((at - planned.timestamp()) / NEAR.total_seconds())


def _by_place(state: RunState) -> dict[int, ExpectedCall]:
    return {call.place: call for call in state.calls}


def _last_place(state: RunState) -> int:
    return max((call.place for call in state.calls), default=0)


def _events(call: ExpectedCall, last: int) -> Iterator[tuple[Event, int]]:
    """The events of a call that passengers see: nobody arrives at the first one or departs from the last."""
    if call.place > 0 and call.arrival is not None:
        yield "arrival", call.arrival
    if call.place < last and call.departure is not None:
        yield "departure", call.departure
