"""Write incidents: a draft, the two lines of a person, the sharing, updates, notices to authorities, the close with its lessons."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from throughfare_gate.ids import new_id
from ticketing.db import Transaction
from ticketing.db.incidents import deliveries, partners, steps, visible
from ticketing.db.incidents.deliveries import Delivery, Way
from ticketing.db.incidents.partners import Partner
from ticketing.db.incidents.steps import RECORDS, Incident, NewStep, Step
from ticketing.db.incidents.visible import Viewer
from ticketing.errors import Conflict, Fault, InvalidRequest, NotFound
from ticketing.frozen import (
    RSIT_OF,
    IncidentRecord,
    IncidentType,
    Unreadable,
    read_incident,
    write_incident,
)
from ticketing.incidents.clocks import DUTIES, deadlines
from ticketing.incidents.desk import IncidentDesk, refuse_names
from ticketing.incidents.severity import Spread, severity

_MOST_REFERENCE, _FEWEST_LESSONS = 80, 20
_TOO_OLD = timedelta(days=365)
# The record of a draft where the person who opens it says nothing else.
_DRAFT: Mapping[str, object] = {
    "severity": 0,
    "status": "suspected",
    "tlp": "AMBER",
    "narrative": "",
    "passengers": 0,
    "money_minor": 0,
    "is_significant": True,
    "is_cross_border": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An incident with its steps and its last record; `partner` is where it comes from, None for ours."""

    incident: Incident
    partner: Partner | None
    steps: Sequence[Step]
    last: Step

    @property
    def record(self) -> IncidentRecord:
        """The last record."""
        return self.last.record

    @property
    def is_shared(self) -> bool:
        """True where partners have it."""
        return any(step.kind == "shared" for step in self.steps)

    @property
    def submitted(self) -> Mapping[str, datetime]:
        """The moment at which each duty was answered first."""
        done: dict[str, datetime] = {}
        for step in self.steps:
            if step.kind == "submitted":
                done.setdefault(str(step.document["duty"]), step.at)
        return done


def open_draft(
    desk: IncidentDesk, record: IncidentRecord, actor: str, trigger_key: str | None = None
) -> str | None:
    """Open a draft; None where its trigger has fired before. A person's draft has no trigger."""
    now = desk.clock.now()
    _check(desk, record, now)
    incident = Incident(
        id=new_id(), partner_id=None, type=record.type, trigger_key=trigger_key, opened_at=now
    )
    with desk.database.write() as tx:
        refuse_names(tx, record)
        if not steps.open_incident(tx, incident):
            return None
        steps.add_step(
            tx, NewStep(incident_id=incident.id, kind="draft", at=now, actor=actor, record=judged(record))
        )
    return incident.id


def share(
    desk: IncidentDesk,
    incident_id: str,
    change: Mapping[str, object],
    actor: str,
    *,
    to: Collection[str] = (),
) -> Step:
    """Share an incident of ours as it is now, with what has changed: the first time, an update, or its close.

    `to` names partners by their issuer, who see it whatever its colour. Raises NotFound, InvalidRequest, and Conflict for one
    that is closed.
    """
    now = desk.clock.now()
    with desk.database.write() as tx:
        steps.lock_chain(tx)
        case = read_case(tx, incident_id)
        record = _changed(case, change)
        _check(desk, record, now)
        refuse_names(tx, record)
        named = [_partner(tx, issuer).id for issuer in to]
        if record.tlp == "RED" and not (named or steps.list_recipients(tx, incident_id)):
            raise InvalidRequest.at("to", "a record of TLP:RED names its recipients")
        if record.status == "closed" and len(record.lessons) < _FEWEST_LESSONS:
            raise InvalidRequest.at(
                "lessons", f"to close it takes the lessons, in {_FEWEST_LESSONS} letters or more"
            )
        steps.name_recipients(tx, incident_id, named, now)
        step = steps.add_step(
            tx, NewStep(incident_id=incident_id, kind="shared", at=now, actor=actor, record=record)
        )
        _put_deliveries(tx, step, now)
    return step


def put_away(desk: IncidentDesk, incident_id: str, actor: str) -> None:
    """Put a draft away that is no incident; partners never hear of it. Raises Conflict where they have it."""
    with desk.database.write() as tx:
        steps.lock_chain(tx)
        case = read_case(tx, incident_id)
        if case.is_shared:
            raise Conflict("partners have this incident: share it as a false alarm")
        record = _changed(case, {"status": "false_alarm"})
        wanted = NewStep(
            incident_id=incident_id, kind="draft", at=desk.clock.now(), actor=actor, record=record
        )
        steps.add_step(tx, wanted)


def note_submitted(desk: IncidentDesk, incident_id: str, duty: str, reference: str, actor: str) -> None:
    """Write down that an authority was told, with the reference that it gave. The reference stays here."""
    if duty not in DUTIES:
        raise InvalidRequest.at("duty", f"must be one of {', '.join(DUTIES)}")
    reference = reference.strip()
    if not 1 <= len(reference) <= _MOST_REFERENCE or not reference.isprintable():
        raise InvalidRequest.at(
            "reference", f"must be the authority's reference, of at most {_MOST_REFERENCE} letters"
        )
    with desk.database.write() as tx:
        steps.lock_chain(tx)
        case = read_case(tx, incident_id)
        _require_ours(case)
        content = {"duty": duty, "reference": reference}
        steps.add_step(
            tx,
            NewStep(
                incident_id=incident_id, kind="submitted", at=desk.clock.now(), actor=actor, content=content
            ),
        )


