"""The last known state of runs: written by whoever polls operators, read by everybody who sells, refunds or lets in."""

import functools
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.rows import find
from ticketing.db.tables.live import live_feed, run_state

RunKey = tuple[str, str, date]
# The source of what staff have said: no poll changes it.
STAFF = "staff"
_CALL = ("place", "stop_id", "arrival", "departure", "skipped")
_KEY = ("region", "operator", "trip_id", "service_date")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCall:
    """One call of a run as it is expected: POSIX seconds, None where nothing is known; `skipped` is not served.

    `assigned_stop_id` is the platform at which it calls now, where that is another than planned. `happened` names the ends
    (`arrival`, `departure`) whose time the operator tells as what was, not as what is expected.
    """

    place: int
    stop_id: str
    arrival: int | None
    departure: int | None
    skipped: bool = False
    assigned_stop_id: str | None = None
    happened: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """The last word of an operator on one trip on one service day.

    `as_of` is the operator's time of the word that changed it last, `changed_at` ours, `revision` counts the changes.
    `withdrawn_at` is set where the operator no longer tells it although the run has not left: then it is as planned.
    `ended_at` is set where a feed no longer tells it because it has left.
    `worst_seconds` is its longest delay anywhere. One that is `replaced` runs with the calls that are told and no other.
    `note` is what staff have written for holders, by language, `cause` why it does not go as planned, as they name it.
    """

    operator: str
    trip_id: str
    service_date: date
    cancelled: bool
    calls: tuple[ExpectedCall, ...]
    source: str
    as_of: datetime
    first_told_at: datetime
    changed_at: datetime
    revision: int = 1
    worst_seconds: int = 0
    withdrawn_at: datetime | None = None
    ended_at: datetime | None = None
    replaced: bool = False
    note: Mapping[str, str] = field(default_factory=dict)
    cause: str | None = None

    @property
    def key(self) -> RunKey:
        """The name of the run in its region."""
        return self.operator, self.trip_id, self.service_date


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFeed:
    """An operator's live data as a whole: when it was asked, when it told (`as_of`), what went wrong last.

    `version` grows whenever anything that was told has changed. `document` has alerts, added trips and how much of
    it fits the timetable. `trips_at` is the operator's own time of its last word on trips.
    """

    region: str
    operator: str
    asked_at: datetime
    as_of: datetime | None
    version: int
    trouble: str | None
    document: dict[str, Any]
    trips_at: datetime | None = None


# SQLite takes expressions of at most a thousand levels.
_RUNS_AT_ONCE = 200
_FEED = tuple(live_feed.c[name] for name in LiveFeed.__dataclass_fields__)


@functools.cache
def _named_runs(count: int) -> sa.Select[Any]:
    """The statement that reads so many runs by their names."""
    table = run_state.c
    named = [
        sa.and_(
            table.operator == sa.bindparam(f"operator_{at}"),
            table.trip_id == sa.bindparam(f"trip_{at}"),
            table.service_date == sa.bindparam(f"day_{at}"),
        )
        for at in range(count)
    ]
    known = (table.region == sa.bindparam("of_region"), table.withdrawn_at.is_(None))
    return sa.select(run_state).where(*known, sa.or_(*named))


def find_runs(tx: Transaction, region: str, keys: Collection[RunKey]) -> dict[RunKey, RunState]:
    """Read the states of some runs; a run that is not known, or no longer told, is left out."""
    if not keys:
        return {}
    known: dict[RunKey, RunState] = {}
    wanted = sorted(keys)
    for begin in range(0, len(wanted), _RUNS_AT_ONCE):
        part = wanted[begin : begin + _RUNS_AT_ONCE]
        given = {"of_region": region}
        for at, (operator, trip, day) in enumerate(part):
            given |= {f"operator_{at}": operator, f"trip_{at}": trip, f"day_{at}": day.isoformat()}
        known |= {state.key: state for state in _states(tx, _named_runs(len(part)), given)}
    return known


