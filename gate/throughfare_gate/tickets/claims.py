"""Read the claims of a ticket, each with its range; an unknown claim refuses the ticket."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

TYP = "ticket+jwt"
VERSION = 1
# The longest product sold: a year's pass.
LONGEST_LIFE_SECONDS = 366 * 24 * 3600
_NBF_EARLY_SECONDS = 30
_JTI = re.compile(r"[A-Za-z0-9_-]{22}")
_COORDINATE_CHARS = 43
# Beyond it no clock goes; every number in a token is smaller than what all languages hold exactly.
MAX_TIME = 1 << 40
_MAX_LEGS = 8
_MAX_CODE = 12
_MAX_STOP = 40
# A fare category is shortened to so many letters; bundles spell it out.
CATEGORY_LETTERS = 4
# [operator, "z:AB"], [operator, from, to] or [operator, from, to, class]
_LEG_LENGTHS = (2, 3, 4)
_ZONE_LENGTH = 2
ZONE = "z:"
# A leg that was given back keeps its place and its stops, so that uses keep their numbers; no operator is called so.
NOBODY = "-"
# The class may end in the minute of the departure that the ticket is bound to: `2@hsk8c`, `@hsk8c`. Gates of the last release
# read a class in it, which no product of theirs asks for; a leg of five parts they would refuse with the whole ticket.
_DEPARTURE = "@"
_CLASS = re.compile(r"[^@]*(?:@[0-9a-z]{1,7})?")
_BASE = 36
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SECONDS = 60


class Status(NamedTuple):
    """The place of a ticket's two status bits; a tuple as `Leg` is."""

    uri: str
    idx: int


class Leg(NamedTuple):
    """One leg: operator, from and to (stop ids, or one zone `z:AB`), class where it matters.

    `departure` is the planned departure that the leg is bound to, in POSIX seconds of a whole minute; None where any
    will do. A tuple, since a gate makes one for each leg of each ticket: a frozen dataclass takes seven times as long.
    """

    operator: str
    start: str
    end: str | None
    travel_class: str | None
    departure: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketClaims:
    """A ticket's claims, checked. `uses_per_leg` 0 is unlimited, `uses` limits the whole ticket (carnet).

    `holder_hash` makes a ticket personal: staff ask for the name and let it be compared.
    """

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
    holder_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """The claims of a proof: its time, its operator and its nonce."""

    issued_at: int
    audience: str
    nonce: str


class BadClaims(ValueError):
    """A claim that breaks the schema; the message is its name."""


def parse(payload: Mapping[str, Any]) -> TicketClaims:
    """Check every claim (tickets: claims table); raises BadClaims naming the first that is wrong."""
    for name, value in payload.items():
        check = _CHECKS.get(name)
        if check is None or not check(value):
            raise BadClaims(name)
    for name in _REQUIRED:
        if name not in payload:
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
        legs=tuple(map(_leg, payload["l"])),
        passengers=payload["n"],
        uses_per_leg=payload.get("u", 1),
        uses=payload.get("c"),
        category=payload.get("cat"),
        status=Status(located["uri"], located["idx"]),
        binding_key=payload["cnf"]["jwk"] if "cnf" in payload else None,
        demo="demo" in payload,
        holder_hash=payload.get("idh"),
    )


def is_jti(value: Any) -> bool:
    """Tell whether this is the identity of a ticket: 22 characters of base64url."""
    return isinstance(value, str) and bool(_JTI.fullmatch(value))


def bound_to(departure: int, travel_class: str = "") -> str:
    """The fourth part of a leg that is bound to a departure (POSIX seconds), with its class where it has one."""
    rest, digits = divmod(departure // _SECONDS, _BASE), ""
    while rest != (0, 0):
        digits = _DIGITS[rest[1]] + digits
        rest = divmod(rest[0], _BASE)
    return f"{travel_class}{_DEPARTURE}{digits}"


def whole_minute(seconds: int) -> int:
    """The minute in which a moment lies, in POSIX seconds: tickets and gates name a departure by it."""
    return seconds - seconds % _SECONDS


def _leg(leg: list[str]) -> Leg:
    if len(leg) == _ZONE_LENGTH:
        return Leg(leg[0], leg[1], None, None)
    if len(leg) == _LEG_LENGTHS[-1]:
        travel_class, separator, minute = leg[3].partition(_DEPARTURE)
        return Leg(
            leg[0], leg[1], leg[2], travel_class or None, int(minute, _BASE) * _SECONDS if separator else None
        )
    return Leg(leg[0], leg[1], leg[2], None)


def _text(longest: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and 0 < len(value) <= longest


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _codes(value: Any) -> bool:
    if not isinstance(value, list) or not 0 < len(value) <= _MAX_LEGS:
        return False
    for code in value:
        if not isinstance(code, str) or not 0 < len(code) <= _MAX_CODE:
            return False
    return len(set(value)) == len(value)


def _legs(value: Any) -> bool:
    if not isinstance(value, list) or not 0 < len(value) <= _MAX_LEGS:
        return False
    return all([_one_leg(leg) for leg in value])  # noqa: C419  a list of eight is faster than a generator


def _one_leg(value: Any) -> bool:
    if not isinstance(value, list) or len(value) not in _LEG_LENGTHS:
        return False
    for part in value:
        if not isinstance(part, str) or not 0 < len(part) <= _MAX_STOP:
            return False
    if len(value) == _LEG_LENGTHS[-1] and not _CLASS.fullmatch(value[3]):
        return False
    return len(value[0]) <= _MAX_CODE and (len(value) != _ZONE_LENGTH or value[1].startswith(ZONE))


def _status(value: Any) -> bool:
    located = value.get("status_list") if isinstance(value, dict) and len(value) == 1 else None
    return (
        isinstance(located, dict)
        and located.keys() == {"idx", "uri"}
        and _index(located["idx"])
        and _uri(located["uri"])
    )


def _confirmation(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != {"jwk"} or not isinstance(value["jwk"], dict):
        return False
    jwk = value["jwk"]
    return (
        set(jwk) == {"kty", "crv", "x", "y"}
        and jwk["kty"] == "EC"
        and jwk["crv"] == "P-256"
        and all(isinstance(jwk[name], str) and len(jwk[name]) == _COORDINATE_CHARS for name in ("x", "y"))
    )


_index = _whole(0, (1 << 32) - 1)
_uri = _text(80)
_CHECKS: dict[str, Callable[[Any], bool]] = {
    "iss": _text(40),
    "aud": _codes,
    "jti": is_jti,
    "iat": _whole(1, MAX_TIME),
    "nbf": _whole(1, MAX_TIME),
    "exp": _whole(1, MAX_TIME),
    "v": lambda value: type(value) is int and value == VERSION,
    "p": _text(_MAX_CODE),
    "l": _legs,
    "n": _whole(1, 99),
    "u": _whole(0, 99),
    "c": _whole(1, 999),
    "cat": _text(CATEGORY_LETTERS),
    "cnf": _confirmation,
    "status": _status,
    "idh": is_jti,
    "demo": lambda value: value is True,
}
_REQUIRED = tuple(name for name in _CHECKS if name not in {"u", "c", "cat", "cnf", "idh", "demo"})
