"""Gates that are enrolled, and what they call."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.api import Api
from throughfare_gate.tickets import device_token
from throughfare_gate.tickets.jwk import VerifyKey, thumbprint, to_jwk
from throughfare_gate.tickets.jws import Signer


@dataclass(frozen=True)
class Device:
    """An enrolled device: what it was told, and its own key."""

    api: Api
    told: dict[str, Any]
    signer: Signer

    def token(self, *, device: str | None = None, issuer: str | None = None, ago: int = 0) -> str:
        """A fresh token of its key."""
        return device_token.sign(
            self.signer,
            device or self.told["device_id"],
            issuer or self.told["issuer"],
            self.api.clock.now() - timedelta(seconds=ago),
        )


def code(api: Api, operator: str = "tlt", **more: Any) -> str:
    body = {"name": "Kopli 1", "stop_id": "09005-1", **more}
    made = api.post(f"/v1/operators/{operator}/device-codes", body, api.key("admin"))
    assert made.status_code == 201, made.json
    return str((made.json or {})["code"])


def enrol(api: Api, operator: str = "tlt", **more: Any) -> Device:
    key: Any = Ed25519PrivateKey.generate()
    jwk = {
        name: value
        for name, value in to_jwk(VerifyKey("x", "EdDSA", key.public_key())).items()
        if name != "kid"
    }
    body = {"code": code(api, operator, **more), "public_key": jwk, "software": "throughfare-gate 0.1"}
    answer = api.post("/v1/devices/enrolments", body)
    assert answer.status_code == 201, answer.json
    return Device(api, answer.json or {}, Signer(thumbprint(key.public_key())[:16], key))


def at_the_tram(api: Api) -> dict[str, Any]:
    ticket = api.buy().ticket_of("anna")
    api.clock.advance(timedelta(hours=1, minutes=10))
    return ticket


def devices_of(api: Api, operator: str = "tlt") -> list[dict[str, Any]]:
    return list((api.get(f"/v1/operators/{operator}/devices", api.key("admin")).json or {})["devices"])


def fact(api: Api, jti: str, seq: int = 1, **more: Any) -> dict[str, Any]:
    at = int(api.clock.now().timestamp())
    told = {"scan_id": str(uuid.uuid4()), "seq": seq, "jti": jti, "leg": 0, "device_ts": at}
    return {**told, "decision": "accept", "reason": "ok", **more}
