"""Sign and read the token of a gate device: short, signed by its own key, and good for a quarter of an hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from throughfare_gate.strictjson import NotStrict
from throughfare_gate.tickets.jwk import VerifyKey
from throughfare_gate.tickets.jws import Refused, Signer, verify
from throughfare_gate.tickets.strict import json_object

TYP = "gate-device+jwt"
LIFE_SECONDS = 900
# A device learns the server's time with each bundle; until then its clock may be this far off.
LEEWAY_SECONDS = 300


@dataclass(frozen=True, slots=True)
class DeviceToken:
    """The device that a token names, and the POSIX seconds in which it is good: `start` is the first, `end` is not."""

    device_id: str
    start: int
    end: int


class BadDeviceToken(ValueError):
    """A token that is not this device's, or not of now."""


def sign(signer: Signer, device_id: str, issuer: str, now: datetime) -> str:
    """Sign a token for one device."""
    issued = int(now.timestamp())
    return signer.sign(TYP, {"iss": device_id, "aud": issuer, "iat": issued, "exp": issued + LIFE_SECONDS})


def read(token: str, ring: Mapping[str, VerifyKey], issuer: str, now: datetime) -> DeviceToken:
    """Verify a token and give its device; raises BadDeviceToken."""
    try:
        payload = json_object(verify(token, TYP, ring))
    except (Refused, NotStrict) as error:
        raise BadDeviceToken(str(error)) from None
    device, issued, expires = (payload.get(name) for name in ("iss", "iat", "exp"))
    if set(payload) != {"iss", "aud", "iat", "exp"} or not isinstance(device, str):
        raise BadDeviceToken("claims")
    if payload["aud"] != issuer or type(issued) is not int or type(expires) is not int:
        raise BadDeviceToken("aud, iat or exp")
    parsed = DeviceToken(device, issued - LEEWAY_SECONDS, expires + LEEWAY_SECONDS)
    if not issued < expires <= issued + LIFE_SECONDS or not parsed.start <= int(now.timestamp()) < parsed.end:
        raise BadDeviceToken("not valid now")
    return parsed
