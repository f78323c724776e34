"""Hold the tools of the incidents' desk, and the figures by which it works."""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from operators.transport import Wire
from throughfare_gate.gate.model import Policy
from ticketing.clock import Clock
from ticketing.db import Database, Transaction
from ticketing.db.people import staff
from ticketing.errors import Fault, InvalidRequest
from ticketing.frozen import IncidentRecord
from ticketing.notices.channels import Channel
from ticketing.tickets.keys import KeyStore

# A partner is asked to answer within this time.
ANSWER_WITHIN = timedelta(hours=4)
_SHORTEST_NAME = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDesk:
    """The tools: `issuer` is our name to partners, `wire` and `mail` the ways to them, `zone` the local clock of months.

    `policies` are those of the operators' gates that differ from the default.
    """

    database: Database
    clock: Clock
    keys: KeyStore
    issuer: str
    wire: Wire
    mail: Channel
    zone: str = "UTC"
    operators: Collection[str] = field(default_factory=tuple)
    policies: Mapping[str, Policy] = field(default_factory=dict)


def refuse_names(tx: Transaction, record: IncidentRecord) -> None:
    """Raise InvalidRequest where a text of a record holds the name of somebody who works here."""
    texts = {"title": record.title, "narrative": record.narrative, "lessons": record.lessons}
    names = {_spaced(member.name) for member in staff.list_members(tx)}
    known = {name for name in names if len(name) >= _SHORTEST_NAME}
    faults = [
        Fault(field, "holds the name of a member of staff: a record for others names no person")
        for field, text in texts.items()
        if _names_one_of(known, text)
    ]
    if faults:
        raise InvalidRequest(f"{faults[0].path}: {faults[0].message}", faults)


def _names_one_of(names: Collection[str], text: str) -> bool:
    words = f" {_spaced(text)} "
    return any(f" {name} " in words for name in names)


def _spaced(text: str) -> str:
    """A text in small letters with single spaces for everything but letters, however its letters are composed."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(letter if letter.isalpha() else " " for letter in plain).split())
