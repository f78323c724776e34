"""A guest's access to one order: a MAC over the order's id, so that nothing secret is stored with it."""

import base64
import hashlib
import hmac
from pathlib import Path

from ticketing.identity.secret_file import SECRET_BYTES, read_or_make


class OrderTokens:
    """Issues and checks order tokens under one secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SECRET_BYTES:
            raise ValueError("the secret of order tokens is too short")
        self._secret = secret

    @classmethod
    def from_folder(cls, folder: Path) -> "OrderTokens":
        """Read the secret of this deployment, or make it."""
        return cls(read_or_make(folder / "order-token.key"))

    def issue(self, order_id: str) -> str:
        """The token that opens this order and no other."""
        mac = hmac.new(self._secret, f"order:{order_id}".encode(), hashlib.sha256).digest()
        return "tf_order_" + base64.urlsafe_b64encode(mac).decode().rstrip("=")

    def opens(self, order_id: str, token: str) -> bool:
        """Tell whether the token belongs to this order, compared in constant time."""
        return hmac.compare_digest(self.issue(order_id).encode(), token.encode())
