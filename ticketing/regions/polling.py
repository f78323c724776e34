"""Poll what operators tell live, and keep the last known state of each run: the worker's, whether or not anybody searches.

All operators are asked at once, each at most once in a pause whoever of several workers asks, and nobody waits long for
one that is slow; one that is silent or wrong keeps its last word, and its trouble is written beside it. A run that is no longer told although it has not left
is as planned again; of one that has left the last word stays, because refunds ask for it afterwards.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import structlog

from operators.errors import OperatorError
from operators.gtfs.runs import Run, Runs
from operators.guard import Guarded
from operators.port import Disruptions
from ticketing.clock import Clock
from ticketing.db import Database, Transaction
from ticketing.db.operators import run_states
from ticketing.db.operators.run_states import LiveFeed, RunKey, RunState
from ticketing.regions.load import Region
from ticketing.regions.run_news import (
    KeptRuns,
    added_in,
    begins_at,
    changed_to,
    document_of,
    lasting,
    replaced_by,
    state_of,
    trips_told_at,
    vehicles_of,
)
from ticketing.regions.watch import Watch
from ticketing.regions.word import Change, Listener, Word, nobody

_log = structlog.get_logger(__name__)
# The wait of a caller with other work; the next call writes later answers.
_PATIENCE_SECONDS, _LONG_PATIENCE_SECONDS = 5.0, 120.0
_DAYS_BACK = timedelta(days=2)
# Of a run that was nowhere so late nobody can claim anything; the others are kept as long as claims may come.
_WORTH_SECONDS = 900
_QUIET_FOR, _KEPT_FOR = timedelta(days=3), timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDesk:
    """The tools of polling. `pause_seconds` is how often an operator is asked, 0 for never.

    `watch` keeps the timetables new to which messages belong. `listener` hears each word in the transaction that keeps it,
    `forget_more` what is forgotten with the runs of past days.
    """

    database: Database
    clock: Clock
    regions: MutableMapping[str, Region]
    connectors: Mapping[str, Mapping[str, Guarded]]
    pause_seconds: int
    watch: Watch | None = None
    listener: Listener = nobody
    forget_more: Callable[[Transaction, date, date], object] = lambda _tx, _quiet, _all: None
    runs: KeptRuns = field(default_factory=KeptRuns)
    forgot_on: dict[str, date] = field(default_factory=dict)
    under_way: set[tuple[str, str]] = field(default_factory=set)
    answers: "queue.SimpleQueue[tuple[tuple[str, str], Disruptions | str]]" = field(
        default_factory=queue.SimpleQueue
    )


def poll_live(desk: LiveDesk) -> dict[str, int]:
    """Ask every operator that is due and write what has changed; answers the changed runs by `region/operator`.

    Safe to call at any time and by several workers; never raises for an operator that fails, and waits for none longer
    than five seconds: what it tells later is written by the next call.
    """
    now = desk.clock.now()
    if desk.forgot_on.get("runs") != now.date():
        forget_runs(desk)
    if not desk.pause_seconds:
        return {}
    if desk.watch:
        desk.watch.tick()
    # A moment early is in time: the worker's rounds and the pause need not be in step.
    not_since = now - timedelta(seconds=desk.pause_seconds * 0.9)
    due = [place for place in _telling(desk) if _claim(desk, place, not_since)]
    return _ask(due, desk, _PATIENCE_SECONDS)


def ask_now(desk: LiveDesk) -> dict[str, int]:
    """Ask every operator that tells anything, due or not."""
    due = [place for place in _telling(desk) if _claim(desk, place, desk.clock.now())]
    return _ask(due, desk, _LONG_PATIENCE_SECONDS)


def forget_runs(desk: LiveDesk) -> int:
    """Forget the runs of past days that nobody can claim anything for; answers how many."""
    today = desk.clock.now().date()
    with desk.database.write() as tx:
        gone = run_states.forget_runs(tx, today - _QUIET_FOR, today - _KEPT_FOR, _WORTH_SECONDS)
        desk.forget_more(tx, today - _QUIET_FOR, today - _KEPT_FOR)
    desk.forgot_on["runs"] = today
    return gone


_Place = tuple[str, str]


def _telling(desk: LiveDesk) -> list[_Place]:
    telling: list[_Place] = []
    for region in (region for region in desk.connectors if region in desk.regions):
        telling += [
            (region, operator)
            for operator, connector in desk.connectors[region].items()
            if connector.capabilities.disruptions
        ]
    return telling


def _claim(desk: LiveDesk, place: _Place, not_since: datetime) -> bool:
    with desk.database.write() as tx:
        return run_states.claim_feed(tx, *place, desk.clock.now(), not_since)


def _ask(places: Sequence[_Place], desk: LiveDesk, patience_seconds: float) -> dict[str, int]:
    """Ask in threads of their own, and write what has come within the patience, of earlier calls too."""
    for place in places:
        if place not in desk.under_way:
            desk.under_way.add(place)
            threading.Thread(target=_put_answer, args=(desk, place), name="live", daemon=True).start()
    changed: dict[str, int] = {}
    give_up = time.monotonic() + patience_seconds
    while desk.under_way:
        try:
            place, answer = desk.answers.get(timeout=max(0.0, give_up - time.monotonic()))
        except queue.Empty:
            break
        desk.under_way.discard(place)
        count = _kept(desk, place, answer)
        if count:
            changed["/".join(place)] = count
    return changed


def _put_answer(desk: LiveDesk, place: _Place) -> None:
    desk.answers.put((place, _disruptions(desk, place)))


def _kept(desk: LiveDesk, place: _Place, answer: Disruptions | str) -> int:
    """Write one answer; one that cannot be written is logged and keeps nobody else's from being written."""
    try:
        return _keep(desk, place, answer)
    except Exception:  # noqa: BLE001  whatever is wrong with one operator's words, the others' count
        _log.exception("live data not kept", region=place[0], operator=place[1])
        return 0


