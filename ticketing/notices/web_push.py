"""Send web push: encrypted for the browser (RFC 8291), signed by this deployment's key (VAPID, RFC 8292)."""

import base64
import json
from dataclasses import dataclass

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from operators.errors import OperatorError
from operators.transport import Wire
from ticketing.clock import Clock
from ticketing.identity.push_key import PushKey
from ticketing.notices.channels import DELIVERED, Delivery, Message, not_taken
from ticketing.notices.text import shortened

_TTL_SECONDS = 3600
_GONE = {404, 410}
_TAKEN = range(200, 300)
_TOPIC_LETTERS = 32
_POINT_BYTES, _AUTH_BYTES = 65, 16


@dataclass(frozen=True, slots=True)
class WebPush:
    """The push services of browsers, each at the address that a subscription names."""

    clock: Clock
    wire: Wire
    key: PushKey
    contact: str

    def send(self, to: dict[str, str], message: Message) -> Delivery:
        """Encrypt a message for its browser and hand it to the push service."""
        text = {
            "title": message.subject,
            "body": shortened(message.body, 600),
            "type": message.type,
            "lang": message.language,
            "data": message.data,
        }
        sealed = http_ece.encrypt(
            json.dumps(text, ensure_ascii=False).encode(),
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=point_of(to["p256dh"]),
            auth_secret=secret_of(to["auth"]),
            version="aes128gcm",
        )
        headers = {
            "Authorization": self.key.authorise(to["endpoint"], self.contact, self.clock),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(_TTL_SECONDS),
            "Urgency": "high",
            # A newer message of the same matter takes the older one's place (RFC 8030, 5.4).
            "Topic": message.topic[:_TOPIC_LETTERS],
        }
        try:
            reply = self.wire.call("POST", to["endpoint"], changes=True, content=sealed, headers=headers)
        except OperatorError as error:
            # 403 is of one subscription: it was made for another key than ours (RFC 8292, 4.2).
            return not_taken("the push service", error)
        if reply.status in _GONE:
            return Delivery("gone", "the browser has ended its subscription")
        if reply.status in _TAKEN:
            return DELIVERED
        return Delivery("never", f"the push service answers {reply.status}")

    def rest(self) -> None:
        """Do nothing: no connection stays open."""


def point_of(p256dh: str) -> bytes:
    """Read a browser's public key; raises ValueError for what is no point of P-256."""
    raw = _unb64(p256dh)
    if len(raw) != _POINT_BYTES:
        raise ValueError("p256dh is an uncompressed point of P-256 in base64url")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    return raw


def secret_of(auth: str) -> bytes:
    """Read a browser's secret; raises ValueError for what is not 16 bytes."""
    raw = _unb64(auth)
    if len(raw) != _AUTH_BYTES:
        raise ValueError("auth is 16 bytes in base64url")
    return raw


def _unb64(text: str) -> bytes:
    return base64.b64decode(
        text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True
    )
