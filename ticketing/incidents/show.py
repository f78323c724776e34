"""Show an incident as a document for people and programs: its record, its deadlines, its partners and their answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ticketing.db.incidents import deliveries, partners, steps, visible
from ticketing.db.incidents.deliveries import Delivery
from ticketing.db.incidents.partners import Partner
from ticketing.db.incidents.steps import Step
from ticketing.db.incidents.visible import PUBLIC
from ticketing.incidents.answering import Answer, our_answer, read_answer
from ticketing.incidents.clocks import Deadline, deadlines
from ticketing.incidents.desk import ANSWER_WITHIN, IncidentDesk
from ticketing.incidents.reporting import Case, get_case, viewer_of

# Of ours, and of each partner: nobody's flood hides another's.
_MOST_PUBLIC = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerState:
    """The state of an incident of ours at a partner: whether its colour reaches it, what arrived, what it answered."""

    partner: Partner
    sees: bool
    arrived_at: datetime | None
    waits_because: str
    answer: Answer | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An incident with what surrounds it; `answer_by` is when its partner hopes for our first answer."""

    case: Case
    deadlines: Sequence[Deadline]
    partners: Sequence[PartnerState]
    our_answer: Answer | None
    answer_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicIncident:
    """An incident for everybody: only records of TLP:CLEAR come here."""

    id: str
    scheme: str
    step: Step


def show(desk: IncidentDesk, incident_id: str) -> Shown:
    """Read an incident with its deadlines and its partners; raises NotFound."""
    case, now = get_case(desk, incident_id), desk.clock.now()
    is_ours = case.partner is None
    due = deadlines(case.record, case.submitted, now, desk.zone) if is_ours else ()
    states = list_states(desk, case) if is_ours else ()
    return Shown(
        case=case,
        deadlines=due,
        partners=states,
        our_answer=None if is_ours else our_answer(case),
        answer_by=None if is_ours else case.steps[0].at + ANSWER_WITHIN,
    )


def list_states(desk: IncidentDesk, case: Case) -> list[PartnerState]:
    """Read how each partner stands to an incident of ours."""
    with desk.database.read() as tx:
        known = partners.list_partners(tx)
        sent = deliveries.list_deliveries(tx, [step.id for step in case.steps])
        seeing = {
            partner.id
            for partner in known
            if visible.find_shared(tx, viewer_of(partner), case.incident.id) is not None
        }
    return [_state(case, partner, sent, sees=partner.id in seeing) for partner in known]


def list_public(desk: IncidentDesk) -> list[PublicIncident]:
    """List the incidents that everybody may read, ours and our partners', the newest first."""
    with desk.database.read() as tx:
        listed = visible.list_told(tx, PUBLIC, _MOST_PUBLIC)
        known = partners.partners_by_id(tx)
        incidents = {step.id: steps.find_incident(tx, step.incident_id) for step in listed}
    shown = []
    for step in listed:
        incident = incidents[step.id]
        partner = known.get(incident.partner_id or "") if incident else None
        shown.append(
            PublicIncident(id=step.incident_id, scheme=partner.name if partner else desk.issuer, step=step)
        )
    return shown


def as_json(shown: Shown) -> dict[str, object]:
    """Write an incident for programs."""
    case = shown.case
    return {
        "id": case.incident.id,
        "from": case.partner.issuer if case.partner else None,
        "opened_at": case.incident.opened_at.isoformat(),
        "is_shared": case.is_shared,
        "record": dict(case.last.document),
        "deadlines": [_deadline(deadline) for deadline in shown.deadlines],
        "partners": [_partner(state) for state in shown.partners],
        "our_answer": shown.our_answer.as_json() if shown.our_answer else None,
        "steps": [
            {"kind": step.kind, "at": step.at.isoformat(), "actor": step.actor, "hash": step.hash}
            for step in case.steps
        ],
    }


def _state(case: Case, partner: Partner, sent: Sequence[Delivery], *, sees: bool) -> PartnerState:
    mine = [delivery for delivery in sent if delivery.partner_id == partner.id]
    arrived = sorted(delivery.delivered_at for delivery in mine if delivery.delivered_at is not None)
    waiting = [delivery.detail for delivery in mine if delivery.delivered_at is None]
    answers = [step for step in case.steps if step.kind == "answer" and step.partner_id == partner.id]
    return PartnerState(
        partner=partner,
        sees=sees,
        arrived_at=arrived[0] if arrived else None,
        waits_because=waiting[-1] if waiting else "",
        answer=read_answer(dict(answers[-1].document)) if answers else None,
        answered_at=answers[0].at if answers else None,
    )


def _deadline(deadline: Deadline) -> Mapping[str, object]:
    return {
        "duty": deadline.duty,
        "state": deadline.state,
        "due_at": deadline.due_at.isoformat() if deadline.due_at else None,
        "done_at": deadline.done_at.isoformat() if deadline.done_at else None,
        "because": deadline.because,
    }


def _partner(state: PartnerState) -> Mapping[str, object]:
    return {
        "partner": state.partner.issuer,
        "sees": state.sees,
        "arrived_at": state.arrived_at.isoformat() if state.arrived_at else None,
        "waits_because": state.waits_because,
        "answer": state.answer.as_json() if state.answer else None,
        "answered_at": state.answered_at.isoformat() if state.answered_at else None,
    }