def _disruptions(desk: LiveDesk, place: _Place) -> Disruptions | str:
    """Ask an operator for its live data; the text says why it cannot be asked."""
    region, operator = place
    try:
        return desk.connectors[region][operator].disruptions()
    except (OperatorError, OSError) as error:
        return str(error) or type(error).__name__
    except Exception as error:  # noqa: BLE001  a connector that breaks its port must not stop the others
        _log.exception("live data not read", region=region, operator=operator)
        return type(error).__name__


def _keep(desk: LiveDesk, place: _Place, answer: Disruptions | str) -> int:
    """Write one operator's answer in one transaction; answers how many runs have changed."""
    region, operator = place
    with desk.database.write() as tx:
        feed = run_states.get_feed(tx, region, operator)
        trouble = _trouble_of(feed, answer)
        if isinstance(answer, str):
            run_states.put_feed(tx, replace(feed, trouble=trouble))
            return 0
        if _is_overtaken(feed, answer, desk.clock.now()):
            return 0
        changes = _changes(tx, desk, place, answer)
        shown = [one.now for one in changes if one.now.ended_at is None]
        run_states.put_runs(tx, region, [one.now for one in changes])
        document = document_of(answer) | _coverage(desk, place, answer)
        differs = bool(shown) or lasting(document) != lasting(feed.document)
        _tell_of_misfits(place, feed.document, document)
        # An operator whose word is from the beginning of time has never told anything.
        as_of = answer.as_of if answer.as_of.timestamp() > 0 else None
        version = feed.version + int(differs)
        trips_at = trips_told_at(answer) if answer.tells_trips and as_of else feed.trips_at
        run_states.put_feed(
            tx,
            replace(
                feed, as_of=as_of, trouble=trouble, document=document, version=version, trips_at=trips_at
            ),
        )
        if desk.connectors[region][operator].capabilities.vehicles:
            run_states.put_vehicles(tx, region, operator, vehicles_of(answer))
        desk.listener(tx, _word(desk, feed, answer, changes))
    return len(shown)


def _trouble_of(feed: LiveFeed, answer: Disruptions | str) -> str | None:
    """Name what could not be had of an operator, and say it in the log when it begins."""
    trouble = answer if isinstance(answer, str) else answer.trouble or None
    if trouble is not None and feed.trouble is None:
        _log.warning("not fetched", region=feed.region, operator=feed.operator, what="live", reason=trouble)
    return trouble


def _is_overtaken(feed: LiveFeed, answer: Disruptions, now: datetime) -> bool:
    """Tell whether an answer is older than what another worker has written.

    What was written as of the future was wrong about it, and stands against nothing.
    """
    return feed.as_of is not None and answer.as_of < feed.as_of <= now


def _coverage(desk: LiveDesk, place: _Place, answer: Disruptions) -> dict[str, int]:
    """Count the runs under way by the timetable, and those of them that a feed describes; nothing of who tells of some alone."""
    runs = desk.runs.of(desk.regions[place[0]].data, place[1])
    if runs is None or answer.keeps_past or not answer.tells_trips:
        return {}
    going = runs.under_way(trips_told_at(answer))
    told = {(one.trip_id, one.service_date) for one in answer.items}
    return {"under_way": len(going), "described": len(going & told)}


