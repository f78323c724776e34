"""Read JSON and base64url without mercy: a token has one spelling, and every name in it stands once."""

import base64
import binascii
import re
from typing import Any

from ticketing.strictjson import NotStrict, loads

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def decode_base64url(text: str) -> bytes:
    """Decode unpadded base64url in its canonical form; raises NotStrict."""
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise NotStrict("not base64url")
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise NotStrict("not base64url") from error
    if encode_base64url(content) != text:
        raise NotStrict("base64url with stray bits")
    return content


def encode_base64url(content: bytes) -> str:
    """Encode as unpadded base64url (RFC 7515)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def json_object(content: bytes) -> dict[str, Any]:
    """Read a JSON object of a token: no repeated names, whole numbers only; raises NotStrict."""
    found = loads(content, fractions=False)
    if not isinstance(found, dict):
        raise NotStrict("not an object")
    return found
