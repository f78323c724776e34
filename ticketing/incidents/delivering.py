"""Bring steps to partners by HTTP and mail until they arrive, and fetch what partners have for us.

A worker that dies between two steps sends a text twice at most; its receiver knows the second copy by its id.
"""

import json
from datetime import datetime, timedelta

import structlog

from operators.errors import OperatorError
from ticketing.db.incidents import deliveries, partners, steps, visible
from ticketing.db.incidents.deliveries import Delivery
from ticketing.db.incidents.partners import Partner
from ticketing.db.incidents.steps import Step
from ticketing.errors import ThroughfareError, TooManyRequests
from ticketing.incidents import exchange, papers
from ticketing.incidents.desk import IncidentDesk
from ticketing.incidents.papers import ANSWER, RECORD
from ticketing.incidents.reporting import viewer_of
from ticketing.notices.channels import Attachment, Message

_log = structlog.get_logger(__name__)
_PAUSES = tuple(timedelta(seconds=pause) for pause in (10, 30, 120, 600, 1800, 7200, 21_600))
_CLAIM, _AT_ONCE, _MOST_PAGES = timedelta(seconds=120), 16, 50
_TAKEN = range(200, 300)
_LONGEST_DETAIL = 300
_NARROWED = "not sent: its colour does not reach this partner any more"


def deliver_due(desk: IncidentDesk) -> int:
    """Send what is due; answers how many arrived."""
    now, arrived = desk.clock.now(), 0
    with desk.database.write() as tx:
        claimed = deliveries.claim_due(tx, now, now + _CLAIM, _AT_ONCE)
        known = partners.partners_by_id(tx)
        wanted = [(due, known[due.partner_id], steps.find_step(tx, due.step_id)) for due in claimed]
    for due, partner, step in wanted:
        detail = _tried(desk, due, partner, step) if step is not None else "there is no such step"
        arrived += not detail
        _settle(desk, due, detail)
    return arrived


def fetch_all(desk: IncidentDesk) -> int:
    """Fetch from every partner with an address what we do not have; answers how many records were new.

    A partner that does not answer is asked again in the next round, and the others are asked all the same.
    """
    with desk.database.read() as tx:
        asked = [partner for partner in partners.list_partners(tx) if partner.address]
    return sum(_fetched(desk, partner) for partner in asked)


def fetch(desk: IncidentDesk, partner: Partner) -> int:
    """Fetch every record of a partner behind the last one that was fetched; raises OperatorError, ThroughfareError."""
    cursor, count = partner.fetched or "", 0
    for _ in range(_MOST_PAGES):
        reply = desk.wire.call(
            "GET",
            f"{partner.address}/v1/incidents",
            changes=False,
            query={"since": cursor} if cursor else {},
            headers=_headers(desk, partner),
        )
        if reply.status not in _TAKEN:
            raise OperatorError(f"{partner.name} answers {reply.status}")
        page = exchange.read_page(reply.json())
        for token in page.records:
            count += _taken(desk, partner, token)
        cursor = page.cursor or cursor
        with desk.database.write() as tx:
            partners.change_partner(tx, partner.id, fetched=cursor, fetched_at=desk.clock.now())
        if not page.more:
            break
    return count


def _fetched(desk: IncidentDesk, partner: Partner) -> int:
    try:
        return fetch(desk, partner)
    except (OperatorError, ThroughfareError) as error:
        _log.warning("incidents not fetched", partner=partner.issuer, reason=str(error)[:200])
        return 0


def _taken(desk: IncidentDesk, partner: Partner, token: str) -> int:
    """Take one record in; one that is no good is told in the log, and the next ones are read."""
    try:
        return int(exchange.take_in(desk, token, partner).is_new)
    except TooManyRequests:
        # The cursor stays: what did not fit today is fetched tomorrow.
        raise
    except ThroughfareError as error:
        _log.warning("incident refused", partner=partner.issuer, reason=error.detail)
        return 0


def _tried(desk: IncidentDesk, due: Delivery, partner: Partner, step: Step) -> str:
    try:
        return _send(desk, due, partner, step)
    except Exception as error:  # noqa: BLE001  one that nobody can send must not hold the others up
        _log.exception("incident not sent", partner=partner.issuer, step=step.id)
        return f"it cannot be sent: {type(error).__name__}"


def _send(desk: IncidentDesk, due: Delivery, partner: Partner, step: Step) -> str:
    """Send a step by its way; answers why it did not arrive, or nothing."""
    if partner.ended_at is not None:
        return _NARROWED
    typ = ANSWER if step.kind == "answer" else RECORD
    with desk.database.read() as tx:
        incident = steps.find_incident(tx, step.incident_id)
        is_theirs = typ == ANSWER or visible.find_shared(tx, viewer_of(partner), step.incident_id) is not None
    if incident is None or not is_theirs:
        return _NARROWED
    token = papers.sign_step(desk, typ, step, partner, incident.id_there)
    if due.way == "mail":
        sent = desk.mail.send({"address": partner.mail or ""}, _mail(desk, step, typ, token))
        return "" if sent.outcome == "delivered" else sent.detail
    path = f"/v1/incidents/{incident.id_there}/answers" if typ == ANSWER else "/v1/incidents"
    return _post(desk, partner, path, {"answer" if typ == ANSWER else "record": token})


def _post(desk: IncidentDesk, partner: Partner, path: str, content: dict[str, str]) -> str:
    body = json.dumps(content).encode()
    headers = {**_headers(desk, partner), "Content-Type": "application/json"}
    try:
        reply = desk.wire.call(
            "POST", f"{partner.address}{path}", changes=True, content=body, headers=headers
        )
    except OperatorError as error:
        return f"{partner.name} does not take it: {error}"[:_LONGEST_DETAIL]
    return "" if reply.status in _TAKEN else f"{partner.name} answers {reply.status}"


def _headers(desk: IncidentDesk, partner: Partner) -> dict[str, str]:
    return {"Authorization": f"Bearer {papers.sign_call(desk, partner)}"}


def _mail(desk: IncidentDesk, step: Step, typ: str, token: str) -> Message:
    """Compose the mail; its words tell no more than the colour and the kind, the record is in the signed file."""
    is_answer = typ == ANSWER
    colour = "" if is_answer else f"[TLP:{step.tlp}] "
    matter = "Answer to an incident" if is_answer else f"Incident: {step.document['type']}".replace("_", " ")
    name = f"{'answer' if is_answer else 'incident'}-{step.incident_id}.jws"
    body = (
        f"{desk.issuer} shares the attached file. It is signed; nobody can change it on its way.\n\n"
        f"Take it in:  throughfare incidents import {name}\n"
        "Its colour (TLP 2.0) says who may read it: docs/incidents.md."
    )
    return Message(
        id=step.id,
        topic=step.incident_id,
        type="incident",
        subject=f"{colour}{matter}",
        body=body,
        language="en",
        attachments=(Attachment(name, papers.MEDIA_TYPE, token.encode()),),
    )


def _settle(desk: IncidentDesk, due: Delivery, detail: str) -> None:
    now: datetime = desk.clock.now()
    pause = _PAUSES[min(due.tries, len(_PAUSES) - 1)]
    is_over = detail in ("", _NARROWED)
    with desk.database.write() as tx:
        deliveries.settle(tx, due, now if is_over else None, now + pause, detail)
