"""Identifiers: UUIDv7 (RFC 9562, section 5.7), so that rows made together lie together."""

import secrets
import time
import uuid

_VERSION = 7


def milliseconds_of(identifier: str) -> int | None:
    """When a UUIDv7 was made, in milliseconds since 1970; None for an identifier of another kind."""
    try:
        found = uuid.UUID(identifier)
    except ValueError:
        return None
    return found.int >> 80 if found.version == _VERSION else None


def new_id() -> str:
    """Make a UUIDv7: 48 bits of milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | _VERSION << 76  # version
    value = value & ~(0x3 << 62) | 0x2 << 62  # variant
    return str(uuid.UUID(int=value))
