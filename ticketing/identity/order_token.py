"""A guest's access to one order: a MAC over the order's id, so that nothing secret is stored with it."""

import base64
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
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls(path.read_bytes())
        with os.fdopen(handle, "wb") as file:
            secret = secrets.token_bytes(_SECRET_BYTES)
            file.write(secret)
        return cls(secret)

    def issue(self, order_id: str) -> str:
        """The token that opens this order and no other."""
        mac = hmac.new(self._secret, f"order:{order_id}".encode(), hashlib.sha256).digest()
        return "tf_order_" + base64.urlsafe_b64encode(mac).decode().rstrip("=")

    def opens(self, order_id: str, token: str) -> bool:
        """Whether the token belongs to this order, compared in constant time."""
        return hmac.compare_digest(self.issue(order_id).encode(), token.encode())
