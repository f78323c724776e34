"""Keep the key by which push services know this deployment (VAPID, RFC 8292), in a file that only its owner reads."""

import base64
import contextlib
import os
import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ticketing.clock import Clock

_LIFE = timedelta(hours=12)


class PushKey:
    """The VAPID key of a deployment; `public` is what browsers subscribe with, in base64url."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        point = key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.public = base64.urlsafe_b64encode(point).decode().rstrip("=")

    @classmethod
    def from_folder(cls, folder: Path) -> "PushKey":
        """Read the key, or make it; two processes that start together agree on one."""
        path = folder / "web-push.pem"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            draft = folder / f".web-push-{os.getpid()}-{secrets.token_hex(4)}"
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(pem)
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(draft)
            draft.unlink()
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise UnsupportedAlgorithm(f"{path} is no key of the curve P-256")
        return cls(key)

    def authorise(self, endpoint: str, contact: str, clock: Clock) -> str:
        """Sign the header that tells a push service who sends (RFC 8292, 3)."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((clock.now() + _LIFE).timestamp()),
            "sub": contact,
        }
        return f"vapid t={jwt.encode(claims, self._key, 'ES256')}, k={self.public}"