def find_run(tx: Transaction, region: str, key: RunKey) -> RunState | None:
    """Read the last state of one run, also where it is no longer told."""
    operator, trip, day = key
    table = run_state.c
    same = (table.region == region, table.operator == operator, table.trip_id == trip)
    query = sa.select(run_state).where(*same, table.service_date == day.isoformat())
    return next(iter(_states(tx, query)), None)


def list_runs(tx: Transaction, region: str, operator: str, since: date) -> list[RunState]:
    """List an operator's runs of a service day from `since` on, those that are no longer told too."""
    table = run_state.c
    same = (table.region == region, table.operator == operator, table.service_date >= since.isoformat())
    return _states(tx, sa.select(run_state).where(*same))


def list_told(tx: Transaction, region: str, operators: Sequence[str], since: date) -> list[RunState]:
    """List what some operators tell of runs from a service day on."""
    table = run_state.c
    same = (table.region == region, table.service_date >= since.isoformat(), table.withdrawn_at.is_(None))
    return _states(tx, sa.select(run_state).where(*same, table.operator.in_(list(operators))))


def put_runs(tx: Transaction, region: str, states: Iterable[RunState]) -> None:
    """Write states of runs, new or changed."""
    rows = [_row(region, one) for one in states]
    if not rows:
        return
    insert: Any = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    wanted = insert(run_state)
    changed = {name: wanted.excluded[name] for name in rows[0] if name not in _KEY}
    tx.execute(wanted.on_conflict_do_update(index_elements=list(_KEY), set_=changed), rows)


def forget_runs(tx: Transaction, quiet_before: date, all_before: date, worth_seconds: int) -> int:
    """Forget runs of past days: those that nobody can claim anything for sooner; answers how many."""
    table = run_state.c
    quiet = sa.and_(
        table.service_date < quiet_before.isoformat(),
        table.cancelled == 0,
        table.worst_seconds < worth_seconds,
        sa.not_(table.document.like('%"skipped":true%')),
        sa.not_(table.document.like('%"replaced":true%')),
    )
    gone = sa.delete(run_state).where(sa.or_(quiet, table.service_date < all_before.isoformat()))
    return int(tx.execute(gone).rowcount)


def list_feeds(tx: Transaction, region: str) -> list[LiveFeed]:
    """List what is known of the live data of a region's operators."""
    query = sa.select(*_FEED).where(live_feed.c.region == region).order_by(live_feed.c.operator)
    return [_feed(row) for row in tx.execute(query).mappings()]


def put_vehicles(tx: Transaction, region: str, operator: str, written: str) -> None:
    """Write where an operator's vehicles are, as text."""
    tx.execute(sa.update(live_feed).where(*_same(region, operator)).values(vehicles=written))


def find_vehicles(tx: Transaction, region: str) -> dict[str, str]:
    """Read where the vehicles of a region's operators are, as the text that was written."""
    table = live_feed.c
    query = sa.select(table.operator, table.vehicles).where(
        table.region == region, table.vehicles.is_not(None)
    )
    return {row.operator: row.vehicles for row in tx.execute(query)}


def claim_feed(tx: Transaction, region: str, operator: str, now: datetime, not_since: datetime) -> bool:
    """Take it on to ask an operator now; False where somebody has asked since `not_since`."""
    insert: Any = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    row = {"region": region, "operator": operator, "asked_at": now, "version": 0, "document": "{}"}
    if tx.execute(insert(live_feed).values(**row).on_conflict_do_nothing()).rowcount:
        return True
    asked = live_feed.c.asked_at
    # A clock that was put back asks again.
    due = sa.or_(asked <= not_since, asked > now)
    return (
        tx.execute(sa.update(live_feed).where(*_same(region, operator), due).values(asked_at=now)).rowcount
        == 1
    )


def get_feed(tx: Transaction, region: str, operator: str) -> LiveFeed:
    """Read an operator's live data and hold its row; raises NotFound."""
    query = sa.select(*_FEED).where(*_same(region, operator)).with_for_update()
    found = find(tx, query, LiveFeed)
    if found is None:
        raise LookupError(f"nobody has asked {operator} yet")
    return found


