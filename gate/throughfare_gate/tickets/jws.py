"""Sign and verify compact JWS. The one place of this room that touches PyJWT, and always with the key's algorithm."""

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from throughfare_gate.strictjson import NotStrict
from throughfare_gate.tickets.jwk import VerifyKey
from throughfare_gate.tickets.strict import decode_base64url, is_canonical, json_object

PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey

MAX_TICKET_CHARS = 2048
_MAX_HEADER_CHARS = 256
# A signature is 64 bytes: 86 characters, and the last one has four bits that must be zero.
_SHAPE = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]{85}[AQgw]")
_MEMBERS = {"alg", "kid", "typ"}
_ALGORITHMS = {"EdDSA", "ES256"}
_JWS = jwt.PyJWS()
_VERIFIERS: Mapping[str, Any] = {name: _JWS.get_algorithm_by_name(name) for name in _ALGORITHMS}


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key that signs one kind of token: Ed25519, or P-256 where an operator's hardware needs it."""

    kid: str
    key: PrivateKey

    def sign(self, typ: str, payload: Mapping[str, Any]) -> str:
        """Sign a payload, written without spaces."""
        content = json.dumps(payload, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
        algorithm = "EdDSA" if isinstance(self.key, Ed25519PrivateKey) else "ES256"
        return _JWS.encode(content, self.key, algorithm=algorithm, headers={"kid": self.kid, "typ": typ})


@dataclass(frozen=True, slots=True)
class _Header:
    """A header as it was read; `exact` when it holds the three members as texts and nothing else."""

    alg: str
    kid: str
    typ: str
    exact: bool


class Refused(Exception):
    """A token that is not genuine; `reason` is one of the gate's (docs/gates.md)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def verify(token: str, typ: str, ring: Mapping[str, VerifyKey], *, longest: int = MAX_TICKET_CHARS) -> bytes:
    """Check a token in the strict order and give its payload's bytes; raises Refused.

    Length and characters, shape, header of exactly alg, kid and typ, type, algorithm, key by kid with its own
    algorithm, signature. Nothing of the token chooses the algorithm or brings a key.
    """
    if len(token) > longest or not token.isascii():
        raise Refused("malformed")
    shape = _SHAPE.fullmatch(token)
    if shape is None or shape.end(1) > _MAX_HEADER_CHARS or not is_canonical(shape[2]):
        raise Refused("malformed")
    header = _header(shape[1])
    if header is None:
        raise Refused("malformed")
    if header.typ != typ:
        raise Refused("bad_type")
    if not header.exact:
        raise Refused("malformed")
    if header.alg not in _ALGORITHMS:
        raise Refused("bad_alg")
    key = ring.get(header.kid)
    if key is None:
        raise Refused("unknown_key")
    if header.alg != key.algorithm:
        raise Refused("bad_alg")
    return check_signature(token, key)


def header_of(kid: str, typ: str, algorithm: str) -> str:
    """The first segment of every token that a key has signed, as the library writes it."""
    key: PrivateKey = (
        Ed25519PrivateKey.generate() if algorithm == "EdDSA" else generate_private_key(SECP256R1())
    )
    return Signer(kid, key).sign(typ, {}).partition(".")[0]


def kid_of(token: str) -> str | None:
    """The kid that a token names, to look its key up; None where it has no such header. Nothing is verified."""
    shape = _SHAPE.fullmatch(token) if len(token) <= MAX_TICKET_CHARS else None
    header = _header(shape[1]) if shape and shape.end(1) <= _MAX_HEADER_CHARS else None
    return header.kid if header and header.exact else None


@functools.lru_cache(maxsize=256)
def _header(segment: str) -> _Header | None:
    """Read a header; None when it is not strict JSON. Kept, because one key heads all its tickets alike."""
    try:
        found = json_object(decode_base64url(segment))
    except NotStrict:
        return None
    alg, kid, typ = (found.get(name) for name in ("alg", "kid", "typ"))
    exact = set(found) == _MEMBERS and all(isinstance(value, str) for value in found.values())
    return _Header(str(alg), str(kid), typ if isinstance(typ, str) else "", exact)


def check_signature(token: str, key: VerifyKey) -> bytes:
    """The payload of a token whose header and shape have been checked; raises Refused for a bad signature.

    The library's algorithm verifies, always that of the key; its reader of tokens would read header and shape again.
    """
    signed, _, signature = token.rpartition(".")
    try:
        content, mark = decode_base64url(signed.partition(".")[2]), decode_base64url(signature)
    except NotStrict:
        raise Refused("bad_signature") from None
    if not _VERIFIERS[key.algorithm].verify(signed.encode(), key.key, mark):
        raise Refused("bad_signature")
    return content
