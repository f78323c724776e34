"""Identifiers: UUIDv7 (RFC 9562, section 5.7), so that rows made together lie together."""

import secrets
import time
import uuid


def new_id() -> str:
    """Make a UUIDv7: 48 bits of milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76  # version
    value = value & ~(0x3 << 62) | 0x2 << 62  # variant
    return str(uuid.UUID(int=value))
