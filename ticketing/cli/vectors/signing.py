"""Sign the tickets, proofs and bundles of the vectors by keys that everybody knows, so that every run writes the same."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from throughfare_gate.tickets.claims import TYP
from throughfare_gate.tickets.jwk import VerifyKey, phone_key, to_jwk
from throughfare_gate.tickets.jws import PrivateKey, Signer

NOW = int(datetime(2026, 10, 13, 4, 0, tzinfo=UTC).timestamp())
AT = datetime.fromtimestamp(NOW, UTC)
ISSUER = "throughfare.eu"
URI = "https://throughfare.eu/s/1"
JTI = "A" * 22
NONCE = "A" * 11
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer("26a", KEY)
# A second key, as an operator has it whose hardware signs by P-256.
HARDWARE = derive_private_key(0x4A12, SECP256R1())
RING = {
    "26a": VerifyKey("26a", "EdDSA", KEY.public_key()),
    "26h": VerifyKey("26h", "ES256", HARDWARE.public_key()),
}
PHONE = derive_private_key(0x7E1E, SECP256R1())
OTHER_PHONE = derive_private_key(0x0B1E, SECP256R1())
_COORDINATE_BYTES = 32
Claims = Mapping[str, object]


def claims(**changes: object) -> Claims:
    """Write the claims of a good ticket; a change to `...` leaves a claim out."""
    good: Claims = {
        "iss": ISSUER,
        "aud": ["tlt", "tallink", "hsl"],
        "jti": JTI,
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
    return {name: value for name, value in {**good, **changes}.items() if value is not ...}


def ticket(**changes: object) -> str:
    """Sign a ticket by the good key."""
    return signed(json.dumps(claims(**changes), separators=(",", ":"), ensure_ascii=False).encode())


def signed(content: bytes, header: Claims | None = None, key: PrivateKey = KEY) -> str:
    """Sign any bytes under any header; a signature says the same each time (RFC 8032; RFC 6979)."""
    head = {"alg": "EdDSA", "kid": "26a", "typ": TYP} if header is None else header
    first = f"{base64url(json.dumps(head, separators=(',', ':')).encode())}.{base64url(content)}"
    return f"{first}.{base64url(signature(first.encode(), key))}"


def signature(content: bytes, key: PrivateKey) -> bytes:
    """Compute the 64 bytes of a signature: Ed25519, or P-256 as r and s."""
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(content)
    r, s = decode_dss_signature(key.sign(content, ECDSA(hashes.SHA256(), deterministic_signing=True)))
    return r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")


def proof(token: str, **changes: object) -> str:
    """Sign a phone's proof over a ticket."""
    return proof_by(PHONE, token, changes)


def proof_by(key: EllipticCurvePrivateKey, token: str, changes: Claims, header: Claims | None = None) -> str:
    """Sign a proof by any key, under any header."""
    digest = hashlib.sha256(token.rpartition(".")[0].encode()).digest()[:16]
    said: Claims = {"iat": NOW, "aud": "tlt", "n": NONCE, "th": base64url(digest)}
    content = {name: value for name, value in {**said, **changes}.items() if value is not ...}
    head = {"alg": "ES256", "typ": "ticket-kb+jwt"} if header is None else header
    return signed(json.dumps(content, separators=(",", ":")).encode(), head, key)


def phone_jwk(phone: EllipticCurvePrivateKey = PHONE) -> Mapping[str, str]:
    """Write a phone's public key as the claim `cnf` holds it."""
    return phone_key(to_jwk(VerifyKey("-", "ES256", phone.public_key())))


def base64url(content: bytes) -> str:
    """Write bytes as unpadded base64url (RFC 7515)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def spoiled(token: str) -> str:
    """Change one character of a signature, each bit of which counts."""
    at = len(token) - 10
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
