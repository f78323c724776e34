"""Tokens for tests: good ones, and any kind of bad one."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from throughfare_gate.tickets.jwk import VerifyKey
from throughfare_gate.tickets.jws import Signer

NOW = int(datetime(2026, 10, 13, 4, 0, tzinfo=UTC).timestamp())
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer("26a", KEY)
RING = {"26a": VerifyKey("26a", "EdDSA", KEY.public_key())}
# The same keys in every run, so that a ticket that is bound to a phone is the same text.
PHONE = derive_private_key(0x7E1E, SECP256R1())
OTHER_PHONE = derive_private_key(0x0B1E, SECP256R1())
URI = "https://throughfare.eu/s/1"


def payload(**changes: Any) -> dict[str, Any]:
    """The claims of a good ticket; a change to `...` removes the claim."""
    claims: dict[str, Any] = {
        "iss": "throughfare.eu",
        "aud": ["tlt", "tallink", "hsl"],
        "jti": "AAAAAAAAAAAAAAAAAAAAAA",
        "iat": NOW - 60,
        "nbf": NOW - 60,
        "exp": NOW + 3600,
        "v": 1,
        "p": "through",
        "l": [
            ["tlt", "09005-1", "12227-1"],
            ["tallink", "TLL-D", "HEL-LT2"],
            ["hsl", "HSL-T-LT2", "HSL-T-PAS"],
        ],
        "n": 1,
        "status": {"status_list": {"idx": 5, "uri": URI}},
    }
    claims.update(changes)
    return {name: value for name, value in claims.items() if value is not ...}


def ticket(**changes: Any) -> str:
    """A ticket signed by the good key."""
    return SIGNER.sign("ticket+jwt", payload(**changes))


def raw(
    content: bytes, header: Mapping[str, Any] | None = None, key: Any = KEY, algorithm: str = "EdDSA"
) -> str:
    """Sign any bytes under any header."""
    head = {"alg": algorithm, "kid": "26a", "typ": "ticket+jwt"} if header is None else dict(header)
    first = b64(json.dumps(head, separators=(",", ":")).encode()) + "." + b64(content)
    signer = jwt.get_algorithm_by_name(algorithm)
    return first + "." + b64(signer.sign(first.encode(), key))


def proof(token: str, **changes: Any) -> str:
    """A phone's proof over a ticket."""
    import hashlib  # noqa: PLC0415  one use

    thumb = b64(hashlib.sha256(token.rpartition(".")[0].encode()).digest()[:16])
    claims = {"iat": NOW, "aud": "tlt", "n": "AAAAAAAAAAA", "th": thumb, **changes}
    header = {"alg": "ES256", "typ": "ticket-kb+jwt"}
    return raw(json.dumps(claims).encode(), header, PHONE, "ES256")


def phone_jwk(phone: EllipticCurvePrivateKey = PHONE) -> dict[str, str]:
    """A phone's public key as the claim `cnf` holds it."""
    numbers = phone.public_key().public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": b64(numbers.x.to_bytes(32, "big")),
        "y": b64(numbers.y.to_bytes(32, "big")),
    }


def b64(content: bytes) -> str:
    """Unpadded base64url."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
