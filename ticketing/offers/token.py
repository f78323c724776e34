"""Seal a short text so that only this deployment can have made it, and open what was sealed. Pure.

`tf_offer_` and base64url without padding of: one byte of version, eight characters of the key's name, the text, and
HMAC-SHA256 (RFC 2104) over all that stands before it.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

PREFIX = "tf_offer_"
MOST_CHARS = 2048
_VERSION = b"\x01"
_NAME_BYTES = 8
_MAC_BYTES = 32
_HEAD_BYTES = len(_VERSION) + _NAME_BYTES


def seal(text: bytes, kid: str, secret: bytes) -> str:
    """Make the token of a text; it may be longer than a token that is read."""
    sealed = _VERSION + _name_of(kid) + text
    return PREFIX + _written(sealed + hmac.digest(sealed, secret, hashlib.sha256))


def unseal(token: str, secrets: Mapping[str, bytes]) -> bytes | None:
    """Open a token by the secrets of the keys that may have sealed it; None for whatever they have not.

    Each text has one token: another way to write the same bytes is refused too.
    """
    read = _read(token) if token.startswith(PREFIX) and len(token) <= MOST_CHARS else None
    if read is None or len(read) < _HEAD_BYTES + _MAC_BYTES or not read.startswith(_VERSION):
        return None
    sealed, mac = read[:-_MAC_BYTES], read[-_MAC_BYTES:]
    name = sealed[len(_VERSION) : _HEAD_BYTES]
    mine = (secret for kid, secret in secrets.items() if _name_of(kid) == name)
    if not any(hmac.compare_digest(hmac.digest(sealed, secret, hashlib.sha256), mac) for secret in mine):
        return None
    return sealed[_HEAD_BYTES:]


def digest(token: str) -> str:
    """Name a token in 32 characters without giving it away."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def _name_of(kid: str) -> bytes:
    return kid[:_NAME_BYTES].encode()


def _written(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _read(token: str) -> bytes | None:
    text = token[len(PREFIX) :]
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if _written(content) == text else None
