"""What a ticket says: its claims, each with its range; an unknown claim refuses the ticket."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

TYP = "ticket+jwt"
VERSION = 1
# The longest product sold: a year's pass.
LONGEST_LIFE_SECONDS = 366 * 24 * 3600
_NBF_EARLY_SECONDS = 30
_JTI = re.compile(r"[A-Za-z0-9_-]{22}")
_MAX_TIME = 1 << 40
_MAX_LEGS = 8
_MAX_CODE = 12
_MAX_STOP = 40
_LEG_LENGTHS = {3, 4}
_ZONE_LENGTH = 2


@dataclass(frozen=True, slots=True)
class Status:
    """Where a ticket's two status bits are."""

    uri: str
    idx: int


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg: operator, from and to (stop ids, or one zone `z:AB`), class where it matters."""

    operator: str
    start: str
    end: str | None
    travel_class: str | None


@dataclass(frozen=True, slots=True)
class TicketClaims:
    """A ticket's claims, checked. `uses_per_leg` 0 is unlimited, `uses` limits the whole ticket (carnet)."""

    issuer: str
    audience: tuple[str, ...]
    jti: str
    issued_at: int
    not_before: int
    expires_at: int
    product: str
    legs: tuple[Leg, ...]
    passengers: int
    uses_per_leg: int
    uses: int | None
    category: str | None
    status: Status
    binding_key: Mapping[str, str] | None
    demo: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proof says: when, for which operator, with which nonce."""

    issued_at: int
    audience: str
    nonce: str


class BadClaims(ValueError):
    """A claim that breaks the schema; the message is its name."""


def parse(payload: Mapping[str, Any]) -> TicketClaims:
    """Check every claim (tickets: claims table); raises BadClaims naming the first that is wrong."""
    for name in payload:
        if name not in _CHECKS:
            raise BadClaims(name)
    for name, check in _CHECKS.items():
        if name in payload:
            if not check(payload[name]):
                raise BadClaims(name)
        elif name not in _OPTIONAL:
            raise BadClaims(name)
    if payload["nbf"] < payload["iat"] - _NBF_EARLY_SECONDS:
        raise BadClaims("nbf")
    if not payload["nbf"] < payload["exp"] <= payload["nbf"] + LONGEST_LIFE_SECONDS:
        raise BadClaims("exp")
    if {leg[0] for leg in payload["l"]} != set(payload["aud"]):
        raise BadClaims("aud")
    located = payload["status"]["status_list"]
    return TicketClaims(
        issuer=payload["iss"],
        audience=tuple(payload["aud"]),
        jti=payload["jti"],
        issued_at=payload["iat"],
        not_before=payload["nbf"],
        expires_at=payload["exp"],
        product=payload["p"],
        legs=tuple(_leg(leg) for leg in payload["l"]),
        passengers=payload["n"],
        uses_per_leg=payload.get("u", 1),
        uses=payload.get("c"),
        category=payload.get("cat"),
        status=Status(located["uri"], located["idx"]),
        binding_key=payload["cnf"]["jwk"] if "cnf" in payload else None,
        demo="demo" in payload,
    )


def _leg(leg: list[str]) -> Leg:
    end = leg[2] if len(leg) > 2 else None  # noqa: PLR2004  operator, from, then to
    return Leg(leg[0], leg[1], end, leg[3] if len(leg) > 3 else None)  # noqa: PLR2004  the fourth is the class


def _text(longest: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and 0 < len(value) <= longest


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _codes(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= _MAX_LEGS
        and all(map(_text(_MAX_CODE), value))
        and len(set(value)) == len(value)
    )


def _legs(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= _MAX_LEGS and all(map(_one_leg, value))


def _one_leg(value: Any) -> bool:
    if not isinstance(value, list) or not all(
        isinstance(part, str) and 0 < len(part) <= _MAX_STOP for part in value
    ):
        return False
    is_zone = len(value) == _ZONE_LENGTH and value[1].startswith("z:")
    return len(value[0]) <= _MAX_CODE and (is_zone or len(value) in _LEG_LENGTHS)


def _status(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != {"status_list"}:
        return False
    located = value["status_list"]
    return (
        isinstance(located, dict)
        and set(located) == {"idx", "uri"}
        and _whole(0, (1 << 32) - 1)(located["idx"])
        and _text(80)(located["uri"])
    )


def _confirmation(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != {"jwk"} or not isinstance(value["jwk"], dict):
        return False
    jwk = value["jwk"]
    return (
        set(jwk) == {"kty", "crv", "x", "y"}
        and jwk["kty"] == "EC"
        and jwk["crv"] == "P-256"
        and all(isinstance(jwk[name], str) for name in ("x", "y"))
    )


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "iss": _text(40),
    "aud": _codes,
    "jti": lambda value: isinstance(value, str) and bool(_JTI.fullmatch(value)),
    "iat": _whole(1, _MAX_TIME),
    "nbf": _whole(1, _MAX_TIME),
    "exp": _whole(1, _MAX_TIME),
    "v": lambda value: type(value) is int and value == VERSION,
    "p": _text(_MAX_CODE),
    "l": _legs,
    "n": _whole(1, 99),
    "u": _whole(0, 99),
    "c": _whole(1, 999),
    "cat": _text(4),
    "cnf": _confirmation,
    "status": _status,
    "idh": lambda value: isinstance(value, str) and bool(_JTI.fullmatch(value)),
    "demo": lambda value: value is True,
}
_OPTIONAL = {"u", "c", "cat", "cnf", "idh", "demo"}
