"""Make an event of what happens to a run, and find the tickets that it concerns: read, decide, write, in one transaction.

Whoever writes holds the row of the operator's live data, so that of several workers and of staff one comes after the
other. Nothing is sent here: `disruption_affected` has one row for each message that is owed.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import structlog

from operators.promises import service_by
from ticketing.clock import Clock
from ticketing.db import Database, Transaction
from ticketing.db.disruption import choices, events, observations
from ticketing.db.disruption.choices import CASE, subject_of
from ticketing.db.disruption.events import AffectedTicket, DisruptionEvent
from ticketing.db.operators import run_states
from ticketing.db.operators.run_states import RunKey, RunState
from ticketing.db.rights import looked_at
from ticketing.db.sale import gateway_events
from ticketing.db.ticket import legs
from ticketing.db.ticket.legs import HeldLeg, TicketLeg
from ticketing.disruption.affected import Affected, Rules, affected, boardings, kind_of, ride_of
from ticketing.disruption.confirming import (
    Heard,
    Seen,
    is_confirmed,
    is_left_ashore,
    news_for,
    patience,
    see,
    with_platforms,
    with_words,
)
from ticketing.disruption.contradicting import contradictions, told_of
from ticketing.disruption.evidence import OWN_WORD
from ticketing.disruption.facts import SOURCES_OF, source_of
from ticketing.disruption.store import forget_facts, keep_facts
from ticketing.regions import Region, Word, change_seconds, news_of, stays_seated

_log = structlog.get_logger(__name__)
_DAYS_BACK = timedelta(days=2)
# A worker that starts looks so far back.
_LOOKED_BACK = timedelta(minutes=10)
_MOST_EVIDENCE = 20


@dataclass(frozen=True, slots=True)
class Watcher:
    """Hears each word on runs; `regions` say how long a change takes and what operators promise."""

    database: Database
    clock: Clock
    regions: MutableMapping[str, Region]
    _looked_at: dict[str, datetime] = field(default_factory=dict)

    def hear(self, tx: Transaction, word: Word) -> None:
        """Keep what a word says as facts, and judge each run again that it changes or that waits to be confirmed."""
        since = (word.received_at - _DAYS_BACK).date()
        held = legs.held_runs(tx, word.region, word.operator, since)
        known = events.runs_with_events(tx, word.region, word.operator, since)
        changed = {change.now.key for change in word.changes}
        if keep_facts(tx, word, held):
            for run in sorted(changed & held):
                self._ask_a_person(tx, word.region, run, word.received_at)
        source = source_of(word)
        # An operator's own word is of the runs that it changes, and of no other that a feed has told of.
        waiting = set() if source in OWN_WORD else {run for run, waits in known.items() if waits}
        for run in sorted((changed & (held | known.keys())) | waiting):
            self._judge(tx, word.region, run, word.received_at, source=source, told_at=word.told_at)

    def _ask_a_person(self, tx: Transaction, region: str, run: RunKey, now: datetime) -> None:
        """Open a case for each call where somebody boards or alights about which two words contradict each other."""
        facts = observations.list_observations(tx, region, run)
        own = {one.fact.source in OWN_WORD for one in facts}
        if len(own) == 1:
            return
        ends: set[tuple[str, observations.Event]] = set()
        for held in legs.list_held(tx, region, run):
            ends |= {(held.leg.from_stop, "departure"), (held.leg.to_stop, "arrival")}
        stops = self.regions[region].data.timetables[run[0]].stops
        for stop, evidence in contradictions(facts, ends):
            name = stops[stop].name if stop in stops else stop
            detail = f"{run[0]} {run[1]} of {run[2]}, {told_of(name, evidence, facts)}"
            gateway_events.raise_alert(tx, CASE, subject_of(region, run, evidence.call), detail, now)

    def confirm_waiting(self) -> int:
        """Judge again what a feed has stood by for as long as it has to, and runs that should have left by now; answers how many."""
        now = self.clock.now()
        with self.database.read() as tx:
            waiting = events.list_waiting(tx)
            left = {
                one.id
                for one, _ in waiting
                if one.kind in events.GRAVE and legs.has_left(tx, one.region, one.run, now)
            }
        due = [
            one
            for one, confirmed_before in waiting
            if one.id in left or now >= one.first_seen + patience(confirmed_before)
        ]
        for event in due:
            with self.database.write() as tx:
                run_states.get_feed(tx, event.region, event.operator)
                last = events.last_event(tx, event.region, event.run)
                if last is not None and last.id == event.id and last.status == "seen":
                    self._judge(
                        tx, event.region, event.run, now, source=last.source, told_at=last.first_told_at
                    )
        return len(due)

    def judge_changes(self) -> int:
        """Judge again the runs whose holders change to a ship, train or coach of which something else is told now.

        It may wait for them, or no longer. Each has a transaction of its own, for it holds another operator's row. Answers how many.
        """
        now, count = self.clock.now(), 0
        for region in list(self.regions):
            since = self._looked_at.get(region, now - _LOOKED_BACK)
            with self.database.read() as tx:
                moved = legs.runs_before_changed(tx, region, since, (now - _DAYS_BACK).date())
            operators = self.regions[region].data.operators
            bound = {
                run
                for run, operator, mode in moved
                if operator in operators and service_by(mode, operators[operator].promises) != "city"
            }
            for run in sorted(bound):
                count += self._judge_again(region, run, now)
            self._looked_at[region] = now
        return count

    def _judge_again(self, region: str, run: RunKey, now: datetime) -> bool:
        """Judge a run by what was told last of it; False for one of which nothing was."""
        with self.database.write() as tx:
            if run_states.find_run(tx, region, run) is None:
                return False
            run_states.get_feed(tx, region, run[0])
            state = run_states.find_run(tx, region, run)
            if state is not None:
                source = SOURCES_OF.get(state.source, "operator_report")
                self._judge(tx, region, run, now, source=source, told_at=state.as_of)
        return state is not None

    def forget(self, tx: Transaction, quiet_before: date, all_before: date) -> int:
        """Forget what is forgotten with the runs of past days; answers how many facts."""
        events.forget_events(tx, all_before)
        choices.forget_choices(tx, all_before)
        legs.forget_legs(tx, all_before)
        looked_at.forget_looks(tx, all_before)
        return forget_facts(tx, quiet_before, all_before)

    def _judge(
        self, tx: Transaction, region: str, run: RunKey, now: datetime, *, source: str, told_at: datetime
    ) -> None:
        """Hold a run's state against what its tickets were sold for and what their holders have heard."""
        news, departures = self._news(tx, region, run, now)
        last = events.last_event(tx, region, run)
        waiting = last if last is not None and last.status == "seen" else None
        if not news:
            if waiting is not None:
                events.put_event(tx, replace(waiting, status="dropped", last_seen=now))
            return
        before = Seen(waiting.kind, waiting.first_told_at, waiting.first_seen) if waiting else None
        seen = see(before, kind_of(news), told_at=told_at, now=now)
        confirmed_before = events.count_confirmed(tx, region, run, seen.kind)
        confirmed = is_confirmed(
            seen,
            confirmed_before,
            is_own_word=source in OWN_WORD,
            told_at=told_at,
            now=now,
            is_due=is_left_ashore(news, departures, events.last_grave(tx, region, run), now),
        )
        facts = observations.list_observations(tx, region, run)
        event = replace(
            waiting or _new_event(region, run, last, source=source, seen=seen),
            source=source,
            kind=seen.kind,
            first_told_at=seen.first_told_at,
            first_seen=seen.first_seen,
            last_seen=now,
            late_seconds=_latest(news),
            cause=next((one.fact.cause for one in reversed(facts) if one.fact.cause), None),
            evidence=tuple(one.id for one in facts[-_MOST_EVIDENCE:]),
        )
        if confirmed:
            state = run_states.find_run(tx, region, run)
            note = state.note if state else {}
            event = replace(event, status="confirmed", confirmed_at=now, note=note)
        events.put_event(tx, event)
        if confirmed:
            self._write(tx, event, news)

    def _news(
        self, tx: Transaction, region: str, run: RunKey, now: datetime
    ) -> tuple[list[Affected], dict[tuple[str, int], datetime]]:
        """List the news for the tickets of a run by what is known of it now, with the planned departures of its legs."""
        state = run_states.find_run(tx, region, run)
        operators = self.regions[region].data.operators if region in self.regions else {}
        if state is None or run[0] not in operators:
            return [], {}
        held = legs.list_held(tx, region, run)
        words = events.list_heard(tx, region, run)
        heard = _heard(words)
        worth_seconds = operators[run[0]].promises.tell_minutes * 60
        # A change that can be made again is no delay that wavers: who was told of one hears that it is saved.
        wavering = {jti for jti, word in heard.items() if word.why != "connection"}
        rows = affected(held, state, self._rules(tx, region, held), now, wavering)
        news = news_for(
            rows,
            heard,
            worth_seconds,
            is_well=_is_well(state, worth_seconds),
            travelling={one.leg.jti for one in held if one.leg.arrives_at > now},
        )
        news = with_words(news, rows, state.note, events.last_note(tx, region, run) if state.note else {})
        stops = {word.jti: word.platform for word in words if word.platform is not None}
        departures = {(one.leg.jti, one.leg.leg): one.leg.departs_at for one in held}
        return with_platforms(news, rows, boardings(held, state, now), stops), departures

    def _write(self, tx: Transaction, event: DisruptionEvent, news: Sequence[Affected]) -> None:
        """Write whom a confirmed event concerns."""
        rows = [
            AffectedTicket(
                event_id=event.id,
                jti=one.jti,
                leg=one.leg,
                order_id=one.order_id,
                why=one.why,
                late_seconds=one.late_seconds,
                then_leg=one.then_leg,
                platform=one.platform,
            )
            for one in news
        ]
        events.put_affected(tx, rows)
        _log.info(
            "disruption",
            region=event.region,
            operator=event.operator,
            trip=event.trip_id,
            day=event.service_date.isoformat(),
            kind=event.kind,
            revision=event.revision,
            tickets=len(rows),
        )

    def _rules(self, tx: Transaction, region: str, held: Sequence[HeldLeg]) -> Rules:
        """Read once what the judgment of these legs needs."""
        served = self.regions[region]
        data = served.data
        known = run_states.find_runs(tx, region, {one.then.run for one in held if one.then})
        return Rules(
            promises={name: operator.promises for name, operator in data.operators.items()},
            change_seconds=lambda one, other: change_seconds(data, one, other),
            stays=lambda leg, then: _stays(served, leg, then),
            expected=lambda leg: _expected(leg, known),
        )


