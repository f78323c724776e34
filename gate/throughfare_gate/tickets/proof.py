"""The phone's proof: a fresh signature over a ticket, so that a copied picture dies within a minute."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from throughfare_gate.strictjson import NotStrict
from throughfare_gate.tickets.claims import MAX_TIME, Proof
from throughfare_gate.tickets.jwk import BadKey, VerifyKey, public_key
from throughfare_gate.tickets.jws import Refused, check_signature
from throughfare_gate.tickets.strict import decode_base64url, encode_base64url, json_object

TYP = "ticket-kb+jwt"
_HEADER = {"alg": "ES256", "typ": TYP}
_NONCE = re.compile(r"[A-Za-z0-9_-]{11}")
_SHAPE = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})")
_MAX_CHARS = 600


class BadProof(ValueError):
    """The proof is not the phone's, or not for this ticket."""


def ticket_hash(token: str) -> str:
    """The first 16 bytes of SHA-256 over the ticket's signing input, so that a twin signature changes nothing."""
    return encode_base64url(hashlib.sha256(token.rpartition(".")[0].encode()).digest()[:16])


def read(proof: str, token: str, binding_key: Mapping[str, str]) -> Proof:
    """Verify a proof by the key that the ticket names; raises BadProof."""
    shape = _SHAPE.fullmatch(proof) if len(proof) <= _MAX_CHARS else None
    if shape is None:
        raise BadProof("malformed")
    try:
        header = json_object(decode_base64url(shape[1]))
        key = public_key(binding_key)
        payload: dict[str, Any] = {}
        if header == _HEADER:
            payload = json_object(check_signature(proof, VerifyKey("phone", "ES256", key)))
    except (NotStrict, BadKey, Refused) as error:
        raise BadProof(str(error)) from None
    issued, nonce = payload.get("iat"), payload.get("n")
    if set(payload) != {"iat", "aud", "n", "th"} or type(issued) is not int or not isinstance(nonce, str):
        raise BadProof("claims")
    if (
        not 0 <= issued <= MAX_TIME
        or not _NONCE.fullmatch(nonce)
        or payload["th"] != ticket_hash(token)
        or not isinstance(payload["aud"], str)
    ):
        raise BadProof("claims")
    return Proof(issued, payload["aud"], nonce)
