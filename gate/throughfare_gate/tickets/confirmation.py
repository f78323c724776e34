"""Read the signed confirmation of a delay: its own type, its own keys, each claim with its range. A ticket is none, and it is no ticket."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from throughfare_gate.strictjson import NotStrict
from throughfare_gate.tickets.claims import is_jti
from throughfare_gate.tickets.jwk import VerifyKey
from throughfare_gate.tickets.jws import verify
from throughfare_gate.tickets.strict import json_object

TYP = "delay-confirmation+jwt"
CAUSES = ("weather", "own_staff", "operator", "third_party", "infrastructure", "unknown")
# A name is shortened to so many letters, and the hash of a fact to so many digits, for the sake of the code.
MOST_LETTERS = 60
ID_DIGITS = 16
_MOST_FACTS = 12
_MOST_MINUTES = 60 * 24 * 14
_MAX_TIME = 1 << 40
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_FACT = re.compile(rf"[0-9a-f]{{{ID_DIGITS}}}")


class BadConfirmation(ValueError):
    """A claim that breaks the schema; the message is its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A confirmed delay of one ride; times are local to their stops.

    `departure` and `arrival` are the real times where they are proven. `skipped`: the run went and did not call where the
    holder boards or alights. `evidence` are the beginnings of the ids of the facts that prove it, `ticket` is the identity of
    the ticket that it was given to; None: it names nobody. `is_demo`: the ticket was bought with pretended money.
    """

    issuer: str
    issued_at: int
    region: str
    operator: str
    operator_name: str
    trip: str
    service_date: str
    from_stop: str
    from_name: str
    to_stop: str
    to_name: str
    planned_departure: datetime
    planned_arrival: datetime
    departure: datetime | None
    arrival: datetime | None
    departure_delay_minutes: int | None
    arrival_delay_minutes: int | None
    cancelled: bool
    skipped: bool
    cause: str
    evidence: tuple[str, ...]
    ticket: str | None = None
    is_demo: bool = False


def read(token: str, ring: Mapping[str, VerifyKey]) -> Confirmation:
    """Verify a confirmation by the issuer's keys; raises jws.Refused for a token that is not genuine, BadConfirmation for its claims."""
    content = verify(token, TYP, ring)
    try:
        return parse(json_object(content))
    except NotStrict as error:
        raise BadConfirmation("payload") from error


def parse(payload: Mapping[str, Any]) -> Confirmation:
    """Check every claim; raises BadConfirmation naming the first that is wrong, missing or unknown."""
    for name, value in payload.items():
        check = _CHECKS.get(name)
        if check is None or not check(value):
            raise BadConfirmation(name)
    for name in _CHECKS:
        if name not in payload and name not in _OPTIONAL:
            raise BadConfirmation(name)
    for event in ("departure", "arrival"):
        if (event in payload) != (f"{event}_delay_minutes" in payload):
            raise BadConfirmation(event)
    return Confirmation(
        issuer=payload["iss"],
        issued_at=payload["iat"],
        region=payload["region"],
        operator=payload["operator"],
        operator_name=payload["operator_name"],
        trip=payload["trip"],
        service_date=payload["service_date"],
        from_stop=payload["from_stop"],
        from_name=payload["from_name"],
        to_stop=payload["to_stop"],
        to_name=payload["to_name"],
        planned_departure=datetime.fromisoformat(payload["planned_departure"]),
        planned_arrival=datetime.fromisoformat(payload["planned_arrival"]),
        departure=_moment(payload.get("departure")),
        arrival=_moment(payload.get("arrival")),
        departure_delay_minutes=payload.get("departure_delay_minutes"),
        arrival_delay_minutes=payload.get("arrival_delay_minutes"),
        cancelled=payload["cancelled"],
        skipped=payload["skipped"],
        cause=payload["cause"],
        evidence=tuple(payload["evidence"]),
        ticket=payload.get("ticket"),
        is_demo="demo" in payload,
    )


def write(confirmed: Confirmation) -> dict[str, object]:
    """Write the claims of a confirmation; what is not known is left out."""
    known = {
        "departure": confirmed.departure,
        "arrival": confirmed.arrival,
        "departure_delay_minutes": confirmed.departure_delay_minutes,
        "arrival_delay_minutes": confirmed.arrival_delay_minutes,
        "ticket": confirmed.ticket,
        "demo": confirmed.is_demo or None,
    }
    return {
        "iss": confirmed.issuer,
        "iat": confirmed.issued_at,
        "region": confirmed.region,
        "operator": confirmed.operator,
        "operator_name": shortened(confirmed.operator_name),
        "trip": confirmed.trip,
        "service_date": confirmed.service_date,
        "from_stop": confirmed.from_stop,
        "from_name": shortened(confirmed.from_name),
        "to_stop": confirmed.to_stop,
        "to_name": shortened(confirmed.to_name),
        "planned_departure": _written(confirmed.planned_departure),
        "planned_arrival": _written(confirmed.planned_arrival),
        "cancelled": confirmed.cancelled,
        "skipped": confirmed.skipped,
        "cause": confirmed.cause,
        "evidence": list(confirmed.evidence),
        **{
            name: _written(value) if isinstance(value, datetime) else value
            for name, value in known.items()
            if value is not None
        },
    }


def shortened(name: str) -> str:
    """Shorten a name to the letters that a confirmation has for it."""
    return name if len(name) <= MOST_LETTERS else name[: MOST_LETTERS - 1] + "…"


def _written(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(longest: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and 0 < len(value) <= longest


def _is_moment(value: Any) -> bool:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_minutes(value: Any) -> bool:
    return type(value) is int and abs(value) <= _MOST_MINUTES


def _are_facts(value: Any) -> bool:
    if not isinstance(value, list) or len(value) > _MOST_FACTS:
        return False
    return all(isinstance(one, str) and _FACT.fullmatch(one) for one in value)


_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "iss": _text(200),
    "iat": lambda value: type(value) is int and 0 <= value < _MAX_TIME,
    "region": _text(64),
    "operator": _text(64),
    "operator_name": _text(MOST_LETTERS),
    "trip": _text(200),
    "service_date": lambda value: isinstance(value, str) and bool(_DAY.fullmatch(value)),
    "from_stop": _text(200),
    "from_name": _text(MOST_LETTERS),
    "to_stop": _text(200),
    "to_name": _text(MOST_LETTERS),
    "planned_departure": _is_moment,
    "planned_arrival": _is_moment,
    "departure": _is_moment,
    "arrival": _is_moment,
    "departure_delay_minutes": _is_minutes,
    "arrival_delay_minutes": _is_minutes,
    "cancelled": lambda value: isinstance(value, bool),
    "skipped": lambda value: isinstance(value, bool),
    "cause": lambda value: value in CAUSES if isinstance(value, str) else False,
    "evidence": _are_facts,
    "ticket": is_jti,
    "demo": lambda value: value is True,
}
_OPTIONAL = frozenset(
    {"departure", "arrival", "departure_delay_minutes", "arrival_delay_minutes", "ticket", "demo"}
)
