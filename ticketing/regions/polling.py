"""Poll what operators tell live, and keep the last known state of each run: the worker's, whether or not anybody searches.

All operators are asked at once, each at most once in a pause whoever of several workers asks; one that is silent or
wrong keeps its last word, and its trouble is written beside it. A run that is no longer told although it has not left
is as planned again; of one that has left the last word stays, because refunds ask for it afterwards.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import structlog

from operators.errors import OperatorError
from operators.gtfs.runs import Run
from operators.guard import Guarded
from operators.port import Disruptions
from ticketing.clock import Clock
from ticketing.db import Database, Transaction, run_states
from ticketing.db.documents import canonical
from ticketing.db.run_states import RunKey, RunState
from ticketing.regions.load import Region
from ticketing.regions.run_news import KeptRuns, begins_at, changed_to, document_of, replaced_by, state_of
from ticketing.regions.watch import Watch

_log = structlog.get_logger(__name__)
_AT_ONCE = 8
_DAYS_BACK = timedelta(days=2)
# Of a run that was nowhere so late nobody can claim anything; the others are kept as long as claims may come.
_WORTH_SECONDS = 900
_QUIET_FOR, _KEPT_FOR = timedelta(days=3), timedelta(days=400)


@dataclass(frozen=True, slots=True)
class LiveDesk:
    """What polling needs. `pause_seconds` is how often an operator is asked, 0 for never.

    `watch` keeps the timetables new to which messages belong.
    """

    database: Database
    clock: Clock
    regions: MutableMapping[str, Region]
    connectors: Mapping[str, Mapping[str, Guarded]]
    pause_seconds: int
    watch: Watch | None = None
    runs: KeptRuns = field(default_factory=KeptRuns)
    forgot_on: dict[str, date] = field(default_factory=dict)


def poll_live(desk: LiveDesk) -> dict[str, int]:
    """Ask every operator that is due and write what has changed; answers the changed runs by `region/operator`.

    Safe to call at any time and by several workers; never raises for an operator that fails.
    """
    if not desk.pause_seconds:
        return {}
    if desk.watch:
        desk.watch.tick()
    now = desk.clock.now()
    # A moment early is in time: the worker's rounds and the pause need not be in step.
    not_since = now - timedelta(seconds=desk.pause_seconds * 0.9)
    if desk.forgot_on.get("runs") != now.date():
        forget_runs(desk)
    return _ask([place for place in _telling(desk) if _claim(desk, place, not_since)], desk)


def ask_now(desk: LiveDesk) -> dict[str, int]:
    """Ask every operator that tells anything, due or not."""
    return _ask([place for place in _telling(desk) if _claim(desk, place, desk.clock.now())], desk)


def forget_runs(desk: LiveDesk) -> int:
    """Forget the runs of past days that nobody can claim anything for; answers how many."""
    today = desk.clock.now().date()
    desk.forgot_on["runs"] = today
    with desk.database.write() as tx:
        return run_states.forget_runs(tx, today - _QUIET_FOR, today - _KEPT_FOR, _WORTH_SECONDS)


_Place = tuple[str, str]


def _telling(desk: LiveDesk) -> list[_Place]:
    return [
        (region, operator)
        for region, operators in desk.connectors.items()
        for operator, connector in operators.items()
        if connector.capabilities.disruptions and region in desk.regions
    ]


def _claim(desk: LiveDesk, place: _Place, not_since: datetime) -> bool:
    with desk.database.write() as tx:
        return run_states.claim_feed(tx, *place, desk.clock.now(), not_since)


def _ask(places: Sequence[_Place], desk: LiveDesk) -> dict[str, int]:
    if not places:
        return {}
    with ThreadPoolExecutor(min(_AT_ONCE, len(places)), "live") as pool:
        answers = dict(zip(places, pool.map(lambda place: _disruptions(desk, place), places), strict=True))
    changed = {
        f"{region}/{name}": _keep(desk, (region, name), answer) for (region, name), answer in answers.items()
    }
    return {place: count for place, count in changed.items() if count}


def _disruptions(desk: LiveDesk, place: _Place) -> Disruptions | str:
    """What an operator tells, or why it cannot be told."""
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
        if isinstance(answer, str):
            if feed.trouble is None:
                _log.warning("not fetched", region=region, operator=operator, what="live", reason=answer)
            run_states.put_feed(tx, replace(feed, trouble=answer))
            return 0
        if feed.as_of is not None and answer.as_of < feed.as_of:
            return 0  # older than what another worker has written
        changed = _changes(tx, desk, place, answer)
        run_states.put_runs(tx, region, changed)
        document = document_of(answer)
        differs = bool(changed) or canonical(document) != canonical(feed.document)
        _tell_of_misfits(place, feed.document, document)
        run_states.put_feed(
            tx,
            replace(
                feed, as_of=answer.as_of, trouble=None, document=document, version=feed.version + int(differs)
            ),
        )
    return len(changed)


def _changes(tx: Transaction, desk: LiveDesk, place: _Place, answer: Disruptions) -> list[RunState]:
    """The rows that have to be written."""
    region, operator = place
    now = desk.clock.now()
    runs = desk.runs.of(desk.regions[region].data, operator)
    known = {one.key: one for one in run_states.list_runs(tx, region, operator, (now - _DAYS_BACK).date())}
    told: dict[RunKey, RunState] = {}
    added = {(trip.trip_id, trip.service_date): trip for trip in answer.added}
    for item in answer.items:
        named = runs.known.get(item.trip_id) if runs else None
        run = Run(item.service_date, *named) if named else None
        zone = runs.timetable.timezone if runs else "UTC"
        state = state_of(operator, item, run, zone, source=answer.source, as_of=answer.as_of, now=now)
        instead = added.get((item.trip_id, item.service_date)) if item.replaced else None
        told[state.key] = replaced_by(state, instead) if instead else state
    changed = [
        row
        for state in told.values()
        if _matters(state, now) and (row := changed_to(known.get(state.key), state))
    ]
    if answer.tells_trips:
        changed += [
            replace(one, withdrawn_at=now, changed_at=now, revision=one.revision + 1)
            for one in known.values()
            if one.key not in told and one.withdrawn_at is None
            and (answer.keeps_past or now < begins_at(one, runs))
        ]  # fmt: skip
    return changed


def _matters(state: RunState, now: datetime) -> bool:
    """Runs of long ago are history that somebody repeats."""
    day: date = (now - _DAYS_BACK).date()
    return state.service_date >= day


def _tell_of_misfits(place: _Place, before: Mapping[str, object], now: Mapping[str, object]) -> None:
    """Say loudly, once, that less than half of what an operator tells is about trips that we know."""
    if _misfits(now) and not _misfits(before):
        _log.warning(
            "live data do not fit the timetable",
            region=place[0], operator=place[1], messages=now["messages"], unmatched=now["unmatched"],
        )  # fmt: skip


def _misfits(document: Mapping[str, object]) -> bool:
    messages, unmatched = document.get("messages", 0), document.get("unmatched", {})
    if not isinstance(messages, int) or not isinstance(unmatched, Mapping):
        return False
    return sum(map(int, unmatched.values())) * 2 > messages > 0
