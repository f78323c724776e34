"""Papers that A signs for B, whole or changed by an attack, and what of them B has taken in."""

from typing import Any

from tests.ticketing.incidents.conftest import Two
from tests.ticketing.incidents.records import record
from throughfare_gate.ids import new_id
from throughfare_gate.tickets.jws import Signer
from ticketing.frozen import write_incident
from ticketing.incidents import reporting
from ticketing.incidents.papers import RECORD


def received(two: Two) -> list[reporting.Case]:
    """The incidents that B has of others."""
    return [case for case in reporting.list_cases(two.b.desk) if case.partner]


def payload(two: Two, **more: Any) -> dict[str, Any]:
    """The payload of a record of A for B, with what is to be different."""
    at = int(two.clock.now().timestamp())
    content = write_incident(record())
    return {
        "iss": "a.example",
        "aud": "b.example",
        "iat": at,
        "jti": new_id(),
        "sub": new_id(),
        "content": content,
        **more,
    }


def signed(two: Two, typ: str = RECORD, **more: Any) -> str:
    """Sign such a payload with A's key."""
    return Signer(*two.a.desk.keys.signer_key("incident")).sign(typ, payload(two, **more))
