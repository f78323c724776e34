"""Send webhooks, signed as Standard Webhooks say: the id, the moment and the body under an HMAC that the receiver checks."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass

from operators.errors import OperatorError
from operators.transport import Wire
from throughfare_gate.moments import written
from ticketing.clock import Clock
from ticketing.notices.channels import DELIVERED, Delivery, Message, not_taken

_PREFIX = "whsec_"
_SECRET_BYTES = 32
_TAKEN = range(200, 300)
_GONE = 410
# The newest first.
_SECRETS = ("secret", "old_secret", "older_secret")


def new_secret() -> str:
    """Make the secret that a receiver checks signatures with."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign(secret: str, message_id: str, at: int, body: bytes) -> str:
    """Sign a body of `at` POSIX seconds: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    mac = hmac.new(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Receivers on the internet, each at the address that a contact or its backend names. The body has ids, never personal data."""

    clock: Clock
    wire: Wire

    def send(self, to: dict[str, str], message: Message) -> Delivery:
        """Post a signed message; while a secret is changed, the older ones sign it too."""
        now = self.clock.now()
        document = {"type": message.type, "timestamp": written(message.at or now), "data": message.data}
        body = json.dumps(document, separators=(",", ":")).encode()
        at = int(now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "Webhook-Id": message.id,
            "Webhook-Timestamp": str(at),
            "Webhook-Signature": " ".join(
                sign(to[name], message.id, at, body) for name in _SECRETS if name in to
            ),
        }
        try:
            reply = self.wire.call("POST", to["url"], changes=True, content=body, headers=headers)
        except OperatorError as error:
            return not_taken("the receiver", error)
        if reply.status == _GONE:
            return Delivery("gone", "the receiver has ended this address")
        if reply.status in _TAKEN:
            return DELIVERED
        # Many receivers share the hosts of integrators: an address that is wrong there is that of one of them.
        return Delivery("later", f"the receiver answers {reply.status}", is_of_host=False)

    def rest(self) -> None:
        """Do nothing: no connection stays open."""
