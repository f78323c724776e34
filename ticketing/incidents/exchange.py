"""Take in what partners send and give out what they may read: the same by HTTP, from a file and from a mail."""

import email
import email.policy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from throughfare_gate.ids import new_id
from ticketing.db import Transaction
from ticketing.db.incidents import partners, steps, visible
from ticketing.db.incidents.partners import Partner
from ticketing.db.incidents.steps import Incident, NewStep, StepKind
from ticketing.errors import Conflict, Fault, InvalidRequest, NotFound, TooManyRequests
from ticketing.frozen import IncidentType, Unreadable, read_incident
from ticketing.incidents import papers
from ticketing.incidents.answering import read_answer
from ticketing.incidents.desk import IncidentDesk
from ticketing.incidents.papers import ANSWER, RECORD
from ticketing.incidents.reporting import viewer_of

__all__ = [
    "Page",
    "Partner",
    "Taken",
    "caller",
    "export_answer",
    "export_for",
    "get_partner",
    "give_out",
    "import_file",
    "read_page",
    "take_answer",
    "take_in",
    "tokens_in",
]
PAGE = 20
# So many records and answers of one partner are taken in within a day.
MOST_A_DAY = 200
_DAY, _PAUSE = timedelta(days=1), timedelta(hours=1)
_MOST_PARTS = 100
_CURSOR = re.compile(r"[A-Za-z0-9_-]{0,64}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The outcome of taking something in: `is_new` is False for what was here before."""

    incident_id: str
    partner: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Signed records for one partner, the cursor behind the last of them, and whether more follow."""

    records: Sequence[str]
    cursor: str
    more: bool


def caller(desk: IncidentDesk, token: str) -> Partner:
    """Know the partner that calls by its signed token; raises NotAuthenticated."""
    with desk.database.read() as tx:
        known = partners.list_partners(tx)
    return papers.caller_of(desk, known, token)


def take_in(desk: IncidentDesk, token: str, sender: Partner | None = None) -> Taken:
    """Take a partner's record in; a record that is known, or older than the one we have, changes nothing.

    `sender` is the partner that has called, where one has: it brings its own records alone.
    """
    with desk.database.read() as tx:
        known = [sender] if sender else partners.list_partners(tx)
    paper = papers.read_paper(desk, known, RECORD, token)
    try:
        record = read_incident(paper.content)
    except Unreadable as fault:
        raise InvalidRequest(f"record.{fault}", [Fault(f"record.{fault.field}", fault.message)]) from None
    now = desk.clock.now()
    with desk.database.write() as tx:
        steps.lock_chain(tx)
        incident = _incident_of(tx, paper, record.type, now)
        return _keep(tx, paper, replace(_step_of(paper, "received", incident.id, now), record=record))


def take_answer(
    desk: IncidentDesk, token: str, sender: Partner | None = None, *, expected: str | None = None
) -> Taken:
    """Take a partner's answer to an incident of ours that it sees, the `expected` one; raises NotFound for any other."""
    with desk.database.read() as tx:
        known = [sender] if sender else partners.list_partners(tx)
    paper = papers.read_paper(desk, known, ANSWER, token)
    answer, now = read_answer(paper.content), desk.clock.now()
    if expected not in {None, paper.incident_id}:
        raise NotFound("there is no such incident")
    with desk.database.write() as tx:
        steps.lock_chain(tx)
        if visible.find_shared(tx, viewer_of(paper.partner), paper.incident_id) is None:
            raise NotFound("there is no such incident")
        step = _step_of(paper, "answer", paper.incident_id, now)
        return _keep(tx, paper, replace(step, content=answer.as_json()))


def _step_of(paper: papers.Paper, kind: StepKind, incident_id: str, at: datetime) -> NewStep:
    """The step that a partner's paper is here, without its content."""
    partner = paper.partner
    return NewStep(
        incident_id=incident_id,
        kind=kind,
        at=at,
        actor=partner.name,
        partner_id=partner.id,
        origin=paper.step_id,
    )


def _keep(tx: Transaction, paper: papers.Paper, step: NewStep) -> Taken:
    """Keep a partner's step that is new; raises TooManyRequests where the partner floods us."""
    is_new = not _is_known(tx, paper, step.incident_id, step.kind)
    if is_new:
        _refuse_flood(tx, paper.partner, step.at)
        steps.add_step(tx, step)
    return Taken(incident_id=step.incident_id, partner=paper.partner.name, is_new=is_new)


def give_out(desk: IncidentDesk, partner: Partner, since: str = "") -> Page:
    """Sign the records behind a cursor that a partner may read; one that was away gets all of them."""
    with desk.database.read() as tx:
        listed = visible.list_shared(tx, viewer_of(partner), since, PAGE + 1)
    page = listed[:PAGE]
    return Page(
        records=[papers.sign_step(desk, RECORD, step, partner) for step in page],
        cursor=page[-1].id if page else since,
        more=len(listed) > PAGE,
    )


def export_for(desk: IncidentDesk, incident_id: str, issuer: str) -> str:
    """Sign the last record of an incident of ours for one partner, as a file; raises NotFound where its colour ends before."""
    partner = get_partner(desk, issuer)
    with desk.database.read() as tx:
        step = visible.find_shared(tx, viewer_of(partner), incident_id)
    if step is None:
        raise NotFound(f"no shared record of this incident reaches {partner.name}")
    return papers.sign_step(desk, RECORD, step, partner)


def export_answer(desk: IncidentDesk, incident_id: str) -> str:
    """Sign our last answer to a partner's incident, as a file."""
    with desk.database.read() as tx:
        incident = steps.find_incident(tx, incident_id)
        partner = partners.partners_by_id(tx).get(incident.partner_id or "") if incident else None
        answers = [step for step in steps.list_steps(tx, incident_id) if step.kind == "answer"]
    if incident is None or partner is None or not answers:
        raise NotFound("we have given no answer to such an incident")
    return papers.sign_step(desk, ANSWER, answers[-1], partner, incident.id_there)


def import_file(desk: IncidentDesk, content: bytes) -> Taken:
    """Take in a file: a signed record or answer by itself, or the mail that carries one."""
    tokens = tokens_in(content)
    if len(tokens) != 1:
        raise InvalidRequest.at("file", "must be one signed record or answer, or a mail with one")
    take = take_answer if papers.typ_of(tokens[0]) == ANSWER else take_in
    return take(desk, tokens[0])


def tokens_in(content: bytes) -> list[str]:
    """Find the signed texts of a file or a mail."""
    text = content.decode("utf-8", errors="replace").strip()
    if _TOKEN.fullmatch(text):
        return [text]
    try:
        # The older policy reads a header of any length at once; the newer one takes minutes for one of many parts.
        mail = email.message_from_bytes(content, policy=email.policy.compat32)
        parts = [
            part for part in islice(mail.walk(), _MOST_PARTS) if part.get_content_type() == papers.MEDIA_TYPE
        ]
        texts = [part.get_payload(decode=True) for part in parts]
    except RecursionError:
        raise InvalidRequest.at("file", "is a mail within mails without end") from None
    return [text.decode("ascii", errors="replace").strip() for text in texts if isinstance(text, bytes)]


def get_partner(desk: IncidentDesk, issuer: str) -> Partner:
    """Read a partner; raises NotFound."""
    with desk.database.read() as tx:
        partner = partners.find_partner(tx, issuer)
    if partner is None or partner.ended_at is not None:
        raise NotFound(f"{issuer} is no partner of ours")
    return partner


def _incident_of(tx: Transaction, paper: papers.Paper, kind: IncidentType, now: datetime) -> Incident:
    """Find or open the incident of a record; raises Conflict for one of ours, or where its type has changed.

    It has the id that its partner gave it. Where another partner's incident has that id here, it gets one of ours: whoever
    reads a shared id first cannot keep the others' records out with it.
    """
    partner_id, key = paper.partner.id, f"{paper.partner.id} {paper.incident_id}"
    held = steps.find_incident(tx, paper.incident_id)
    is_anothers = held is not None and held.partner_id not in {None, partner_id}
    if is_anothers:
        held = steps.find_triggered(tx, key)
    if held is None:
        held = Incident(
            id=new_id() if is_anothers else paper.incident_id,
            partner_id=partner_id,
            type=kind,
            trigger_key=key if is_anothers else None,
            opened_at=now,
        )
        steps.open_incident(tx, held)
    if (held.partner_id, held.type) != (partner_id, kind):
        raise Conflict("this id is that of another incident")
    return held


def _refuse_flood(tx: Transaction, partner: Partner, now: datetime) -> None:
    """Refuse more of a partner than people could read in a day: what is taken in is kept for ever."""
    if steps.count_taken(tx, partner.id, now - _DAY) >= MOST_A_DAY:
        wait = int(_PAUSE.total_seconds())
        raise TooManyRequests(f"{partner.name} has sent {MOST_A_DAY} records and answers within a day", wait)


def _is_known(tx: Transaction, paper: papers.Paper, incident_id: str, kind: StepKind) -> bool:
    """Tell whether we have this step of the partner's or a later one: the ids of steps rise with time."""
    origins = [
        step.origin or ""
        for step in steps.list_steps(tx, incident_id)
        if step.kind == kind and step.partner_id == paper.partner.id
    ]
    return max(origins, default="") >= paper.step_id


def read_page(document: object) -> Page:
    """Read a partner's page; raises InvalidRequest."""
    if not isinstance(document, Mapping):
        raise InvalidRequest.at("page", "must be an object")
    records, cursor = document.get("records"), document.get("cursor", "")
    if not isinstance(records, list) or not all(isinstance(token, str) for token in records):
        raise InvalidRequest.at("records", "must be a list of signed records")
    if not isinstance(cursor, str) or not _CURSOR.fullmatch(cursor):
        raise InvalidRequest.at("cursor", "must be the position behind the last record")
    return Page(records=records, cursor=cursor, more=document.get("more") is True)
