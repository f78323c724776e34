"""The audit trail of a month for people outside: its rows as they are stored, their chain, and one signature over all."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from throughfare_gate.tickets.jwk import BadKey, load_jwks
from throughfare_gate.tickets.jws import Refused, Signer
from throughfare_gate.tickets.jws import verify as verify_token
from ticketing.db import Database
from ticketing.db.people import audit_trail
from ticketing.db.people.audit_trail import Note
from ticketing.errors import InvalidRequest
from ticketing.tickets.keys import KeyStore

_TYPE = "audit+jwt"
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def export(database: Database, keys: KeyStore, month: str, now: datetime) -> list[str]:
    """Each row of a month as a line, and at last a JWS of the books' key over the hash of these lines.

    Raises InvalidRequest for a month that is none, or is not over.
    """
    begins, ends = _bounds(month)
    if now < ends:
        raise InvalidRequest.at(
            "month", f"{month} is not over: its rows are exported from {ends:%Y-%m-%d} on"
        )
    with database.read() as tx:
        notes = audit_trail.list_between(tx, begins, ends)
    lines = [_line(note) for note in notes]
    signed = {
        "month": month,
        "rows": len(lines),
        "first_previous": notes[0].previous if notes else "",
        "last_hash": notes[-1].hash if notes else "",
        "sha256": _hash_of(lines),
        "iat": int(now.timestamp()),
    }
    return [*lines, Signer(*keys.signer_key("books")).sign(_TYPE, signed)]


def verify(lines: Sequence[str], jwks: Mapping[str, object]) -> list[str]:
    """Name all that does not hold in an export: its signature, its rows, their chain, their number; none where it is whole."""
    if not lines:
        return ["the file is empty"]
    *rows, token = lines
    try:
        signed = json.loads(verify_token(token, _TYPE, load_jwks(jwks)))
    except (Refused, BadKey, ValueError) as error:
        return [f"the signature of the last line does not hold: {error}"]
    faults = []
    if len(rows) != signed["rows"] or _hash_of(rows) != signed["sha256"]:
        faults.append(f"{len(rows)} rows are not the {signed['rows']} that were signed")
    previous = signed["first_previous"]
    for number, row in enumerate(rows, 1):
        note = _note(row)
        if note is None or note.previous != previous or audit_trail.hash_of(note) != note.hash:
            faults.append(f"row {number} was changed, or a row before it is missing")
            break
        previous = note.hash
    return faults


def _bounds(month: str) -> tuple[datetime, datetime]:
    parts = _MONTH.fullmatch(month)
    if parts is None:
        raise InvalidRequest.at("month", "a month is like 2026-11")
    year, number = int(parts[1]), int(parts[2])
    begins = datetime(year, number, 1, tzinfo=UTC)
    return begins, begins.replace(year=year + number // 12, month=number % 12 + 1)


def _line(note: Note) -> str:
    told = {**asdict(note), "at": note.at.isoformat(timespec="microseconds")}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _note(line: str) -> Note | None:
    try:
        told = json.loads(line)
        return Note(**{**told, "at": datetime.fromisoformat(told["at"])})
    except (ValueError, TypeError, KeyError):
        return None


def _hash_of(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
