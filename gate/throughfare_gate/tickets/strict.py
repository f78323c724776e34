"""Read JSON and base64url without mercy: a token has one spelling, and every name in it stands once."""

import base64
import re
from typing import Any

from throughfare_gate.strictjson import NotStrict, loads

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
# The last character of an incomplete group carries 2 or 4 bits that belong to nothing and must be zero.
_LAST = {2: "AQgw", 3: "AEIMQUYcgkosw048"}


def is_canonical(text: str) -> bool:
    """Tell whether characters of the base64url alphabet are the one spelling of some bytes (RFC 4648, section 3.5)."""
    rest = len(text) % 4
    return rest == 0 or (rest in _LAST and text[-1] in _LAST[rest])


def decode_base64url(text: str) -> bytes:
    """Decode unpadded base64url in its canonical form; raises NotStrict."""
    if not _BASE64URL.fullmatch(text) or not is_canonical(text):
        raise NotStrict("not base64url in its one spelling")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode_base64url(content: bytes) -> str:
    """Encode as unpadded base64url (RFC 7515)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def json_object(content: bytes) -> dict[str, Any]:
    """Read a JSON object of a token: no repeated names, whole numbers only; raises NotStrict."""
    found = loads(content, fractions=False)
    if not isinstance(found, dict):
        raise NotStrict("not an object")
    return found