def note_missed(desk: IncidentDesk) -> int:
    """Write a row for each deadline of ours that went by unanswered, once; answers how many."""
    now, count = desk.clock.now(), 0
    for case in list_cases(desk):
        if case.partner is not None:
            continue
        known = {str(step.document["duty"]) for step in case.steps if step.kind == "missed"}
        for deadline in deadlines(case.record, case.submitted, now, desk.zone):
            if deadline.state == "late" and deadline.duty not in known and deadline.due_at is not None:
                content = {"duty": deadline.duty, "due_at": deadline.due_at.isoformat()}
                _add_missed(desk, case.incident.id, content, now)
                count += 1
    return count


def get_case(desk: IncidentDesk, incident_id: str) -> Case:
    """Read an incident; raises NotFound."""
    with desk.database.read() as tx:
        return read_case(tx, incident_id)


def list_cases(desk: IncidentDesk) -> list[Case]:
    """List incidents, ours and our partners', the newest first."""
    with desk.database.read() as tx:
        return _cases(tx, steps.list_incidents(tx))


def read_case(tx: Transaction, incident_id: str) -> Case:
    """Read an incident within a transaction; raises NotFound."""
    incident = steps.find_incident(tx, incident_id)
    if incident is None:
        raise NotFound("there is no such incident")
    return _cases(tx, [incident])[0]


def _cases(tx: Transaction, incidents: Sequence[Incident]) -> list[Case]:
    """Read the steps and partners of incidents, all at once."""
    by_incident = steps.list_steps_by_incident(tx, [incident.id for incident in incidents])
    known = partners.partners_by_id(tx)
    cases = []
    for incident in incidents:
        listed = by_incident[incident.id]
        last = next(step for step in reversed(listed) if step.kind in RECORDS)
        partner = known.get(incident.partner_id or "")
        cases.append(Case(incident=incident, partner=partner, steps=listed, last=last))
    return cases


def judged(record: IncidentRecord, operators: int = 1) -> IncidentRecord:
    """A record with the severity that the rule gives it."""
    spread = Spread(
        passengers=record.passengers,
        money_minor=record.money_minor,
        operators=operators,
        is_cross_border=record.is_cross_border,
    )
    return replace(record, severity=severity(record.type, record.status, spread))


def viewer_of(partner: Partner) -> Viewer:
    """The reader that a partner is."""
    return Viewer(partner.relation, partner.id)


def reaches(partner: Partner, tlp: str) -> bool:
    """Tell whether a colour reaches a partner that is not named, before it is shared; the query decides when it is."""
    return tlp in visible.REACH[partner.relation]


def ways_to(partner: Partner, step: Step) -> list[Way]:
    """The ways by which a step goes to a partner; nothing red leaves by mail, which others can read on its way."""
    ways: list[Way] = []
    if partner.address:
        ways.append("http")
    if partner.mail and step.tlp != "RED":
        ways.append("mail")
    return ways


def new_record(kind: IncidentType, facts: object, given: Mapping[str, object]) -> IncidentRecord:
    """Read a record that a person gives, severity left to the rule; raises InvalidRequest, which names the field."""
    return judged(_read({**_DRAFT, "rsit": RSIT_OF[kind], **given, "type": kind, "facts": facts}))


def _changed(case: Case, change: Mapping[str, object]) -> IncidentRecord:
    _require_ours(case)
    if case.record.status in {"closed", "false_alarm"}:
        raise Conflict("this incident is closed; a new failure is a new one")
    return judged(_read({**write_incident(case.record), **change, "type": case.record.type}))


def _read(document: Mapping[str, object]) -> IncidentRecord:
    try:
        return read_incident(dict(document))
    except Unreadable as fault:
        raise InvalidRequest(str(fault), [Fault(fault.field, fault.message)]) from None


def _require_ours(case: Case) -> None:
    if case.partner is not None:
        raise Conflict(f"this incident is of {case.partner.name}, who alone changes it")


def _check(desk: IncidentDesk, record: IncidentRecord, now: datetime) -> None:
    """Refuse times that cannot be, and operators that nobody here knows."""
    if not now - _TOO_OLD <= record.aware_at <= now + timedelta(minutes=5):
        raise InvalidRequest.at("aware_at", "must be within the last year, and not in the future")
    named = {record.operator, getattr(record.facts, "operator", None)} - {None}
    strange = sorted(str(code) for code in named if desk.operators and code not in desk.operators)
    if strange:
        raise InvalidRequest.at("operator", f"{strange[0]} is no operator of this deployment")


def _partner(tx: Transaction, issuer: str) -> Partner:
    partner = partners.find_partner(tx, issuer)
    if partner is None or partner.ended_at is not None:
        raise InvalidRequest.at("to", f"{issuer} is no partner of ours")
    return partner


def _put_deliveries(tx: Transaction, step: Step, now: datetime) -> None:
    """Write a delivery for each partner that the query lets see the step."""
    for partner in partners.list_partners(tx):
        seen = visible.find_shared(tx, viewer_of(partner), step.incident_id)
        if seen is not None and seen.id == step.id:
            deliveries.put_deliveries(
                tx,
                [
                    Delivery(step_id=step.id, partner_id=partner.id, way=way, due_at=now)
                    for way in ways_to(partner, step)
                ],
            )


def _add_missed(desk: IncidentDesk, incident_id: str, content: Mapping[str, object], now: datetime) -> None:
    wanted = NewStep(incident_id=incident_id, kind="missed", at=now, actor="worker", content=content)
    with desk.database.write() as tx:
        steps.add_step(tx, wanted)
