"""Identifiers: UUIDv7 (RFC 9562, section 5.7), so that rows made together lie together."""

import secrets
import threading
import time
import uuid
from dataclasses import dataclass

_VERSION, _VARIANT = 7, 2
_TAIL_BITS, _LOW_BITS = 74, 62
_TAIL, _LOW = (1 << _TAIL_BITS) - 1, (1 << _LOW_BITS) - 1
# The places of the time, and of the twelve random bits behind the version.
_TIME_AT, _RANDOM_A_AT, _RANDOM_A = 80, 64, (1 << _TAIL_BITS - _LOW_BITS) - 1
# Too wide to guess, and a quarter of a million steps fit into a millisecond.
_STEP_BITS = 56
_LOCK = threading.Lock()


@dataclass(slots=True)
class _Last:
    """The id that this process has made last: its milliseconds, and the bits behind them."""

    milliseconds: int = 0
    tail: int = 0


_last = _Last()


def milliseconds_of(identifier: str) -> int | None:
    """Read the time of a UUIDv7, in milliseconds since 1970; None for an identifier of another kind."""
    try:
        found = uuid.UUID(identifier)
    except ValueError:
        return None
    return found.int >> _TIME_AT if found.version == _VERSION else None


def new_id() -> str:
    """Make a UUIDv7: 48 bits of milliseconds, then 74 random bits.

    Those that one process makes within a millisecond go up by random steps (section 6.2, method 2), so that what was
    written later in a transaction also comes later in the order of ids.
    """
    milliseconds = time.time_ns() // 1_000_000
    with _LOCK:
        if milliseconds == _last.milliseconds:
            _last.tail = (_last.tail + 1 + secrets.randbits(_STEP_BITS)) & _TAIL
        else:
            _last.milliseconds, _last.tail = milliseconds, secrets.randbits(_TAIL_BITS)
        tail = _last.tail
    return _written(milliseconds, tail)


def id_after(last: str) -> str:
    """Make a UUIDv7 that comes after another one in the order of ids, also where the clock was set back since.

    It goes on from the other one by a random step until the clock has passed it.
    """
    new = new_id()
    if new > last:
        return new
    value = uuid.UUID(last).int
    tail = ((value >> _RANDOM_A_AT) & _RANDOM_A) << _LOW_BITS | value & _LOW
    tail += 1 + secrets.randbits(_STEP_BITS)
    return _written((value >> _TIME_AT) + (tail >> _TAIL_BITS), tail & _TAIL)


def _written(milliseconds: int, tail: int) -> str:
    high, low = tail >> _LOW_BITS, tail & _LOW
    value = (milliseconds & (1 << 48) - 1) << _TIME_AT | _VERSION << 76 | high << 64 | _VARIANT << 62 | low
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
