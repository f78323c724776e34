"""Incidents and their steps: only added to, each step behind the hash of the one before, over all incidents."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from throughfare_gate.ids import id_after, new_id
from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, insert, put_once
from ticketing.db.tables.incidents import incident, incident_recipient, incident_step
from ticketing.frozen import IncidentRecord, IncidentStatus, IncidentType, Tlp, read_incident, write_incident

StepKind = Literal["draft", "shared", "received", "answer", "submitted", "missed", "action"]
RECORDS: tuple[StepKind, ...] = ("draft", "shared", "received")
_FIRST = "0" * 64
# PostgreSQL lets two writers in at once: they take turns on this lock (an arbitrary number of ours).
_LOCK = 0x7466_696E


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident; `partner_id` is where it comes from, None for ours, `trigger_key` the fact that made its draft.

    Of a partner's incident whose id another one has here, `trigger_key` is the partner and its own id for it.
    """

    id: str
    partner_id: str | None
    type: IncidentType
    trigger_key: str | None
    opened_at: datetime

    @property
    def id_there(self) -> str:
        """The id that the incident has at the partner from whom it comes."""
        return self.trigger_key.rpartition(" ")[2] if self.partner_id and self.trigger_key else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of an incident; `document` is that of an `IncidentRecord`, or what a step beside it says."""

    id: str
    incident_id: str
    seq: int
    kind: StepKind
    at: datetime
    actor: str
    partner_id: str | None
    origin: str | None
    tlp: Tlp | None
    status: IncidentStatus | None
    document: Mapping[str, object]
    previous: str
    hash: str

    @property
    def record(self) -> IncidentRecord:
        """The record of a step that is one."""
        return read_incident(self.document)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStep:
    """A step that is to be added."""

    incident_id: str
    kind: StepKind
    at: datetime
    actor: str
    partner_id: str | None = None
    origin: str | None = None
    record: IncidentRecord | None = None
    content: Mapping[str, object] = field(default_factory=dict)


def lock_chain(tx: Transaction) -> None:
    """Let one writer in at a time: what follows is read and written by this one alone."""
    if tx.dialect.name == "postgresql":
        tx.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def open_incident(tx: Transaction, opened: Incident) -> bool:
    """Store an incident; False where its id or its trigger is there already."""
    return put_once(tx, incident, columns(opened))


def add_step(tx: Transaction, wanted: NewStep) -> Step:
    """Add a step to its incident and to the chain."""
    lock_chain(tx)
    last = tx.execute(
        sa.select(incident_step.c.id, incident_step.c.hash).order_by(incident_step.c.id.desc()).limit(1)
    ).first()
    highest = sa.select(sa.func.max(incident_step.c.seq)).where(
        incident_step.c.incident_id == wanted.incident_id
    )
    record = wanted.record
    step = Step(
        id=id_after(last.id) if last else new_id(),
        incident_id=wanted.incident_id,
        seq=(tx.execute(highest).scalar() or 0) + 1,
        kind=wanted.kind,
        at=wanted.at,
        actor=wanted.actor,
        partner_id=wanted.partner_id,
        origin=wanted.origin,
        tlp=record.tlp if record else None,
        status=record.status if record else None,
        document=wanted.content if record is None else write_incident(record),
        previous=last.hash if last else _FIRST,
        hash="",
    )
    step = replace(step, hash=hash_of(step))
    insert(tx, incident_step, step)
    return step


def name_recipients(tx: Transaction, incident_id: str, partner_ids: Collection[str], at: datetime) -> None:
    """Name partners who see a record whatever its colour."""
    for partner_id in partner_ids:
        put_once(
            tx, incident_recipient, {"incident_id": incident_id, "partner_id": partner_id, "named_at": at}
        )


def list_recipients(tx: Transaction, incident_id: str) -> list[str]:
    """List the partners that an incident names."""
    query = sa.select(incident_recipient.c.partner_id).where(incident_recipient.c.incident_id == incident_id)
    return list(tx.execute(query.order_by(incident_recipient.c.partner_id)).scalars())


def count_taken(tx: Transaction, partner_id: str, since: datetime) -> int:
    """Count the records and answers that were taken from a partner since a moment."""
    query = sa.select(sa.func.count()).where(
        incident_step.c.partner_id == partner_id,
        incident_step.c.at >= since,
        incident_step.c.origin.is_not(None),
    )
    return int(tx.execute(query).scalar_one())


def find_incident(tx: Transaction, incident_id: str) -> Incident | None:
    """Read an incident by its id."""
    return find(tx, sa.select(incident).where(incident.c.id == incident_id), Incident)


def has_trigger(tx: Transaction, trigger_key: str) -> bool:
    """Tell whether a fact has made its draft already."""
    return find_triggered(tx, trigger_key) is not None


def find_triggered(tx: Transaction, trigger_key: str) -> Incident | None:
    """Read the incident of a trigger."""
    return find(tx, sa.select(incident).where(incident.c.trigger_key == trigger_key), Incident)


def list_incidents(tx: Transaction, each: int = 200) -> list[Incident]:
    """List the newest incidents of ours and of each partner, the newest first: nobody's flood hides another's."""
    newest = sa.func.row_number().over(
        partition_by=incident.c.partner_id, order_by=(incident.c.opened_at.desc(), incident.c.id.desc())
    )
    ranked = sa.select(incident, newest.label("newest")).subquery()
    query = sa.select(*(ranked.c[name] for name in Incident.__dataclass_fields__)).where(
        ranked.c.newest <= each
    )
    return fetch(tx, query.order_by(ranked.c.opened_at.desc(), ranked.c.id.desc()), Incident)


def list_steps(tx: Transaction, incident_id: str) -> list[Step]:
    """List the steps of an incident in their order."""
    query = sa.select(incident_step).where(incident_step.c.incident_id == incident_id)
    return fetch(tx, query.order_by(incident_step.c.seq), Step)


def list_steps_by_incident(tx: Transaction, incident_ids: Collection[str]) -> Mapping[str, list[Step]]:
    """List the steps of many incidents, each in their order."""
    query = sa.select(incident_step).where(incident_step.c.incident_id.in_(list(incident_ids)))
    listed: dict[str, list[Step]] = {incident_id: [] for incident_id in incident_ids}
    for step in fetch(tx, query.order_by(incident_step.c.incident_id, incident_step.c.seq), Step):
        listed[step.incident_id].append(step)
    return listed


def find_step(tx: Transaction, step_id: str) -> Step | None:
    """Read a step by its id."""
    return find(tx, sa.select(incident_step).where(incident_step.c.id == step_id), Step)


def list_steps_of(tx: Transaction, kinds: Collection[StepKind]) -> list[Step]:
    """List the steps of some kinds of all incidents, in the order of the chain."""
    query = sa.select(incident_step).where(incident_step.c.kind.in_(list(kinds)))
    return fetch(tx, query.order_by(incident_step.c.id), Step)


def broken(tx: Transaction) -> Iterator[str]:
    """The ids of steps that were changed, or before which one is missing."""
    previous = _FIRST
    for step in fetch(tx, sa.select(incident_step).order_by(incident_step.c.id), Step):
        if step.previous != previous or step.hash != hash_of(step):
            yield step.id
        previous = step.hash


def hash_of(step: Step) -> str:
    """The hash that a step must carry."""
    facts = [
        step.id,
        step.incident_id,
        step.seq,
        step.kind,
        step.at.isoformat(timespec="microseconds"),
        step.actor,
        step.partner_id,
        step.origin,
        step.tlp,
        step.status,
        step.document,
        step.previous,
    ]
    return hashlib.sha256(canonical(facts).encode()).hexdigest()
