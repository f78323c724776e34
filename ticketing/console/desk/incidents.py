"""Incidents: the list, one with its clocks and its partners, the sharing, the answer, and the actions of one click."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import get_args

from flask import Response, request, url_for

from tariffs.money import Money
from ticketing.console import figures as shown_figures
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.look import Look, look_then_do
from ticketing.console.names import party_name
from ticketing.console.pages import attempt, language, moment, page, staff
from ticketing.console.words import has, text
from ticketing.errors import InvalidRequest
from ticketing.frozen import IncidentRecord, IncidentStatus, Tlp
from ticketing.incidents import answering, figures, partnership, reporting, show
from ticketing.incidents.clocks import DUTIES

TLPS: tuple[Tlp, ...] = get_args(Tlp)
STATUSES: tuple[IncidentStatus, ...] = get_args(IncidentStatus)
_MOST_DIGITS = 9
_ANSWERS = {"yes": True, "no": False}
# The fields of a record that the form gives.
_FIELDS = (
    "tlp",
    "status",
    "narrative",
    "lessons",
    "passengers",
    "is_significant",
    "is_cross_border",
    "is_malicious",
)


@blueprint.get("/incidents")
@needs("finance", "admin")
def incidents() -> str:
    """List incidents, ours and our partners', the newest first, with the figure of sharing."""
    desk = console().incidents
    return page(
        "incidents",
        here="incidents",
        cases=reporting.list_cases(desk),
        partners=partnership.list_all(desk),
        seen=figures.judge(figures.list_reports(desk)),
    )


@blueprint.get("/incidents/<incident_id>")
@needs("finance", "admin")
def incident(incident_id: str) -> str:
    """Show an incident with its clocks, its partners and their answers, or its meaning at our gates."""
    desk = console().incidents
    shown = show.show(desk, incident_id)
    return page(
        "incident",
        here="incidents",
        shown=shown,
        case=shown.case,
        record=shown.case.record,
        facts=list(_facts(shown.case.record)),
        gates=answering.at_our_gates(desk, shown.case),
        tlps=TLPS,
        statuses=STATUSES,
        duties=DUTIES,
        partners=partnership.list_all(desk),
    )


@blueprint.post("/incidents/<incident_id>/share")
@needs("finance")
def share_incident(incident_id: str) -> Response:
    """Show who will read a record, and share it when that is sent."""
    desk = console().incidents
    change, to = _change(), request.form.getlist("to")

    def act() -> None:
        reporting.share(desk, incident_id, change, staff().name, to=to)

    case = reporting.get_case(desk, incident_id)
    tlp = str(change.get("tlp", case.record.tlp))
    readers = [
        partner.name
        for partner in partnership.list_all(desk)
        if reporting.reaches(partner, tlp) or partner.issuer in to
    ]
    look = Look(
        title=text("incident_share", language()),
        facts=[
            (text("incident_what", language()), case.record.title),
            ("TLP", f"{tlp}: {text(f'tlp.{tlp}', language())}"),
            (text("state", language()), text(f"incident_status.{change['status']}", language())),
            (text("incident_readers", language()), ", ".join(readers) or text("incident_nobody", language())),
            (text("incident_lines", language()), str(change["narrative"]) or "–"),
            (text("incident_lessons", language()), str(change["lessons"]) or "–"),
        ],
        consequence=text("incident_share_consequence", language()),
        button=text("incident_share", language()),
        fields={**{name: request.form.get(name, "") for name in _FIELDS}, "to": to},
    )
    return look_then_do(
        look,
        act,
        lambda: incident(incident_id),
        to=lambda: url_for("console.incident", incident_id=incident_id, done="incident_shared"),
        here="incidents",
    )


@blueprint.post("/incidents/<incident_id>/answer")
@needs("finance")
def answer_incident(incident_id: str) -> Response:
    """Answer a partner's incident: seen, affected, done."""
    affected = _ANSWERS.get(request.form.get("affected", ""))

    def act() -> None:
        answering.answer(
            console().incidents,
            incident_id,
            staff().name,
            affected=affected,
            tickets=read_number("tickets"),
            is_done=request.form.get("done_here") == "yes",
        )

    return _attempt(incident_id, act, "incident_answered")


