"""Token Status List: two bits a ticket, compressed and signed (draft-ietf-oauth-status-list)."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from throughfare_gate.strictjson import NotStrict
from throughfare_gate.tickets.claims import MAX_TIME
from throughfare_gate.tickets.jwk import VerifyKey
from throughfare_gate.tickets.jws import Refused, Signer, verify
from throughfare_gate.tickets.strict import decode_base64url, encode_base64url, json_object

TYP = "statuslist+jwt"
VALID, INVALID, SUSPENDED = 0, 1, 2
# An older text of a ticket that has a newer one; gates that do not know it read it as invalid.
REPLACED = 3
SIZE = 1 << 20
_BITS = 2
_BYTES = SIZE * _BITS // 8
LIFE = timedelta(hours=24)
TTL_SECONDS = 300
_LONGEST = 1_000_000


class BadStatusList(ValueError):
    """A list that must not be taken in; the one that is held stays."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list as a gate holds it. Times in POSIX seconds."""

    uri: str
    issued_at: int
    expires_at: int
    bits: bytes

    def status_of(self, index: int) -> int | None:
        """The two bits of an index, lowest bits first; None outside the list."""
        if not 0 <= index < len(self.bits) * 8 // _BITS:
            return None
        return (self.bits[index >> 2] >> ((index & 3) * _BITS)) & 3


def encode(statuses: Mapping[int, int]) -> bytes:
    """Lay the statuses that are not simply valid into a list of 2^20 entries."""
    bits = bytearray(_BYTES)
    for index, status in statuses.items():
        bits[index >> 2] |= (status & 3) << ((index & 3) * _BITS)
    return bytes(bits)


def sign(signer: Signer, uri: str, statuses: Mapping[int, int], now: datetime) -> str:
    """Sign a list as a token that holds for 24 hours."""
    issued = int(now.timestamp())
    payload = {
        "sub": uri,
        "iat": issued,
        "exp": issued + int(LIFE.total_seconds()),
        "ttl": TTL_SECONDS,
        "status_list": {"bits": _BITS, "lst": encode_base64url(zlib.compress(encode(statuses), 9))},
    }
    return signer.sign(TYP, payload)


def read(token: str, ring: Mapping[str, VerifyKey], now: int | None = None) -> StatusList:
    """Verify a list and unpack it within its bound; raises BadStatusList. With `now` an expired one is refused."""
    try:
        payload = json_object(verify(token, TYP, ring, longest=_LONGEST))
    except (Refused, NotStrict) as error:
        raise BadStatusList(str(error)) from None
    issued, expires, uri, packed = (payload.get(name) for name in ("iat", "exp", "sub", "status_list"))
    if type(issued) is not int or type(expires) is not int or not isinstance(uri, str):
        raise BadStatusList("iat, exp or sub")
    if not 0 <= issued < expires <= MAX_TIME:
        raise BadStatusList("iat or exp")
    ttl = payload.get("ttl", TTL_SECONDS)
    if type(ttl) is not int or ttl <= 0:
        raise BadStatusList("ttl")
    if now is not None and now >= expires:
        raise BadStatusList("expired")
    return StatusList(uri, issued, expires, _unpack(packed))


def _unpack(packed: Any) -> bytes:
    """Inflate no further than the size a list has: a compressed bomb stops at the bound."""
    if not isinstance(packed, dict) or packed.get("bits") != _BITS or not isinstance(packed.get("lst"), str):
        raise BadStatusList("status_list")
    inflater = zlib.decompressobj()
    try:
        bits = inflater.decompress(decode_base64url(packed["lst"]), _BYTES + 1)
    except (zlib.error, NotStrict) as error:
        raise BadStatusList("lst") from error
    if len(bits) > _BYTES or inflater.unconsumed_tail or inflater.unused_data or not inflater.eof:
        raise BadStatusList("lst has a wrong size")
    return bits
