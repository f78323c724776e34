"""Events of runs, revision by revision, and the tickets that each concerns: what holders are told is read from here.

A row of `disruption_affected` is one message that a holder is owed, once: (event, jti) is its key.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.documents import canonical, digest
from ticketing.db.engine import Transaction
from ticketing.db.operators.run_states import RunKey
from ticketing.db.tables.disruption import disruption_affected, disruption_event


@dataclass(frozen=True, slots=True, kw_only=True)
class DisruptionEvent:
    """A revision of what has happened to a run: `seen`, then `confirmed` or `dropped`; `evidence` are ids of observations.

    `first_told_at` is its source's time of the first word, `first_seen` and `last_seen` are ours. `late_seconds` is the
    longest delay of a ticket that it concerns, `note` is what staff have written for holders, by language.
    """

    region: str
    operator: str
    trip_id: str
    service_date: date
    revision: int
    kind: str
    status: str
    source: str
    first_seen: datetime
    first_told_at: datetime
    last_seen: datetime
    confirmed_at: datetime | None = None
    late_seconds: int | None = None
    cause: str | None = None
    evidence: tuple[str, ...] = ()
    note: Mapping[str, str] = field(default_factory=dict)

    @property
    def run(self) -> RunKey:
        """The name of its run in its region."""
        return self.operator, self.trip_id, self.service_date

    @property
    def id(self) -> str:
        """The same for the same revision of the same run, wherever it is made."""
        run = [self.region, self.operator, self.trip_id, self.service_date.isoformat(), self.revision]
        return digest(run)[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedTicket:
    """A ticket that an event concerns: by which leg, and why; `then_leg` is the leg that its holder would miss.

    `platform` is the stop at which its holder boards, where that has changed.
    """

    event_id: str
    jti: str
    leg: int
    order_id: str
    why: str
    late_seconds: int | None = None
    then_leg: int | None = None
    platform: str | None = None


_FIELDS = frozenset(one.name for one in fields(DisruptionEvent))


def put_event(tx: Transaction, event: DisruptionEvent) -> None:
    """Write an event, a new revision or one that goes on."""
    row = {
        **asdict(event),
        "service_date": event.service_date.isoformat(),
        "evidence": canonical(list(event.evidence)),
        "note": canonical(dict(event.note)) if event.note else None,
    }
    changed = tx.execute(sa.update(disruption_event).where(disruption_event.c.id == event.id).values(**row))
    if not changed.rowcount:
        tx.execute(sa.insert(disruption_event).values(id=event.id, **row))


def put_affected(tx: Transaction, rows: Sequence[AffectedTicket]) -> None:
    """Write whom a confirmed event concerns."""
    if rows:
        tx.execute(sa.insert(disruption_affected), [asdict(one) for one in rows])


def find_event(tx: Transaction, event_id: str) -> DisruptionEvent | None:
    """Read an event by its id."""
    row = tx.execute(sa.select(disruption_event).where(disruption_event.c.id == event_id)).mappings().first()
    return None if row is None else event_of(row)


def list_of_order(tx: Transaction, order_id: str) -> list[DisruptionEvent]:
    """List the confirmed events that concern tickets of an order, in the order in which they were confirmed."""
    mine = sa.select(disruption_affected.c.event_id).where(disruption_affected.c.order_id == order_id)
    query = sa.select(disruption_event).where(
        disruption_event.c.id.in_(mine), disruption_event.c.status == "confirmed"
    )
    rows = tx.execute(query.order_by(disruption_event.c.confirmed_at, disruption_event.c.id)).mappings()
    return [event_of(row) for row in rows]


def last_event(tx: Transaction, region: str, run: RunKey) -> DisruptionEvent | None:
    """The newest revision of a run's events."""
    query = sa.select(disruption_event).where(*_of_run(region, run))
    row = tx.execute(query.order_by(disruption_event.c.revision.desc()).limit(1)).mappings().first()
    return None if row is None else event_of(row)


def last_note(tx: Transaction, region: str, run: RunKey) -> dict[str, str]:
    """Read the words of staff, by language, that went with the last confirmed event of a run; empty where none did."""
    query = sa.select(disruption_event.c.note).where(
        *_of_run(region, run), disruption_event.c.status == "confirmed"
    )
    note = tx.execute(query.order_by(disruption_event.c.revision.desc()).limit(1)).scalar()
    words: dict[str, str] = json.loads(note) if note else {}
    return words


def list_events(tx: Transaction, region: str, run: RunKey) -> list[DisruptionEvent]:
    """List the events of a run, the first one first."""
    query = sa.select(disruption_event).where(*_of_run(region, run))
    return [event_of(row) for row in tx.execute(query.order_by(disruption_event.c.revision)).mappings()]


def list_heard(tx: Transaction, region: str, run: RunKey) -> list[AffectedTicket]:
    """List the words of confirmed events to holders of a run, in the order in which they were told."""
    query = (
        sa.select(disruption_affected)
        .join(disruption_event, disruption_event.c.id == disruption_affected.c.event_id)
        .where(*_of_run(region, run), disruption_event.c.status == "confirmed")
        .order_by(disruption_event.c.revision, disruption_affected.c.jti)
    )
    return [AffectedTicket(**row) for row in tx.execute(query).mappings()]


def list_affected(tx: Transaction, event_id: str, order_id: str | None = None) -> list[AffectedTicket]:
    """List the tickets that an event concerns, of one order or of all."""
    query = sa.select(disruption_affected).where(disruption_affected.c.event_id == event_id)
    query = query if order_id is None else query.where(disruption_affected.c.order_id == order_id)
    return [AffectedTicket(**row) for row in tx.execute(query.order_by(disruption_affected.c.jti)).mappings()]


