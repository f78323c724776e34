"""Recognise the calling gate: once by its token, and checked again in the very transaction that answers it.

The memory spares a gate that presents ticket after ticket the look-up and the signature of its own token. It never
decides: a key or device that was revoked a moment ago is found by the reading that the decision makes anyway.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from ticketing.db.gate.presentations import Credential
from ticketing.errors import NotAllowed, NotAuthenticated

T = TypeVar("T")

_MOST = 4096


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when a token is good by what it says itself; None is unlimited."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Tell whether a moment lies in it."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)


class Recognised(Generic[T]):
    """The callers that this process has recognised: the newest few thousand, by the hash of the token."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._held: OrderedDict[bytes, tuple[T, Span]] = OrderedDict()

    def find(self, token: str, now: datetime) -> T | None:
        """Find the caller of a token, while it is good."""
        held = self._held.get(_hash(token))
        return held[0] if held is not None and held[1].holds(now) else None

    def keep(self, token: str, who: T, span: Span) -> None:
        """Remember a token that was found to be good."""
        self._held[_hash(token)] = who, span
        while len(self._held) > self._most:
            try:
                self._held.popitem(last=False)
            except KeyError:  # another thread has made room
                return


def check_credential(found: Credential | None, now: datetime) -> None:
    """Raise NotAuthenticated for a key that is gone, revoked or expired, NotAllowed for a revoked device."""
    if found is not None and found.is_device:
        if found.revoked_at is not None:
            raise NotAllowed("this device is revoked")
        return
    if found is None or found.revoked_at is not None or (found.expires_at and found.expires_at <= now):
        raise NotAuthenticated("the API key is unknown, revoked or expired")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
