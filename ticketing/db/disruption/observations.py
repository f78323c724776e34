"""Observations: facts of calls of runs, each with the hash by which it can be proven, and the messages behind them.

A row is never changed: its identity is a hash of what it says, so that a repeated message is one row.
"""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Literal, get_args

import sqlalchemy as sa

from ticketing.db.documents import digest
from ticketing.db.engine import Transaction
from ticketing.db.operators.run_states import RunKey
from ticketing.db.rows import add_all_once, insert_once, put_once
from ticketing.db.tables.disruption import (
    leg_of_ticket,
    observation,
    observation_retention,
    raw_message,
)
from ticketing.db.tables.live import run_state

Kind = Literal["arrived", "departed", "expected", "cancelled", "skipped", "added", "cause", "withdrawn"]
Event = Literal["arrival", "departure"]
Source = Literal["gtfs_rt", "siri_et", "siri_sx", "operator_report", "exchange_events", "gate", "vehicle"]
SOURCES: tuple[Source, ...] = get_args(Source)
# What a message says is hashed; when it came to us and whether it was kept is not.
_NOT_HASHED = frozenset({"received_at", "raw_ref"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One fact that a source has told of a run, or of one of its calls (`call`, its place from 0, beside the stop).

    `event` says which end of the call `at` and `planned_at` are of. `withdrawn`: the source takes back what it has told
    of the run before. A `cause` is the source's own word for it. `raw_sha256` is the hash of the message, `raw_ref` the row where it is kept, if it is.
    """

    region: str
    operator: str
    trip_id: str
    service_date: date
    call: int | None = None
    stop_id: str | None = None
    kind: Kind
    event: Event | None = None
    planned_at: datetime | None = None
    at: datetime | None = None
    source: Source
    told_at: datetime
    received_at: datetime
    raw_sha256: str | None = None
    raw_ref: str | None = None
    cause: str | None = None
    timetable_version: str = ""

    @property
    def run(self) -> RunKey:
        """The name of its run in its region."""
        return self.operator, self.trip_id, self.service_date

    @property
    def id(self) -> str:
        """The hash of what it says."""
        said = {name: _written(value) for name, value in asdict(self).items() if name not in _NOT_HASHED}
        return digest(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObservation:
    """A row as the database has it, with the identity under which it was stored."""

    id: str
    fact: Observation

    @property
    def is_genuine(self) -> bool:
        """Tell whether it still says what it said when it was stored."""
        return self.id == self.fact.id


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMessage:
    """A message as it came from a `peer`; stored compressed."""

    sha256: str
    operator: str
    peer: str
    received_at: datetime
    content: bytes


def put_observations(tx: Transaction, facts: Sequence[Observation]) -> int:
    """Store facts that are not there yet; answers how many were new."""
    rows = {one.id: _row(one) for one in facts}
    return add_all_once(tx, observation, list(rows.values()))


def list_observations(tx: Transaction, region: str, run: RunKey) -> list[StoredObservation]:
    """List the facts of one run by the moment that they were told, then by when they came."""
    operator, trip, day = run
    table = observation.c
    same = (table.region == region, table.operator == operator, table.trip_id == trip)
    query = sa.select(observation).where(*same, table.service_date == day.isoformat())
    rows = tx.execute(query.order_by(table.told_at, table.received_at, table.id)).mappings()
    return [_stored(row) for row in rows]


def last_cause(tx: Transaction, region: str, run: RunKey) -> str | None:
    """Read why a run did not go as planned, as its source named it last; None where nobody has."""
    operator, trip, day = run
    table = observation.c
    same = (table.region == region, table.operator == operator, table.trip_id == trip)
    query = sa.select(table.cause).where(*same, table.service_date == day.isoformat(), table.kind == "cause")
    cause: str | None = tx.execute(
        query.order_by(table.told_at.desc(), table.received_at.desc()).limit(1)
    ).scalar()
    return cause


def put_raw(tx: Transaction, message: RawMessage) -> None:
    """Keep a message, once."""
    row = {
        "sha256": message.sha256,
        "operator": message.operator,
        "peer": message.peer,
        "received_at": message.received_at,
        "size": len(message.content),
        "content": zlib.compress(message.content),
    }
    put_once(tx, raw_message, row)


def find_raws(tx: Transaction, hashes: Collection[str]) -> dict[str, RawMessage | None]:
    """Read kept messages by their hash; None for one that cannot be unpacked any more."""
    query = sa.select(raw_message).where(raw_message.c.sha256.in_(list(hashes)))
    return {row["sha256"]: _raw(row) for row in tx.execute(query).mappings()}


def raw_kept_since(tx: Transaction) -> datetime | None:
    """The moment before which messages have been let go; None where none has been."""
    found: datetime | None = tx.execute(sa.select(observation_retention.c.raw_before)).scalar()
    return found


def quiet_kept_since(tx: Transaction) -> date | None:
    """The service day before which facts of runs that went nearly as planned have been let go; None where none have been."""
    found: str | None = tx.execute(sa.select(observation_retention.c.quiet_before)).scalar()
    return None if found is None else date.fromisoformat(found)


def forget_observations(tx: Transaction, quiet_before: date, all_before: date, raw_before: datetime) -> int:
    """Let facts go that have been kept long enough, and the messages behind them; answers how many facts.

    Of runs before `quiet_before` those stay of which `run_state` still has a row, for somebody may claim something for them, and
    those that somebody has a ticket for: that a run was on time is proven as well.
    """
    marks = {
        "quiet_before": quiet_before.isoformat(),
        "all_before": all_before.isoformat(),
        "raw_before": raw_before,
    }
    tx.execute(insert_once(tx, observation_retention, {"id": 1, **marks}))
    held = tx.execute(sa.select(observation_retention).with_for_update()).mappings().one()
    # The marks only move forward, also where a clock was put back.
    later = {name: max(held[name], marks[name]) for name in marks}
    tx.execute(sa.update(observation_retention).values(**later))
    table = observation.c
    is_quiet = (sa.not_(sa.exists().where(*_of_same_run(one))) for one in (run_state, leg_of_ticket))
    quiet = sa.and_(table.service_date < later["quiet_before"], *is_quiet)
    gone = tx.execute(sa.delete(observation).where(sa.or_(quiet, table.service_date < later["all_before"])))
    tx.execute(sa.delete(raw_message).where(raw_message.c.received_at < later["raw_before"]))
    return int(gone.rowcount)


def _of_same_run(other: sa.Table) -> list[sa.ColumnElement[bool]]:
    names = ("region", "operator", "service_date", "trip_id")
    return [other.c[name] == observation.c[name] for name in names]


def _row(one: Observation) -> dict[str, object]:
    return {"id": one.id, **asdict(one), "service_date": one.service_date.isoformat()}


def _stored(row: sa.RowMapping) -> StoredObservation:
    said = {name: value for name, value in row.items() if name != "id"}
    said["service_date"] = date.fromisoformat(row["service_date"])
    return StoredObservation(id=row["id"], fact=Observation(**said))


def _raw(row: sa.RowMapping) -> RawMessage | None:
    try:
        content = zlib.decompress(row["content"])
    except zlib.error:
        return None
    names = ("sha256", "operator", "peer", "received_at")
    return RawMessage(content=content, **{name: row[name] for name in names})


def _written(value: object) -> object:
    """A value as it is hashed: moments in UTC to the microsecond, days as they are written."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value
