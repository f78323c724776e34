"""Signatures and tokens as an attacker changes them."""

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from tests.ticketing.tickets.mint import KEY, b64, payload, raw
from throughfare_gate.gate.bundle import read_ticket
from throughfare_gate.tickets.jwk import VerifyKey

HSM = generate_private_key(SECP256R1())
RING = {
    "26a": VerifyKey("26a", "EdDSA", KEY.public_key()),
    "26h": VerifyKey("26h", "ES256", HSM.public_key()),
}
ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ORDER_OF_ED25519 = 2**252 + 27742317777372353535851937790883648493
PUBLIC = KEY.public_key()


def reason(token: str) -> str | None:
    return read_ticket(RING, token, "throughfare.eu", "tlt").reason


def body(**changes: Any) -> bytes:
    return json.dumps(payload(**changes), separators=(",", ":")).encode()


def hsm_ticket(**changes: Any) -> str:
    return raw(body(**changes), {"alg": "ES256", "kid": "26h", "typ": "ticket+jwt"}, HSM, "ES256")


def signature_of(token: str) -> bytes:
    import base64  # noqa: PLC0415  one use

    return base64.urlsafe_b64decode(token.rpartition(".")[2] + "==")


def with_signature(token: str, signature: bytes) -> str:
    return f"{token.rpartition('.')[0]}.{b64(signature)}"
