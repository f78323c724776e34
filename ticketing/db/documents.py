"""Frozen JSON documents: written canonically, so that equal content is equal text and has one hash."""

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """Write JSON with sorted names, no spaces and no escapes; integers and text only, never NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
