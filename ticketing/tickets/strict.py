"""Read JSON and base64url without mercy: a token has one spelling, and every name in it stands once."""

import base64
import binascii
import json
import re
from typing import Any

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


class NotStrict(ValueError):
    """The text is not what it should be; the message is for a log, never for a passenger."""


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


def json_object(content: bytes, *, floats: bool = False) -> dict[str, Any]:
    """Read a JSON object: UTF-8, no repeated names, no NaN, and no fractions unless asked; raises NotStrict."""
    try:
        found = json.loads(
            content.decode(),
            object_pairs_hook=_no_repeats,
            parse_constant=_refuse,
            parse_float=float if floats else _refuse,
        )
    except (ValueError, RecursionError) as error:
        raise NotStrict("not strict JSON") from error
    if not isinstance(found, dict):
        raise NotStrict("not an object")
    return found


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrict("a repeated name")
    return found


def _refuse(value: str) -> Any:
    raise NotStrict(f"{value[:20]} is not allowed")