def list_of_ticket(tx: Transaction, jti: str) -> list[tuple[DisruptionEvent, AffectedTicket]]:
    """List the confirmed events that concern a ticket, each with its row, in the order in which they were confirmed."""
    mine = sa.select(disruption_affected).where(disruption_affected.c.jti == jti)
    rows = {row["event_id"]: AffectedTicket(**row) for row in tx.execute(mine).mappings()}
    query = sa.select(disruption_event).where(
        disruption_event.c.id.in_(list(rows)), disruption_event.c.status == "confirmed"
    )
    confirmed = tx.execute(query.order_by(disruption_event.c.confirmed_at, disruption_event.c.id)).mappings()
    return [(event, rows[event.id]) for event in map(event_of, confirmed)]


def list_beside(tx: Transaction, event_ids: Collection[str]) -> list[DisruptionEvent]:
    """List some events with all others of their runs, by run, the first one first."""
    table, named = disruption_event.c, disruption_event.alias()
    of_run = [named.c[name] == table[name] for name in ("region", "operator", "trip_id", "service_date")]
    wanted = sa.exists().where(*of_run, named.c.id.in_(list(event_ids)))
    order = (table.region, table.operator, table.trip_id, table.service_date, table.revision)
    rows = tx.execute(sa.select(disruption_event).where(wanted).order_by(*order)).mappings()
    return [event_of(row) for row in rows]


def list_affected_of(
    tx: Transaction, event_ids: Collection[str], order_ids: Collection[str]
) -> list[AffectedTicket]:
    """List the tickets of some orders that some events concern."""
    table = disruption_affected.c
    query = sa.select(disruption_affected).where(
        table.event_id.in_(list(event_ids)), table.order_id.in_(list(order_ids))
    )
    return [AffectedTicket(**row) for row in tx.execute(query.order_by(table.jti)).mappings()]


def runs_with_events(tx: Transaction, region: str, operator: str, since: date) -> dict[RunKey, bool]:
    """The runs of an operator that have events, from a service day on: whether the newest waits to be confirmed."""
    table = disruption_event.c
    query = sa.select(table.trip_id, table.service_date, table.status).where(
        table.region == region, table.operator == operator, table.service_date >= since.isoformat()
    )
    rows = tx.execute(query.order_by(table.revision)).all()
    return {
        (operator, row.trip_id, date.fromisoformat(row.service_date)): row.status == "seen" for row in rows
    }


# Of a run that does not go nobody hears late because its feed has told delays before.
GRAVE = ("cancelled", "call_skipped")


def count_confirmed(tx: Transaction, region: str, run: RunKey, kind: str) -> int:
    """Count the confirmed revisions of a run's events that a new one of a kind has to wait for: for a grave one grave ones only."""
    counted = [disruption_event.c.status == "confirmed"]
    if kind in GRAVE:
        counted.append(disruption_event.c.kind.in_(GRAVE))
    query = sa.select(sa.func.count()).select_from(disruption_event).where(*_of_run(region, run), *counted)
    return int(tx.execute(query).scalar_one())


def last_grave(tx: Transaction, region: str, run: RunKey) -> datetime | None:
    """Find when holders were told last that a run does not take them; None where they never were."""
    query = sa.select(sa.func.max(disruption_event.c.confirmed_at)).where(
        *_of_run(region, run), disruption_event.c.status == "confirmed", disruption_event.c.kind.in_(GRAVE)
    )
    last: datetime | None = tx.execute(query).scalar_one()
    return last


def list_waiting(tx: Transaction) -> list[tuple[DisruptionEvent, int]]:
    """List the events that are seen, neither confirmed nor dropped; each with how many of its run count for it."""
    table, earlier = disruption_event.c, disruption_event.alias()
    of_run = [earlier.c[name] == table[name] for name in ("region", "operator", "trip_id", "service_date")]
    confirmed = (
        sa.select(sa.func.count())
        .select_from(earlier)
        .where(*of_run, earlier.c.status == "confirmed")
        .where(sa.or_(table.kind.not_in(GRAVE), earlier.c.kind.in_(GRAVE)))
        .correlate(disruption_event)
        .scalar_subquery()
    )
    query = sa.select(disruption_event, confirmed.label("confirmed_before")).where(table.status == "seen")
    rows = tx.execute(query.order_by(table.first_seen, table.id)).mappings()
    return [(event_of(row), int(row["confirmed_before"])) for row in rows]


def forget_events(tx: Transaction, before: date) -> int:
    """Forget the events of service days before one, and whom they concerned; answers how many events."""
    old = disruption_event.c.service_date < before.isoformat()
    ids = sa.select(disruption_event.c.id).where(old)
    tx.execute(sa.delete(disruption_affected).where(disruption_affected.c.event_id.in_(ids)))
    return int(tx.execute(sa.delete(disruption_event).where(old)).rowcount)


def _of_run(region: str, run: RunKey) -> list[sa.ColumnElement[bool]]:
    operator, trip, day = run
    table = disruption_event.c
    same = [table.region == region, table.operator == operator, table.trip_id == trip]
    return [*same, table.service_date == day.isoformat()]


def event_of(row: sa.RowMapping) -> DisruptionEvent:
    """Read an event from its row."""
    found: dict[str, Any] = {name: value for name, value in row.items() if name in _FIELDS}
    found["service_date"] = date.fromisoformat(row["service_date"])
    found["evidence"] = tuple(json.loads(row["evidence"]))
    found["note"] = json.loads(row["note"]) if row["note"] else {}
    return DisruptionEvent(**found)
