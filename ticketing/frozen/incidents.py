"""A record of an incident as it is stored, signed and sent: the same document here and at every partner."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, get_args

from ticketing.frozen.fields import (
    Document,
    Unreadable,
    document,
    is_of_our_days,
    moment,
    part,
    text,
    truth,
    whole,
)
from ticketing.frozen.harmless import harmless
from ticketing.frozen.incident_facts import IncidentFacts, read_facts, write_facts
from ticketing.frozen.incident_words import RSIT, IncidentStatus, IncidentType, Tlp

T = TypeVar("T")
_NAMES = frozenset(
    {
        "type",
        "title",
        "status",
        "severity",
        "tlp",
        "operator",
        "occurred_at",
        "aware_at",
        "facts",
        "narrative",
        "lessons",
        "rsit",
        "passengers",
        "money_minor",
        "is_significant",
        "is_cross_border",
        "is_malicious",
    }
)
_MOST_TITLE, _MOST_TEXT, _WORST = 120, 2000, 4
_MOST_AMOUNT = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRecord:
    """One version of an incident. `passengers` and `money_minor` are the measures of its severity; no field names a person.

    `is_malicious` is None while nobody knows. `aware_at` is when somebody knew that it was one: the clocks run from there.
    """

    type: IncidentType
    title: str
    status: IncidentStatus
    severity: int
    tlp: Tlp
    occurred_at: datetime
    aware_at: datetime
    facts: IncidentFacts
    operator: str | None = None
    narrative: str = ""
    lessons: str = ""
    rsit: str = "other"
    passengers: int = 0
    money_minor: int = 0
    is_significant: bool = True
    is_cross_border: bool = False
    is_malicious: bool | None = None


def read_incident(value: object) -> IncidentRecord:
    """Read a record; raises Unreadable, which names the field. It refuses every field and text that could name a person."""
    given = document(value, _NAMES)
    kind = _word(given, "type", get_args(IncidentType))
    severity = whole(given, "severity")
    if not 0 <= severity <= _WORST:
        raise Unreadable("severity", f"must be 0 to {_WORST}")
    return IncidentRecord(
        type=kind,
        title=harmless(given.get("title"), "title", _MOST_TITLE, least=3),
        status=_word(given, "status", get_args(IncidentStatus)),
        severity=severity,
        tlp=_word(given, "tlp", get_args(Tlp)),
        occurred_at=_moment(given, "occurred_at"),
        aware_at=_moment(given, "aware_at"),
        facts=part(given, "facts", lambda facts: read_facts(kind, facts)),
        operator=_operator(given),
        narrative=harmless(given.get("narrative", ""), "narrative", _MOST_TEXT),
        lessons=harmless(given.get("lessons", ""), "lessons", _MOST_TEXT),
        rsit=_word(given, "rsit", RSIT),
        passengers=_amount(given, "passengers"),
        money_minor=_amount(given, "money_minor"),
        is_significant=truth(given, "is_significant"),
        is_cross_border=truth(given, "is_cross_border"),
        is_malicious=None if given.get("is_malicious") is None else truth(given, "is_malicious"),
    )


def write_incident(record: IncidentRecord) -> dict[str, object]:
    """Write a record as it is read."""
    return {
        "type": record.type,
        "title": record.title,
        "status": record.status,
        "severity": record.severity,
        "tlp": record.tlp,
        "operator": record.operator,
        "occurred_at": record.occurred_at.isoformat(),
        "aware_at": record.aware_at.isoformat(),
        "facts": write_facts(record.facts),
        "narrative": record.narrative,
        "lessons": record.lessons,
        "rsit": record.rsit,
        "passengers": record.passengers,
        "money_minor": record.money_minor,
        "is_significant": record.is_significant,
        "is_cross_border": record.is_cross_border,
        "is_malicious": record.is_malicious,
    }


def _operator(given: Document) -> str | None:
    """Read the operator's code by the reader of the facts' codes."""
    code = given.get("operator")
    if code is None:
        return None
    try:
        read_facts("forged_or_cloned_tickets", {"operator": code})
    except Unreadable as fault:
        raise Unreadable("operator", fault.message) from None
    return text(given, "operator")


def _moment(given: Document, name: str) -> datetime:
    """Read a time that every clock and calendar here can show."""
    read = moment(given, name)
    if not is_of_our_days(read):
        raise Unreadable(name, "must be a time of this century")
    return read


def _amount(given: Mapping[str, object], name: str) -> int:
    value = whole(given, name)
    if not 0 <= value <= _MOST_AMOUNT:
        raise Unreadable(name, "must be 0 or more")
    return value


def _word(given: Document, name: str, words: tuple[T, ...]) -> T:
    value = text(given, name)
    word = next((known for known in words if known == value), None)
    if word is None:
        raise Unreadable(name, f"must be one of {', '.join(map(str, words))}")
    return word