def put_feed(tx: Transaction, found: LiveFeed) -> None:
    """Write what an operator told as a whole."""
    changed = {
        "as_of": found.as_of,
        "version": found.version,
        "trouble": found.trouble,
        "trips_at": found.trips_at,
        "document": canonical(found.document),
    }
    tx.execute(sa.update(live_feed).where(*_same(found.region, found.operator)).values(**changed))


def touch_feed(tx: Transaction, region: str, operator: str, now: datetime) -> None:
    """Say that something of an operator has changed that it did not tell itself; one that never told begins to."""
    insert: Any = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    row = {"region": region, "operator": operator, "asked_at": now, "version": 0, "document": "{}"}
    tx.execute(insert(live_feed).values(**row).on_conflict_do_nothing())
    changed = {
        "version": live_feed.c.version + 1,
        "as_of": sa.func.coalesce(live_feed.c.as_of, sa.bindparam("now", now, type_=live_feed.c.as_of.type)),
    }
    tx.execute(sa.update(live_feed).where(*_same(region, operator)).values(**changed))


def _same(region: str, operator: str) -> list[sa.ColumnElement[bool]]:
    return [live_feed.c.region == region, live_feed.c.operator == operator]


def _feed(row: sa.RowMapping) -> LiveFeed:
    return LiveFeed(**{**dict(row), "document": json.loads(row["document"])})


def _states(tx: Transaction, query: sa.Select[Any], given: Mapping[str, str] | None = None) -> list[RunState]:
    return [_state(row) for row in tx.execute(query, given).mappings()]


def _state(row: sa.RowMapping) -> RunState:
    names = (
        "operator",
        "trip_id",
        "source",
        "as_of",
        "first_told_at",
        "changed_at",
        "revision",
        "worst_seconds",
        "withdrawn_at",
        "ended_at",
    )
    document = json.loads(row["document"])
    platforms, happened = document.get("platforms", {}), document.get("happened", {})
    return RunState(
        service_date=date.fromisoformat(row["service_date"]),
        cancelled=bool(row["cancelled"]),
        calls=tuple(
            ExpectedCall(
                **call,
                assigned_stop_id=platforms.get(str(call["place"])),
                happened=tuple(happened.get(str(call["place"]), ())),
            )
            for call in document["calls"]
        ),
        replaced=document.get("replaced", False),
        note=document.get("note", {}),
        cause=document.get("cause"),
        **{name: row[name] for name in names},
    )


def _row(region: str, state: RunState) -> dict[str, Any]:
    calls = [_call(call) for call in state.calls]
    # Beside the calls: an earlier release reads those, and knows neither platforms nor what has happened, nor notes.
    platforms = {str(call.place): call.assigned_stop_id for call in state.calls if call.assigned_stop_id}
    happened = {str(call.place): list(call.happened) for call in state.calls if call.happened}
    document = {
        "calls": calls,
        **({"replaced": True} if state.replaced else {}),
        **({"platforms": platforms} if platforms else {}),
        **({"happened": happened} if happened else {}),
        **({"note": dict(state.note)} if state.note else {}),
        **({"cause": state.cause} if state.cause else {}),
    }
    return {
        "region": region,
        "operator": state.operator,
        "trip_id": state.trip_id,
        "service_date": state.service_date.isoformat(),
        "cancelled": int(state.cancelled),
        "document": canonical(document),
        "worst_seconds": state.worst_seconds,
        "source": state.source,
        "as_of": state.as_of,
        "first_told_at": state.first_told_at,
        "changed_at": state.changed_at,
        "revision": state.revision,
        "withdrawn_at": state.withdrawn_at,
        "ended_at": state.ended_at,
    }


def _call(call: ExpectedCall) -> dict[str, object]:
    return {name: getattr(call, name) for name in _CALL}