def _word(desk: LiveDesk, before: LiveFeed, answer: Disruptions, changes: Sequence[Change]) -> Word:
    """The answer of an operator as the listener hears it; `before` is what it had told as a whole until then."""
    data = desk.regions[before.region].data
    known = {(one.trip_id, one.service_date) for one in added_in(before.document)}
    return Word(
        region=before.region,
        operator=before.operator,
        source=answer.source,
        told_at=trips_told_at(answer),
        received_at=desk.clock.now(),
        changes=tuple(changes),
        last_told_at=before.trips_at,
        runs=desk.runs.of(data, before.operator),
        timetable_version=desk.runs.version_of(data, before.operator),
        added=tuple(one for one in answer.added if (one.trip_id, one.service_date) not in known),
        messages=answer.messages,
        said_in={(before.operator, *run): peer for run, peer in answer.said_in.items()},
        alerts=tuple(one for one in answer.alerts if one.cause),
        alerts_source=answer.alerts_source,
    )


def _changes(tx: Transaction, desk: LiveDesk, place: _Place, answer: Disruptions) -> list[Change]:
    """The rows that have to be written: what staff have said of a run stands against every feed."""
    region, operator = place
    now = desk.clock.now()
    runs = desk.runs.of(desk.regions[region].data, operator)
    listed = run_states.list_runs(tx, region, operator, (now - _DAYS_BACK).date())
    said = {one.key for one in listed if one.source == run_states.STAFF and one.withdrawn_at is None}
    known = {one.key: one for one in listed if one.key not in said}
    states = _told(operator, runs, answer, now)
    changed = [
        Change(known.get(state.key), row)
        for state in states.values()
        if state.key not in said and _matters(state, now) and (row := changed_to(known.get(state.key), state))
    ]
    silent = [one for one in known.values() if one.key not in states and one.withdrawn_at is None]
    return changed + (_fallen_silent(silent, runs, answer, now) if answer.tells_trips else [])


def _fallen_silent(
    silent: Sequence[RunState], runs: Runs | None, answer: Disruptions, now: datetime
) -> list[Change]:
    """Take back what a feed no longer tells; it tells of no run that has left, unless it keeps them: that one has ended."""
    changes = []
    for one in silent:
        if answer.keeps_past or now < begins_at(one, runs):
            gone = replace(one, withdrawn_at=now, changed_at=now, revision=one.revision + 1)
            changes.append(Change(one, gone))
        elif one.ended_at is None:
            changes.append(Change(one, replace(one, ended_at=now)))
    return changes


def _told(operator: str, runs: Runs | None, answer: Disruptions, now: datetime) -> dict[RunKey, RunState]:
    """Read what an answer tells of each run, those with which it replaces others among them."""
    states: dict[RunKey, RunState] = {}
    zone = runs.timetable.timezone if runs else "UTC"
    added = {(trip.trip_id, trip.service_date): trip for trip in answer.added}
    for item in answer.items:
        named = runs.known.get(item.trip_id) if runs else None
        run = Run(item.service_date, *named) if named else None
        as_of = trips_told_at(answer)
        state = state_of(operator, item, run, zone, source=answer.source, as_of=as_of, now=now)
        instead = added.get((item.trip_id, item.service_date)) if item.replaced else None
        states[state.key] = replaced_by(state, instead) if instead else state
    return states


def _matters(state: RunState, now: datetime) -> bool:
    """Runs of long ago are history that somebody repeats."""
    day: date = (now - _DAYS_BACK).date()
    return state.service_date >= day


def _tell_of_misfits(place: _Place, before: Mapping[str, object], now: Mapping[str, object]) -> None:
    """Say loudly, once, that less than half of what an operator tells is about trips that we know."""
    if _misfits(now) and not _misfits(before):
        _log.warning(
            "live data do not fit the timetable",
            region=place[0],
            operator=place[1],
            messages=now["messages"],
            unmatched=now["unmatched"],
        )


def _misfits(document: Mapping[str, object]) -> bool:
    messages, unmatched = document.get("messages", 0), document.get("unmatched", {})
    if not isinstance(messages, int) or not isinstance(unmatched, Mapping):
        return False
    return sum(map(int, unmatched.values())) * 2 > messages > 0
