"""Seal small secrets for the database: whoever has a copy of it, and not the keys of the deployment, reads none of them."""

import base64
import os
from collections.abc import Mapping
from typing import Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ticketing.errors import Misconfigured

_NONCE_BYTES = 12


class Keys(Protocol):
    """The keys of the kind `staff`, each with its name: the active one seals, those before it still open."""

    def signer_secret(self, kind: Literal["staff"]) -> tuple[str, bytes]:
        """Read the active secret with its name."""

    def secrets(self, kind: Literal["staff"]) -> Mapping[str, bytes]:
        """Read every secret that still opens."""


def seal(keys: Keys, said: str, about: str) -> str:
    """Seal a text; `about` is what it belongs to, so that it opens in no other row."""
    kid, secret = keys.signer_secret("staff")
    nonce = os.urandom(_NONCE_BYTES)
    closed = AESGCM(secret).encrypt(nonce, said.encode(), about.encode())
    return f"{kid}.{base64.urlsafe_b64encode(nonce + closed).decode()}"


def unseal(keys: Keys, sealed: str, about: str) -> str:
    """Open a sealed text; raises Misconfigured where its key is gone or it belongs to something else."""
    kid, _, closed = sealed.partition(".")
    secret = keys.secrets("staff").get(kid)
    raw = base64.urlsafe_b64decode(closed)
    try:
        if secret is None:
            raise Misconfigured(
                f"THROUGHFARE_KEYS_FOLDER: the staff key {kid} is gone; enrol the second factor anew"
            )
        return AESGCM(secret).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], about.encode()).decode()
    except InvalidTag:
        raise Misconfigured(
            "a second factor in the database belongs to another person or another deployment"
        ) from None
