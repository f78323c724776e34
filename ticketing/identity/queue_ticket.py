"""Tickets of the queue for new orders: a place in a line, signed, and good for one request alone.

All that is known of somebody who waits stands in the ticket, so that no process has to remember anybody.
"""

import base64
import binascii
import hashlib
import hmac
import struct
import time
from dataclasses import dataclass

from ticketing.identity.mac_secrets import MacSecrets

_PREFIX = "tf_queue_"
_PLACE = struct.Struct(">QQQQ")
_MAC_BYTES = 32
_KEPT_SECONDS = 1.0
_CHARS = len(_PREFIX) + len(base64.urlsafe_b64encode(bytes(_PLACE.size + _MAC_BYTES)).rstrip(b"="))


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """A number in a line, the time of arrival and of the appointment, both in milliseconds of POSIX time."""

    line: int
    number: int
    arrived_ms: int
    due_ms: int


class QueueTickets:
    """Writes and reads the tickets of a queue under the keys of this deployment."""

    def __init__(self, secrets: MacSecrets) -> None:
        self._secrets = secrets
        self._kept: tuple[float, bytes, tuple[bytes, ...]] = (0.0, b"", ())

    def write(self, place: QueuePlace, bound_to: bytes) -> str:
        """The ticket of a place; `bound_to` is the digest of the request that it is given for."""
        said = _PLACE.pack(place.line, place.number, place.arrived_ms, place.due_ms)
        mac = _mac(self._keys()[0], said, bound_to)
        return _PREFIX + base64.urlsafe_b64encode(said + mac).decode().rstrip("=")

    def read(self, ticket: str, bound_to: bytes) -> QueuePlace | None:
        """The place of a ticket; None for one that we have not given, or have given for another request."""
        if len(ticket) != _CHARS or not ticket.startswith(_PREFIX) or not ticket.isascii():
            return None
        try:
            content = base64.b64decode(ticket.removeprefix(_PREFIX) + "==", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        said, mac = content[: _PLACE.size], content[_PLACE.size :]
        # Each key is tried, so that the time tells nothing of which it was.
        fits = [hmac.compare_digest(_mac(secret, said, bound_to), mac) for secret in self._keys()[1]]
        return QueuePlace(*_PLACE.unpack(said)) if any(fits) else None

    def _keys(self) -> tuple[bytes, tuple[bytes, ...]]:
        """The secret that issues and those that are accepted, looked up once a second: a crowd asks some hundred times."""
        until, issuing, accepted = self._kept
        if time.monotonic() >= until:
            issuing, accepted = self._secrets.issuing, self._secrets.accepted
            self._kept = (time.monotonic() + _KEPT_SECONDS, issuing, accepted)
        return issuing, accepted


def _mac(secret: bytes, said: bytes, bound_to: bytes) -> bytes:
    return hmac.digest(secret, b"queue:" + said + bound_to, hashlib.sha256)