def _stays(region: Region, leg: TicketLeg, then: TicketLeg) -> bool:
    """Tell whether the holder of a ticket stays seated from one leg to the next one."""
    if leg.operator != then.operator or leg.service_date != then.service_date:
        return False
    ends = (leg.trip_id, leg.to_stop), (then.trip_id, then.from_stop)
    return stays_seated(region, leg.operator, leg.service_date, *ends)


def _new_event(
    region: str, run: RunKey, last: DisruptionEvent | None, *, source: str, seen: Seen
) -> DisruptionEvent:
    """The next revision of a run's events, seen for the first time; what it is of is put in by who judges."""
    return DisruptionEvent(
        region=region,
        operator=run[0],
        trip_id=run[1],
        service_date=run[2],
        revision=last.revision + 1 if last else 1,
        kind=seen.kind,
        status="seen",
        source=source,
        first_seen=seen.first_seen,
        first_told_at=seen.first_told_at,
        last_seen=seen.first_seen,
    )


def _latest(news: Sequence[Affected]) -> int | None:
    """The longest delay of a ticket, None where none is late."""
    return max((one.late_seconds or 0 for one in news), default=0) or None


def _expected(leg: TicketLeg, known: Mapping[RunKey, RunState]) -> datetime:
    state = known.get(leg.run)
    news = news_of(ride_of(leg), state) if state else None
    return (news.departs_at if news else None) or leg.departs_at


def _heard(rows: Sequence[AffectedTicket]) -> dict[str, Heard]:
    """Read the last word to each ticket; those that have heard that all is well are left out, and words on platforms alone."""
    last = {row.jti: row for row in rows if row.why != "platform"}
    return {
        jti: Heard(row.leg, row.order_id, row.why, row.late_seconds)
        for jti, row in last.items()
        if row.why != "restored"
    }


def _is_well(state: RunState, worth_seconds: int) -> bool:
    """Tell whether a run goes as planned, or nearly so."""
    if state.withdrawn_at is not None:
        return True
    skipped = state.replaced or any(call.skipped for call in state.calls)
    return not state.cancelled and not skipped and state.worst_seconds * 2 < worth_seconds
