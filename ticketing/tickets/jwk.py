"""Public keys as JWK (RFC 7517, RFC 8037): written for everybody, read with every check the library leaves out."""

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

from ticketing.strictjson import NotStrict
from ticketing.tickets.strict import decode_base64url, encode_base64url

Algorithm = Literal["EdDSA", "ES256"]
PublicKey = Ed25519PublicKey | EllipticCurvePublicKey

MAX_KEYS = 32
_COORDINATE_BYTES = 32
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
_MAX_KID = 16
# Ed25519 points of small order (RFC 8032, section 5.1.7 leaves them to the application): under such a key one
# signature fits many messages. Compared without the sign bit.
_SMALL_ORDER = {
    bytes.fromhex(point)
    for point in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
}


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


def from_jwk(jwk: Mapping[str, Any]) -> VerifyKey:
    """Read one public signing key with its kid; raises BadKey."""
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_KID or not kid.isascii():
        raise BadKey("a key needs a kid of 1 to 16 characters")
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
            point = _coordinate(jwk, "x")
            if point[:-1] + bytes([point[-1] & 0x7F]) in _SMALL_ORDER:
                raise BadKey("a point of small order")
            return Ed25519PublicKey.from_public_bytes(point)
        if kind == ("EC", "P-256"):
            x, y = (int.from_bytes(_coordinate(jwk, name), "big") for name in ("x", "y"))
            return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    except ValueError as error:
        raise BadKey("not a point of the curve") from error
    raise BadKey("neither Ed25519 nor P-256")


def load_jwks(document: Mapping[str, Any]) -> dict[str, VerifyKey]:
    """Read a whole key set by kid; one bad or repeated key refuses all of it. Raises BadKey."""
    keys = document.get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= MAX_KEYS:
        raise BadKey(f"a key set holds 1 to {MAX_KEYS} keys")
    found: dict[str, VerifyKey] = {}
    for jwk in keys:
        if not isinstance(jwk, Mapping):
            raise BadKey("a key is an object")
        key = from_jwk(jwk)
        if key.kid in found:
            raise BadKey(f"the kid {key.kid} is repeated")
        found[key.kid] = key
    return found


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