@blueprint.post("/incidents/<incident_id>/key")
@needs("finance")
def withdraw_key(incident_id: str) -> Response:
    """Show the key of a partner's incident, and take it out of our gates when that is sent."""
    desk = console().incidents
    case = reporting.get_case(desk, incident_id)
    gates = answering.at_our_gates(desk, case)
    look = Look(
        title=text("incident_withdraw", language()),
        facts=[
            (text("incident_from", language()), case.partner.name if case.partner else ""),
            (text("incident_key", language()), gates.kid or ""),
            (text("incident_gates", language()), str(gates.gates)),
        ],
        consequence=text("incident_withdraw_consequence", language()),
        button=text("incident_withdraw", language()),
    )
    return look_then_do(
        look,
        lambda: answering.withdraw_kid(desk, incident_id, staff().name),
        lambda: incident(incident_id),
        to=lambda: url_for("console.incident", incident_id=incident_id, done="incident_key_out"),
        here="incidents",
    )


@blueprint.post("/incidents/<incident_id>/none")
@needs("finance")
def put_incident_away(incident_id: str) -> Response:
    """Put a draft away that is no incident."""
    return _attempt(
        incident_id,
        lambda: reporting.put_away(console().incidents, incident_id, staff().name),
        "incident_put_away",
    )


@blueprint.post("/incidents/<incident_id>/submitted")
@needs("finance")
def submit_incident(incident_id: str) -> Response:
    """Write down that an authority was told."""

    def act() -> None:
        duty, reference = request.form.get("duty", ""), request.form.get("reference", "")
        reporting.note_submitted(console().incidents, incident_id, duty, reference, staff().name)

    return _attempt(incident_id, act, "incident_submitted")


def _facts(record: IncidentRecord) -> Iterator[tuple[str, str]]:
    """Tell each fact that is there by its name, as people read it."""
    for part in fields(record.facts):
        value = getattr(record.facts, part.name)
        if isinstance(value, bool):
            yield part.name, text("yes" if value else "no", language())
        elif isinstance(value, datetime):
            yield part.name, f"{moment(value)} UTC"
        elif part.name.endswith("_minor"):
            yield (
                part.name,
                shown_figures.of_money(Money(value, str(getattr(record.facts, "currency", ""))), language()),
            )
        elif value or value == 0:
            values = value if isinstance(value, tuple) else (value,)
            yield part.name, "\n".join(_word(part.name, str(one)) for one in values)


def _word(fact: str, value: str) -> str:
    """A value of a fact as people read it: a word of a list in the reader's language, all else as it is."""
    if fact in {"operator", "operators"}:
        return party_name(value, language())
    key = f"fact_word.{fact}.{value}"
    return text(key, language()) if has(key) else value


def _attempt(incident_id: str, act: Callable[[], object], done: str) -> Response:
    return attempt(
        act,
        lambda: incident(incident_id),
        to=lambda: url_for("console.incident", incident_id=incident_id, done=done),
    )


def _change() -> Mapping[str, object]:
    """Read the fields of a record that the form may change."""
    form = request.form
    tlp, status = form.get("tlp", ""), form.get("status", "")
    if tlp not in TLPS:
        raise InvalidRequest.at("tlp", text("incident_choose_tlp", language()))
    if status not in STATUSES:
        raise InvalidRequest.at("status", text("incident_choose_status", language()))
    return {
        "tlp": tlp,
        "status": status,
        "narrative": form.get("narrative", "").replace("\r\n", "\n").strip(),
        "lessons": form.get("lessons", "").replace("\r\n", "\n").strip(),
        "passengers": read_number("passengers"),
        "is_significant": form.get("is_significant") == "yes",
        "is_cross_border": form.get("is_cross_border") == "yes",
        "is_malicious": _ANSWERS.get(form.get("is_malicious", "")),
    }


def read_number(name: str) -> int:
    """Read a whole number of the form; one that is empty is none."""
    given = request.form.get(name, "").strip() or "0"
    if not (given.isascii() and given.isdigit()) or len(given) > _MOST_DIGITS:
        raise InvalidRequest.at(name, text("incident_number", language()))
    return int(given)
