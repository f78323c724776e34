"""Public keys as JWK (RFC 7517, RFC 8037): written for everybody, read with every check the library leaves out."""

import functools
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from throughfare_gate.strictjson import NotStrict
from throughfare_gate.tickets.strict import decode_base64url, encode_base64url

Algorithm = Literal["EdDSA", "ES256"]
PublicKey = Ed25519PublicKey | EllipticCurvePublicKey

MAX_KEYS = 32
_COORDINATE_BYTES = 32
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
_KID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_CHARS = 16_384
# Curve25519 in Edwards form (RFC 8032, section 5.1): the field's prime, and d = -121665/121666.
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A public key with the one algorithm that it is for."""

    kid: str
    algorithm: Algorithm
    key: PublicKey


class BadKey(ValueError):
    """A JWK or JWKS that must not be used."""


def to_jwk(key: VerifyKey) -> dict[str, str]:
    """Write a public key with its use and algorithm."""
    common = {"kid": key.kid, "use": "sig", "alg": key.algorithm}
    if isinstance(key.key, Ed25519PublicKey):
        x = key.key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(x), **common}
    numbers = key.key.public_numbers()
    x, y = (value.to_bytes(_COORDINATE_BYTES, "big") for value in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": encode_base64url(x), "y": encode_base64url(y), **common}


def thumbprint(key: PublicKey) -> str:
    """The SHA-256 thumbprint of a public key (RFC 7638), by which keys are told apart."""
    found = to_jwk(VerifyKey("-", "EdDSA", key))
    members = {name: found[name] for name in ("crv", "kty", "x", "y") if name in found}
    content = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    return encode_base64url(hashlib.sha256(content).digest())


def from_jwk(jwk: Mapping[str, Any]) -> VerifyKey:
    """Read one public signing key with its kid; raises BadKey."""
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        raise BadKey("a key needs a kid of 1 to 64 characters A-Z a-z 0-9 _ -")
    if jwk.get("use", "sig") != "sig":
        raise BadKey("the key is not for signatures")
    if "key_ops" in jwk and (not isinstance(jwk["key_ops"], list) or "verify" not in jwk["key_ops"]):
        raise BadKey("the key does not verify")
    key = public_key(jwk)
    algorithm: Algorithm = "EdDSA" if isinstance(key, Ed25519PublicKey) else "ES256"
    if jwk.get("alg", algorithm) != algorithm:
        raise BadKey("alg does not fit the key")
    return VerifyKey(kid, algorithm, key)


def public_key(jwk: Mapping[str, Any]) -> PublicKey:
    """Read the key itself: Ed25519 or P-256, public members only; raises BadKey."""
    if _PRIVATE & set(jwk):
        raise BadKey("a private member in a public key")
    kind = (jwk.get("kty"), jwk.get("crv"))
    try:
        if kind == ("OKP", "Ed25519"):
            x = _coordinate(jwk, "x")
            if not _is_sound(x):
                raise BadKey("not a point of the curve, or one of small order")
            return Ed25519PublicKey.from_public_bytes(x)
        if kind == ("EC", "P-256"):
            return _p256(_coordinate(jwk, "x"), _coordinate(jwk, "y"))
    except ValueError as error:
        raise BadKey("not a point of the curve") from error
    raise BadKey("neither Ed25519 nor P-256")


def phone_key(jwk: Mapping[str, Any]) -> dict[str, str]:
    """The four members of a phone's public key, as a ticket holds them in `cnf`; raises BadKey."""
    key = public_key(jwk)
    if not isinstance(key, EllipticCurvePublicKey):
        raise BadKey("a phone's key is P-256")
    written = to_jwk(VerifyKey("-", "ES256", key))
    return {name: written[name] for name in ("kty", "crv", "x", "y")}


def load_jwks(document: Mapping[str, Any]) -> dict[str, VerifyKey]:
    """Read a whole key set by kid; one bad or repeated key refuses all of it. Raises BadKey."""
    if len(json.dumps(document)) > _MAX_CHARS:
        raise BadKey("a key set has at most 16 KB")
    keys = document.get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= MAX_KEYS:
        raise BadKey(f"a key set holds 1 to {MAX_KEYS} keys")
    by_kid: dict[str, VerifyKey] = {}
    for jwk in keys:
        if not isinstance(jwk, Mapping):
            raise BadKey("a key is an object")
        key = from_jwk(jwk)
        if key.kid in by_kid:
            raise BadKey(f"the kid {key.kid} is repeated")
        by_kid[key.kid] = key
    return by_kid


@functools.lru_cache(maxsize=1024)
def _p256(x: bytes, y: bytes) -> EllipticCurvePublicKey:
    """Build a P-256 key; kept, because a gate reads a phone's key with the ticket and again with its proof."""
    numbers = EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), SECP256R1())
    return numbers.public_key()


@functools.lru_cache(maxsize=1024)
def _is_sound(encoded: bytes) -> bool:
    """Tell whether 32 bytes are the one encoding of a point whose order is not 1, 2, 4 or 8.

    The library loads any 32 bytes, and for a key of small order anybody can make signatures that verify.
    """
    y = int.from_bytes(encoded, "little") & (2**255 - 1)  # the highest bit is the sign of x
    if y >= _P:
        return False
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if square == 0:
        return False  # x = 0: the neutral element and the point of order 2
    if pow(square, (_P - 1) // 2, _P) != 1:
        return False  # no x on the curve has this square
    # Doubling gives y' = (y^2 + x^2) / (2 - y^2 + x^2): -1 from a point of order 4, 0 from one of order 8.
    doubled = (y * y + square) * pow(2 + square - y * y, -1, _P) % _P
    return doubled not in {0, _P - 1}


def _coordinate(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str):
        raise BadKey(f"the key needs {name}")
    try:
        content = decode_base64url(value)
    except NotStrict as error:
        raise BadKey(f"{name} is not base64url") from error
    if len(content) != _COORDINATE_BYTES:
        raise BadKey(f"{name} has a wrong length")
    return content
