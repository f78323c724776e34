"""Draft an incident by hand: choose its type, then fill in the facts of that type; a fault is shown at its field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from flask import Response, request, url_for

from ticketing.console.amounts import read_amount
from ticketing.console.blueprint import blueprint, console
from ticketing.console.desk.incidents import TLPS, read_number
from ticketing.console.door import needs
from ticketing.console.names import operator_names, region_name
from ticketing.console.pages import attempt, language, page, staff
from ticketing.console.words import has, named, text
from ticketing.errors import InvalidRequest
from ticketing.frozen import FactField, IncidentRecord, IncidentType, list_fact_fields
from ticketing.incidents import reporting

TYPES: tuple[IncidentType, ...] = get_args(IncidentType)
# The amounts among the counts: a person types them with their decimal mark.
_MINOR = "_minor"
_MOST_LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A fact as the form asks for it: `control` is the kind of its control, `choices` are values with their words."""

    name: str
    label: str
    hint: str
    control: str
    is_needed: bool
    choices: Sequence[tuple[str, str]]
    given: Sequence[str]


@blueprint.get("/incidents/new")
@needs("finance")
def new_incident() -> str:
    """Show the types, or the form of the one that was chosen."""
    kind = _type()
    return page(
        "incident_new",
        here="incidents",
        types=TYPES,
        kind=kind,
        asked=[_asked(field) for field in list_fact_fields(kind)] if kind else [],
        has_operator=_has_operator(kind) if kind else False,
        operators=operator_names(),
        tlp_choices=[(one, f"{one}: {named('tlp', one, language())}") for one in TLPS],
        currency=_currencies()[0],
        now=f"{console().incidents.clock.now().astimezone(UTC):%Y-%m-%dT%H:%M}",
    )


@blueprint.post("/incidents/new")
@needs("finance")
def draft_incident() -> Response:
    """Open a draft; nobody else sees it until somebody shares it."""
    drafted: list[str] = []

    def act() -> None:
        incident_id = reporting.open_draft(console().incidents, _record(), staff().name)
        drafted.append(incident_id or "")

    return attempt(
        act,
        new_incident,
        to=lambda: url_for("console.incident", incident_id=drafted[0], done="incident_drafted"),
    )


def _type() -> IncidentType | None:
    return next((known for known in TYPES if known == request.values.get("type")), None)


def _record() -> IncidentRecord:
    """Read the record that the form gives; raises InvalidRequest, which names the field."""
    kind, form = _type(), request.form
    if kind is None:
        raise InvalidRequest.at("type", text("incident_choose_type", language()))
    lines = form.get("narrative", "").replace("\r\n", "\n").strip()
    if not lines:
        raise InvalidRequest.at("narrative", text("incident_lines_needed", language()))
    given = {
        "title": form.get("title", "").strip(),
        "narrative": lines,
        "tlp": form.get("tlp", ""),
        "occurred_at": _moment("occurred_at"),
        "aware_at": _moment("aware_at"),
        "operator": form.get("facts.operator" if _has_operator(kind) else "operator") or None,
        "passengers": read_number("passengers"),
        "money_minor": _amount("money", _currencies()[0]),
        "is_cross_border": form.get("is_cross_border") == "yes",
    }
    facts = {field.name: value for field in list_fact_fields(kind) for value in _values(field)}
    return reporting.new_record(kind, facts, given)


def _values(field: FactField) -> Iterator[object]:
    """Yield the value of a fact, or nothing where the form leaves it empty: then the record says that it is missing."""
    name = _name(field)
    if field.is_list:
        yield [line for text in request.form.getlist(name) for line in text.split()][: _MOST_LINES + 1]
    elif field.kind == "truth":
        yield request.form.get(name) == "yes"
    elif request.form.get(name, "").strip():
        yield _value(field, name)


def _value(field: FactField, name: str) -> object:
    if field.name.endswith(_MINOR):
        return _amount(name, request.form.get("facts.currency", ""))
    if field.kind == "count":
        return read_number(name)
    return _moment(name) if field.kind == "moment" else request.form[name].strip()


def _moment(name: str) -> str:
    """Read a time in UTC, as browsers send it."""
    try:
        read = datetime.fromisoformat(request.form.get(name, "").strip())
    except ValueError:
        raise InvalidRequest.at(name, text("moment_needed", language())) from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).isoformat()


def _amount(name: str, currency: str) -> int:
    """Read an amount as minor units; one that is empty is none."""
    given = request.form.get(name, "").strip() or "0"
    if currency not in _currencies():
        raise InvalidRequest.at("facts.currency", text("incident_choose_currency", language()))
    minor = read_amount(name, given, currency, language()).minor
    if minor < 0:
        raise InvalidRequest.at(name, text("amount_needed", language()))
    return minor


def _asked(field: FactField) -> Asked:
    name, choices = _name(field), _choices(field)
    return Asked(
        name=name,
        label=named("fact", field.name, language()),
        hint=text(f"fact_hint.{field.name}", language()) if has(f"fact_hint.{field.name}") else "",
        control=_control(field, choices),
        is_needed=field.is_needed,
        choices=choices,
        given=request.form.getlist(name),
    )


def _control(field: FactField, choices: Sequence[tuple[str, str]]) -> str:
    """The control of a fact: a list of boxes or of lines, one choice, a box, or an input of its kind."""
    if field.is_list:
        return "boxes" if choices else "lines"
    if choices:
        return "choice"
    return "amount" if field.name.endswith(_MINOR) else field.kind


def _choices(field: FactField) -> Sequence[tuple[str, str]]:
    """The values that a fact may have, with their words: those of a list, or those that this deployment has."""
    if field.words:
        return [(word, named(f"fact_word.{field.name}", word, language())) for word in field.words]
    return _ours().get(field.name.removesuffix("s"), ())


def _ours() -> Mapping[str, Sequence[tuple[str, str]]]:
    return {
        "operator": list(operator_names().items()),
        "region": [(name, region_name(name)) for name in console().regions],
        "currency": [(code, code) for code in _currencies()],
    }


def _currencies() -> list[str]:
    """The currencies of this deployment, that of its first region first."""
    regions = console().live.regions
    return list(dict.fromkeys(regions[name].data.currency for name in console().regions))


def _has_operator(kind: IncidentType) -> bool:
    """Tell whether the facts of a type name the operator already."""
    return any(field.name == "operator" for field in list_fact_fields(kind))


def _name(field: FactField) -> str:
    return f"facts.{field.name}"
