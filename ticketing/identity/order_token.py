"""A guest's access to one order: a MAC over the order's id, so that nothing secret is stored with it."""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

_SECRET_BYTES = 32


class OrderTokens:
    """Issues and checks order tokens under one secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < _SECRET_BYTES:
            raise ValueError("the secret of order tokens is too short")
        self._secret = secret

    @classmethod
    def from_folder(cls, folder: Path) -> "OrderTokens":
        """Read the secret of this deployment, or make it: a file that only its owner reads."""
        path = folder / "order-token.key"
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            draft = folder / f".order-token-{os.getpid()}-{secrets.token_hex(4)}"
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(_SECRET_BYTES))
            # Linking is atomic and keeps the first one when two processes start together.
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(draft)
            draft.unlink()
        return cls(path.read_bytes())

    def issue(self, order_id: str) -> str:
        """The token that opens this order and no other."""
        mac = hmac.new(self._secret, f"order:{order_id}".encode(), hashlib.sha256).digest()
        return "tf_order_" + base64.urlsafe_b64encode(mac).decode().rstrip("=")

    def opens(self, order_id: str, token: str) -> bool:
        """Whether the token belongs to this order, compared in constant time."""
        return hmac.compare_digest(self.issue(order_id).encode(), token.encode())
